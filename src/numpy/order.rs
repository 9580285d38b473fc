//! Sorting, searching, cumulating, taking.

use jax_core::array::{Array, IntoArray};
use jax_core::base::DType;
use jax_core::lax::axes::axis_of;
use jax_core::lax::index;
use jax_core::prim;
use jax_core::prim::gather::GatherScatterMode;

use super::options::ReduceOptions;

/// The array and the axis that an operation along one axis runs over: the last by default for sorting (`last`), all
/// elements in row-major order otherwise.
#[track_caller]
fn line(op: &'static str, x: Array, options: &ReduceOptions, last: bool) -> (Array, usize) {
    match options.axis.0.as_ref().and_then(|axes| axes.first()) {
        Some(&axis) => {
            let axis = axis_of(op, axis, x.ndim());
            (x, axis)
        }
        None if last && x.ndim() > 0 => {
            let axis = x.ndim() - 1;
            (x, axis)
        }
        None => (x.ravel(), 0),
    }
}

/// The elements in increasing order along the last axis; NaN last.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::sort([3.0, jnp::nan, 1.0]).to_string(), "[ 1.  3. nan]");
/// ```
#[track_caller]
pub fn sort(x: impl IntoArray) -> Array {
    sort_with(x, ReduceOptions::default())
}

/// The elements in increasing order along an axis.
///
/// # Panics
/// If it is out of bounds.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::sort_with([[3, 1], [2, 4]], jnp::axis(0)).to_string(), "[[2 1]\n [3 4]]");
/// ```
#[track_caller]
pub fn sort_with(x: impl IntoArray, options: ReduceOptions) -> Array {
    let (x, axis) = line("sort", x.into_array(), &options, true);
    x.sort(axis as i32)
}

/// The positions of the elements in increasing order along the last axis; equal ones keep their order.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::argsort([3, 1, 2]).to_string(), "[1 2 0]");
/// ```
#[track_caller]
pub fn argsort(x: impl IntoArray) -> Array {
    argsort_with(x, ReduceOptions::default())
}

/// The positions of the elements in increasing order along an axis; equal ones keep their order.
///
/// # Panics
/// If it is out of bounds.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::argsort_with([[3, 1], [2, 4]], jnp::axis(0)).to_string(), "[[1 0]\n [0 1]]");
/// ```
#[track_caller]
pub fn argsort_with(x: impl IntoArray, options: ReduceOptions) -> Array {
    let (x, axis) = line("argsort", x.into_array(), &options, true);
    x.argsort(axis as i32)
}

/// Where each value would go into a sorted vector, before equal elements.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::searchsorted([1, 3, 5], [0, 3, 4]).to_string(), "[0 1 2]");
/// ```
#[track_caller]
pub fn searchsorted(sorted: impl IntoArray, values: impl IntoArray) -> Array {
    let values = values.into_array();
    values.expand_dims(-1).greater(sorted).sum(-1)
}

