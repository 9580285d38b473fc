//! Floats: uniform and what is made of it.

use jax_core::array::{Array, IntoArray};
use jax_core::base::{DType, Scalar};
use jax_core::lax::methods::IntoShape;

use super::bits::draw;
use super::{Key, dtype_error, extents};
use crate::jit;
use crate::lax::{bitcast_convert_type, erf, erf_inv, sign, stop_gradient};
use crate::numpy::{greater, less, where_};
use jax_core::prim::fma::fma;
use jax_core::prim::special::erf_inv_single;

/// What is known of a float format.
struct Format {
    /// The unsigned dtype of its bits.
    bits: DType,
    /// Bits of the significand after the point.
    significand: u32,
    /// The smallest normal number.
    tiny: f64,
}

impl Format {
    #[track_caller]
    fn of(op: &'static str, dtype: DType) -> Format {
        let (bits, significand, min_exponent) = match dtype {
            DType::F16 => (DType::U16, 10, -14),
            DType::BF16 => (DType::U16, 7, -126),
            DType::F32 => (DType::U32, 23, -126),
            DType::F64 => (DType::U64, 52, -1022),
            _ => dtype_error(op, format!("dtype argument to `{op}` must be a float dtype, got {dtype}")),
        };
        Format { bits, significand, tiny: 2f64.powi(min_exponent) }
    }

    /// The distance from 1 to the next smaller number.
    fn epsneg(&self) -> f64 {
        0.5f64.powi(self.significand as i32 + 1)
    }
}

/// Checks what every sampler of floats is given.
#[track_caller]
fn checked(op: &'static str, key: &Key, shape: impl IntoShape, dtype: DType) -> Vec<usize> {
    key.single(op);
    Format::of(op, dtype);
    extents(op, shape)
}

/// A value of a distribution's parameter, in the dtype that is drawn.
#[track_caller]
fn parameter(value: impl IntoArray, dtype: DType) -> Array {
    value.into_array().astype(dtype)
}

/// A constant of this dtype.
fn constant(dtype: DType, value: f64) -> Array {
    Array::scalar(Scalar::from_f64(dtype, value))
}

/// Uniform between two bounds, inside a staged function: random bits behind the point of a number from 1 to 2.
fn uniform_between(op: &'static str, key: &Key, shape: &[usize], low: &Array, high: &Array) -> Array {
    let dtype = low.dtype();
    let format = Format::of(op, dtype);
    // bfloat16 needs 7 bits: JAX draws 8, not 16.
    let drawn = if format.significand < 8 { DType::U8 } else { format.bits };
    let spare = 8 * drawn.size() as u32 - format.significand;
    let one = Array::scalar(Scalar::from_bits(format.bits, constant(dtype, 1.0).item().bits()));
    let bits = (draw(key, shape, drawn).astype(format.bits) >> spare) | one;
    let fraction = bitcast_convert_type(&bits, dtype) - 1.0;
    // One rounding, as XLA's code on a CPU has it; the narrow formats are not fused there.
    let scaled = match dtype {
        DType::F32 | DType::F64 => fma(&fraction, &(high - low), low),
        _ => fraction * (high - low) + low,
    };
    scaled.maximum(low)
}

/// Floats from `[0, 1)`, `float32`.
///
/// ```
/// use jax::random;
/// assert_eq!(random::uniform(random::key(42), ()).to_string(), "0.48870957");
/// ```
///
/// # Panics
/// If `key` is an array of keys.
#[track_caller]
pub fn uniform(key: Key, shape: impl IntoShape) -> Array {
    uniform_with(key, shape, DType::F32, 0.0, 1.0)
}

/// Floats of a dtype from `[minval, maxval)`; the bounds are numbers, or arrays that broadcast to the shape.
///
/// ```
/// use jax::{DType, random};
/// let x = random::uniform_with(random::key(42), (2, 3), DType::F64, -1.0, 1.0);
/// assert_eq!((x.dtype(), x.shape()), (DType::F64, &[2, 3][..]));
/// ```
///
/// # Panics
/// If `key` is an array of keys, or the dtype is not a float.
#[track_caller]
pub fn uniform_with(
    key: Key,
    shape: impl IntoShape,
    dtype: DType,
    minval: impl IntoArray,
    maxval: impl IntoArray,
) -> Array {
    let shape = checked("uniform", &key, shape, dtype);
    staged_uniform(key, parameter(minval, dtype), parameter(maxval, dtype), shape)
}

