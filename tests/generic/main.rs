//! Code that is generic over the traits of `num-traits`: staged, differentiated, vectorized and compiled as it is.
#![allow(missing_docs, clippy::unwrap_used)]
#![allow(clippy::redundant_closure, clippy::op_ref, reason = "what is called, and how, is the test")]

mod crates;
mod errors;
mod finance;
mod staged;
mod traits;

/// Asserts that two numbers differ by no more than so much of the larger.
#[track_caller]
fn close(what: &str, got: f64, expected: f64, tolerance: f64) {
    let scale = expected.abs().max(1.0);
    assert!(
        (got - expected).abs() <= tolerance * scale || got.is_nan() && expected.is_nan(),
        "{what}: {got} is not {expected}"
    );
}

/// The central difference of a function at a point.
fn difference(f: impl Fn(f64) -> f64, x: f64) -> f64 {
    let h = 1e-5;
    (f(x + h) - f(x - h)) / (2.0 * h)
}
