use jax::prelude::*;

#[grad(wrt = n)]
fn power(x: f32, n: usize) -> f32 {
    x * n as f32
}

fn main() {}
