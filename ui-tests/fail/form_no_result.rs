use jax::{Array, jit};

#[jit]
fn nothing(x: Array) {
    let _ = x;
}

#[jit]
fn unit(x: Array) -> () {
    let _ = x;
}

fn main() {}
