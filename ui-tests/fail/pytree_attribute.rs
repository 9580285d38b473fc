use jax::{Array, PyTree};

#[derive(PyTree)]
#[pytree(static)]
struct Layer {
    weights: Array,
    #[pytree(skip)]
    size: usize,
    #[pytree]
    rate: f32,
}

#[derive(PyTree)]
enum Never {}

fn main() {}
