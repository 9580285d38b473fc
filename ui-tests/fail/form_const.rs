use jax::prelude::*;

#[jit]
const fn staged(x: Array) -> Array {
    x
}

fn main() {}
