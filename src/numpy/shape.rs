//! Rearranging: reshaping, moving and joining axes, repeating, padding.

use jax_core::array::{Array, IntoArray};
use jax_core::lax::axes::{axes_of, axis_of};
use jax_core::lax::methods::IntoShape;
use jax_core::lax::{IntoAxes, promote};
use jax_core::prim;

use super::create::{extents, value_error};
use super::options::ReduceOptions;

/// The same elements in row-major order in another shape; one extent may be -1 and is then found from the others.
///
/// # Panics
/// If the number of elements is another.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::reshape(jnp::arange(4), (2, -1)).to_string(), "[[0 1]\n [2 3]]");
/// ```
#[track_caller]
pub fn reshape(x: impl IntoArray, shape: impl IntoShape) -> Array {
    x.into_array().reshape(shape)
}

/// All elements in one axis, in row-major order.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::ravel([[1, 2], [3, 4]]).to_string(), "[1 2 3 4]");
/// ```
#[track_caller]
pub fn ravel(x: impl IntoArray) -> Array {
    x.into_array().ravel()
}

/// The axes in reverse order.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::transpose([[1, 2], [3, 4]]).to_string(), "[[1 3]\n [2 4]]");
/// ```
#[track_caller]
pub fn transpose(x: impl IntoArray) -> Array {
    x.into_array().t()
}

/// The axes in another order: axis `i` of the result is axis `axes[i]`.
///
/// # Panics
/// If `axes` does not name each axis once.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::transpose_with(jnp::ones((2, 3, 4)), (2, 0, 1)).shape(), [4, 2, 3]);
/// ```
#[track_caller]
pub fn transpose_with(x: impl IntoArray, axes: impl IntoAxes) -> Array {
    x.into_array().transpose(axes)
}

/// The matrices in the last two axes, transposed.
///
/// # Panics
/// If there are fewer than two axes.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::matrix_transpose(jnp::ones((5, 2, 3))).shape(), [5, 3, 2]);
/// ```
#[track_caller]
pub fn matrix_transpose(x: impl IntoArray) -> Array {
    let x = x.into_array();
    if x.ndim() < 2 {
        value_error(
            "matrix_transpose",
            format!("x must be at least two-dimensional for matrix_transpose; got {}", x.ndim()),
        );
    }
    x.swapaxes(-1, -2)
}

/// Two axes exchanged.
///
/// # Panics
/// If one is out of bounds.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::swapaxes(jnp::ones((2, 3, 4)), 0, -1).shape(), [4, 3, 2]);
/// ```
#[track_caller]
pub fn swapaxes(x: impl IntoArray, axis1: i32, axis2: i32) -> Array {
    x.into_array().swapaxes(axis1, axis2)
}

/// The axes as they were named, counted from the start.
#[track_caller]
pub(super) fn counted(op: &'static str, axes: impl IntoAxes, rank: usize) -> Vec<usize> {
    let mut counted = Vec::new();
    for axis in axes.into_axes().unwrap_or_else(|| (0..rank as i64).collect()) {
        counted.push(axis_of(op, axis, rank));
    }
    counted
}

/// The axes `source` moved to the places `destination`, the others keeping their order.
///
/// # Panics
/// If an axis is out of bounds or named twice, or the numbers of axes differ.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::moveaxis(jnp::ones((2, 3, 4)), 0, -1).shape(), [3, 4, 2]);
/// ```
#[track_caller]
pub fn moveaxis(x: impl IntoArray, source: impl IntoAxes, destination: impl IntoAxes) -> Array {
    let x = x.into_array();
    let rank = x.ndim();
    let (from, to) = (counted("moveaxis", source, rank), counted("moveaxis", destination, rank));
    if from.len() != to.len() {
        value_error("moveaxis", format!("Inconsistent number of elements: {} vs {}", from.len(), to.len()));
    }
    let mut permutation: Vec<usize> = (0..rank).filter(|axis| !from.contains(axis)).collect();
    let mut moves: Vec<(usize, usize)> = to.into_iter().zip(from).collect();
    moves.sort_unstable();
    for (to, from) in moves {
        permutation.insert(to.min(permutation.len()), from);
    }
    prim::shape::transpose(&x, &permutation)
}

