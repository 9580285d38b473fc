use jax::{grad, jit};

#[grad]
fn static_size(n: usize, x: f32) -> f32 {
    x
}

#[jit(static(y))]
#[grad(wrt = (x, y))]
fn marked(x: f32, y: f32) -> f32 {
    x
}

#[grad(wrt = k)]
fn integer(x: f32, k: i32) -> f32 {
    x
}

fn main() {}
