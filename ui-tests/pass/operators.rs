//! Arrays and Rust scalars in every order, by value and by reference.
use jax::prelude::*;

#[jit]
fn staged(x: Array, k: i32, t: f32, deep: bool) -> Array {
    let y = 2.0 * x - t + x / 4 - -x;
    let z = 1 - y * k;
    let mask = (z > 0.0) | (1.0 < x) & deep;
    jnp::where_(mask, z, -z) % 3.0
}

fn main() {
    let x = jnp::array([1.0, 2.0]);
    assert_eq!(staged(x.clone(), 1, 0.5, true).shape(), [2]);
    let y = &x + 1.0 - &x * &x + 2.0 * &x - x.clone() / &x;
    assert_eq!(y.to_string(), "[2. 2.]");
}
