use jax::prelude::*;

#[jit]
fn staged(x: Array) -> Array {
    let _value = x.await;
    x
}

fn main() {}
