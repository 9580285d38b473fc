//! Slices at computed places, where negative places count from the end.

use crate::array::{Array, at_caller};
use crate::base::Scalar;
use crate::prim::select::select;
use crate::prim::{arith, compare, dynamic_slice as prim};

/// Each place, counted from the start of its axis of the array.
#[track_caller]
fn from_the_start(x: &Array, starts: &[&Array]) -> Vec<Array> {
    let axis = |(&start, &extent): (&&Array, &usize)| {
        let integer = |value: i128| Array::scalar(Scalar::from_i128(start.dtype(), value));
        if start.dtype().kind() == crate::base::Kind::Unsigned {
            return start.clone();
        }
        let negative = compare::lt(start, &crate::prim::elementwise::constant_like(start, 0.0));
        let strong = crate::prim::convert::convert_element_type(start, start.dtype(), false);
        select(&negative, &arith::add(&strong, &integer(extent as i128)), start)
    };
    at_caller(|| starts.iter().zip(x.shape()).map(axis).collect())
}

/// The part of `x` of these extents that starts at these places, one for each axis: scalar integers, negative ones
/// from the end. The part moves until it lies within `x`.
///
/// # Panics
/// If there are not as many places and extents as axes, an extent is too large, or a place is no scalar integer.
///
/// ```
/// use jax_core::array::IntoArray;
/// use jax_core::lax;
/// let x = [0.0f32, 1.0, 2.0, 3.0].into_array();
/// assert_eq!(lax::dynamic_slice(&x, &[&(-3).into_array()], &[2]).to_vec::<f32>(), [1.0, 2.0]);
/// ```
#[track_caller]
pub fn dynamic_slice(x: &Array, start_indices: &[&Array], slice_sizes: &[usize]) -> Array {
    let starts = from_the_start(x, start_indices);
    prim::dynamic_slice(x, &starts.iter().collect::<Vec<_>>(), slice_sizes)
}

/// `x` with the part that starts at these places replaced by `update`; see [`dynamic_slice`].
///
/// # Panics
/// If there are not as many places as axes, `update` is larger than `x` or of another dtype, or a place is no scalar
/// integer.
///
/// ```
/// use jax_core::array::IntoArray;
/// use jax_core::lax;
/// let x = [0.0f32, 1.0, 2.0, 3.0].into_array();
/// let y = lax::dynamic_update_slice(&x, &[9.0f32].into_array(), &[&(-1).into_array()]);
/// assert_eq!(y.to_vec::<f32>(), [0.0, 1.0, 2.0, 9.0]);
/// ```
#[track_caller]
pub fn dynamic_update_slice(x: &Array, update: &Array, start_indices: &[&Array]) -> Array {
    let starts = from_the_start(x, start_indices);
    prim::dynamic_update_slice(x, update, &starts.iter().collect::<Vec<_>>())
}
