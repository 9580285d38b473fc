//! Operations on constants, where the result is fixed by the language to the last bit.
//!
//! Elementary functions are not folded: their value is what the backend's expansion gives.

use jax_core::base::{DType, Scalar, dtype::Kind};
use jax_core::kernel::{Binary, Unary};

/// The value of a unary operation on a constant.
pub fn unary(op: Unary, a: Scalar) -> Option<Scalar> {
    let dtype = a.dtype();
    match (op, dtype.kind()) {
        (Unary::Not, Kind::Bool) => Some(Scalar::bool(!a.as_bool())),
        (Unary::Not, Kind::Signed | Kind::Unsigned) => Some(Scalar::from_bits(dtype, !a.bits())),
        (Unary::Neg, Kind::Signed | Kind::Unsigned) => Some(Scalar::from_i128(dtype, -a.as_i128())),
        (Unary::Neg, Kind::Float) => number(dtype, -a.as_f64()),
        (Unary::Abs, Kind::Float) => number(dtype, a.as_f64().abs()),
        (Unary::Sqrt, Kind::Float) => number(dtype, a.as_f64().sqrt()),
        (Unary::Floor, Kind::Float) => number(dtype, a.as_f64().floor()),
        (Unary::Ceil, Kind::Float) => number(dtype, a.as_f64().ceil()),
        (Unary::Trunc, Kind::Float) => number(dtype, a.as_f64().trunc()),
        (Unary::Real, Kind::Complex) => Some(a.cast(dtype.component())),
        _ => None,
    }
}

/// The value of a binary operation on two constants of one dtype.
pub fn binary(op: Binary, a: Scalar, b: Scalar) -> Option<Scalar> {
    match a.dtype().kind() {
        Kind::Bool | Kind::Signed | Kind::Unsigned => integer(op, a, b),
        Kind::Float => float(op, a, b),
        Kind::Complex | Kind::Opaque => None,
    }
}

fn integer(op: Binary, a: Scalar, b: Scalar) -> Option<Scalar> {
    let dtype = a.dtype();
    let (x, y) = (a.as_i128(), b.as_i128());
    if let Some(truth) = compare(op, &x, &y) {
        return Some(truth);
    }
    let arithmetic = dtype.is_integer();
    let value = match op {
        Binary::And => return Some(Scalar::from_bits(dtype, a.bits() & b.bits())),
        Binary::Or => return Some(Scalar::from_bits(dtype, a.bits() | b.bits())),
        Binary::Xor => return Some(Scalar::from_bits(dtype, a.bits() ^ b.bits())),
        Binary::Min => x.min(y),
        Binary::Max => x.max(y),
        Binary::Add if arithmetic => x + y,
        Binary::Sub if arithmetic => x - y,
        Binary::Mul if arithmetic => x.wrapping_mul(y),
        Binary::Div if arithmetic && y == 0 => -1,
        Binary::Div if arithmetic => x / y,
        Binary::Rem if arithmetic && y == 0 => x,
        Binary::Rem if arithmetic => x % y,
        _ => return None,
    };
    Some(Scalar::from_i128(dtype, value))
}

/// One operation in `f64` and one rounding: exact for the narrower dtypes, because `f64` has more than twice
/// their digits (Figueroa, "When is double rounding innocuous?", 1995).
fn float(op: Binary, a: Scalar, b: Scalar) -> Option<Scalar> {
    let (x, y) = (a.as_f64(), b.as_f64());
    if let Some(truth) = compare(op, &x, &y) {
        return Some(truth);
    }
    let value = match op {
        Binary::Add => x + y,
        Binary::Sub => x - y,
        Binary::Mul => x * y,
        Binary::Div => x / y,
        Binary::Min if x < y => x,
        Binary::Min if y < x => y,
        Binary::Max if x > y => x,
        Binary::Max if y > x => y,
        _ => return None,
    };
    number(a.dtype(), value)
}

fn compare<T: PartialOrd>(op: Binary, x: &T, y: &T) -> Option<Scalar> {
    let truth = match op {
        Binary::Eq => x == y,
        Binary::Ne => x != y,
        Binary::Lt => x < y,
        Binary::Le => x <= y,
        Binary::Gt => x > y,
        Binary::Ge => x >= y,
        _ => return None,
    };
    Some(Scalar::bool(truth))
}

/// The rounded value, unless it is a NaN, whose bits the language leaves open.
fn number(dtype: DType, value: f64) -> Option<Scalar> {
    (!value.is_nan()).then(|| Scalar::from_f64(dtype, value))
}
