use jax::prelude::*;

#[derive(Clone, PyTree)]
struct Model {
    w: Array,
}

impl Model {
    #[jit]
    fn update(&mut self, x: Array) -> Array {
        x
    }

    #[jit]
    fn boxed(self: Box<Self>, x: Array) -> Array {
        x * self.w
    }
}

fn main() {}
