use jax::prelude::*;

#[derive(PyTree)]
struct Model {
    weights: Array,
}

#[jit]
fn step(model: Model) -> Model {
    Model { weights: model.weights * 0.5 }
}

fn main() {
    let model = Model { weights: jnp::ones(3) };
    let next = step(model);
    println!("{} {}", next.weights, model.weights);
}
