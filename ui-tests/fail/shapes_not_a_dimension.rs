use jax::prelude::*;

#[jit]
fn staged(x: f32![B, 4.0]) -> f32![B] {
    x.sum(1)
}

fn main() {}
