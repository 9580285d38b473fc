//! `associative_scan`: what an associative function makes of all elements so far, in a number of steps that grows
//! with the logarithm of their number.

use super::control::{build, flatten, flatten_tree};
use super::flat::structure_error;
use crate::array::Array;
use crate::base::{DType, Scalar};
use crate::prim::concatenate::concatenate;
use crate::prim::logic::or;
use crate::prim::pad::pad;
use crate::prim::slice::{rev, slice, slice_in_dim};
use crate::tree::{Arg, Flat, PyTree};

/// How [`associative_scan_with`] runs.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct AssociativeScanOptions {
    /// Whether the elements are taken from the last to the first.
    pub reverse: bool,
    /// The axis that they lie along; a negative one counts from the end.
    pub axis: i64,
}

/// For each element along the leading axis, `f` of all elements up to it. `f` takes two trees of slices along that axis
/// and combines them elementwise; it must be associative.
///
/// # Panics
/// If the leading axes differ, or `f` gives another structure.
///
/// ```
/// use jax_core::array::Array;
/// use jax_core::lax;
/// let sums = lax::associative_scan(|a: Array, b: Array| a + b, Array::from_slice(&[1, 2, 3, 4], &[4]));
/// assert_eq!(sums.to_vec::<i32>(), [1, 3, 6, 10]);
/// ```
#[track_caller]
pub fn associative_scan<T: PyTree>(f: impl Fn(T, T) -> T, elems: impl Arg<Staged = T>) -> T {
    associative_scan_with(AssociativeScanOptions::default(), f, elems)
}

/// [`associative_scan`] with options.
///
/// # Panics
/// If there is no such axis, its extents differ, or `f` gives another structure.
///
/// ```
/// use jax_core::array::Array;
/// use jax_core::lax::{self, AssociativeScanOptions};
/// let options = AssociativeScanOptions { reverse: true, axis: -1 };
/// let sums = lax::associative_scan_with(options, |a: Array, b: Array| a + b, Array::from_slice(&[1, 2, 3], &[3]));
/// assert_eq!(sums.to_vec::<i32>(), [6, 5, 3]);
/// ```
#[track_caller]
pub fn associative_scan_with<T: PyTree>(
    options: AssociativeScanOptions,
    f: impl Fn(T, T) -> T,
    elems: impl Arg<Staged = T>,
) -> T {
    let elems = flatten(elems);
    let Some(first) = elems.leaves.first() else {
        return build(&elems);
    };
    let axis = super::axis_of("associative_scan", options.axis, first.ndim());
    let count = first.shape()[axis];
    for leaf in &elems.leaves {
        if leaf.shape().get(axis) != Some(&count) {
            let shapes: Vec<String> = elems.leaves.iter().map(|leaf| format!("{:?}", leaf.shape())).collect();
            structure_error(
                "associative_scan",
                format!(
                    "Array inputs to associative_scan must have the same first dimension. (saw: [{}])",
                    shapes.join(", ")
                ),
            );
        }
    }
    let tree = |leaves: &[Array]| Flat { leaves: leaves.into(), tokens: elems.tokens.clone() };
    let combine = |a: &[Array], b: &[Array]| -> Vec<Array> {
        let out = flatten_tree(f(build(&tree(a)), build(&tree(b))));
        if out.tokens != elems.tokens {
            structure_error("associative_scan", "associative_scan's function must give the structure that it takes.");
        }
        out.leaves.into_vec()
    };
    let turn = |leaves: &[Array]| -> Vec<Array> {
        if options.reverse { leaves.iter().map(|x| rev(x, &[axis])).collect() } else { leaves.to_vec() }
    };
    let scanned = halves(&combine, &turn(&elems.leaves), axis);
    build(&tree(&turn(&scanned)))
}

/// A function of two lists of arrays.
type Combine<'a> = dyn Fn(&[Array], &[Array]) -> Vec<Array> + 'a;

/// Pairs are combined and scanned: the results at odd places; those at even places are one combination more. (Blelloch,
/// "Prefix sums and their applications", 1990; here as JAX does it, and with its equations.)
#[track_caller]
fn halves(combine: &Combine<'_>, elems: &[Array], axis: usize) -> Vec<Array> {
    let count = elems[0].shape()[axis];
    if count < 2 {
        return elems.to_vec();
    }
    let every =
        |start: usize, limit: usize| -> Vec<Array> { elems.iter().map(|x| strided(x, start, limit, axis)).collect() };
    let odd = halves(combine, &combine(&every(0, count - 1), &every(1, count)), axis);
    let later = every(2, count);
    let even = if count.is_multiple_of(2) {
        let before: Vec<Array> = odd.iter().map(|x| slice_in_dim(x, 0, x.shape()[axis] - 1, axis)).collect();
        combine(&before, &later)
    } else {
        combine(&odd, &later)
    };
    let first = elems.iter().map(|x| slice_in_dim(x, 0, 1, axis));
    let even = first.zip(&even).map(|(first, rest)| concatenate(&[&first, rest], axis));
    even.zip(&odd).map(|(even, odd)| interleave(&even, odd, axis)).collect()
}

/// Every second element from `start` to before `limit`.
#[track_caller]
fn strided(x: &Array, start: usize, limit: usize, axis: usize) -> Array {
    let (mut starts, mut limits, mut strides) = (vec![0; x.ndim()], x.shape().to_vec(), vec![1; x.ndim()]);
    (starts[axis], limits[axis], strides[axis]) = (start.min(limit), limit, 2);
    slice(x, &starts, &limits, Some(&strides))
}

/// The elements of `a` at even places and those of `b` at odd ones; `a` may have one more.
#[track_caller]
fn interleave(a: &Array, b: &Array, axis: usize) -> Array {
    let more = i64::from(a.shape()[axis] == b.shape()[axis]);
    let spread = |x: &Array, low: i64, high: i64| {
        let mut config = vec![(0, 0, 0); x.ndim()];
        config[axis] = (low, high, 1);
        pad(x, &Array::scalar(Scalar::zero(x.dtype())), &config)
    };
    let (a, b) = (spread(a, 0, more), spread(b, 1, 1 - more));
    if a.dtype() == DType::Bool { or(&a, &b) } else { crate::prim::arith::add(&a, &b) }
}
