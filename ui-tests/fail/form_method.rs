use jax::{Array, jit};

struct Model {
    w: Array,
}

impl Model {
    #[jit]
    fn forward(&self, x: Array) -> Array {
        x * &self.w
    }
}

fn main() {}
