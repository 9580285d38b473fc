use jax::prelude::*;

#[grad(wrt = k)]
fn power(x: f32, k: i32) -> f32 {
    x * k as f32
}

fn main() {}
