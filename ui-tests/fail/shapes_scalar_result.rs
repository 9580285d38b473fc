use jax::prelude::*;

#[jit]
fn staged(x: f32![B, 4]) -> f32 {
    x.sum(0)
}

fn main() {}
