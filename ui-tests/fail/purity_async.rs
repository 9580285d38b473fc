use jax::{Array, jit};

#[jit]
fn later(x: Array) -> Array {
    let work = async { x.await };
    x
}

fn main() {}
