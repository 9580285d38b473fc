use jax::prelude::*;

#[grad(name = "d loss")]
fn loss(w: f32) -> f32 {
    w * w
}

fn main() {}
