use jax::{Array, jit};

#[jit]
fn in_place(x: &mut Array, y: Array) -> Array {
    y
}

fn main() {}
