//! A staged function is as visible as it says, and so is what it can be asked.
use jax::prelude::*;

mod model {
    use jax::prelude::*;

    #[jit]
    pub fn forward(x: Array) -> Array {
        helper(x)
    }

    #[grad]
    pub(crate) fn loss(x: Array) -> Array {
        helper(x).sum(None)
    }

    #[jit]
    fn helper(x: Array) -> Array {
        x * x
    }
}

fn main() {
    assert_eq!(model::forward(jnp::ones(2)).to_string(), "[1. 1.]");
    assert_eq!(model::loss_grad(jnp::ones(2)).to_string(), "[2. 2.]");
    assert_eq!(model::forward::compile_count(), 1);
}
