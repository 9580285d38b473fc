use jax::{Array, jit};

#[jit]
fn mistaken(x: Array, n: usize) -> Array {
    let y = x.no_such_method(x);
    let z: Array = n + 1;
    let w = undefined * x;
    y * y + z * w
}

fn main() {}
