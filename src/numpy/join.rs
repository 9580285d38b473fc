//! Joining arrays, and splitting them.

use jax_core::array::fail::raise;
use jax_core::array::{Array, IntoArray, at_caller};
use jax_core::base::Error;
use jax_core::base::error::ErrorKind;
use jax_core::lax::axes::axis_of;
use jax_core::lax::promote;
use jax_core::prim;

use super::create::value_error;
use super::shape::{atleast_1d, atleast_2d, atleast_3d};

/// The arrays one after the other along their first axis. Their dtypes promote.
///
/// # Panics
/// If there is none, or their other extents differ.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::concatenate(&[jnp::arange(2), jnp::arange(3)]).to_string(), "[0 1 0 1 2]");
/// ```
#[track_caller]
pub fn concatenate(arrays: &[Array]) -> Array {
    join("concatenate", arrays, 0)
}

/// The arrays one after the other along an axis. Their dtypes promote.
///
/// # Panics
/// If there is none, the axis is out of bounds, or their other extents differ.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::concatenate_with(&[jnp::ones((2, 1)), jnp::zeros((2, 3))], -1).shape(), [2, 4]);
/// ```
#[track_caller]
pub fn concatenate_with(arrays: &[Array], axis: i32) -> Array {
    join("concatenate", arrays, axis)
}

/// The arrays one after the other along an axis (the Array API's name).
///
/// # Panics
/// If there is none, the axis is out of bounds, or their other extents differ.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::concat(&[jnp::ones((2, 1)), jnp::zeros((2, 3))], 1).shape(), [2, 4]);
/// ```
#[track_caller]
pub fn concat(arrays: &[Array], axis: i32) -> Array {
    join("concatenate", arrays, axis)
}

#[track_caller]
fn join(op: &'static str, arrays: &[Array], axis: i32) -> Array {
    let Some(first) = arrays.first() else {
        value_error(op, format!("Need at least one array to {op}."));
    };
    if arrays.iter().any(|array| array.ndim() == 0) {
        value_error(op, format!("{op}: Zero-dimensional arrays cannot be concatenated."));
    }
    let axis = axis_of(op, axis as i64, first.ndim());
    let arrays = promote::dtypes(&arrays.iter().collect::<Vec<_>>());
    prim::concatenate::concatenate(&arrays.iter().collect::<Vec<_>>(), axis)
}

/// The arrays side by side along a new leading axis. Their dtypes promote.
///
/// # Panics
/// If there is none, or their shapes differ.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::stack(&[jnp::arange(2), jnp::arange(2)]).to_string(), "[[0 1]\n [0 1]]");
/// ```
#[track_caller]
pub fn stack(arrays: &[Array]) -> Array {
    stack_with(arrays, 0)
}

/// The arrays side by side along a new axis at this place of the result. Their dtypes promote.
///
/// # Panics
/// If there is none, their shapes differ, or the axis is out of bounds.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::stack_with(&[jnp::arange(2), jnp::arange(2)], -1).to_string(), "[[0 0]\n [1 1]]");
/// ```
#[track_caller]
pub fn stack_with(arrays: &[Array], axis: i32) -> Array {
    let Some(first) = arrays.first() else {
        value_error("stack", "Need at least one array to stack.".to_owned());
    };
    if let Some(other) = arrays.iter().find(|array| array.shape() != first.shape()) {
        let message = format!("All input arrays must have the same shape, got {} and {}.", first.aval(), other.aval());
        raise(Error::new(ErrorKind::Shape, "stack", format!("stack: {message}")));
    }
    let axis = axis_of("stack", axis as i64, first.ndim() + 1) as i32;
    let expanded: Vec<Array> = at_caller(|| arrays.iter().map(|array| array.expand_dims(axis)).collect());
    join("stack", &expanded, axis)
}

