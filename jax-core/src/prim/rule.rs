//! What rules of derivatives and of batching use beside their own operation.

use super::arith::add_any;
use super::shape::{broadcast, broadcast_in_dim, move_axis};
use super::stack::{add_stacks, empty_stack};
use crate::array::Array;
use crate::base::Scalar;
use crate::ir::{Aval, Tangent};

/// Zeros of this type.
pub fn zeros(aval: &Aval) -> Array {
    if aval.is_stack() {
        return empty_stack(aval);
    }
    full(aval, 0.0)
}

/// An array of this type with one value everywhere.
pub fn full(aval: &Aval, value: f64) -> Array {
    let value = Array::scalar(Scalar::from_f64(aval.dtype, value)).with_weak(aval.weak);
    broadcast_in_dim(&value, &aval.shape, &[])
}

/// The sum of two tangents or cotangents of one value.
pub fn add_tangents(x: Tangent, y: Tangent) -> Tangent {
    match (x, y) {
        (Some(x), Some(y)) if x.aval().is_stack() => Some(add_stacks(&x, &y)),
        (Some(x), Some(y)) => Some(add_any(&x, &y)),
        (x, None) => x,
        (None, y) => y,
    }
}

/// The array with its batch axis at `to`; an unbatched one is repeated along a new axis there.
pub fn materialize(array: &Array, dim: Option<usize>, to: usize, size: usize) -> Array {
    match dim {
        Some(dim) => move_axis(array, dim, to),
        None => move_axis(&broadcast(array, &[size]), 0, to),
    }
}
