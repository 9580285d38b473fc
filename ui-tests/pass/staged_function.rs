//! Calls and questions of a staged function, its docs and attributes kept.
#![deny(warnings)]
#![allow(clippy::unwrap_used)]

use jax::{Array, jit};

/// Scaled exponential linear unit, but without the exponential.
#[jit]
#[must_use]
pub fn leaky(x: Array, alpha: f32, lambda: f32) -> Array {
    let scaled = alpha * x;
    lambda * (x + scaled)
}

fn main() {
    let x = Array::from_slice(&[1.0f32, -2.0], &[2]);
    assert_eq!(leaky(x.clone(), 0.5, 2.0).to_string(), "[ 3. -6.]");
    assert_eq!(leaky::compile_count(), 1);
    assert_eq!(leaky(x.clone(), 0.25, 4.0).to_string(), "[  5. -10.]");
    assert_eq!(leaky::compile_count(), 1);
    assert!(leaky::recompiles().is_empty());
    assert!(leaky::try_call(x.clone(), 0.5, 2.0).is_ok());
    let _jaxpr: jax::ClosedJaxpr = leaky::jaxpr(x.clone(), 0.5, 2.0);
    assert!(leaky::try_jaxpr(x.clone(), 0.5, 2.0).is_ok());
    let _lowered: jax::Lowered = leaky::lower(x, 0.5, 2.0);
}
