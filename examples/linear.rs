//! A linear layer for one input, and the same for a batch by `vmap`.
//!
//!     cargo run --release --example linear
#![allow(clippy::print_stdout, reason = "an example shows what it computes")]

use jax::prelude::*;

#[jit]
fn single_linear(x: Array, w: Array, b: Array) -> Array {
    (x.expand_dims(1) * w).sum(0) + b
}

fn main() {
    let (w, b) = (jnp::ones((4, 3)), jnp::ones(3));
    println!("{:?}", single_linear(jnp::ones(4), w.clone(), b.clone()));

    let batched_linear = vmap(single_linear).in_axes((0, None, None)).out_axes(0);
    println!("{:?}", batched_linear(jnp::ones((5, 4)), w, b));
}
