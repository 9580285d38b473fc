use jax::prelude::*;

#[jit]
fn staged(x: f32![2, 6]) -> f32![3, 5] {
    x.reshape((3, 5))
}

fn main() {}
