use jax::prelude::*;

#[derive(PyTree)]
#[pytree(static)]
struct Layer {
    weights: Array,
}

fn main() {}
