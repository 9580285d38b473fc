use jax::prelude::*;

#[jit(static(rate))]
#[grad(wrt = rate)]
fn decay(x: f32, rate: f32) -> f32 {
    x * rate
}

fn main() {}
