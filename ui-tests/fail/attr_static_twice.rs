use jax::prelude::*;

#[jit(static(n, n))]
fn staged(x: Array, n: usize) -> Array {
    x.expand_dims(n as i32)
}

fn main() {}
