use jax::{Array, jit};

#[jit]
fn takes(x: Array, f: impl Fn(Array) -> Array) -> Array {
    f(x)
}

#[jit]
fn gives(x: Array) -> impl Clone {
    x
}

fn main() {}
