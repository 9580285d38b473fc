use jax::{Array, grad, jit};

#[grad(has_aux, has_aux)]
fn pair(x: f32) -> (f32, f32) {
    (x, x)
}

#[jit]
#[jit]
fn twice(x: Array) -> Array {
    x
}

#[grad(wrt = x, argnums = 0)]
fn square(x: f32) -> f32 {
    x * x
}

#[grad]
#[grad(wrt = y)]
fn product(x: f32, y: f32) -> f32 {
    x * y
}

fn main() {}
