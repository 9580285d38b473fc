use jax::prelude::*;

#[jit]
fn staged(x: f32![B, 4], w: f32![4, 8]) -> f32![B] {
    let hidden: f32![B, 9] = x.dot(w);
    hidden.sum(1)
}

fn main() {}
