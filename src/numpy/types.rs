//! Questions about dtypes.

use jax_core::array::{Array, IntoArray};
use jax_core::base::{DType, Kind, promote};

use super::create::value_error;

/// The limits of an integer dtype: see [`iinfo`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IntInfo {
    /// Its width.
    pub bits: u32,
    /// Its least value.
    pub min: i128,
    /// Its greatest value.
    pub max: i128,
}

/// The limits of an integer dtype.
///
/// # Panics
/// If it is not one.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::iinfo(DType::I8).min, -128);
/// ```
#[track_caller]
pub fn iinfo(dtype: DType) -> IntInfo {
    let bits = dtype.bits();
    match dtype.kind() {
        Kind::Signed => IntInfo { bits, min: -(1 << (bits - 1)), max: (1 << (bits - 1)) - 1 },
        Kind::Unsigned => IntInfo { bits, min: 0, max: (1 << bits) - 1 },
        _ => value_error("iinfo", format!("Invalid integer data type '{dtype}'.")),
    }
}

/// The limits of a float dtype: see [`finfo`].
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FloatInfo {
    /// Its width.
    pub bits: u32,
    /// The distance from 1 to the next greater number.
    pub eps: f64,
    /// Its least value.
    pub min: f64,
    /// Its greatest value.
    pub max: f64,
    /// The least positive normal number.
    pub tiny: f64,
}

/// The limits of a float dtype, or of the components of a complex one.
///
/// # Panics
/// If it is neither.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::finfo(DType::F32).eps, f32::EPSILON as f64);
/// ```
#[track_caller]
pub fn finfo(dtype: DType) -> FloatInfo {
    let (eps, max, tiny) = match dtype.component() {
        DType::F16 => (half::f16::EPSILON.to_f64(), half::f16::MAX.to_f64(), half::f16::MIN_POSITIVE.to_f64()),
        DType::BF16 => (half::bf16::EPSILON.to_f64(), half::bf16::MAX.to_f64(), half::bf16::MIN_POSITIVE.to_f64()),
        DType::F32 => (f32::EPSILON as f64, f32::MAX as f64, f32::MIN_POSITIVE as f64),
        DType::F64 => (f64::EPSILON, f64::MAX, f64::MIN_POSITIVE),
        _ => value_error("finfo", format!("data type '{dtype}' not inexact")),
    };
    FloatInfo { bits: dtype.component().bits(), eps, min: -max, max, tiny }
}

/// The dtype that two dtypes promote to.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::promote_types(DType::I8, DType::U8), DType::I16);
/// ```
pub fn promote_types(a: DType, b: DType) -> DType {
    promote::promote((a, false), (b, false)).0
}

/// The dtype of an operation on these arrays.
///
/// # Panics
/// If there is none.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::result_type(&[jnp::asarray(2), jnp::ones(1)]), DType::F32);
/// ```
#[track_caller]
pub fn result_type(arrays: &[Array]) -> DType {
    if arrays.is_empty() {
        value_error("result_type", "at least one array or dtype is required".to_owned());
    }
    promote::result_type(&arrays.iter().map(|x| (x.dtype(), x.weak_type())).collect::<Vec<_>>()).0
}

/// The array in another dtype: floats truncate to integers, integers wrap.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::astype([1.7, -1.7], DType::I32).to_string(), "[ 1 -1]");
/// ```
#[track_caller]
pub fn astype(x: impl IntoArray, dtype: DType) -> Array {
    x.into_array().astype(dtype)
}

/// The number of axes.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::ndim([[1, 2]]), 2);
/// ```
#[track_caller]
pub fn ndim(x: impl IntoArray) -> usize {
    x.into_array().ndim()
}

/// The extents.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::shape([[1, 2]]), [1, 2]);
/// ```
#[track_caller]
pub fn shape(x: impl IntoArray) -> Vec<usize> {
    x.into_array().shape().to_vec()
}

/// The number of elements.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::size([[1, 2]]), 2);
/// ```
#[track_caller]
pub fn size(x: impl IntoArray) -> usize {
    x.into_array().size()
}
