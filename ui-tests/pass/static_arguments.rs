//! Static arguments are host values in the body and part of the cache key.
use jax::{Array, jit};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Activation {
    Square,
    Double,
}

#[jit(static(act, scale))]
fn apply(x: Array, act: Activation, scale: f32) -> Array {
    let y = match act {
        Activation::Square => x * x,
        Activation::Double => x + x,
    };
    if scale > 1.0 { y * scale } else { y }
}

#[jit(static_argnames = ("n",), static_argnums = (-1,))]
fn by_name(x: Array, n: i32, r#type: i64) -> Array {
    if n > 1 && r#type < 5 { x * 2.0 } else { x }
}

fn main() {
    let x = Array::from_slice(&[1.0f32, 3.0], &[2]);
    assert_eq!(apply(x.clone(), Activation::Square, 1.0).to_string(), "[1. 9.]");
    assert_eq!(apply(x.clone(), Activation::Double, 2.0).to_string(), "[ 4. 12.]");
    assert_eq!(apply::compile_count(), 2);
    assert_eq!(apply::recompiles().len(), 1);
    assert_eq!(by_name(x.clone(), 2, 4).to_string(), "[2. 6.]");
    assert_eq!(by_name(x, 2, 6).to_string(), "[1. 3.]");
}
