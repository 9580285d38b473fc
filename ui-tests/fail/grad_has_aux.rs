use jax::grad;

#[grad(has_aux)]
fn single(x: f32) -> f32 {
    x
}

fn main() {}
