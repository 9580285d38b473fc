//! Reductions: sums, means, extremes, truth.

use jax_core::array::fail::raise;
use jax_core::array::{Array, IntoArray};
use jax_core::base::error::ErrorKind;
use jax_core::base::{DType, Error};
use jax_core::lax::operators;
use jax_core::lax::promote;
use jax_core::lax::reduce::{self, Over};

use super::math::{isnan, where_};
use super::options::ReduceOptions;

#[track_caller]
fn over(op: &'static str, x: &Array, options: &ReduceOptions) -> Over {
    Over::new(op, x, options.axis.clone(), options.keepdims)
}

/// The array with elements that are not looked at replaced.
#[track_caller]
fn kept(x: &Array, options: &ReduceOptions, otherwise: impl IntoArray) -> Array {
    match &options.where_ {
        Some(mask) => where_(mask, x, otherwise.into_array_of(x.dtype()).astype(x.dtype())),
        None => x.clone(),
    }
}

/// The sum of what is looked at, and of what it begins with.
#[track_caller]
fn total(x: &Array, over: &Over, options: &ReduceOptions) -> Array {
    let sum = reduce::sum(&kept(x, options, 0), over, options.dtype);
    options.initial.as_ref().map_or(sum.clone(), |initial| sum + initial)
}

/// The product of what is looked at, and of what it begins with.
#[track_caller]
fn product(x: &Array, over: &Over, options: &ReduceOptions) -> Array {
    let product = reduce::prod(&kept(x, options, 1), over, options.dtype);
    options.initial.as_ref().map_or(product.clone(), |initial| product * initial)
}

/// How many elements are looked at, in a float dtype.
#[track_caller]
fn count(x: &Array, mask: &Array, over: &Over, dtype: DType) -> Array {
    reduce::sum(&promote::broadcast_to("where", &mask.astype(DType::Bool), x.shape()), over, Some(dtype))
}

/// The mean of what is looked at.
#[track_caller]
fn average_of(x: &Array, over: &Over, options: &ReduceOptions) -> Array {
    let Some(mask) = &options.where_ else {
        return reduce::mean(x, over, options.dtype);
    };
    let dtype = options.dtype.unwrap_or_else(|| promote::inexact_dtype(x.dtype(), x.weak_type()));
    let total = reduce::sum(&kept(x, options, 0), over, Some(dtype));
    total / count(x, mask, over, dtype)
}

/// The variance of what is looked at.
#[track_caller]
fn variance(op: &'static str, x: &Array, over: &Over, options: &ReduceOptions) -> Array {
    let Some(mask) = &options.where_ else {
        return reduce::var(x, over, options.ddof);
    };
    let x = promote::inexact(x);
    let mean = average_of(&x, &Over::new(op, &x, options.axis.clone(), true), options);
    let centered = &x - mean;
    let squares =
        if x.dtype().is_complex() { super::real(&centered * super::conj(&centered)) } else { centered.powi(2) };
    let divisor = count(&x, mask, over, squares.dtype()) - options.ddof;
    let total = reduce::sum(&kept(&squares, options, 0), over, None);
    where_(divisor.greater(0), total / &divisor, f64::NAN)
}

/// The largest or smallest of what is looked at, and of what it begins with.
#[track_caller]
fn extreme(op: &'static str, x: &Array, over: &Over, options: &ReduceOptions, largest: bool) -> Array {
    let Some(initial) = &options.initial else {
        if options.where_.is_some() {
            let message = format!(
                "reduction operation {op} does not have an identity, so to use a where mask one has to specify 'initial'"
            );
            raise(Error::new(ErrorKind::Value, op, message));
        }
        return if largest { reduce::max(x, over) } else { reduce::min(x, over) };
    };
    let initial = initial.astype(x.dtype());
    // One more element along an axis that is reduced keeps an empty array from having no extreme.
    let Some(axis) = over.first_axis() else {
        let kept = kept(x, options, &initial);
        return if largest { super::maximum(kept, initial) } else { super::minimum(kept, initial) };
    };
    let mut line = x.shape().to_vec();
    line[axis] = 1;
    let first = promote::broadcast_to("initial", &initial, &line);
    let all = super::concatenate_with(&[first, kept(x, options, &initial)], axis as i32);
    if largest { reduce::max(&all, over) } else { reduce::min(&all, over) }
}

