//! `#[grad]` keeps the function and adds its gradient and its value with gradient.
#![deny(warnings)]
use jax::{Array, grad};

/// Half the sum of squares.
#[grad]
fn energy(x: Array, w: &Array) -> Array {
    0.5 * (w * x * x).sum(0)
}

fn main() {
    let x = Array::from_slice(&[1.0f32, 3.0], &[2]);
    let w = Array::from_slice(&[2.0f32, 4.0], &[2]);
    assert_eq!(energy(x.clone(), &w).to_string(), "19.0");
    assert_eq!(energy_grad(x.clone(), &w).to_string(), "[ 2. 12.]");
    let (value, gradient) = energy_value_and_grad(x.clone(), &w);
    assert_eq!((value.to_string(), gradient.to_string()), ("19.0".to_owned(), "[ 2. 12.]".to_owned()));
    assert_eq!(energy_grad::compile_count(), 1);
    assert!(energy_grad::recompiles().is_empty());
    let _jaxpr: jax::ClosedJaxpr = energy_grad::jaxpr(x.clone(), &w);
    assert!(energy_value_and_grad::try_call(x, &w).is_ok());
}
