use jax::prelude::*;

#[jit]
fn staged(x: Array) -> Array {
    let _y = dbg!(1.0);
    x
}

fn main() {}
