use std::time::Instant;

use jax::prelude::*;

#[jit]
fn staged(x: Array) -> Array {
    let _now = Instant::now();
    x
}

fn main() {}
