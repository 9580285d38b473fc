//! Functions whose results are as long as the elements say: where elements are not zero, and sets.
//!
//! Outside a staged function the length is found. While a function is traced it must be given: a result of that `size`,
//! filled up behind what there is.

use jax_core::array::fail::raise;
use jax_core::array::{Array, IntoArray};
use jax_core::base::error::ErrorKind;
use jax_core::base::{DType, Error, Scalar};
use jax_core::prim;

use super::create::value_error;
use super::math::{isnan, where_};

/// The optional arguments of functions that find a number of elements.
#[derive(Clone, Debug, Default)]
pub struct SizeOptions {
    /// The length of the result; without it as many as there are, which must be known.
    pub size: Option<usize>,
    /// What stands behind the elements that there are.
    pub fill_value: Option<Array>,
}

impl SizeOptions {
    /// Filled up with this.
    pub fn fill_value(self, value: impl IntoArray) -> SizeOptions {
        SizeOptions { fill_value: Some(value.into_array()), ..self }
    }
}

/// The optional arguments of functions that find a number of elements: so many.
pub fn size_of(size: usize) -> SizeOptions {
    SizeOptions { size: Some(size), fill_value: None }
}

/// The size that is asked for, or a number of an array, if that is known.
#[track_caller]
fn known(op: &'static str, x: &Array, options: &SizeOptions, number: fn(&Array) -> Array) -> usize {
    if let Some(size) = options.size {
        return size;
    }
    if x.is_traced() {
        let message = format!(
            "Abstract tracer value encountered where concrete value is expected: the size argument of jnp.{op} must be \
             statically specified to use jnp.{op} within JAX transformations."
        );
        raise(Error::new(ErrorKind::Concretization, op, message));
    }
    usize::try_from(number(x).item_i64()).unwrap_or(0)
}

/// How many elements of a mask hold.
#[track_caller]
fn held(mask: &Array) -> Array {
    mask.astype(DType::I32).sum(None)
}

/// The first `size` places of a mask that hold; behind them `fill`.
#[track_caller]
fn places(mask: &Array, size: usize, fill: &Array) -> Array {
    let count = mask.size();
    let line = prim::iota::iota(DType::I32, &[count], 0);
    // Those that do not hold sort behind the others.
    let sorted = super::sort(where_(mask, line, count as i32));
    let first = match size <= count {
        true => prim::slice::slice_in_dim(&sorted, 0, size, 0),
        false => super::pad_with(&sorted, (0, (size - count) as i32), super::PadMode::Constant(number(count as i32))),
    };
    where_(first.less(count as i32), &first, fill.astype(DType::I32))
}

fn number(value: i32) -> Array {
    Array::scalar(Scalar::from_i128(DType::I32, value as i128))
}

/// The places of the elements that are not zero, in row-major order.
///
/// # Panics
/// While a function is traced; see [`flatnonzero_with`].
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::flatnonzero([0, 5, 0, 7]).to_string(), "[1 3]");
/// ```
#[track_caller]
pub fn flatnonzero(x: impl IntoArray) -> Array {
    flatnonzero_with(x, SizeOptions::default())
}

/// [`flatnonzero`] of a size; filled up with 0 if not told otherwise.
///
/// # Panics
/// If there is no size while a function is traced.
///
/// ```
/// use jax::prelude::*;
/// let found = jnp::flatnonzero_with([0, 5, 0, 7], jnp::size_of(3).fill_value(-1));
/// assert_eq!(found.to_string(), "[ 1  3 -1]");
/// ```
#[track_caller]
pub fn flatnonzero_with(x: impl IntoArray, options: SizeOptions) -> Array {
    let mask = jax_core::lax::operators::truth(&x.into_array().ravel());
    let size = known("nonzero", &mask, &options, held);
    places(&mask, size, &options.fill_value.unwrap_or_else(|| number(0)))
}

/// The coordinates of the elements that are not zero, an array for each axis.
///
/// # Panics
/// While a function is traced; see [`nonzero_with`].
///
/// ```
/// use jax::prelude::*;
/// let found = jnp::nonzero([[0, 5], [6, 7]]);
/// assert_eq!((found[0].to_string(), found[1].to_string()), ("[0 1 1]".into(), "[1 0 1]".into()));
/// ```
#[track_caller]
pub fn nonzero(x: impl IntoArray) -> Vec<Array> {
    nonzero_with(x, SizeOptions::default())
}

