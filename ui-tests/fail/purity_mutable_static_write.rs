use jax::{Array, jit};

static mut COUNTER: i32 = 10;

#[jit]
fn counter(x: Array) -> Array {
    unsafe {
        COUNTER += 1;
    }
    x + unsafe { COUNTER }
}

fn main() {}
