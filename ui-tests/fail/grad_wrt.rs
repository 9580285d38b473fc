use jax::grad;

#[grad(wrt = w)]
fn unknown(x: f32, y: f32) -> f32 {
    x * y
}

#[grad(argnums = (0, 2))]
fn beyond(x: f32, y: f32) -> f32 {
    x * y
}

#[grad(wrt = (x, x))]
fn twice(x: f32, y: f32) -> f32 {
    x * y
}

#[grad(wrt = ())]
fn none(x: f32) -> f32 {
    x
}

#[grad(wrt = x + 1)]
fn sum(x: f32) -> f32 {
    x
}

#[grad]
fn constant() -> f32 {
    1.0
}

fn main() {}
