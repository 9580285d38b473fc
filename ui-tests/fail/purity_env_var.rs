use jax::prelude::*;

#[jit]
fn staged(x: Array) -> Array {
    let _home = std::env::var("HOME");
    x
}

fn main() {}
