use jax::{Array, PyTree};

#[derive(PyTree)]
struct Borrowed<'a> {
    weights: &'a Array,
}

fn main() {}
