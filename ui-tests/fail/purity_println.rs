use jax::prelude::*;

#[jit]
fn staged(x: Array) -> Array {
    println!("{x}");
    x
}

fn main() {}
