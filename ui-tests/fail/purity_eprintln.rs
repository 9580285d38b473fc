use jax::prelude::*;

#[jit]
fn staged(x: Array) -> Array {
    eprintln!("here");
    x
}

fn main() {}
