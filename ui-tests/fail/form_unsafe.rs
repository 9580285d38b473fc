use jax::prelude::*;

#[jit]
unsafe fn staged(x: Array) -> Array {
    x
}

fn main() {}
