use jax::prelude::*;

#[jit]
fn staged(x: f32![B, 4], w: f32![4, 3]) -> f32![B, 4] {
    x.dot(w)
}

fn main() {}
