use jax::prelude::*;

mod model {
    use jax::prelude::*;

    #[jit]
    fn hidden(x: Array) -> Array {
        x
    }
}

fn main() {
    model::hidden(jnp::ones(3));
}
