use jax::prelude::*;

#[grad(wrt = w, argnums = 0)]
fn loss(w: f32) -> f32 {
    w * w
}

fn main() {}
