use jax::{Array, jit};

static mut COUNTER: i32 = 10;

#[jit]
fn hidden(x: Array) -> Vec<Array> {
    vec![x, x + unsafe { COUNTER }]
}

fn main() {}
