use jax::prelude::*;

#[jit]
fn staged(x: Array) -> ! {
    loop {}
}

fn main() {}