/// [`nonzero`] of a size; filled up with 0 if not told otherwise.
///
/// # Panics
/// If there is no size while a function is traced.
///
/// ```
/// use jax::prelude::*;
/// let found = jnp::nonzero_with([[0, 5], [0, 7]], jnp::size_of(3));
/// assert_eq!((found[0].to_string(), found[1].to_string()), ("[0 1 0]".into(), "[1 1 0]".into()));
/// ```
#[track_caller]
pub fn nonzero_with(x: impl IntoArray, options: SizeOptions) -> Vec<Array> {
    let x = super::atleast_1d(x);
    let mask = jax_core::lax::operators::truth(&x.ravel());
    let size = known("nonzero", &mask, &options, held);
    // Places out of the array stand for the fill value until the coordinates are known.
    let flat = places(&mask, size, &number(mask.size() as i32));
    let found = flat.less(mask.size() as i32);
    let fill = options.fill_value.unwrap_or_else(|| number(0)).astype(DType::I32);
    let stride = |axis: usize| x.shape()[axis + 1..].iter().product::<usize>().max(1) as i32;
    let extent = |axis: usize| x.shape()[axis].max(1) as i32;
    let along = |axis: usize| where_(&found, super::floor_divide(&flat, stride(axis)) % extent(axis), &fill);
    (0..x.ndim()).map(along).collect()
}

/// The coordinates of the elements that are not zero, a row for each.
///
/// # Panics
/// While a function is traced; see [`argwhere_with`].
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::argwhere([[0, 5], [6, 0]]).to_string(), "[[0 1]\n [1 0]]");
/// ```
#[track_caller]
pub fn argwhere(x: impl IntoArray) -> Array {
    argwhere_with(x, SizeOptions::default())
}

/// [`argwhere`] of a size; filled up with 0 if not told otherwise.
///
/// # Panics
/// If there is no size while a function is traced.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::argwhere_with([[0, 5], [0, 0]], jnp::size_of(2)).to_string(), "[[0 1]\n [0 0]]");
/// ```
#[track_caller]
pub fn argwhere_with(x: impl IntoArray, options: SizeOptions) -> Array {
    super::stack_with(&nonzero_with(x, options), -1)
}

/// The different elements of an array, with where they are: see [`unique_all`].
#[derive(Clone, Debug)]
pub struct Unique {
    /// The different elements, in increasing order; all NaN count as one, at the end.
    pub values: Array,
    /// Where each first is, in row-major order.
    pub indices: Array,
    /// Which of the values each element of the array is, in its shape.
    pub inverse_indices: Array,
    /// How often each is there.
    pub counts: Array,
}

/// The different elements of an array, in increasing order.
///
/// # Panics
/// While a function is traced; see [`unique_with`].
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::unique([3, 1, 3, 2, 1]).to_string(), "[1 2 3]");
/// ```
#[track_caller]
pub fn unique(x: impl IntoArray) -> Array {
    unique_with(x, SizeOptions::default())
}

/// [`unique`] of a size; filled up with the least element if not told otherwise.
///
/// # Panics
/// If there is no size while a function is traced.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::unique_with([3, 1, 3], jnp::size_of(3)).to_string(), "[1 3 1]");
/// assert_eq!(jnp::unique_with([3, 1, 3], jnp::size_of(3).fill_value(9)).to_string(), "[1 3 9]");
/// ```
#[track_caller]
pub fn unique_with(x: impl IntoArray, options: SizeOptions) -> Array {
    unique_all_with(x, options).values
}

/// The different elements of an array, in increasing order, where they are, and how often.
///
/// # Panics
/// While a function is traced; see [`unique_all_with`].
///
/// ```
/// use jax::prelude::*;
/// let found = jnp::unique_all([3, 1, 3]);
/// assert_eq!((found.values.to_string(), found.indices.to_string()), ("[1 3]".into(), "[1 0]".into()));
/// assert_eq!((found.inverse_indices.to_string(), found.counts.to_string()), ("[1 0 1]".into(), "[1 2]".into()));
/// ```
#[track_caller]
pub fn unique_all(x: impl IntoArray) -> Unique {
    unique_all_with(x, SizeOptions::default())
}

