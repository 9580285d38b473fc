use jax::prelude::*;

#[jit]
fn staged(x: f32![B]) -> i32![B] {
    jnp::exp(x)
}

fn main() {}
