use jax::prelude::*;

#[jit]
fn staged(x: f32![B]) -> f32![B] {
    x / jnp::ones(3)
}

fn main() {}
