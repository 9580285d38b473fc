//! Comparisons give arrays where an array is involved, and `bool` otherwise.
use jax::{Array, jit};

#[jit]
fn compared(x: Array, y: &Array, low: f32) -> (Array, Array, Array, Array) {
    (x > 2.0, x >= y, low < x, 3.0 == x)
}

#[jit]
fn host(x: Array, n: usize, mode: &'static str) -> Array {
    let rows = x.shape()[0];
    if rows >= n && x.ndim() == 1 && mode != "off" { x + 1.0 } else { x }
}

fn main() {
    let x = Array::from_slice(&[1.0f32, 3.0], &[2]);
    let (a, b, c, d) = compared(x.clone(), &x, 2.0);
    assert_eq!(a.to_string(), "[False  True]");
    assert_eq!(b.to_string(), "[ True  True]");
    assert_eq!(c.to_string(), "[False  True]");
    assert_eq!(d.to_string(), "[False  True]");
    assert_eq!(host(x.clone(), 2, "on").to_string(), "[2. 4.]");
    assert_eq!(host(x, 2, "off").to_string(), "[1. 3.]");
}
