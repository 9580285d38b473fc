use jax::prelude::*;

#[jit]
fn staged(x: Array) -> Array {
    let n: usize = x.sum(None);
    jnp::zeros(n)
}

fn main() {}
