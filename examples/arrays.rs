//! Arrays: made, printed, placed, and given to `ndarray`.
//!
//!     cargo run --release --example arrays
#![allow(clippy::print_stdout, reason = "an example shows what it computes")]

use jax::prelude::*;

fn main() {
    let x = jnp::zeros((2, 5));
    println!("{x}");

    let y = jnp::arange(6);
    println!("{y:?}");
    println!("{:?}", y.devices());

    let host: ndarray::ArrayD<i32> = device_get(&y);
    println!("{host}");
}
