use jax::prelude::*;

#[jit]
fn staged(x: f32![4], y: f32![3]) -> f32![4] {
    let mut x = x;
    x *= y;
    x
}

fn main() {}
