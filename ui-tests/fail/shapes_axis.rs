use jax::prelude::*;

#[jit]
fn staged(x: f32![B, 4]) -> f32![B] {
    x.sum(2)
}

fn main() {}
