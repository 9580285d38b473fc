//! Slices and elements along one axis, at places from an array.

use super::Index;
use super::parts::parts;
use super::read::{Plan, places};
use crate::array::fail::raise;
use crate::array::{Array, IntoArray};
use crate::base::error::ErrorKind;
use crate::base::{DType, Error};
use crate::lax::{axes, promote};
use crate::prim::elementwise::tuple;
use crate::prim::gather::{Gather, GatherDimensionNumbers, GatherScatterMode, gather};
use crate::prim::shape::broadcast_in_dim;

/// The slices along an axis at these places, or elements of the whole in row-major order.
#[track_caller]
pub fn take(x: &Array, at: &Array, axis: Option<i32>, mode: GatherScatterMode) -> Array {
    let (x, axis) = match axis {
        None => (x.ravel(), 0),
        Some(axis) => (x.clone(), axes::axis_of("take", axis as i64, x.ndim())),
    };
    if !at.dtype().is_integer() {
        let message = format!("take: indices must have an integer type, got {}", at.dtype());
        raise(Error::new(ErrorKind::DType, "take", message));
    }
    let extent = x.shape()[axis];
    let at = if mode == GatherScatterMode::FillOrDrop { places(at, extent) } else { at.clone() };
    let vectors: Vec<usize> = at.shape().iter().copied().chain([1]).collect();
    let indices = broadcast_in_dim(&at, &vectors, &(0..at.ndim()).collect::<Vec<_>>());
    let sizes: Vec<usize> = (0..x.ndim()).map(|a| if a == axis { 1 } else { x.shape()[a] }).collect();
    let offset_dims = (0..axis).chain(axis + at.ndim()..x.ndim() - 1 + at.ndim()).collect();
    let numbers = GatherDimensionNumbers {
        offset_dims,
        collapsed_slice_dims: vec![axis],
        start_index_map: vec![axis],
        ..GatherDimensionNumbers::default()
    };
    gather(&x, &indices, Gather { mode, ..Gather::new(numbers, &sizes) })
}

/// The element along an axis at each place of `at`, which has the array's rank: `x[.., at[.., i, ..], ..]`.
#[track_caller]
pub fn take_along_axis(x: &Array, at: &Array, axis: i32) -> Array {
    if x.ndim() != at.ndim() {
        let message = format!(
            "take_along_axis: indices and arr must have the same number of dimensions; {} vs. {}",
            at.ndim(),
            x.ndim()
        );
        raise(Error::new(ErrorKind::Shape, "take_along_axis", message));
    }
    if !at.dtype().is_integer() {
        let message = format!("take_along_axis: indices must be of integer type, got {}", at.dtype());
        raise(Error::new(ErrorKind::DType, "take_along_axis", message));
    }
    let axis = axes::axis_of("take_along_axis", axis as i64, x.ndim());
    let fits = |a: usize| a == axis || x.shape()[a] == at.shape()[a] || x.shape()[a] == 1 || at.shape()[a] == 1;
    if !(0..x.ndim()).all(fits) {
        let message = format!(
            "take_along_axis: shapes {} and {} do not broadcast outside of axis {axis}",
            tuple(x.shape()),
            tuple(at.shape())
        );
        raise(Error::new(ErrorKind::Shape, "take_along_axis", message));
    }
    let mut shape: Vec<usize> = (0..x.ndim()).map(|a| x.shape()[a].max(at.shape()[a])).collect();
    shape[axis] = at.shape()[axis];
    let at = promote::broadcast_to("take_along_axis", at, &shape);
    let other = |a: usize| match a == axis {
        true => Index::Array(at.clone()),
        false if x.shape()[a] == 1 => Index::Array(promote::broadcast_to("take_along_axis", &0.into_array(), &shape)),
        false => Index::Array(crate::prim::iota::iota(DType::I32, &shape, a)),
    };
    let parts = parts(x.shape(), (0..x.ndim()).map(other).collect());
    Plan::new(x, &parts).read(x, GatherScatterMode::FillOrDrop)
}
