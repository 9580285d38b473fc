use jax::prelude::*;

#[jit]
async fn staged(x: Array) -> Array {
    x
}

fn main() {}
