use jax::{Array, jit};

#[jit]
fn noisy(x: Array) -> Array {
    let noise: f32 = rand::random();
    x + noise
}

fn main() {}
