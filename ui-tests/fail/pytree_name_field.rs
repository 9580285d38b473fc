use jax::prelude::*;

#[derive(PyTree)]
struct Layer {
    weights: Array,
    name: String,
}

fn main() {}
