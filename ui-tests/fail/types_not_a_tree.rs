use jax::{Array, jit};

struct Plain {
    _weights: Array,
}

#[jit]
fn uses(_p: Plain, x: Array) -> Array {
    x
}

fn main() {}
