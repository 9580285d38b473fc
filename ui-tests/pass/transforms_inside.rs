//! Transforms of closures and of staged functions inside a staged body.
use jax::prelude::*;

#[jit]
fn energy(x: Array) -> Array {
    (x * x).sum(None)
}

#[jit]
fn staged(xs: Array) -> (Array, Array) {
    let gradients = vmap(grad(energy))(xs);
    let (value, slope) = value_and_grad(|a: Array| energy(a * 2.0))(xs);
    (gradients, slope * value)
}

fn main() {
    let (gradients, slope) = staged(jnp::ones((2, 2)));
    assert_eq!(gradients.to_string(), "[[2. 2.]\n [2. 2.]]");
    assert_eq!(slope.shape(), [2, 2]);
}
