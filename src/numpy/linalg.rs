//! Norms of vectors and matrices: `jnp::linalg`.

use jax_core::array::fail::raise;
use jax_core::array::{Array, IntoArray};
use jax_core::base::Error;
use jax_core::base::error::ErrorKind;
use jax_core::lax::promote;
use jax_core::lax::reduce::{self, Over};

use super::options::ReduceOptions;
use super::shape::counted;

/// Which norm [`norm_with`] takes: also written as a number, `1`, `0.5`, `jnp::inf`, or as `"fro"`.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub enum Ord {
    /// The root of the sum of squares of all elements, whatever the number of axes.
    #[default]
    Euclidean,
    /// The same, of matrices only.
    Frobenius,
    /// Of vectors the sum of magnitudes, of matrices the largest such sum of a column.
    L1,
    /// Of vectors the largest magnitude, of matrices the largest sum of magnitudes of a row.
    Infinity,
    /// Of vectors the smallest magnitude, of matrices the smallest sum of magnitudes of a row.
    MinusInfinity,
    /// Of vectors `sum(|x|^p)^(1/p)`, for 0 the number of elements that are not zero; of matrices for 1 and -1 the
    /// largest and the smallest sum of magnitudes of a column.
    P(f64),
}

impl From<f64> for Ord {
    fn from(p: f64) -> Ord {
        match p {
            1.0 => Ord::L1,
            f64::INFINITY => Ord::Infinity,
            f64::NEG_INFINITY => Ord::MinusInfinity,
            p => Ord::P(p),
        }
    }
}

impl From<i32> for Ord {
    fn from(p: i32) -> Ord {
        Ord::from(p as f64)
    }
}

impl From<&str> for Ord {
    #[track_caller]
    fn from(name: &str) -> Ord {
        match name {
            "fro" => Ord::Frobenius,
            "inf" => Ord::Infinity,
            "-inf" => Ord::MinusInfinity,
            _ => fail(format!("Invalid order '{name}' for norm.")),
        }
    }
}

#[track_caller]
fn fail(message: String) -> ! {
    raise(Error::new(ErrorKind::Value, "norm", message))
}

/// The root of the sum of the squares of all elements.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::linalg::norm([3.0, 4.0]).item_f32(), 5.0);
/// ```
#[track_caller]
pub fn norm(x: impl IntoArray) -> Array {
    norm_with(x, Ord::Euclidean, ReduceOptions::default())
}

/// A norm of vectors along one axis, or of matrices in two; without axes, of the vector or the matrix that the array is.
///
/// # Panics
/// If an axis is out of bounds, or named twice, if there are neither one nor two axes, or if there is no such norm of
/// matrices. Those by singular values, 2 and -2, are not there.
///
/// ```
/// use jax::prelude::*;
/// let x = [[3.0, -4.0], [0.0, 1.0]];
/// assert_eq!(jnp::linalg::norm_with(x, 1, jnp::axis(1)).to_string(), "[7. 1.]");
/// assert_eq!(jnp::linalg::norm_with(x, jnp::inf, jnp::axis(None)).to_string(), "7.0");
/// ```
#[track_caller]
pub fn norm_with(x: impl IntoArray, ord: impl Into<Ord>, options: ReduceOptions) -> Array {
    let (x, ord) = (promote::inexact(&x.into_array()), ord.into());
    let all = Over::new("norm", &x, options.axis.clone(), options.keepdims);
    if ord == Ord::Euclidean {
        return reduce::euclidean(&x, &all);
    }
    match counted("norm", options.axis, x.ndim())[..] {
        [_] => vector_norm(&x, ord, &all),
        [row, column] => match ord {
            Ord::Euclidean | Ord::Frobenius => reduce::euclidean(&x, &all),
            Ord::L1 | Ord::P(-1.0) => sums(&x, row, column, options.keepdims, ord == Ord::L1),
            Ord::Infinity | Ord::MinusInfinity => sums(&x, column, row, options.keepdims, ord == Ord::Infinity),
            Ord::P(p) => fail(format!("Invalid order '{p}' for matrix norm.")),
        },
        ref axes => fail(format!(
            "Improper number of axes for norm: axis={axes:?}. Pass one axis to compute a \
             vector-norm, or two axes to compute a matrix-norm."
        )),
    }
}

#[track_caller]
fn vector_norm(x: &Array, ord: Ord, over: &Over) -> Array {
    match ord {
        Ord::Euclidean => reduce::euclidean(x, over),
        Ord::Frobenius => fail("Invalid order 'fro' for vector norm.".to_owned()),
        Ord::L1 => reduce::sum(&x.abs(), over, None),
        Ord::Infinity => reduce::max(&x.abs(), over),
        Ord::MinusInfinity => reduce::min(&x.abs(), over),
        Ord::P(0.0) => reduce::sum(&x.not_equal(0), over, Some(x.dtype().component())),
        Ord::P(2.0) => reduce::euclidean(x, over),
        Ord::P(p) => reduce::sum(&x.abs().powf(p), over, None).powf(1.0 / p),
    }
}

/// The largest or smallest of the sums of magnitudes along one axis, over another.
#[track_caller]
fn sums(x: &Array, along: usize, over: usize, keepdims: bool, largest: bool) -> Array {
    let sums = reduce::sum(&x.abs(), &Over::new("norm", x, along as i32, true), None);
    let across = Over::new("norm", &sums, over as i32, true);
    let extreme = if largest { reduce::max(&sums, &across) } else { reduce::min(&sums, &across) };
    if keepdims { extreme } else { extreme.squeeze([along as i32, over as i32]) }
}
