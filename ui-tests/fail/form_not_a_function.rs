use jax::{Array, grad, jit};

#[jit]
struct Model {
    w: Array,
}

#[grad]
const ONE: f32 = 1.0;

fn main() {}
