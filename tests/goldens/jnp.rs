//! NumPy's functions, and the products that are not there yet.

pub use jax::numpy::*;

use jax::{Array, IntoArray, lax};
use jax_core::prim::dot_general::DotDimensionNumbers;

pub fn dot(x: impl IntoArray, y: impl IntoArray) -> Array {
    let (x, y) = (x.into_array(), y.into_array());
    let numbers = DotDimensionNumbers::contracting(&[x.ndim() - 1], &[y.ndim().saturating_sub(2)]);
    lax::dot_general(&x, &y, numbers, Some(x.dtype()))
}

pub fn matmul(x: impl IntoArray, y: impl IntoArray) -> Array {
    dot(x, y)
}
