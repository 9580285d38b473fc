use jax::prelude::*;

#[jit]
fn staged(x: f32![B, 4], w: f32![5, 3]) -> f32![B, 3] {
    x.dot(w)
}

fn main() {}
