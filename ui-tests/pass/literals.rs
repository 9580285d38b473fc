//! A bare number to the left of an operator, also where a method follows.
use jax::{Array, jit};

#[jit]
fn left(x: Array, n: usize) -> Array {
    let half = 0.5;
    let y = (2.0 * x).sum(0) + (-1.0 - x).sum(0);
    let z = (1.0 / 2.0 * x).sum(0) + (half * x).sum(0);
    y + z * 2.0 + 2 * n
}

fn main() {
    let x = Array::from_slice(&[1.0f32, 3.0], &[2]);
    assert_eq!(left(x, 3).to_string(), "16.0");
}
