use jax::prelude::*;

#[jit]
fn staged(x: Array) -> Array {
    let _sum = jnp::sum(x + std::env::args().count() as f32);
    x
}

fn main() {}
