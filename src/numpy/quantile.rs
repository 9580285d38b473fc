//! Quantiles, medians and weighted means.

use jax_core::array::{Array, IntoArray};
use jax_core::base::{DType, Scalar};
use jax_core::lax::axes::AxisList;
use jax_core::lax::{IntoAxes, index, promote};
use jax_core::prim;

use super::create::value_error;
use super::math::{isnan, where_};
use super::options::ReduceOptions;
use super::shape::counted;

/// What [`quantile_with`] gives between two elements.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum QuantileMethod {
    /// The point on the line from one to the other.
    #[default]
    Linear,
    /// The lower one.
    Lower,
    /// The higher one.
    Higher,
    /// The nearer one, of two as near the lower one.
    Nearest,
    /// The middle.
    Midpoint,
}

/// The optional arguments of [`quantile_with`] and its kin.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct QuantileOptions {
    /// The axes; all by default.
    pub axis: AxisList,
    /// Whether the reduced axes stay, with extent 1.
    pub keepdims: bool,
    /// What is given between two elements.
    pub method: QuantileMethod,
}

impl QuantileOptions {
    /// Along these axes.
    pub fn axis(self, axis: impl IntoAxes) -> QuantileOptions {
        QuantileOptions { axis: AxisList(axis.into_axes()), ..self }
    }

    /// Keeps the reduced axes, with extent 1.
    pub fn keepdims(self) -> QuantileOptions {
        QuantileOptions { keepdims: true, ..self }
    }

    /// Gives this between two elements.
    pub fn method(self, method: QuantileMethod) -> QuantileOptions {
        QuantileOptions { method, ..self }
    }
}

impl From<ReduceOptions> for QuantileOptions {
    fn from(options: ReduceOptions) -> QuantileOptions {
        QuantileOptions { axis: options.axis, keepdims: options.keepdims, ..QuantileOptions::default() }
    }
}

/// The quantiles `q` of lines: `q` in front, then the axes that stay. NaN in a line is not counted (`skip`), or makes
/// its quantiles NaN.
#[track_caller]
fn quantiles(op: &'static str, x: Array, q: Array, options: QuantileOptions, skip: bool) -> Array {
    if x.dtype().is_complex() {
        value_error(op, "quantile does not support complex input, as the operation is poorly defined.".to_owned());
    }
    if q.ndim() > 1 {
        value_error(op, format!("q must be have rank <= 1, got shape {:?}", q.shape()));
    }
    let mut both = promote::dtypes(&[&promote::inexact(&x), &promote::inexact(&q)]).into_iter();
    let (Some(x), Some(q)) = (both.next(), both.next()) else {
        jax_core::bug!("two arrays became fewer");
    };
    // The lines lie along one axis, the last.
    let axes = counted(op, options.axis, x.ndim());
    let others: Vec<usize> = (0..x.ndim()).filter(|axis| !axes.contains(axis)).collect();
    let extents = |of: &[usize]| -> Vec<usize> { of.iter().map(|&axis| x.shape()[axis]).collect() };
    let (outer, count) = (extents(&others), extents(&axes).iter().product::<usize>());
    let lines = prim::shape::transpose(&x, &[&others[..], &axes].concat());
    let lines = prim::shape::reshape(&lines, &[&outer[..], &[count]].concat());
    let missing = isnan(&lines);
    // Every NaN is at the end of the sorted line.
    let lines = match skip {
        true => where_(&missing, f64::NAN, &lines),
        false => where_(missing.any(-1).expand_dims(-1), f64::NAN, &lines),
    };
    let sorted = super::sort(lines);
    let number = |value: f64| Array::scalar(Scalar::from_f64(q.dtype(), value));
    let counts = match skip {
        true => (!missing).astype(q.dtype()).sum(-1).expand_dims(-1),
        false => number(count as f64),
    };
    let at = q.ravel() * (&counts - 1);
    let (low, high) = (at.floor(), at.ceil());
    let weight = &at - &low;
    let place = |x: &Array| {
        let inside = super::maximum(0, super::minimum(x, &counts - 1));
        let full = [&outer[..], &[q.size()]].concat();
        promote::broadcast_to(op, &inside, &full).astype(DType::I32)
    };
    let value = |x: &Array| index::take_along_axis(&sorted, &place(x), -1);
    let result = match options.method {
        QuantileMethod::Linear => value(&low) * (1 - &weight) + value(&high) * &weight,
        QuantileMethod::Lower => value(&low),
        QuantileMethod::Higher => value(&high),
        QuantileMethod::Nearest => where_(weight.less_equal(0.5), value(&low), value(&high)),
        QuantileMethod::Midpoint => (value(&low) + value(&high)) / 2,
    };
    let result = super::moveaxis(result, -1, 0);
    let stays: Vec<usize> = match options.keepdims {
        true => (0..x.ndim()).map(|axis| if axes.contains(&axis) { 1 } else { x.shape()[axis] }).collect(),
        false => outer.clone(),
    };
    prim::shape::reshape(&result, &[q.shape(), &stays].concat())
}