/// [`unique_all`] of a size; the values filled up with the least one if not told otherwise, the counts with 0, and the
/// indices with that of the least value.
///
/// # Panics
/// If there is no size while a function is traced.
///
/// ```
/// use jax::prelude::*;
/// let found = jnp::unique_all_with([3, 1, 3], jnp::size_of(3));
/// assert_eq!((found.values.to_string(), found.counts.to_string()), ("[1 3 1]".into(), "[1 2 0]".into()));
/// ```
#[track_caller]
pub fn unique_all_with(x: impl IntoArray, options: SizeOptions) -> Unique {
    let x = x.into_array();
    let flat = x.ravel();
    let count = flat.size();
    let order = super::argsort(&flat);
    let sorted = flat.take(&order, 0);
    let starts = if count == 0 {
        super::zeros_with(0, super::dtype(DType::Bool))
    } else {
        let (before, after) =
            (prim::slice::slice_in_dim(&sorted, 0, count - 1, 0), prim::slice::slice_in_dim(&sorted, 1, count, 0));
        let differs = match flat.dtype().is_inexact() {
            true => before.not_equal(&after) & !(isnan(&before) & isnan(&after)),
            false => before.not_equal(&after),
        };
        super::concatenate(&[super::ones_with(1, super::dtype(DType::Bool)), differs])
    };
    let size = known("unique", &starts, &options, held);
    let first = places(&starts, size, &number(0));
    let found = starts.astype(DType::I32).sum(None);
    let there = prim::iota::iota(DType::I32, &[size], 0).less(&found);
    let of = |x: &Array| if count == 0 { super::zeros_with(size, super::dtype(x.dtype())) } else { x.take(&first, 0) };
    let values = match options.fill_value {
        Some(fill) => where_(&there, of(&sorted), fill.astype(x.dtype())),
        None => of(&sorted),
    };
    // The number of starts up to each element of the sorted line, brought back into the array's order.
    let number_of = super::cumsum(&starts) - 1;
    let inverse = super::zeros_with(count, super::dtype(DType::I32)).at(&order).set(number_of);
    // Where the next one starts, less where this one does.
    let ends = places(&starts, size + 1, &number(count as i32)).index(1..);
    let counts = where_(&there, ends - &first, 0);
    Unique { values, indices: of(&order), inverse_indices: inverse.reshape(x.shape().to_vec()), counts }
}

/// How often each of the numbers `0..` is in an array of integers that are not negative, up to the largest that is.
///
/// # Panics
/// If the elements are not integers, or while a function is traced; see [`bincount_with`].
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::bincount([1, 3, 1]).to_string(), "[0 2 0 1]");
/// ```
#[track_caller]
pub fn bincount(x: impl IntoArray) -> Array {
    bincount_with(x, BincountOptions::default())
}

/// The optional arguments of [`bincount_with`].
#[derive(Clone, Debug, Default)]
pub struct BincountOptions {
    /// What each element counts; 1 by default.
    pub weights: Option<Array>,
    /// The length of the result; without it one more than the largest element, which must be known.
    pub length: Option<usize>,
}

impl BincountOptions {
    /// Counts each element so much.
    #[track_caller]
    pub fn weights(self, weights: impl IntoArray) -> BincountOptions {
        BincountOptions { weights: Some(weights.into_array()), ..self }
    }

    /// Gives so many counts; larger elements are left out.
    pub fn length(self, length: usize) -> BincountOptions {
        BincountOptions { length: Some(length), ..self }
    }
}

/// [`bincount`] of weights, or of a length.
///
/// # Panics
/// If the elements are not integers, or there is no length while a function is traced.
///
/// ```
/// use jax::prelude::*;
/// let options = jnp::BincountOptions::default().weights([0.5, 2.0, 1.0]).length(3);
/// assert_eq!(jnp::bincount_with([1, 3, 1], options).to_string(), "[0.  1.5 0. ]");
/// ```
#[track_caller]
pub fn bincount_with(x: impl IntoArray, options: BincountOptions) -> Array {
    let x = x.into_array().ravel();
    if !x.dtype().is_integer() {
        value_error("bincount", format!("x argument to bincount must have an integer type; got {}", x.dtype()));
    }
    let length = match options.length {
        Some(length) => length,
        None if x.size() == 0 => 0,
        None => {
            // As for the sizes of sets: as long as the largest element says.
            let largest = known("bincount", &x, &SizeOptions::default(), |x| super::maximum(0, x.max(None)));
            largest + 1
        }
    };
    let weights = options.weights.unwrap_or_else(|| number(1));
    let inside = super::maximum(x, 0);
    super::zeros_with(length, super::dtype(weights.dtype())).at(inside).add(weights)
}

