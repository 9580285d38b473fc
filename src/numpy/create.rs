//! Making arrays: from numbers, constant, counting, triangular, diagonal.

use jax_core::array::fail::raise;
use jax_core::array::{Array, IntoArray};
use jax_core::base::error::ErrorKind;
use jax_core::base::promote::{promote, result_type};
use jax_core::base::{DType, Error, Kind, Scalar};
use jax_core::lax::methods::IntoShape;
use jax_core::lax::promote::broadcast_to;
use jax_core::prim;

use super::math::log10;
use super::options::ArrayOptions;

#[track_caller]
pub(super) fn value_error(op: &'static str, message: String) -> ! {
    raise(Error::new(ErrorKind::Value, op, message))
}

/// The extents of a shape, none of them negative.
#[track_caller]
pub(super) fn extents(op: &'static str, shape: impl IntoShape) -> Vec<usize> {
    let shape = shape.into_shape();
    if shape.iter().any(|&extent| extent < 0) {
        let message = format!("{op}: shape must have every element be nonnegative, got {shape:?}.");
        raise(Error::new(ErrorKind::Shape, op, message));
    }
    shape.iter().map(|&extent| extent as usize).collect()
}

/// An array of a number, a literal, a vector, a slice, an `ndarray` array, or another array.
///
/// Numbers and literals get the default dtypes: `float32`, `int32`, `bool`. Vectors, slices and `ndarray` arrays keep
/// their element type. The result is never weakly typed.
///
/// ```
/// use jax::prelude::*;
/// let x = jnp::array([[1.2, 3.2], [4.0, 0.0]]);
/// assert_eq!(format!("{x:?}"), "Array([[1.2, 3.2],\n       [4. , 0. ]], dtype=float32)");
/// assert_eq!(jnp::array(vec![0.1f64]).dtype(), DType::F64);
/// ```
#[track_caller]
pub fn array(x: impl IntoArray) -> Array {
    let x = x.into_array();
    x.astype(x.dtype())
}

/// [`array()`] with a dtype. A literal is converted from what was written: `f64` from literals is exact.
///
/// ```
/// use jax::prelude::*;
/// let x = jnp::array_with([0.1, 0.2], jnp::dtype(DType::F64));
/// assert_eq!(x.to_vec::<f64>(), [0.1, 0.2]);
/// ```
#[track_caller]
pub fn array_with(x: impl IntoArray, options: ArrayOptions) -> Array {
    match options.dtype {
        Some(dtype) => x.into_array_of(dtype).astype(dtype),
        None => array(x),
    }
}

/// The array of a value, as it is if it is one already.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::asarray([1, 2]).to_string(), "[1 2]");
/// ```
#[track_caller]
pub fn asarray(x: impl IntoArray) -> Array {
    x.into_array()
}

/// Zeros of a shape, `float32`.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::zeros((2, 5)).to_string(), "[[0. 0. 0. 0. 0.]\n [0. 0. 0. 0. 0.]]");
/// ```
#[track_caller]
pub fn zeros(shape: impl IntoShape) -> Array {
    zeros_with(shape, ArrayOptions::default())
}

/// [`zeros`] with a dtype.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::zeros_with(2, jnp::dtype(DType::Bool)).to_string(), "[False False]");
/// ```
#[track_caller]
pub fn zeros_with(shape: impl IntoShape, options: ArrayOptions) -> Array {
    constant("zeros", shape, 0.0, options)
}

/// Ones of a shape, `float32`.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::ones(3).to_string(), "[1. 1. 1.]");
/// ```
#[track_caller]
pub fn ones(shape: impl IntoShape) -> Array {
    ones_with(shape, ArrayOptions::default())
}

/// [`ones`] with a dtype.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::ones_with((1, 2), jnp::dtype(DType::I32)).to_string(), "[[1 1]]");
/// ```
#[track_caller]
pub fn ones_with(shape: impl IntoShape, options: ArrayOptions) -> Array {
    constant("ones", shape, 1.0, options)
}

/// An array of a shape whose elements nobody has set: zeros.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::empty((2, 0)).size(), 0);
/// ```
#[track_caller]
pub fn empty(shape: impl IntoShape) -> Array {
    zeros(shape)
}

#[track_caller]
fn constant(op: &'static str, shape: impl IntoShape, value: f64, options: ArrayOptions) -> Array {
    let value = Scalar::from_f64(options.dtype.unwrap_or(DType::F32), value);
    broadcast_to(op, &Array::scalar(value), &extents(op, shape))
}

