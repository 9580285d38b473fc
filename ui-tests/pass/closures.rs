//! Closures in a body capture what they name, by value or by reference.
use jax::prelude::*;

#[jit]
fn staged(x: Array, w: Array) -> Array {
    let scale = |a: Array| a * w;
    let twice = |f: &dyn Fn(Array) -> Array, a: Array| f(f(a));
    let owned = move |a: Array| a + x;
    owned(twice(&scale, x)) + w
}

fn main() {
    assert_eq!(staged(jnp::ones(1), jnp::array([2.0])).to_string(), "[7.]");
}
