use jax::prelude::*;

#[jit]
fn staged(x: Box<f32![B]>) -> f32![B] {
    *x
}

fn main() {}