/// The array with new axes of extent 1 at these places of the result.
///
/// # Panics
/// If an axis is out of bounds or named twice.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::expand_dims(jnp::ones(3), 1).shape(), [3, 1]);
/// assert_eq!(jnp::expand_dims(jnp::ones(3), (0, -1)).shape(), [1, 3, 1]);
/// ```
#[track_caller]
pub fn expand_dims(x: impl IntoArray, axis: impl IntoAxes) -> Array {
    x.into_array().expand_dims(axis)
}

/// The array without its axes of extent 1.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::squeeze(jnp::ones((1, 3, 1))).shape(), [3]);
/// ```
#[track_caller]
pub fn squeeze(x: impl IntoArray) -> Array {
    x.into_array().squeeze(None)
}

/// The array without these axes, of extent 1.
///
/// # Panics
/// If an axis is out of bounds, or its extent is not 1.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::squeeze_with(jnp::ones((1, 3, 1)), -1).shape(), [1, 3]);
/// ```
#[track_caller]
pub fn squeeze_with(x: impl IntoArray, axis: impl IntoAxes) -> Array {
    x.into_array().squeeze(axis)
}

/// The array repeated to a shape that it broadcasts to.
///
/// # Panics
/// If it does not.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::broadcast_to([1, 2], (2, 2)).to_string(), "[[1 2]\n [1 2]]");
/// ```
#[track_caller]
pub fn broadcast_to(x: impl IntoArray, shape: impl IntoShape) -> Array {
    promote::broadcast_to("broadcast_to", &x.into_array(), &extents("broadcast_to", shape))
}

/// The arrays repeated to the shape that they broadcast to together.
///
/// # Panics
/// If they do not.
///
/// ```
/// use jax::prelude::*;
/// let both = jnp::broadcast_arrays(&[jnp::ones((3, 1)), jnp::ones(2)]);
/// assert_eq!((both[0].shape(), both[1].shape()), (&[3, 2][..], &[3, 2][..]));
/// ```
#[track_caller]
pub fn broadcast_arrays(arrays: &[Array]) -> Vec<Array> {
    promote::broadcast_arrays("broadcast_arrays", &arrays.iter().collect::<Vec<_>>())
}

/// The shape that shapes broadcast to together.
///
/// # Panics
/// If they do not.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::broadcast_shapes(&[&[3, 1], &[2]]), [3, 2]);
/// ```
#[track_caller]
pub fn broadcast_shapes(shapes: &[&[usize]]) -> Vec<usize> {
    promote::broadcast_shapes("broadcast_shapes", shapes).into_vec()
}

/// The elements in reverse order along every axis.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::flip([1, 2, 3]).to_string(), "[3 2 1]");
/// ```
#[track_caller]
pub fn flip(x: impl IntoArray) -> Array {
    flip_with(x, ReduceOptions::default())
}

/// The elements in reverse order along these axes.
///
/// # Panics
/// If an axis is out of bounds, or named twice.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::flip_with([[1, 2], [3, 4]], jnp::axis(0)).to_string(), "[[3 4]\n [1 2]]");
/// ```
#[track_caller]
pub fn flip_with(x: impl IntoArray, options: ReduceOptions) -> Array {
    let x = x.into_array();
    let axes = axes_of("flip", options.axis, x.ndim());
    if axes.is_empty() { x } else { prim::slice::rev(&x, &axes) }
}

/// The elements in reverse order along the last axis of a matrix.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::fliplr([[1, 2], [3, 4]]).to_string(), "[[2 1]\n [4 3]]");
/// ```
#[track_caller]
pub fn fliplr(x: impl IntoArray) -> Array {
    flip_with(x, super::axis(1))
}

/// The elements in reverse order along the first axis.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::flipud([[1, 2], [3, 4]]).to_string(), "[[3 4]\n [1 2]]");
/// ```
#[track_caller]
pub fn flipud(x: impl IntoArray) -> Array {
    flip_with(x, super::axis(0))
}

/// The elements in row-major order moved on by `shift` places, those at the end to the beginning.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::roll([1, 2, 3], 1).to_string(), "[3 1 2]");
/// ```
#[track_caller]
pub fn roll(x: impl IntoArray, shift: i64) -> Array {
    let x = x.into_array();
    let shape = x.shape().to_vec();
    roll_along(&x.ravel(), shift, 0).reshape(shape)
}

