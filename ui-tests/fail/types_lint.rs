use jax::prelude::*;

#[deny(unused_variables)]
#[jit]
fn staged(x: Array) -> Array {
    let unused = 1;
    x
}

fn main() {}
