use jax::prelude::*;

#[jit]
fn staged(x: Array) -> Array {
    x.convolve(3)
}

fn main() {}
