//! The error function, its complement and its inverse: `erf erfc erf_inv`. All in `f64`.

use std::f64::consts::FRAC_2_SQRT_PI;

use super::coefficients::{ERF, ERF_32, ERF_INV, ERF_INV_TAIL, ERF_INV_TAIL_32, ERFC, ERFC_32};
use super::exp::Power;
use super::log::log_normal;
use super::num::Num;

/// `erf(a)` for `0 <= a <= 1`.
fn erf_small(a: Num<'_>) -> Num<'_> {
    (a * a).polynomial(&ERF_32, &ERF).mul_add(a, a)
}

/// `erfc(a)` for `a >= 1/2`: `e^(-a^2)` times a function that is nearly `1 / (a + 1/2)`.
fn erfc_large(a: Num<'_>) -> Num<'_> {
    // Beyond, the result is zero for f64.
    let a = a.at_most(28.0);
    let (square, error) = a.mul_exactly(a);
    let power = Power::of(-square, Some(-error));
    let u = (a - 3.75) / (a + 3.75);
    let factor = u.polynomial(&ERFC_32, &ERFC) / (a + 0.5);
    power.times(factor)
}

/// The error function.
pub fn erf(x: Num<'_>) -> Num<'_> {
    let a = x.abs();
    let large = x.constant(1.0) - erfc_large(a);
    a.ge(1.0).select(large, erf_small(a)).with_sign_of(x)
}

/// `1 - erf(x)`, accurate where that is tiny.
pub fn erfc(x: Num<'_>) -> Num<'_> {
    let a = x.abs();
    let large = erfc_large(a);
    let large = x.lt(0.0).select(x.constant(2.0) - large, large);
    let small = x.constant(1.0) - erf_small(a).with_sign_of(x);
    a.ge(0.5).select(large, small)
}

/// The inverse of `erf`: polynomials in `w = -log(1 - x^2)` or its root, and for `f64` one step of Halley's iteration.
///
/// The choice of variable is that of M. Giles, "Approximating the erfinv function" (2010).
pub fn erf_inv(x: Num<'_>) -> Num<'_> {
    let a = x.abs();
    let one = x.constant(1.0);
    let rest = one - a;
    let w = -log_normal(rest * (a + 1.0));
    let central = (w - 2.5).polynomial(&ERF_INV, &ERF_INV);
    let tail = (w.sqrt() - 3.0).polynomial(&ERF_INV_TAIL_32, &ERF_INV_TAIL);
    let y = w.lt(5.0).select(central, tail) * a;
    let y = if x.is_single() { y } else { refine(a, rest, y) };
    let y = a.eq(1.0).select(f64::INFINITY, y);
    let y = a.gt(1.0).select(f64::NAN, y);
    y.with_sign_of(x)
}

/// Solves `erf(y) = a` from a near `y`; in the tail `erfc(y) = rest`, which is exact there.
fn refine<'b>(a: Num<'b>, rest: Num<'b>, y: Num<'b>) -> Num<'b> {
    let small = a.lt(0.5);
    let error = small.select(erf_small(y) - a, rest - erfc_large(y));
    let slope = Power::of(y * y, None);
    let step = error * (slope.value(0) / FRAC_2_SQRT_PI);
    // erf'' / erf' = -2 y
    let step = step / y.mul_add(step, 1.0);
    y - step
}
