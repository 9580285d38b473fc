use jax::prelude::*;

#[derive(PyTree)]
struct Layer {
    weights: Array,
    #[pytree(skip)]
    size: usize,
}

fn main() {}
