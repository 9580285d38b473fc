use jax::{Array, jit};

#[jit]
fn generic<T: Clone>(x: Array, t: T) -> Array {
    x
}

#[jit]
fn lifetimes<'a>(x: &'a Array) -> Array {
    x
}

fn main() {}
