//! The library's names may be imported under others.

use jax::numpy as np;
use jax::{Array as Tensor, jit as compiled};

#[compiled]
fn staged(x: Tensor) -> Tensor {
    np::exp(x)
}

fn main() {
    assert_eq!(staged(np::zeros(1)).to_string(), "[1.]");
}
