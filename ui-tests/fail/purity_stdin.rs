use jax::prelude::*;

#[jit]
fn staged(x: Array) -> Array {
    let _lines = std::io::stdin().lines();
    x
}

fn main() {}
