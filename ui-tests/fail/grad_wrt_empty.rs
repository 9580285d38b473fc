use jax::prelude::*;

#[grad(wrt = ())]
fn loss(w: f32) -> f32 {
    w * w
}

fn main() {}
