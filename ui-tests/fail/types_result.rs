use jax::prelude::*;

#[jit]
fn staged(x: Array) -> (Array, Array) {
    x
}

fn main() {}
