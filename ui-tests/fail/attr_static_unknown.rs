use jax::prelude::*;

#[jit(static(size))]
fn staged(x: Array, n: usize) -> Array {
    x.expand_dims(n as i32)
}

fn main() {}