/// Whether each element is one of `elements`, in the shape of `x`.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::isin([1, 2, 3], [3, 1]).to_string(), "[ True False  True]");
/// ```
#[track_caller]
pub fn isin(x: impl IntoArray, elements: impl IntoArray) -> Array {
    let elements = elements.into_array().ravel();
    x.into_array().expand_dims(-1).equal(elements).any(-1)
}

/// Declares set operations `name(x, y)`, and `name_with(x, y, options)` of a size.
macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident $with:ident $out:literal $filled:literal |$x:ident, $y:ident| $kept:expr;)*) => {
        $(
            $(#[$doc])*
            ///
            /// # Panics
            /// While a function is traced.
            ///
            /// ```
            /// use jax::prelude::*;
            #[doc = concat!("assert_eq!(jnp::", stringify!($name), "([3, 1, 2, 1], [2, 5]).to_string(), \"", $out, "\");")]
            /// ```
            #[track_caller]
            pub fn $name(x: impl IntoArray, y: impl IntoArray) -> Array {
                $with(x, y, SizeOptions::default())
            }

            #[doc = concat!("[`", stringify!($name), "`] of a size; filled up with the least element if not told otherwise.")]
            ///
            /// # Panics
            /// If there is no size while a function is traced.
            ///
            /// ```
            /// use jax::prelude::*;
            /// let options = jnp::size_of(5).fill_value(0);
            #[doc = concat!("let found = jnp::", stringify!($with), "([3, 1, 2, 1], [2, 5], options);")]
            #[doc = concat!("assert_eq!(found.to_string(), \"", $filled, "\");")]
            /// ```
            #[track_caller]
            pub fn $with(x: impl IntoArray, y: impl IntoArray, options: SizeOptions) -> Array {
                let both = jax_core::lax::promote::dtypes(&[&x.into_array().ravel(), &y.into_array().ravel()]);
                let [$x, $y] = &both[..] else { jax_core::bug!("two arrays became fewer") };
                let (all, kept): (Array, Array) = $kept;
                chosen(stringify!($name), &all, &kept, options)
            }
        )*
    };
}

/// The different elements of those that are kept.
#[track_caller]
fn chosen(op: &'static str, all: &Array, kept: &Array, options: SizeOptions) -> Array {
    let order = super::argsort(all);
    let (sorted, kept) = (all.take(&order, 0), kept.take(&order, 0));
    let count = all.size();
    if count == 0 {
        return super::zeros_with(options.size.unwrap_or(0), super::dtype(all.dtype()));
    }
    let (before, after) =
        (prim::slice::slice_in_dim(&sorted, 0, count - 1, 0), prim::slice::slice_in_dim(&sorted, 1, count, 0));
    let starts = super::concatenate(&[super::ones_with(1, super::dtype(DType::Bool)), before.not_equal(after)]) & kept;
    let size = known(op, &starts, &options, held);
    let values = sorted.take(places(&starts, size, &number(0)), 0);
    let there = prim::iota::iota(DType::I32, &[size], 0).less(starts.astype(DType::I32).sum(None));
    let fill = options.fill_value.unwrap_or_else(|| values.index(0)).astype(all.dtype());
    if size == 0 { values } else { where_(there, values, fill) }
}

operations! {
    /// The different elements of both, in increasing order.
    union1d union1d_with "[1 2 3 5]" "[1 2 3 5 0]" |x, y| {
        let all = super::concatenate(&[x.clone(), y.clone()]);
        let kept = super::ones_with(all.size(), super::dtype(DType::Bool));
        (all, kept)
    };
    /// The different elements that are in both, in increasing order.
    intersect1d intersect1d_with "[2]" "[2 0 0 0 0]" |x, y| (x.clone(), isin(x, y));
    /// The different elements of the first that are not in the second, in increasing order.
    setdiff1d setdiff1d_with "[1 3]" "[1 3 0 0 0]" |x, y| (x.clone(), !isin(x, y));
}
