//! `#[jit]` and `#[grad]` in either order stage once.
use jax::{Array, grad, jit};

#[jit(static(n))]
#[grad]
fn first(x: Array, n: i32) -> Array {
    if n > 0 { (x * x).sum(0) } else { x.sum(0) }
}

#[jax::grad(wrt = y)]
#[jax::jit]
fn second(x: Array, y: Array) -> Array {
    (x * y).sum(0)
}

fn main() {
    let x = Array::from_slice(&[1.0f32, 3.0], &[2]);
    assert_eq!(first(x.clone(), 1).to_string(), "10.0");
    assert_eq!(first_grad(x.clone(), 1).to_string(), "[2. 6.]");
    assert_eq!(first_grad(x.clone(), 0).to_string(), "[1. 1.]");
    assert_eq!(second_grad(x.clone(), x.clone() * 2.0).to_string(), "[1. 3.]");
    let _ = (grad_is_a_name(), jit_is_a_name());
}

fn grad_is_a_name() -> usize {
    let grad = 1;
    grad
}

fn jit_is_a_name() -> usize {
    let jit = 2;
    jit
}