/// The elements moved on by `shift` places along these axes, those at the end to the beginning.
///
/// # Panics
/// If an axis is out of bounds, or named twice.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::roll_with([[1, 2, 3]], -1, jnp::axis(1)).to_string(), "[[2 3 1]]");
/// ```
#[track_caller]
pub fn roll_with(x: impl IntoArray, shift: i64, options: ReduceOptions) -> Array {
    if options.axis.0.is_none() {
        return roll(x, shift);
    }
    let x = x.into_array();
    axes_of("roll", options.axis, x.ndim()).into_iter().fold(x, |x, axis| roll_along(&x, shift, axis))
}

#[track_caller]
fn roll_along(x: &Array, shift: i64, axis: usize) -> Array {
    let extent = x.shape()[axis];
    if extent == 0 || shift.rem_euclid(extent as i64) == 0 {
        return x.clone();
    }
    let first = extent - shift.rem_euclid(extent as i64) as usize;
    let (front, back) =
        (prim::slice::slice_in_dim(x, 0, first, axis), prim::slice::slice_in_dim(x, first, extent, axis));
    prim::concatenate::concatenate(&[&back, &front], axis)
}

/// The whole array repeated so many times along each axis.
///
/// # Panics
/// If a count is negative.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::tile([1, 2], (2, 2)).to_string(), "[[1 2 1 2]\n [1 2 1 2]]");
/// ```
#[track_caller]
pub fn tile(x: impl IntoArray, reps: impl IntoShape) -> Array {
    let (x, reps) = (x.into_array(), extents("tile", reps));
    let rank = x.ndim().max(reps.len());
    let ones = |short: &[usize]| [vec![1; rank - short.len()], short.to_vec()].concat();
    let (shape, reps) = (ones(x.shape()), ones(&reps));
    let blocks: Vec<usize> = reps.iter().zip(&shape).flat_map(|(&rep, &extent)| [rep, extent]).collect();
    let places: Vec<usize> = (0..rank).map(|axis| 2 * axis + 1).collect();
    let repeated = prim::shape::broadcast_in_dim(&prim::shape::reshape(&x, &shape), &blocks, &places);
    prim::shape::reshape(&repeated, &reps.iter().zip(&shape).map(|(rep, extent)| rep * extent).collect::<Vec<_>>())
}

/// Each element so many times, in row-major order.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::repeat([1, 2], 2).to_string(), "[1 1 2 2]");
/// ```
#[track_caller]
pub fn repeat(x: impl IntoArray, repeats: usize) -> Array {
    repeat_with(x.into_array().ravel(), repeats, 0)
}

/// Each slice along an axis so many times.
///
/// # Panics
/// If the axis is out of bounds.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::repeat_with([[1, 2]], 2, 0).to_string(), "[[1 2]\n [1 2]]");
/// ```
#[track_caller]
pub fn repeat_with(x: impl IntoArray, repeats: usize, axis: i32) -> Array {
    let x = x.into_array();
    let axis = axis_of("repeat", axis as i64, x.ndim());
    let mut blocks = x.shape().to_vec();
    blocks.insert(axis + 1, repeats);
    let places: Vec<usize> = (0..=x.ndim()).filter(|&place| place != axis + 1).collect();
    let mut shape = x.shape().to_vec();
    shape[axis] *= repeats;
    prim::shape::reshape(&prim::shape::broadcast_in_dim(&x, &blocks, &places), &shape)
}

/// The array with one axis at least.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::atleast_1d(3.0).shape(), [1]);
/// ```
#[track_caller]
pub fn atleast_1d(x: impl IntoArray) -> Array {
    let x = x.into_array();
    if x.ndim() == 0 { x.expand_dims(0) } else { x }
}

/// The array with two axes at least: a vector becomes a row.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::atleast_2d([1, 2]).shape(), [1, 2]);
/// ```
#[track_caller]
pub fn atleast_2d(x: impl IntoArray) -> Array {
    let x = atleast_1d(x);
    if x.ndim() == 1 { x.expand_dims(0) } else { x }
}

/// The array with three axes at least: a vector of n becomes 1 by n by 1, a matrix gets a last axis.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::atleast_3d([1, 2]).shape(), [1, 2, 1]);
/// ```
#[track_caller]
pub fn atleast_3d(x: impl IntoArray) -> Array {
    let x = atleast_2d(x);
    if x.ndim() == 2 { x.expand_dims(2) } else { x }
}
