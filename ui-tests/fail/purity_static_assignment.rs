use jax::prelude::*;

static mut TOTAL: f32 = 0.0;

#[jit]
fn staged(x: Array) -> Array {
    unsafe { TOTAL = 3.0 };
    x
}

fn main() {}
