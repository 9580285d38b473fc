use jax::prelude::*;

#[jit]
fn staged(x: f32![B, 4], w: f32![5, 3], b: f32![2]) -> f32![B, 3] {
    let y = x.dot(&w);
    let z = w + b;
    x.sum(3) + y + z
}

fn main() {}
