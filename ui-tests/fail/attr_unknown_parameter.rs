use jax::{Array, jit};

#[jit(static(size))]
fn by_name(x: Array, n: usize) -> Array {
    x
}

#[jit(static_argnames = ("n", "m"))]
fn by_text(x: Array, n: usize) -> Array {
    x
}

#[jit(static_argnums = (2, -3))]
fn by_position(x: Array, n: usize) -> Array {
    x
}

#[jit(static(n, n))]
fn twice(x: Array, n: usize) -> Array {
    x
}

fn main() {}
