use jax::{Array, grad, jit};

#[jit(donate = x, inline)]
fn donated(x: Array) -> Array {
    x
}

#[grad(respect_to = x)]
fn square(x: f32) -> f32 {
    x * x
}

#[jit = "fast"]
fn assigned(x: Array) -> Array {
    x
}

fn main() {}
