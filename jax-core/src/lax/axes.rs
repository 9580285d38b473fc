//! Axes as users name them: integers, negative ones from the end, several, or all.

use crate::array::fail::{self, raise};
use crate::array::with_span;
use crate::base::Error;
use crate::base::error::ErrorKind;

/// Axes of an array: `0`, `-1`, `(0, 1)`, `[0, 2]`, `()` for none, `None` for all.
pub trait IntoAxes {
    /// The axes, or `None` for all of them.
    fn into_axes(self) -> Option<Vec<i64>>;
}

impl IntoAxes for i32 {
    fn into_axes(self) -> Option<Vec<i64>> {
        Some(vec![self as i64])
    }
}

impl IntoAxes for Option<i32> {
    fn into_axes(self) -> Option<Vec<i64>> {
        self.map(|axis| vec![axis as i64])
    }
}

/// Axes that were named already, or all of them.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct AxisList(pub Option<Vec<i64>>);

impl IntoAxes for AxisList {
    fn into_axes(self) -> Option<Vec<i64>> {
        self.0
    }
}

impl IntoAxes for () {
    fn into_axes(self) -> Option<Vec<i64>> {
        Some(Vec::new())
    }
}

impl IntoAxes for (i32, i32) {
    fn into_axes(self) -> Option<Vec<i64>> {
        Some(vec![self.0 as i64, self.1 as i64])
    }
}

impl IntoAxes for (i32, i32, i32) {
    fn into_axes(self) -> Option<Vec<i64>> {
        Some(vec![self.0 as i64, self.1 as i64, self.2 as i64])
    }
}

impl<const N: usize> IntoAxes for [i32; N] {
    fn into_axes(self) -> Option<Vec<i64>> {
        Some(self.iter().map(|&axis| axis as i64).collect())
    }
}

impl IntoAxes for &[i32] {
    fn into_axes(self) -> Option<Vec<i64>> {
        Some(self.iter().map(|&axis| axis as i64).collect())
    }
}

/// The axis, counted from the start, of an array of this rank.
///
/// # Panics
/// If it is out of bounds.
#[track_caller]
pub fn axis_of(op: &'static str, axis: i64, rank: usize) -> usize {
    let counted = if axis < 0 { axis + rank as i64 } else { axis };
    match usize::try_from(counted) {
        Ok(axis) if axis < rank => axis,
        _ => raise(Error::new(
            ErrorKind::Axis,
            op,
            format!("{op}: axis {axis} is out of bounds for array of dimension {rank}"),
        )),
    }
}

/// The axes, counted from the start and in increasing order, of an array of this rank.
///
/// # Panics
/// If one is out of bounds, or named twice.
#[track_caller]
pub fn axes_of(op: &'static str, axes: impl IntoAxes, rank: usize) -> Vec<usize> {
    let Some(axes) = axes.into_axes() else {
        return (0..rank).collect();
    };
    let here = fail::here();
    let mut counted: Vec<usize> = with_span(here, || axes.iter().map(|&axis| axis_of(op, axis, rank)).collect());
    counted.sort_unstable();
    if counted.windows(2).any(|pair| pair[0] == pair[1]) {
        let named: Vec<String> = axes.iter().map(i64::to_string).collect();
        let message = format!("{op}: duplicate value in 'axis': ({})", named.join(", "));
        raise(Error::new(ErrorKind::Axis, op, message));
    }
    counted
}
