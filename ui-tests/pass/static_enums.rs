//! Enums and strings choose the program.
use jax::prelude::*;

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Act {
    Relu,
    Tanh,
}

#[jit(static(act))]
fn layer(x: Array, act: Act, norm: &'static str) -> Array {
    let y = match act {
        Act::Relu => nn::relu(x),
        Act::Tanh => jnp::tanh(x),
    };
    match norm {
        "sum" => y / jnp::sum(y),
        _ => y,
    }
}

fn main() {
    assert_eq!(layer(jnp::array([-1.0, 3.0]), Act::Relu, "none").to_string(), "[0. 3.]");
    assert_eq!(layer(jnp::array([-1.0, 3.0]), Act::Relu, "sum").to_string(), "[0. 1.]");
    assert_eq!(layer(jnp::zeros(1), Act::Tanh, "none").to_string(), "[0.]");
    assert_eq!(layer::compile_count(), 3);
}