#[jit(static(shape))]
fn staged_uniform(key: Key, low: Array, high: Array, shape: Vec<usize>) -> Array {
    uniform_between("uniform", &key, &shape, &low, &high)
}

/// Normally distributed floats of mean 0 and variance 1, `float32`.
///
/// ```
/// use jax::random;
/// assert_eq!(random::normal(random::key(42), ()).to_string(), "-0.028304616");
/// ```
///
/// # Panics
/// If `key` is an array of keys.
#[track_caller]
pub fn normal(key: Key, shape: impl IntoShape) -> Array {
    normal_with(key, shape, DType::F32)
}

/// Normally distributed floats of a dtype, of mean 0 and variance 1: the inverse error function of uniform ones.
///
/// ```
/// use jax::{DType, random};
/// assert_eq!(random::normal_with(random::key(42), 3, DType::F64).dtype(), DType::F64);
/// ```
///
/// # Panics
/// If `key` is an array of keys, or the dtype is not a float.
#[track_caller]
pub fn normal_with(key: Key, shape: impl IntoShape, dtype: DType) -> Array {
    let shape = checked("normal", &key, shape, dtype);
    staged_normal(key, shape, dtype)
}

#[jit(static(shape, dtype))]
fn staged_normal(key: Key, shape: Vec<usize>, dtype: DType) -> Array {
    // From the number above -1, where the inverse is finite.
    let low = constant(dtype, Format::of("normal", dtype).epsneg() - 1.0);
    let u = uniform_between("normal", &key, &shape, &low, &constant(dtype, 1.0));
    gaussian_inverse(&u) * constant(dtype, std::f64::consts::SQRT_2)
}

/// `erf_inv`, for `f32` by the formula that JAX's samples come from, so that they are the same numbers.
fn gaussian_inverse(u: &Array) -> Array {
    if u.dtype() == DType::F32 { erf_inv_single(u) } else { erf_inv(u) }
}

/// Normally distributed floats between two bounds, `float32`.
///
/// ```
/// use jax::random;
/// let x = random::truncated_normal(random::key(0), -1.0, 2.0, 100);
/// assert!(x.min(0).item_f32() > -1.0 && x.max(0).item_f32() < 2.0);
/// ```
///
/// # Panics
/// If `key` is an array of keys.
#[track_caller]
pub fn truncated_normal(key: Key, lower: impl IntoArray, upper: impl IntoArray, shape: impl IntoShape) -> Array {
    truncated_normal_with(key, lower, upper, shape, DType::F32)
}

/// Normally distributed floats of a dtype between two bounds: numbers, or arrays that broadcast to the shape.
///
/// ```
/// use jax::{DType, random};
/// let x = random::truncated_normal_with(random::key(0), -1.0, 2.0, 5, DType::F64);
/// assert_eq!(x.dtype(), DType::F64);
/// ```
///
/// # Panics
/// If `key` is an array of keys, or the dtype is not a float.
#[track_caller]
pub fn truncated_normal_with(
    key: Key,
    lower: impl IntoArray,
    upper: impl IntoArray,
    shape: impl IntoShape,
    dtype: DType,
) -> Array {
    let shape = checked("truncated_normal", &key, shape, dtype);
    staged_truncated_normal(key, parameter(lower, dtype), parameter(upper, dtype), shape)
}

#[jit(static(shape))]
fn staged_truncated_normal(key: Key, lower: Array, upper: Array, shape: Vec<usize>) -> Array {
    let dtype = lower.dtype();
    let sqrt2 = constant(dtype, std::f64::consts::SQRT_2);
    let (low, high) = (erf(&(&lower / &sqrt2)), erf(&(&upper / &sqrt2)));
    let u = uniform_between("truncated_normal", &key, &shape, &low, &high);
    let x = gaussian_inverse(&u) * sqrt2;
    // Rounding must not reach the bounds.
    x.maximum(beside(&stop_gradient(&lower), 1)).minimum(beside(&stop_gradient(&upper), -1))
}

/// The next number above each finite element (`direction` 1) or below it (-1).
fn beside(x: &Array, direction: i32) -> Array {
    let dtype = x.dtype();
    let bits = match dtype.size() {
        2 => DType::I16,
        4 => DType::I32,
        _ => DType::I64,
    };
    let whole = bitcast_convert_type(x, bits);
    // As integers, the bits of positive floats grow with them, those of negative ones against them.
    let away = bitcast_convert_type(&(&whole + 1), dtype);
    let inward = bitcast_convert_type(&(&whole - 1), dtype);
    let smallest = bitcast_convert_type(&Array::scalar(Scalar::from_i128(bits, 1)), dtype) * direction;
    let outward = if direction > 0 { greater(x, 0.0) } else { less(x, 0.0) };
    where_(x.equal(0.0), smallest, where_(outward, away, inward))
}

