use jax::{Array, jit};

static mut COUNTER: i32 = 10;

#[jit]
fn counter(x: Array) -> Array {
    let seen = unsafe { COUNTER };
    x + seen
}

fn main() {}
