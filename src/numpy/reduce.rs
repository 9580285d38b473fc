//! Reductions: sums, means, extremes, truth.

use jax_core::array::{Array, IntoArray};
use jax_core::lax::reduce::{self, Over};

use super::math::{isnan, where_};
use super::options::ReduceOptions;

#[track_caller]
fn over(op: &'static str, x: &Array, options: &ReduceOptions) -> Over {
    Over::new(op, x, options.axis.clone(), options.keepdims)
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
        |x, over, options| reduce::sum(x, over, options.dtype);
    /// The product of all elements. Truth values and small integers count in 32 bits.
    prod("[[1, 2], [3, 4]]" => "24") prod_with("[[1, 2], [3, 4]], jnp::axis(-1)" => "[ 2 12]")
        |x, over, options| reduce::prod(x, over, options.dtype);
    /// The mean of all elements, a float.
    mean("[[1, 2], [3, 4]]" => "2.5") mean_with("[[1, 2], [3, 4]], jnp::axis(1).keepdims()" => "[[1.5]\\n [3.5]]")
        |x, over, options| reduce::mean(x, over, options.dtype);
    /// The variance of all elements, a float: the mean of squared distances from the mean.
    var("[1.0, 3.0]" => "1.0") var_with("[1.0, 3.0], jnp::axis(0).ddof(1.0)" => "2.0")
        |x, over, options| reduce::var(x, over, options.ddof);
    /// The standard deviation of all elements, a float: the square root of the variance.
    std("[1.0, 5.0]" => "2.0") std_with("[[1.0, 5.0]], jnp::axis(0)" => "[0. 0.]")
        |x, over, options| reduce::std(x, over, options.ddof);
    /// The largest element; NaN if one is.
    ///
    /// # Panics
    /// If there is none.
    max("[1.0, 3.0]" => "3.0") max_with("[[1, 5], [3, 2]], jnp::axis(0)" => "[3 5]")
        |x, over, _options| reduce::max(x, over);
    /// The smallest element; NaN if one is.
    ///
    /// # Panics
    /// If there is none.
    min("[1.0, 3.0]" => "1.0") min_with("[[1, 5], [3, 2]], jnp::axis(0)" => "[1 2]")
        |x, over, _options| reduce::min(x, over);
    /// The largest element; NaN if one is.
    ///
    /// # Panics
    /// If there is none.
    amax("[1, 3]" => "3") amax_with("[[1, 5], [3, 2]], jnp::axis(1)" => "[5 3]")
        |x, over, _options| reduce::max(x, over);
    /// The smallest element; NaN if one is.
    ///
    /// # Panics
    /// If there is none.
    amin("[1, 3]" => "1") amin_with("[[1, 5], [3, 2]], jnp::axis(1)" => "[1 2]")
        |x, over, _options| reduce::min(x, over);
    /// The largest element less the smallest.
    ///
    /// # Panics
    /// If there is none.
    ptp("[1, 3, 7]" => "6") ptp_with("[[1, 5], [3, 2]], jnp::axis(0)" => "[2 3]")
        |x, over, _options| reduce::max(x, over) - reduce::min(x, over);
    /// Whether all elements are not zero.
    all("[1, 0]" => "False") all_with("[[1, 0], [2, 3]], jnp::axis(1)" => "[False  True]")
        |x, over, _options| reduce::all(x, over);
    /// Whether any element is not zero.
    any("[1, 0]" => "True") any_with("[[0, 0], [2, 3]], jnp::axis(1)" => "[False  True]")
        |x, over, _options| reduce::any(x, over);
    /// How many elements are not zero.
    count_nonzero("[3, 0, 1]" => "2") count_nonzero_with("[[3, 0], [1, 2]], jnp::axis(0)" => "[2 1]")
        |x, over, _options| reduce::sum(&x.not_equal(0), over, None);
    /// The sum of the elements that are not NaN.
    nansum("[1.0, jnp::nan]" => "1.0") nansum_with("[[1.0, jnp::nan]], jnp::axis(0)" => "[1. 0.]")
        |x, over, options| reduce::sum(&where_(isnan(x), 0, x), over, options.dtype);
    /// The product of the elements that are not NaN.
    nanprod("[3.0, jnp::nan]" => "3.0") nanprod_with("[[3.0, jnp::nan]], jnp::axis(0)" => "[3. 1.]")
        |x, over, options| reduce::prod(&where_(isnan(x), 1, x), over, options.dtype);
    /// The mean of the elements that are not NaN; NaN if there is none.
    nanmean("[1.0, jnp::nan, 3.0]" => "2.0") nanmean_with("[[1.0, jnp::nan]], jnp::axis(0)" => "[ 1. nan]")
        |x, over, options| {
            let count = reduce::sum(&!isnan(x), over, None);
            let total = reduce::sum(&where_(isnan(x), 0, x), over, options.dtype);
            (&total / count).astype(if total.dtype().is_inexact() { total.dtype() } else { jax_core::base::DType::F32 })
        };
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

#[track_caller]
fn nan_extreme(x: &Array, over: &Over, least: f64, extreme: fn(&Array, &Over) -> Array) -> Array {
    if !x.dtype().is_inexact() {
        return extreme(x, over);
    }
    let missing = isnan(x);
    let found = extreme(&where_(&missing, least, x), over);
    where_(reduce::all(&missing, over), f64::NAN, found)
}

/// Declares `name(x)` over all elements and `name_with(x, options)` along one axis.
macro_rules! positions {
    ($($(#[$doc:meta])* $name:ident $with:ident $greatest:literal $out:literal;)*) => {
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
                reduce::arg_extreme(&x.into_array(), None, false, $greatest)
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
                let axis = options.axis.0.and_then(|axis| axis.first().copied());
                reduce::arg_extreme(&x.into_array(), axis, options.keepdims, $greatest)
            }
        )*
    };
}

positions! {
    /// The position of the largest element in row-major order: the first of several, the first NaN if there is one.
    argmax argmax_with true "2";
    /// The position of the smallest element in row-major order: the first of several, the first NaN if there is one.
    argmin argmin_with false "1";
}
