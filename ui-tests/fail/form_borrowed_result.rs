use jax::{Array, jit};

#[jit]
fn identity(x: &Array) -> &Array {
    x
}

fn main() {}
