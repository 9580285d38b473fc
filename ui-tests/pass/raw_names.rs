//! Raw identifiers name functions, parameters and options.
use jax::prelude::*;

#[jit(static(r#type))]
fn r#match(r#in: Array, r#type: usize) -> Array {
    r#in * (r#type as f32)
}

#[grad(wrt = r#fn)]
fn r#loop(r#fn: f32) -> f32 {
    r#fn * r#fn
}

fn main() {
    assert_eq!(r#match(jnp::ones(1), 3).to_string(), "[3.]");
    assert_eq!(loop_grad(3.0), 6.0);
}
