//! Shapes in signatures, in tuples and lists, by name, and as sizes in the body.
use jax::prelude::*;

#[jit]
fn linear(x: f32![B, 4], w: f32![4, 3], b: &f32![3]) -> f32![B, 3] {
    x.dot(w) + b
}

#[jit]
fn mean(xs: Vec<f32![N]>, scale: f32![]) -> (f32![N], f32![]) {
    let first: f32![N] = xs[0] * scale;
    (first, jnp::sum(first) / N as f32)
}

#[jit]
fn padded(x: f32![n], n: usize) -> f32![_] {
    jnp::concatenate(&[x, jnp::zeros(n)])
}

fn main() {
    let b = jnp::ones(3);
    assert_eq!(linear(jnp::ones((2, 4)), jnp::ones((4, 3)), &b).shape(), [2, 3]);
    assert_eq!(mean(vec![jnp::ones(4)], jnp::array(2.0)).1.item_f32(), 2.0);
    assert_eq!(padded(jnp::ones(2), 2).shape(), [4]);
}
