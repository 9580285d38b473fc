use jax::{Array, PyTree};

#[derive(PyTree)]
struct Layer {
    weights: Array,
    rate: f32,
    size: usize,
    name: String,
    label: &'static str,
}

fn main() {}
