use jax::prelude::*;

#[jit(static_argnums = 2)]
fn staged(x: Array, n: usize) -> Array {
    x.expand_dims(n as i32)
}

fn main() {}
