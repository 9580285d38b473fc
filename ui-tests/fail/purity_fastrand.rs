use jax::prelude::*;

#[jit]
fn staged(x: Array) -> Array {
    let _noise = fastrand::f32();
    x
}

fn main() {}
