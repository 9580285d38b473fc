use jax::prelude::*;

#[jit]
fn staged(x: Array) -> Array {
    jnp::expp(x)
}

fn main() {}