/// Exponentially distributed floats of mean 1, `float32`.
///
/// ```
/// use jax::random;
/// assert_eq!(random::exponential(random::key(0), 4).shape(), [4]);
/// ```
///
/// # Panics
/// If `key` is an array of keys.
#[track_caller]
pub fn exponential(key: Key, shape: impl IntoShape) -> Array {
    exponential_with(key, shape, DType::F32)
}

/// Exponentially distributed floats of a dtype, of mean 1: `-log(1 - u)`.
///
/// ```
/// use jax::{DType, random};
/// assert_eq!(random::exponential_with(random::key(0), 4, DType::F64).dtype(), DType::F64);
/// ```
///
/// # Panics
/// If `key` is an array of keys, or the dtype is not a float.
#[track_caller]
pub fn exponential_with(key: Key, shape: impl IntoShape, dtype: DType) -> Array {
    let shape = checked("exponential", &key, shape, dtype);
    staged_exponential(key, shape, dtype)
}

#[jit(static(shape, dtype))]
fn staged_exponential(key: Key, shape: Vec<usize>, dtype: DType) -> Array {
    let u = uniform_between("exponential", &key, &shape, &constant(dtype, 0.0), &constant(dtype, 1.0));
    -(-u).ln_1p()
}

/// Gumbel distributed floats, `float32`: what makes a categorical sample of an argmax.
///
/// ```
/// use jax::random;
/// assert_eq!(random::gumbel(random::key(0), 4).shape(), [4]);
/// ```
///
/// # Panics
/// If `key` is an array of keys.
#[track_caller]
pub fn gumbel(key: Key, shape: impl IntoShape) -> Array {
    gumbel_with(key, shape, DType::F32)
}

/// Gumbel distributed floats of a dtype: `-log(-log(u))`.
///
/// ```
/// use jax::{DType, random};
/// assert_eq!(random::gumbel_with(random::key(0), 4, DType::F64).dtype(), DType::F64);
/// ```
///
/// # Panics
/// If `key` is an array of keys, or the dtype is not a float.
#[track_caller]
pub fn gumbel_with(key: Key, shape: impl IntoShape, dtype: DType) -> Array {
    let shape = checked("gumbel", &key, shape, dtype);
    staged_gumbel(key, shape, dtype)
}

#[jit(static(shape, dtype))]
fn staged_gumbel(key: Key, shape: Vec<usize>, dtype: DType) -> Array {
    // From the smallest normal number, whose logarithm is finite.
    let low = constant(dtype, Format::of("gumbel", dtype).tiny);
    let u = uniform_between("gumbel", &key, &shape, &low, &constant(dtype, 1.0));
    -(-u.ln()).ln()
}

/// Laplace distributed floats of mean 0 and scale 1, `float32`.
///
/// ```
/// use jax::random;
/// assert_eq!(random::laplace(random::key(0), 4).shape(), [4]);
/// ```
///
/// # Panics
/// If `key` is an array of keys.
#[track_caller]
pub fn laplace(key: Key, shape: impl IntoShape) -> Array {
    laplace_with(key, shape, DType::F32)
}

/// Laplace distributed floats of a dtype, of mean 0 and scale 1.
///
/// ```
/// use jax::{DType, random};
/// assert_eq!(random::laplace_with(random::key(0), 4, DType::F64).dtype(), DType::F64);
/// ```
///
/// # Panics
/// If `key` is an array of keys, or the dtype is not a float.
#[track_caller]
pub fn laplace_with(key: Key, shape: impl IntoShape, dtype: DType) -> Array {
    let shape = checked("laplace", &key, shape, dtype);
    staged_laplace(key, shape, dtype)
}

#[jit(static(shape, dtype))]
fn staged_laplace(key: Key, shape: Vec<usize>, dtype: DType) -> Array {
    let low = constant(dtype, Format::of("laplace", dtype).epsneg() - 1.0);
    let u = uniform_between("laplace", &key, &shape, &low, &constant(dtype, 1.0));
    sign(&u) * (-u.abs()).ln_1p()
}
