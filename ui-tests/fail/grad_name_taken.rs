use jax::prelude::*;

#[grad(name = "loss")]
fn loss(w: f32) -> f32 {
    w * w
}

fn main() {}