/// Declares cumulations by the function of `lax` that each is.
macro_rules! cumulations {
    ($($(#[$doc:meta])* $name:ident = $lax:ident $(, NaN as $neutral:literal)?; $with:ident $out:literal;)*) => {
        $(
            $(#[$doc])*
            ///
            /// ```
            /// use jax::prelude::*;
            #[doc = concat!("assert_eq!(jnp::", stringify!($name), "([1, 3, 2]).to_string(), \"", $out, "\");")]
            /// ```
            #[track_caller]
            pub fn $name(x: impl IntoArray) -> Array {
                $with(x, ReduceOptions::default())
            }

            #[doc = concat!("[`", stringify!($name), "`] along an axis.")]
            ///
            /// # Panics
            /// If the axis is out of bounds.
            ///
            /// ```
            /// use jax::prelude::*;
            #[doc = concat!("let y = jnp::", stringify!($with), "([[1, 3, 2]], jnp::axis(1));")]
            #[doc = concat!("assert_eq!(y.to_string(), \"[", $out, "]\");")]
            /// ```
            #[track_caller]
            pub fn $with(x: impl IntoArray, options: ReduceOptions) -> Array {
                let (x, axis) = line(stringify!($name), x.into_array(), &options, false);
                let x = match options.dtype {
                    Some(dtype) => x.astype(dtype),
                    None if x.dtype() == DType::Bool => x.astype(DType::I32),
                    None => x,
                };
                $(let x = super::where_(super::isnan(&x), $neutral, x);)?
                prim::cumulative::$lax(&x, axis, false)
            }
        )*
    };
}

cumulations! {
    /// The sums of the elements up to each, in row-major order.
    cumsum = cumsum; cumsum_with "[1 4 6]";
    /// The products of the elements up to each, in row-major order.
    cumprod = cumprod; cumprod_with "[1 3 6]";
    /// The largest of the elements up to each, in row-major order.
    cummax = cummax; cummax_with "[1 3 3]";
    /// The smallest of the elements up to each, in row-major order.
    cummin = cummin; cummin_with "[1 1 1]";
    /// The sums of the elements up to each, in row-major order, NaN as 0.
    nancumsum = cumsum, NaN as 0; nancumsum_with "[1 4 6]";
    /// The products of the elements up to each, in row-major order, NaN as 1.
    nancumprod = cumprod, NaN as 1; nancumprod_with "[1 3 6]";
}

/// The differences of neighbours along the last axis.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::diff([1, 4, 9]).to_string(), "[3 5]");
/// ```
#[track_caller]
pub fn diff(x: impl IntoArray) -> Array {
    let x = x.into_array();
    x.index((index::Ellipsis, 1..)) - x.index((index::Ellipsis, ..-1))
}

/// Elements of an array in row-major order, at these places. Places out of the array give NaN, or the least signed and
/// the greatest unsigned integers.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::take([[1.5, 2.5], [3.5, 4.5]], [3, 0, 9]).to_string(), "[4.5 1.5 nan]");
/// ```
#[track_caller]
pub fn take(x: impl IntoArray, indices: impl IntoArray) -> Array {
    take_with(x, indices, TakeOptions::default())
}

/// The optional arguments of [`take_with`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TakeOptions {
    /// The axis; without one all elements in row-major order.
    pub axis: Option<i32>,
    /// Whether places out of the array are brought into it.
    pub clip: bool,
}

impl TakeOptions {
    /// Along this axis.
    pub fn axis(self, axis: i32) -> TakeOptions {
        TakeOptions { axis: Some(axis), ..self }
    }

    /// Brings places out of the array into it; negative ones too.
    pub fn clip(self) -> TakeOptions {
        TakeOptions { clip: true, ..self }
    }
}

/// The slices along an axis at these places, in the places' shape.
///
/// # Panics
/// If the places are not integers, or the axis is out of bounds.
///
/// ```
/// use jax::prelude::*;
/// let columns = jnp::TakeOptions::default().axis(1);
/// assert_eq!(jnp::take_with([[1, 2, 3]], [2, 0], columns).to_string(), "[[3 1]]");
/// ```
#[track_caller]
pub fn take_with(x: impl IntoArray, indices: impl IntoArray, options: TakeOptions) -> Array {
    let mode = if options.clip { GatherScatterMode::Clip } else { GatherScatterMode::FillOrDrop };
    index::take(&x.into_array(), &indices.into_array(), options.axis, mode)
}

/// The elements along an axis at these places, one line of places for each line of the array.
///
/// # Panics
/// If the ranks differ, the other extents do not broadcast, or the axis is out of bounds.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::take_along_axis([[1, 2], [3, 4]], [[1], [0]], 1).to_string(), "[[2]\n [3]]");
/// ```
#[track_caller]
pub fn take_along_axis(x: impl IntoArray, indices: impl IntoArray, axis: i32) -> Array {
    index::take_along_axis(&x.into_array(), &indices.into_array(), axis)
}
