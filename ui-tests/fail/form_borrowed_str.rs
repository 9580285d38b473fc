use jax::{Array, jit};

#[jit]
fn named(x: Array, mode: &str) -> Array {
    x
}

fn main() {}
