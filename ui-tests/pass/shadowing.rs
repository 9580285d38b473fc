//! Shadowing and nested blocks.
use jax::prelude::*;

#[jit]
fn staged(x: Array) -> Array {
    let x = x * 2.0;
    let y = {
        let x = x + 1.0;
        let x = x * x;
        x
    };
    let x = x + y;
    x
}

fn main() {
    assert_eq!(staged(jnp::ones(1)).to_string(), "[11.]");
}
