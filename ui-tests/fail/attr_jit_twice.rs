use jax::prelude::*;

#[jit]
#[jit]
fn staged(x: Array) -> Array {
    x
}

fn main() {}