/// Declares reductions `name(x)` of all elements and `name_with(x, options)`, with an example of each.
macro_rules! reductions {
    ($($(#[$doc:meta])* $name:ident($in:literal => $out:literal) $with:ident($with_in:literal => $with_out:literal)
       |$x:ident, $over:ident, $options:ident| $body:expr;)*) => {
        $(
            $(#[$doc])*
            ///
            /// ```
            /// use jax::prelude::*;
            #[doc = concat!("assert_eq!(jnp::", stringify!($name), "(", $in, ").to_string(), \"", $out, "\");")]
            /// ```
            #[track_caller]
            pub fn $name(x: impl IntoArray) -> Array {
                $with(x, ReduceOptions::default())
            }

            #[doc = concat!("[`", stringify!($name), "()`] along axes, or with other options.")]
            ///
            /// # Panics
            /// If an axis is out of bounds, or named twice.
            ///
            /// ```
            /// use jax::prelude::*;
            #[doc = concat!("let y = jnp::", stringify!($with), "(", $with_in, ");")]
            #[doc = concat!("assert_eq!(y.to_string(), \"", $with_out, "\");")]
            /// ```
            #[track_caller]
            pub fn $with(x: impl IntoArray, options: ReduceOptions) -> Array {
                let ($x, $options) = (&x.into_array(), &options);
                let $over = &over(stringify!($name), $x, $options);
                $body
            }
        )*
    };
}

reductions! {
    /// The sum of all elements. Truth values and small integers count in 32 bits.
    sum("[[1, 2], [3, 4]]" => "10") sum_with("[[1, 2], [3, 4]], jnp::axis(0)" => "[4 6]")
        |x, over, options| total(x, over, options);
    /// The product of all elements. Truth values and small integers count in 32 bits.
    prod("[[1, 2], [3, 4]]" => "24") prod_with("[[1, 2], [3, 4]], jnp::axis(-1)" => "[ 2 12]")
        |x, over, options| product(x, over, options);
    /// The mean of all elements, a float.
    mean("[[1, 2], [3, 4]]" => "2.5") mean_with("[[1, 2], [3, 4]], jnp::axis(1).keepdims()" => "[[1.5]\\n [3.5]]")
        |x, over, options| average_of(x, over, options);
    /// The variance of all elements, a float: the mean of squared distances from the mean.
    var("[1.0, 3.0]" => "1.0") var_with("[1.0, 3.0], jnp::axis(0).ddof(1.0)" => "2.0")
        |x, over, options| variance("var", x, over, options);
    /// The standard deviation of all elements, a float: the square root of the variance.
    std("[1.0, 5.0]" => "2.0") std_with("[[1.0, 5.0]], jnp::axis(0)" => "[0. 0.]")
        |x, over, options| variance("std", x, over, options).sqrt();
    /// The largest element; NaN if one is.
    ///
    /// # Panics
    /// If there is none.
    max("[1.0, 3.0]" => "3.0") max_with("[[1, 5], [3, 2]], jnp::axis(0)" => "[3 5]")
        |x, over, options| extreme("max", x, over, options, true);
    /// The smallest element; NaN if one is.
    ///
    /// # Panics
    /// If there is none.
    min("[1.0, 3.0]" => "1.0") min_with("[[1, 5], [3, 2]], jnp::axis(0)" => "[1 2]")
        |x, over, options| extreme("min", x, over, options, false);
    /// The largest element; NaN if one is.
    ///
    /// # Panics
    /// If there is none.
    amax("[1, 3]" => "3") amax_with("[[1, 5], [3, 2]], jnp::axis(1)" => "[5 3]")
        |x, over, options| extreme("amax", x, over, options, true);
    /// The smallest element; NaN if one is.
    ///
    /// # Panics
    /// If there is none.
    amin("[1, 3]" => "1") amin_with("[[1, 5], [3, 2]], jnp::axis(1)" => "[1 2]")
        |x, over, options| extreme("amin", x, over, options, false);
    /// The largest element less the smallest.
    ///
    /// # Panics
    /// If there is none.
    ptp("[1, 3, 7]" => "6") ptp_with("[[1, 5], [3, 2]], jnp::axis(0)" => "[2 3]")
        |x, over, _options| reduce::max(x, over) - reduce::min(x, over);
    /// Whether all elements are not zero.
    all("[1, 0]" => "False") all_with("[[1, 0], [2, 3]], jnp::axis(1)" => "[False  True]")
        |x, over, options| reduce::all(&kept(&operators::truth(x), options, true), over);
    /// Whether any element is not zero.
    any("[1, 0]" => "True") any_with("[[0, 0], [2, 3]], jnp::axis(1)" => "[False  True]")
        |x, over, options| reduce::any(&kept(&operators::truth(x), options, false), over);
    /// How many elements are not zero.
    count_nonzero("[3, 0, 1]" => "2") count_nonzero_with("[[3, 0], [1, 2]], jnp::axis(0)" => "[2 1]")
        |x, over, _options| reduce::sum(&x.not_equal(0), over, None);
    /// The sum of the elements that are not NaN.
    nansum("[1.0, jnp::nan]" => "1.0") nansum_with("[[1.0, jnp::nan]], jnp::axis(0)" => "[1. 0.]")
        |x, over, options| total(&where_(isnan(x), 0, x), over, options);
    /// The product of the elements that are not NaN.
    nanprod("[3.0, jnp::nan]" => "3.0") nanprod_with("[[3.0, jnp::nan]], jnp::axis(0)" => "[3. 1.]")
        |x, over, options| product(&where_(isnan(x), 1, x), over, options);
    /// The mean of the elements that are not NaN; NaN if there is none.
    nanmean("[1.0, jnp::nan, 3.0]" => "2.0") nanmean_with("[[1.0, jnp::nan]], jnp::axis(0)" => "[ 1. nan]")
        |x, over, options| average_of(x, over, &without_nan(x, options));
    /// The variance of the elements that are not NaN; NaN if there is none.
    nanvar("[1.0, jnp::nan, 3.0]" => "1.0") nanvar_with("[[1.0, 3.0, jnp::nan]], jnp::axis(1).ddof(1.0)" => "[2.]")
        |x, over, options| variance("nanvar", x, over, &without_nan(x, options));
    /// The standard deviation of the elements that are not NaN; NaN if there is none.
    nanstd("[1.0, jnp::nan, 5.0]" => "2.0") nanstd_with("[[1.0, jnp::nan]], jnp::axis(0)" => "[ 0. nan]")
        |x, over, options| variance("nanstd", x, over, &without_nan(x, options)).sqrt();
    /// The largest element that is not NaN; NaN if there is none.
    ///
    /// # Panics
    /// If there is no element.
    nanmax("[1.0, jnp::nan]" => "1.0") nanmax_with("[[1.0, jnp::nan]], jnp::axis(1)" => "[1.]")
        |x, over, _options| nan_extreme(x, over, f64::NEG_INFINITY, reduce::max);
    /// The smallest element that is not NaN; NaN if there is none.
    ///
    /// # Panics
    /// If there is no element.
    nanmin("[1.0, jnp::nan]" => "1.0") nanmin_with("[[1.0, jnp::nan]], jnp::axis(1)" => "[1.]")
        |x, over, _options| nan_extreme(x, over, f64::INFINITY, reduce::min);
}

/// The options that look at no NaN.
#[track_caller]
fn without_nan(x: &Array, options: &ReduceOptions) -> ReduceOptions {
    let numbers = !isnan(x);
    let mask = options.where_.as_ref().map_or(numbers.clone(), |mask| mask & numbers);
    ReduceOptions { where_: Some(mask), ..options.clone() }
}

#[track_caller]
fn nan_extreme(x: &Array, over: &Over, least: f64, extreme: fn(&Array, &Over) -> Array) -> Array {
    if !x.dtype().is_inexact() {
        return extreme(x, over);
    }
    let missing = isnan(x);
    let found = extreme(&where_(&missing, least, x), over);
    where_(reduce::all(&missing, over), f64::NAN, found)
}

/// The array with NaN out of the way of an extreme, and -1 where there is nothing else.
#[track_caller]
fn nan_position(x: &Array, axis: Option<i64>, options: &ReduceOptions, greatest: bool) -> Array {
    if !x.dtype().is_inexact() {
        return reduce::arg_extreme(x, axis, options.keepdims, greatest);
    }
    let missing = isnan(x);
    let least = if greatest { f64::NEG_INFINITY } else { f64::INFINITY };
    let position = reduce::arg_extreme(&where_(&missing, least, x), axis, options.keepdims, greatest);
    let all = reduce::all(&missing, &over("nanargmax", x, options));
    where_(all, -1, position)
}

/// Declares `name(x)` over all elements and `name_with(x, options)` along one axis.
macro_rules! positions {
    ($($(#[$doc:meta])* $name:ident $with:ident $out:literal |$x:ident, $axis:ident, $options:ident| $body:expr;)*) => {
        $(
            $(#[$doc])*
            ///
            /// # Panics
            /// If there is no element.
            ///
            /// ```
            /// use jax::prelude::*;
            #[doc = concat!("assert_eq!(jnp::", stringify!($name), "([3, 1, 4, 1]).to_string(), \"", $out, "\");")]
            /// ```
            #[track_caller]
            pub fn $name(x: impl IntoArray) -> Array {
                $with(x, ReduceOptions::default())
            }

            #[doc = concat!("[`", stringify!($name), "()`] along an axis.")]
            ///
            /// # Panics
            /// If the axis is out of bounds, or there is no element.
            ///
            /// ```
            /// use jax::prelude::*;
            #[doc = concat!("let y = jnp::", stringify!($with), "([[3, 1, 4, 1]], jnp::axis(1));")]
            #[doc = concat!("assert_eq!(y.to_string(), \"[", $out, "]\");")]
            /// ```
            #[track_caller]
            pub fn $with(x: impl IntoArray, options: ReduceOptions) -> Array {
                let ($x, $options) = (&x.into_array(), &options);
                let $axis = options.axis.0.as_ref().and_then(|axis| axis.first().copied());
                $body
            }
        )*
    };
}

positions! {
    /// The position of the largest element in row-major order: the first of several, the first NaN if there is one.
    argmax argmax_with "2" |x, axis, options| reduce::arg_extreme(x, axis, options.keepdims, true);
    /// The position of the smallest element in row-major order: the first of several, the first NaN if there is one.
    argmin argmin_with "1" |x, axis, options| reduce::arg_extreme(x, axis, options.keepdims, false);
    /// The position of the largest element that is not NaN in row-major order, the first of several; -1 if there is none.
    nanargmax nanargmax_with "2" |x, axis, options| nan_position(x, axis, options, true);
    /// The position of the smallest element that is not NaN in row-major order, the first of several; -1 if there is none.
    nanargmin nanargmin_with "1" |x, axis, options| nan_position(x, axis, options, false);
}
