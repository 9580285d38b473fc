use jax::prelude::*;

#[grad(wrt = weights)]
fn loss(w: f32) -> f32 {
    w * w
}

fn main() {}
