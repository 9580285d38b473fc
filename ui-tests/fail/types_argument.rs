use jax::prelude::*;

#[jit]
fn scale(x: Array, by: f32) -> Array {
    x * by
}

fn main() {
    scale(jnp::ones(3), "two");
}
