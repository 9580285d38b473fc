//! Scalars standing alone: the literals of jaxprs, and the parts that they share with rank-0 arrays.

use super::digits;
use crate::base::{DType, Kind, Scalar};

/// A scalar as it stands before the type in a jaxpr, as `2.0` in `mul b 2.0:f32[]`.
///
/// JAX converts it to a Python number first, so that an `f32` prints all the digits of its value as `f64`:
/// `9.999999747378752e-06:f32[]`.
pub fn literal(x: Scalar) -> String {
    match x.dtype().kind() {
        Kind::Bool => if x.as_bool() { "True" } else { "False" }.to_string(),
        Kind::Signed | Kind::Unsigned | Kind::Opaque => x.as_i128().to_string(),
        Kind::Float => point_zero(digits::alone(DType::F64, x.as_f64())),
        Kind::Complex => complex(DType::F64, x),
    }
}

/// A complex number, its parts printing as values of `part`: `(1+2j)`, and `2j` if the real part is `+0`.
pub(super) fn complex(part: DType, x: Scalar) -> String {
    let z = x.as_complex();
    let im = digits::alone(part, z.im);
    if z.re == 0.0 && z.re.is_sign_positive() {
        return format!("{im}j");
    }
    let plus = if im.starts_with('-') { "" } else { "+" };
    format!("({}{plus}{im}j)", digits::alone(part, z.re))
}

/// A float's text with the `.0` that tells a whole number from an integer.
pub(super) fn point_zero(text: String) -> String {
    let whole = text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    if whole { text + ".0" } else { text }
}