/// The arrays as rows, one below the other: vectors become rows.
///
/// # Panics
/// If there is none, or they do not fit together.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::vstack(&[jnp::arange(2), jnp::arange(2)]).to_string(), "[[0 1]\n [0 1]]");
/// ```
#[track_caller]
pub fn vstack(arrays: &[Array]) -> Array {
    join("vstack", &arrays.iter().map(|array| atleast_2d(array)).collect::<Vec<_>>(), 0)
}

/// The arrays one beside the other: along the first axis of vectors, the second of others.
///
/// # Panics
/// If there is none, or they do not fit together.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::hstack(&[jnp::arange(2), jnp::arange(2)]).to_string(), "[0 1 0 1]");
/// ```
#[track_caller]
pub fn hstack(arrays: &[Array]) -> Array {
    let arrays: Vec<Array> = arrays.iter().map(|array| atleast_1d(array)).collect();
    let axis = i32::from(arrays.first().is_some_and(|array| array.ndim() > 1));
    join("hstack", &arrays, axis)
}

/// Vectors as the columns of a matrix; matrices one beside the other.
///
/// # Panics
/// If there is none, or they do not fit together.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::column_stack(&[jnp::arange(2), jnp::arange(2)]).to_string(), "[[0 0]\n [1 1]]");
/// ```
#[track_caller]
pub fn column_stack(arrays: &[Array]) -> Array {
    let column = |array: &Array| if array.ndim() < 2 { atleast_2d(array).t() } else { array.clone() };
    join("column_stack", &arrays.iter().map(column).collect::<Vec<_>>(), 1)
}

/// The arrays one behind the other, along a third axis.
///
/// # Panics
/// If there is none, or they do not fit together.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::dstack(&[jnp::ones((2, 3)), jnp::ones((2, 3))]).shape(), [2, 3, 2]);
/// ```
#[track_caller]
pub fn dstack(arrays: &[Array]) -> Array {
    join("dstack", &arrays.iter().map(|array| atleast_3d(array)).collect::<Vec<_>>(), 2)
}

/// `sections` equal parts along the first axis.
///
/// # Panics
/// If the extent is not a multiple of `sections`.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::split(jnp::arange(4), 2)[1].to_string(), "[2 3]");
/// ```
#[track_caller]
pub fn split(x: impl IntoArray, sections: usize) -> Vec<Array> {
    split_with(x, sections, 0)
}

/// `sections` equal parts along an axis.
///
/// # Panics
/// If the extent is not a multiple of `sections`, or the axis is out of bounds.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::split_with(jnp::ones((2, 6)), 3, -1)[0].shape(), [2, 2]);
/// ```
#[track_caller]
pub fn split_with(x: impl IntoArray, sections: usize, axis: i32) -> Vec<Array> {
    let x = x.into_array();
    let axis = axis_of("split", axis as i64, x.ndim());
    let extent = x.shape()[axis];
    if sections == 0 || !extent.is_multiple_of(sections) {
        let rest = extent.checked_rem(sections).unwrap_or(extent);
        value_error("split", format!("array split does not result in an equal division: rest is {rest}"));
    }
    prim::concatenate::split(&x, &vec![extent / sections; sections], axis)
}

/// The parts along an axis between these places.
///
/// # Panics
/// If the places do not increase, or the axis is out of bounds.
///
/// ```
/// use jax::prelude::*;
/// let parts = jnp::split_at(jnp::arange(5), &[1, 3], 0);
/// assert_eq!((parts.len(), parts[1].to_string()), (3, "[1 2]".to_owned()));
/// ```
#[track_caller]
pub fn split_at(x: impl IntoArray, places: &[usize], axis: i32) -> Vec<Array> {
    let x = x.into_array();
    let axis = axis_of("split", axis as i64, x.ndim());
    let extent = x.shape()[axis];
    let ends = places.iter().map(|&place| place.min(extent)).chain([extent]);
    let mut start = 0;
    let mut sizes = Vec::new();
    for end in ends {
        if end < start {
            value_error("split", format!("split: indices must increase, got {places:?}"));
        }
        sizes.push(end - start);
        start = end;
    }
    prim::concatenate::split(&x, &sizes, axis)
}
