//! Error functions.

use std::f64::consts::{FRAC_2_SQRT_PI, PI};

use crate::base::DType;
use crate::ir::Sample;
use crate::kernel::{Binary, Body, Id, Unary};
use crate::prim::arith::{mul, neg, square};
use crate::prim::elementwise::{constant_like, float, single, unary};
use crate::prim::exp_log::exp;
use crate::prim::sample::{special, unary};

unary! {
    /// The error function, elementwise.
    Erf erf, float "floats", lower |b, x| b.unary(Unary::Erf, x),
        jvp |g, _ans, x| mul(&constant_like(x, FRAC_2_SQRT_PI), &mul(g, &exp(&neg(&square(x)))));
    /// `1 - erf(x)` without cancellation, elementwise.
    Erfc erfc, float "floats", lower |b, x| b.unary(Unary::Erfc, x),
        jvp |g, _ans, x| mul(&constant_like(x, -FRAC_2_SQRT_PI), &mul(g, &exp(&neg(&square(x)))));
    /// The inverse of the error function, elementwise.
    ErfInv erf_inv, float "floats", lower |b, x| b.unary(Unary::ErfInv, x),
        jvp |g, ans, x| mul(&constant_like(x, PI.sqrt() / 2.0), &mul(g, &exp(&square(&ans))));
    /// The inverse of the error function in `f32` steps, elementwise: within some ulp, and the very numbers that JAX's
    /// normally distributed samples are made of. Elsewhere [`erf_inv`] is meant.
    ErfInvSingle erf_inv_single, single "float32", lower |b, x| giles(b, x),
        jvp |g, ans, x| mul(&constant_like(x, PI.sqrt() / 2.0), &mul(g, &exp(&square(&ans))));
}

/// `erf_inv(x) / x` in `w - 2.5` for `w = -log(1 - x^2) < 5`, highest power first (M. Giles, "Approximating the
/// erfinv function", 2010).
const CENTER: [f64; 9] = [
    2.81022636e-08,
    3.43273939e-07,
    -3.5233877e-06,
    -4.39150654e-06,
    0.00021858087,
    -0.00125372503,
    -0.00417768164,
    0.246640727,
    1.50140941,
];

/// The same in `sqrt(w) - 3` for larger `w`.
const TAIL: [f64; 9] = [
    -0.000200214257,
    0.000100950558,
    0.00134934322,
    -0.00367342844,
    0.00573950773,
    -0.0076224613,
    0.00943887047,
    1.00167406,
    2.83297682,
];

/// The inverse of the error function of an `f32`, every step rounded to `f32`.
fn giles(b: &mut Body, x: Id) -> Id {
    fn shifted(b: &mut Body, x: Id, by: f64) -> Id {
        let by = b.float(DType::F32, by);
        b.binary(Binary::Sub, x, by)
    }
    fn horner(b: &mut Body, x: Id, [first, rest @ ..]: [f64; 9]) -> Id {
        let first = b.float(DType::F32, first);
        rest.into_iter().fold(first, |sum, coefficient| {
            let coefficient = b.float(DType::F32, coefficient);
            b.mul_add(sum, x, coefficient)
        })
    }
    let minus = b.unary(Unary::Neg, x);
    let square = b.binary(Binary::Mul, x, minus);
    let log = b.unary(Unary::Log1p, square);
    let w = b.unary(Unary::Neg, log);
    let center = shifted(b, w, 2.5);
    let center = horner(b, center, CENTER);
    let root = b.unary(Unary::Sqrt, w);
    let tail = shifted(b, root, 3.0);
    let tail = horner(b, tail, TAIL);
    let five = b.float(DType::F32, 5.0);
    let near = b.binary(Binary::Lt, w, five);
    let ratio = b.select(near, center, tail);
    // At 1 the root is infinite, and the polynomial in it is not to be asked.
    let (one, infinity) = (b.float(DType::F32, 1.0), b.float(DType::F32, f64::INFINITY));
    let magnitude = b.unary(Unary::Abs, x);
    let end = b.binary(Binary::Eq, magnitude, one);
    let ratio = b.select(end, infinity, ratio);
    b.binary(Binary::Mul, ratio, x)
}

/// Operands that laws are tested on.
pub(crate) fn samples() -> Vec<Sample> {
    let any = [0.3, -2.5, 3.0, -0.2, 1.1];
    let mut samples = Vec::new();
    samples.extend(unary(Erf, float, &any).chain(special(Erf)));
    samples.extend(unary(Erfc, float, &any).chain(special(Erfc)));
    samples.extend(unary(ErfInv, float, &[0.3, -0.7, 0.9, -0.2, 0.6]).chain(special(ErfInv)));
    samples.extend(unary(ErfInvSingle, single, &[0.3, -0.7, 0.9, -0.2, 0.6]));
    samples
}