/// Declares `name(x, q)` of all elements and `name_with(x, q, options)`.
macro_rules! quantiles {
    ($($(#[$doc:meta])* $name:ident $with:ident($in:literal => $out:literal) $scale:literal, $skip:literal;)*) => {
        $(
            $(#[$doc])*
            ///
            /// ```
            /// use jax::prelude::*;
            #[doc = concat!("assert_eq!(jnp::", stringify!($name), "(", $in, ").to_string(), \"", $out, "\");")]
            /// ```
            #[track_caller]
            pub fn $name(x: impl IntoArray, q: impl IntoArray) -> Array {
                $with(x, q, QuantileOptions::default())
            }

            #[doc = concat!("[`", stringify!($name), "`] along axes, or by another method. The axes of `q` come first.")]
            ///
            /// # Panics
            /// If an axis is out of bounds, or the elements are complex.
            ///
            /// ```
            /// use jax::prelude::*;
            #[doc = concat!("let options = jnp::QuantileOptions::default().axis(0).method(jnp::QuantileMethod::Lower);")]
            #[doc = concat!("let y = jnp::", stringify!($with), "([[1.0, 2.0], [3.0, 5.0]], 0.5, options);")]
            /// assert_eq!(y.to_string(), "[1. 2.]");
            /// ```
            #[track_caller]
            pub fn $with(x: impl IntoArray, q: impl IntoArray, options: impl Into<QuantileOptions>) -> Array {
                let q = q.into_array();
                let q = if $scale == 1.0 { q } else { promote::inexact(&q) / $scale };
                quantiles(stringify!($name), x.into_array(), q, options.into(), $skip)
            }
        )*
    };
}

quantiles! {
    /// The element below which the part `q` of all elements lies, between two elements on the line from one to the other;
    /// NaN if one is. `q` may be an array.
    quantile quantile_with("[1.0, 2.0, 4.0], [0.0, 0.75]" => "[1. 3.]") 1.0, false;
    /// The element below which `q` percent of all elements lie; NaN if one is.
    percentile percentile_with("[1.0, 2.0, 4.0], 75" => "3.0") 100.0, false;
    /// [`quantile`] of the elements that are not NaN; NaN if there is none.
    nanquantile nanquantile_with("[1.0, jnp::nan, 2.0], 0.5" => "1.5") 1.0, true;
    /// [`percentile`] of the elements that are not NaN; NaN if there is none.
    nanpercentile nanpercentile_with("[1.0, jnp::nan, 2.0], 50" => "1.5") 100.0, true;
}

/// The middle element of all, the mean of the middle two; NaN if one is.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::median([3.0, 1.0, 4.0, 1.5]).item_f32(), 2.25);
/// ```
#[track_caller]
pub fn median(x: impl IntoArray) -> Array {
    quantile(x, 0.5)
}

/// [`median`] along axes.
///
/// # Panics
/// If an axis is out of bounds, or the elements are complex.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::median_with([[3.0, 1.0], [4.0, 1.5]], jnp::axis(0)).to_string(), "[3.5  1.25]");
/// ```
#[track_caller]
pub fn median_with(x: impl IntoArray, options: ReduceOptions) -> Array {
    quantile_with(x, 0.5, options)
}

/// [`median`] of the elements that are not NaN; NaN if there is none.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::nanmedian([3.0, jnp::nan, 1.0]).item_f32(), 2.0);
/// ```
#[track_caller]
pub fn nanmedian(x: impl IntoArray) -> Array {
    nanquantile(x, 0.5)
}

/// [`nanmedian`] along axes.
///
/// # Panics
/// If an axis is out of bounds, or the elements are complex.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::nanmedian_with([[3.0, jnp::nan], [4.0, 1.5]], jnp::axis(0)).to_string(), "[3.5 1.5]");
/// ```
#[track_caller]
pub fn nanmedian_with(x: impl IntoArray, options: ReduceOptions) -> Array {
    nanquantile_with(x, 0.5, options)
}

/// The mean of all elements, each as often as its weight says.
///
/// # Panics
/// If the weights do not broadcast to the array.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::average([1.0, 4.0], [2.0, 1.0]).item_f32(), 2.0);
/// ```
#[track_caller]
pub fn average(x: impl IntoArray, weights: impl IntoArray) -> Array {
    average_with(x, weights, ReduceOptions::default())
}

/// [`average`] along axes; a vector of weights along one axis has one for each place of it.
///
/// # Panics
/// If an axis is out of bounds, or the weights do not broadcast to the array.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::average_with([[1.0, 5.0], [4.0, 5.0]], [2.0, 1.0], jnp::axis(0)).to_string(), "[2. 5.]");
/// ```
#[track_caller]
pub fn average_with(x: impl IntoArray, weights: impl IntoArray, options: ReduceOptions) -> Array {
    let mut both = promote::dtypes(&[&promote::inexact(&x.into_array()), &weights.into_array()]).into_iter();
    let (Some(x), Some(weights)) = (both.next(), both.next()) else {
        jax_core::bug!("two arrays became fewer");
    };
    let axes = counted("average", options.axis.clone(), x.ndim());
    let weights = match axes[..] {
        [axis] if weights.ndim() == 1 && x.ndim() > 1 => {
            let mut shape = vec![1; x.ndim()];
            shape[axis] = weights.size();
            prim::shape::reshape(&weights, &shape)
        }
        _ => weights,
    };
    let weights = promote::broadcast_to("average", &weights, x.shape());
    let total = super::sum_with(&weights, options.clone());
    super::sum_with(x * weights, options) / total
}
