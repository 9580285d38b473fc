use jax::prelude::*;

#[jit]
fn staged(x: f32![B], y: f32![C]) -> f32![B] {
    x - y
}

fn main() {}
