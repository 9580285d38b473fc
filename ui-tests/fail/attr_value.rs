use jax::prelude::*;

#[jit = "fast"]
fn staged(x: Array) -> Array {
    x
}

fn main() {}
