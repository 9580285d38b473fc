use jax::grad;

#[grad(name = "not a name")]
fn square(x: f32) -> f32 {
    x * x
}

#[grad(name = "cube")]
fn cube(x: f32) -> f32 {
    x * x * x
}

fn main() {}
