use jax::prelude::*;

#[jit(donate_argnums = 0)]
fn staged(x: Array) -> Array {
    x
}

fn main() {}
