//! Products of arrays as methods: NumPy's rules in front of `dot_general`. Other products are `jnp`'s.

use super::{operators, promote};
use crate::array::fail::{raise, value_error};
use crate::array::{Array, IntoArray};
use crate::prim::dot_general::{DotDimensionNumbers, dot_general};
use crate::prim::shape::transpose;

/// Two arrays in one dtype of numbers.
#[track_caller]
pub fn pair(x: &Array, y: &Array) -> (Array, Array) {
    let mut both = promote::dtypes(&[x, y]).into_iter();
    match (both.next(), both.next()) {
        (Some(x), Some(y)) => (x, y),
        _ => crate::bug!("two arrays became fewer"),
    }
}

/// A product of two arrays of one dtype, in that dtype.
#[track_caller]
pub fn contract(x: &Array, y: &Array, numbers: DotDimensionNumbers) -> Array {
    dot_general(x, y, numbers, Some(x.dtype()))
}

impl Array {
    /// The dot product of vectors, the product of matrices; in general a sum over the last axis of the array and the
    /// last but one of `y`. With a scalar, the product.
    ///
    /// # Panics
    /// If the extents that are summed over differ.
    #[track_caller]
    pub fn dot(&self, y: impl IntoArray) -> Array {
        let (x, y) = (self, y.into_array());
        if x.ndim() == 0 || y.ndim() == 0 {
            return operators::mul(x, &y);
        }
        let (x, y) = pair(x, &y);
        contract(&x, &y, DotDimensionNumbers::contracting(&[x.ndim() - 1], &[y.ndim().saturating_sub(2)]))
    }

    /// The product of matrices, of the matrices in the last two axes of arrays of more axes (whose other axes
    /// broadcast), or of a matrix and a vector.
    ///
    /// # Panics
    /// If one is a scalar, or the extents that are summed over differ.
    #[track_caller]
    pub fn matmul(&self, y: impl IntoArray) -> Array {
        let (x, y) = (self, y.into_array());
        for (number, array) in [x, &y].into_iter().enumerate() {
            if array.ndim() == 0 {
                raise(value_error(
                    "matmul",
                    format!("matmul input operand {number} must have ndim at least 1, but it has ndim 0"),
                ));
            }
        }
        let (x, y) = pair(x, &y);
        let (rank, other) = (x.ndim(), y.ndim());
        let sum = DotDimensionNumbers::contracting(&[rank - 1], &[other.saturating_sub(2)]);
        if other <= 2 {
            return contract(&x, &y, sum);
        }
        if rank <= 2 {
            // The rows of `x` come first; they belong before the last axis.
            let product = contract(&x, &y, sum);
            let batch: Vec<usize> = (rank - 1..rank + other - 3).collect();
            let permutation: Vec<usize> = batch.into_iter().chain(0..rank - 1).chain([rank + other - 3]).collect();
            return transpose(&product, &permutation);
        }
        let (of_x, of_y) = (&x.shape()[..rank - 2], &y.shape()[..other - 2]);
        let batch = promote::broadcast_shapes("matmul", &[of_x, of_y]);
        let full = |array: &Array| {
            let matrix = &array.shape()[array.ndim() - 2..];
            promote::broadcast_to("matmul", array, &[&batch[..], matrix].concat())
        };
        let axes: Vec<usize> = (0..batch.len()).collect();
        let numbers = DotDimensionNumbers {
            lhs_contracting: vec![batch.len() + 1],
            rhs_contracting: vec![batch.len()],
            lhs_batch: axes.clone(),
            rhs_batch: axes,
        };
        contract(&full(&x), &full(&y), numbers)
    }
}