/// An array of a shape, all of whose elements are a value; its dtype is the value's.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::full((2, 2), 7).to_string(), "[[7 7]\n [7 7]]");
/// ```
#[track_caller]
pub fn full(shape: impl IntoShape, value: impl IntoArray) -> Array {
    full_with(shape, value, ArrayOptions::default())
}

/// [`full`] with a dtype.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::full_with(2, 0.1, jnp::dtype(DType::F64)).to_vec::<f64>(), [0.1, 0.1]);
/// ```
#[track_caller]
pub fn full_with(shape: impl IntoShape, value: impl IntoArray, options: ArrayOptions) -> Array {
    let shape = extents("full", shape);
    let value = match options.dtype {
        Some(dtype) => value.into_array_of(dtype).astype(dtype),
        None => value.into_array(),
    };
    broadcast_to("full", &value, &shape)
}

macro_rules! like {
    ($($(#[$doc:meta])* $name:ident $with:ident $value:literal $out:literal;)*) => {
        $(
            $(#[$doc])*
            ///
            /// ```
            /// use jax::prelude::*;
            #[doc = concat!("assert_eq!(jnp::", stringify!($name), "([5, 6]).to_string(), \"", $out, "\");")]
            /// ```
            #[track_caller]
            pub fn $name(x: impl IntoArray) -> Array {
                $with(x, ArrayOptions::default())
            }

            #[doc = concat!("[`", stringify!($name), "`] with a dtype.")]
            ///
            /// ```
            /// use jax::prelude::*;
            #[doc = concat!("let x = jnp::", stringify!($with), "([5, 6], jnp::dtype(DType::F16));")]
            /// assert_eq!((x.shape(), x.dtype()), (&[2][..], DType::F16));
            /// ```
            #[track_caller]
            pub fn $with(x: impl IntoArray, options: ArrayOptions) -> Array {
                full_like_with(x, $value, options)
            }
        )*
    };
}

like! {
    /// Zeros of an array's shape and dtype.
    zeros_like zeros_like_with 0.0 "[0 0]";
    /// Ones of an array's shape and dtype.
    ones_like ones_like_with 1.0 "[1 1]";
    /// An array of another's shape and dtype whose elements nobody has set: zeros.
    empty_like empty_like_with 0.0 "[0 0]";
}

/// An array of another's shape and dtype, all of whose elements are a value.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::full_like([5, 6], 2.9).to_string(), "[2 2]");
/// ```
#[track_caller]
pub fn full_like(x: impl IntoArray, value: impl IntoArray) -> Array {
    full_like_with(x, value, ArrayOptions::default())
}

/// [`full_like`] with a dtype.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::full_like_with([5, 6], 2.5, jnp::dtype(DType::F32)).to_string(), "[2.5 2.5]");
/// ```
#[track_caller]
pub fn full_like_with(x: impl IntoArray, value: impl IntoArray, options: ArrayOptions) -> Array {
    let x = x.into_array();
    let dtype = options.dtype.unwrap_or(x.dtype());
    broadcast_to("full_like", &value.into_array_of(dtype).astype(dtype), x.shape())
}

/// Numbers from 0 to `stop`, without it, in steps of 1. The dtype is `int32` for an integer and `float32` for a float.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::arange(6).to_string(), "[0 1 2 3 4 5]");
/// assert_eq!(jnp::arange(2.5).to_string(), "[0. 1. 2.]");
/// ```
#[track_caller]
pub fn arange(stop: impl IntoArray) -> Array {
    arange_with(stop, ArangeOptions::default())
}

/// The optional arguments of [`arange_with`].
#[derive(Clone, Debug, Default)]
pub struct ArangeOptions {
    /// The first number, 0 by default.
    pub start: Option<Array>,
    /// The distance between numbers, 1 by default.
    pub step: Option<Array>,
    /// The dtype.
    pub dtype: Option<DType>,
}

impl ArangeOptions {
    /// Begins here.
    #[track_caller]
    pub fn start(self, start: impl IntoArray) -> ArangeOptions {
        ArangeOptions { start: Some(start.into_array()), ..self }
    }

    /// Goes in these steps.
    #[track_caller]
    pub fn step(self, step: impl IntoArray) -> ArangeOptions {
        ArangeOptions { step: Some(step.into_array()), ..self }
    }

    /// Of this dtype.
    pub fn dtype(self, dtype: DType) -> ArangeOptions {
        ArangeOptions { dtype: Some(dtype), ..self }
    }
}

/// Numbers from `start` to `stop`, without it, in steps of `step`, which may be negative.
///
/// # Panics
/// If the step is 0, or a bound is not a number that is known while tracing.
///
/// ```
/// use jax::prelude::*;
/// let options = jnp::ArangeOptions::default();
/// assert_eq!(jnp::arange_with(10, options.clone().start(2).step(3)).to_string(), "[2 5 8]");
/// assert_eq!(jnp::arange_with(0, options.clone().start(3).step(-1)).to_string(), "[3 2 1]");
/// assert_eq!(jnp::arange_with(1.0, options.step(0.25)).to_string(), "[0.   0.25 0.5  0.75]");
/// ```
#[track_caller]
pub fn arange_with(stop: impl IntoArray, options: ArangeOptions) -> Array {
    let stop = stop.into_array();
    let start = options.start.unwrap_or_else(|| 0.into_array());
    let step = options.step.unwrap_or_else(|| 1.into_array());
    let typed = [&start, &stop, &step].map(|x| (x.dtype(), x.weak_type()));
    let dtype = options.dtype.unwrap_or_else(|| result_type(&typed).0);
    let bounds = [bound(&start), bound(&stop), bound(&step)];
    if bounds[2].as_f64() == 0.0 {
        value_error("arange", "jax.numpy.arange: step must not be 0.".to_owned());
    }
    let integers = bounds.iter().all(|bound| !bound.dtype().is_float());
    let [first, last, by] = bounds.map(Scalar::as_f64);
    if integers {
        // Exactly, beyond what a float holds too.
        let [first, last, by] = bounds.map(Scalar::as_i128);
        let length = ((last - first + by - by.signum()) / by).max(0) as usize;
        if first == 0 && by == 1 {
            return prim::iota::iota(dtype, &[length], 0);
        }
        let number = |i: usize| {
            let value = first + i as i128 * by;
            let within = if value > i64::MAX as i128 { DType::U64 } else { DType::I64 };
            Scalar::from_i128(within, value).cast(dtype).to_bytes()
        };
        return Array::from_bytes(dtype, &[length], &(0..length).flat_map(number).collect::<Vec<u8>>());
    }
    let length = ((last - first) / by).ceil().max(0.0) as usize;
    if first == 0.0 && by == 1.0 {
        return prim::iota::iota(dtype, &[length], 0);
    }
    let within = if dtype.kind() == Kind::Float { DType::F64 } else { dtype };
    let numbers: Vec<u8> =
        (0..length).flat_map(|i| Scalar::from_f64(within, first + i as f64 * by).cast(dtype).to_bytes()).collect();
    Array::from_bytes(dtype, &[length], &numbers)
}

/// A bound of a range, which must be a number that is known.
#[track_caller]
fn bound(x: &Array) -> Scalar {
    match x.as_constant() {
        Some(value) => exact(x, value),
        None if x.is_traced() => raise(Error::new(
            ErrorKind::Concretization,
            "arange",
            format!(
                "Abstract tracer value encountered where concrete value is expected: arange got a traced array with \
                 shape {}. The length of the result must be known while the function is traced.",
                x.aval()
            ),
        )),
        None => value_error("arange", format!("jax.numpy.arange: arguments must be scalars, got {}", x.aval())),
    }
}

/// A scalar as it was given: a Rust number keeps its digits, which the array's own dtype would round or wrap.
fn exact(x: &Array, value: Scalar) -> Scalar {
    let wide = match x.dtype().kind() {
        Kind::Float => DType::F64,
        Kind::Signed => DType::I64,
        _ => return value,
    };
    if x.weak_type() { x.astype(wide).as_constant().unwrap_or(value) } else { value }
}

/// The optional arguments of [`linspace_with`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LinspaceOptions {
    /// Whether the last number is `stop`.
    pub endpoint: bool,
    /// The dtype.
    pub dtype: Option<DType>,
}

impl Default for LinspaceOptions {
    fn default() -> LinspaceOptions {
        LinspaceOptions { endpoint: true, dtype: None }
    }
}

impl LinspaceOptions {
    /// Whether the last number is `stop`.
    pub fn endpoint(self, endpoint: bool) -> LinspaceOptions {
        LinspaceOptions { endpoint, ..self }
    }

    /// Of this dtype.
    pub fn dtype(self, dtype: DType) -> LinspaceOptions {
        LinspaceOptions { dtype: Some(dtype), ..self }
    }
}

/// `num` evenly spaced numbers from `start` to `stop`, along a new leading axis. `start` and `stop` may be arrays.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::linspace(0.0, 1.0, 5).to_string(), "[0.   0.25 0.5  0.75 1.  ]");
/// ```
#[track_caller]
pub fn linspace(start: impl IntoArray, stop: impl IntoArray, num: usize) -> Array {
    linspace_with(start, stop, num, LinspaceOptions::default())
}

/// [`linspace`] with options.
///
/// ```
/// use jax::prelude::*;
/// let open = jnp::LinspaceOptions::default().endpoint(false);
/// assert_eq!(jnp::linspace_with(0.0, 1.0, 4, open).to_string(), "[0.   0.25 0.5  0.75]");
/// ```
#[track_caller]
pub fn linspace_with(start: impl IntoArray, stop: impl IntoArray, num: usize, options: LinspaceOptions) -> Array {
    let (start, stop) = (start.into_array(), stop.into_array());
    let (common, _) = promote((start.dtype(), start.weak_type()), (stop.dtype(), stop.weak_type()));
    let within = if common.is_inexact() { common } else { DType::F32 };
    let dtype = options.dtype.unwrap_or(within);
    let within = if dtype.is_inexact() { dtype } else { within };
    let mut ends = jax_core::lax::promote::broadcast_arrays("linspace", &[&start.astype(within), &stop.astype(within)]);
    let (Some(stop), Some(start)) = (ends.pop(), ends.pop()) else {
        value_error("linspace", "two arrays became fewer".to_owned());
    };
    let shape = [&[num], start.shape()].concat();
    let steps = if options.endpoint { num.saturating_sub(1) } else { num };
    let counted = prim::iota::iota(within, &shape, 0);
    let part = counted / Array::scalar(Scalar::from_f64(within, steps.max(1) as f64));
    let line = &start * (1.0 - &part) + &stop * &part;
    let line = match options.endpoint && num > 1 {
        // Exactly the end, whatever rounding does to the sum.
        true => {
            let last = prim::iota::iota(DType::I32, &shape, 0).greater_equal(num as i32 - 1);
            jax_core::lax::operators::where_(&last, &stop, &line)
        }
        false => line,
    };
    if dtype.is_inexact() { line.astype(dtype) } else { line.floor().astype(dtype) }
}

/// `num` numbers from `10^start` to `10^stop`, evenly spaced on a logarithmic scale.
///
/// ```
/// use jax::prelude::*;
/// assert!(jnp::allclose(jnp::logspace(0.0, 2.0, 3), [1.0, 10.0, 100.0]));
/// ```
#[track_caller]
pub fn logspace(start: impl IntoArray, stop: impl IntoArray, num: usize) -> Array {
    10.0.into_array().powf(linspace(start, stop, num))
}

/// `num` numbers from `start` to `stop`, each the same multiple of the one before. Both have one sign.
///
/// ```
/// use jax::prelude::*;
/// assert!(jnp::allclose(jnp::geomspace(1.0, 1000.0, 4), [1.0, 10.0, 100.0, 1000.0]));
/// ```
#[track_caller]
pub fn geomspace(start: impl IntoArray, stop: impl IntoArray, num: usize) -> Array {
    let (start, stop) = (jax_core::lax::promote::inexact(&start.into_array()), stop.into_array());
    let sign = start.signum();
    &sign * logspace(log10(start / &sign), log10(stop / &sign), num)
}

/// The identity matrix, `float32`.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::eye(2).to_string(), "[[1. 0.]\n [0. 1.]]");
/// ```
#[track_caller]
pub fn eye(n: usize) -> Array {
    eye_with(n, EyeOptions::default())
}

/// The optional arguments of [`eye_with`] and [`tri_with`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct EyeOptions {
    /// The number of columns; without it that of rows.
    pub m: Option<usize>,
    /// Which diagonal: 0 is the main one, positive ones are above it.
    pub k: i32,
    /// The dtype.
    pub dtype: Option<DType>,
}

impl EyeOptions {
    /// With this number of columns.
    pub fn m(self, m: usize) -> EyeOptions {
        EyeOptions { m: Some(m), ..self }
    }

    /// On this diagonal.
    pub fn k(self, k: i32) -> EyeOptions {
        EyeOptions { k, ..self }
    }

    /// Of this dtype.
    pub fn dtype(self, dtype: DType) -> EyeOptions {
        EyeOptions { dtype: Some(dtype), ..self }
    }
}

/// Ones on a diagonal, zeros elsewhere.
///
/// ```
/// use jax::prelude::*;
/// let above = jnp::EyeOptions::default().m(3).k(1).dtype(DType::I32);
/// assert_eq!(jnp::eye_with(2, above).to_string(), "[[0 1 0]\n [0 0 1]]");
/// ```
#[track_caller]
pub fn eye_with(n: usize, options: EyeOptions) -> Array {
    let shape = [n, options.m.unwrap_or(n)];
    let (row, column) = coordinates(&shape);
    (row + options.k).equal(column).astype(options.dtype.unwrap_or(DType::F32))
}

/// The row and the column of each element of a matrix, or of the matrices in the last two axes.
#[track_caller]
pub(super) fn coordinates(shape: &[usize]) -> (Array, Array) {
    let rank = shape.len();
    (prim::iota::iota(DType::I32, shape, rank - 2), prim::iota::iota(DType::I32, shape, rank - 1))
}

/// The identity matrix, `float32`.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::identity(1).to_string(), "[[1.]]");
/// ```
#[track_caller]
pub fn identity(n: usize) -> Array {
    eye(n)
}

/// Ones on and below the diagonal, zeros above it.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::tri(2).to_string(), "[[1. 0.]\n [1. 1.]]");
/// ```
#[track_caller]
pub fn tri(n: usize) -> Array {
    tri_with(n, EyeOptions::default())
}

/// Ones on and below diagonal `k`, zeros above it.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::tri_with(2, jnp::EyeOptions::default().m(3).k(1)).to_string(), "[[1. 1. 0.]\n [1. 1. 1.]]");
/// ```
#[track_caller]
pub fn tri_with(n: usize, options: EyeOptions) -> Array {
    let (row, column) = coordinates(&[n, options.m.unwrap_or(n)]);
    (row + options.k).greater_equal(column).astype(options.dtype.unwrap_or(DType::F32))
}

/// The matrices in the last two axes without what is above their diagonal `k`.
///
/// # Panics
/// If there are fewer than two axes.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::tril(jnp::ones((2, 2)), 0).to_string(), "[[1. 0.]\n [1. 1.]]");
/// ```
#[track_caller]
pub fn tril(x: impl IntoArray, k: i32) -> Array {
    triangle("tril", &x.into_array(), |row, column| (row + k).greater_equal(column))
}

/// The matrices in the last two axes without what is below their diagonal `k`.
///
/// # Panics
/// If there are fewer than two axes.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::triu(jnp::ones((2, 2)), 1).to_string(), "[[0. 1.]\n [0. 0.]]");
/// ```
#[track_caller]
pub fn triu(x: impl IntoArray, k: i32) -> Array {
    triangle("triu", &x.into_array(), |row, column| (row + k).less_equal(column))
}

#[track_caller]
fn triangle(op: &'static str, x: &Array, keep: impl Fn(Array, Array) -> Array) -> Array {
    if x.ndim() < 2 {
        value_error(op, format!("Argument to jax.numpy.{op} must be at least 2D"));
    }
    let (row, column) = coordinates(&x.shape()[x.ndim() - 2..]);
    let kept = broadcast_to(op, &keep(row, column), x.shape());
    prim::select::select(&kept, x, &zeros_like(x))
}

/// Coordinate matrices of axes given as vectors, first axis varying along columns (`indexing='xy'`).
///
/// # Panics
/// If an argument is not a vector.
///
/// ```
/// use jax::prelude::*;
/// let grid = jnp::meshgrid(&[jnp::arange(2), jnp::arange(3)]);
/// assert_eq!(grid[0].to_string(), "[[0 1]\n [0 1]\n [0 1]]");
/// ```
#[track_caller]
pub fn meshgrid(axes: &[Array]) -> Vec<Array> {
    grid(axes, true)
}

/// Coordinate matrices of axes given as vectors, in the order of the axes (`indexing='ij'`).
///
/// # Panics
/// If an argument is not a vector.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::meshgrid_ij(&[jnp::arange(2), jnp::arange(3)])[0].shape(), [2, 3]);
/// ```
#[track_caller]
pub fn meshgrid_ij(axes: &[Array]) -> Vec<Array> {
    grid(axes, false)
}

#[track_caller]
fn grid(axes: &[Array], cartesian: bool) -> Vec<Array> {
    if axes.iter().any(|axis| axis.ndim() != 1) {
        let shapes: Vec<String> = axes.iter().map(|axis| format!("{:?}", axis.shape())).collect();
        value_error(
            "meshgrid",
            format!("Arguments to jax.numpy.meshgrid must be 1D, got shapes [{}]", shapes.join(", ")),
        );
    }
    let place = |i: usize| if cartesian && axes.len() > 1 && i < 2 { 1 - i } else { i };
    let mut shape = vec![0; axes.len()];
    axes.iter().enumerate().for_each(|(i, axis)| shape[place(i)] = axis.size());
    axes.iter().enumerate().map(|(i, axis)| prim::shape::broadcast_in_dim(axis, &shape, &[place(i)])).collect()
}
