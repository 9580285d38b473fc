use jax::prelude::*;

#[jit]
fn staged(x: f32![B, 4]) -> f32![B] {
    x.squeeze(1)
}

fn main() {}
