use jax::{Array, jit};

#[jit]
fn raw(x: Array, p: usize) -> Array {
    x + unsafe { *(p as *const f32) }
}

fn main() {}
