use jax::prelude::*;

#[jit]
fn staged(x: Array) -> Array {
    unsafe { std::hint::assert_unchecked(true) };
    x
}

fn main() {}
