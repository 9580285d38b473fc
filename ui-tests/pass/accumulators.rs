//! A sum that begins as a bare number.
use jax::{Array, jit};

#[jit]
fn power_sum(x: f32, n: usize) -> f32 {
    let mut total = 0.0;
    let mut power: f32 = 1.0;
    let mut steps = 0;
    for _ in 0..n {
        power *= x;
        total += power;
        steps += 1;
    }
    total + steps as f32
}

#[jit]
fn squares(x: Array) -> Array {
    let mut total = 0.0;
    for k in 1..3 {
        total = total + x * k as f32;
    }
    total
}

fn main() {
    assert_eq!(power_sum(2.0, 3), 17.0);
    assert_eq!(squares(Array::from_slice(&[1.0f32, 3.0], &[2])).to_string(), "[3. 9.]");
}
