use std::sync::OnceLock;

use jax::prelude::*;

static RATE: OnceLock<f32> = OnceLock::new();

#[jit]
fn staged(x: Array) -> Array {
    let _rate = RATE.get();
    x
}

fn main() {}
