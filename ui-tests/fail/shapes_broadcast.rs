use jax::prelude::*;

#[jit]
fn staged(x: f32![B, 4], y: f32![3]) -> f32![B, 4] {
    x + y
}

fn main() {}
