//! Lints of the user's hold in the body, and what the macros add raises none.
#![deny(warnings, clippy::all, unused, missing_debug_implementations, unreachable_pub, non_snake_case)]

use jax::prelude::*;

#[jit]
fn staged(x: Array, alpha: f32) -> Array {
    let y = x * alpha;
    y + x
}

#[allow(unused_variables)]
#[grad]
fn loss(x: Array, unused: f32) -> Array {
    x.sum(None)
}

fn main() {
    assert_eq!(staged(jnp::ones(1), 2.0).to_string(), "[3.]");
    assert_eq!(loss_grad(jnp::ones(1), 0.0).to_string(), "[1.]");
}
