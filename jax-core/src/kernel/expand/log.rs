//! Logarithms and the inverse hyperbolic functions made of them: `log log1p asinh acosh atanh`.
//!
//! `log x = k ln 2 + log m` with `m` between `sqrt(1/2)` and `sqrt(2)`; for `f32` a polynomial in `m - 1`, for `f64` the
//! series of `2 atanh(s)` where `s = (m - 1) / (m + 1)`.

use std::f64::consts::{LN_2, SQRT_2};

use super::coefficients::{LOG, LOG_32, LOG_LINE_32, LOG_TAIL};
use super::exp::LN_2_LOW;
use super::num::Num;
use crate::base::{DType, Scalar};

/// `x = 2^k (1 + f)` for normal positive `x`.
fn decompose(x: Num<'_>) -> (Num<'_>, Num<'_>) {
    let format = x.format();
    let fraction = u64::from(format.fraction);
    let root = Scalar::from_f64(x.dtype(), SQRT_2 / 2.0).bits() as u64;
    let shifted = x.bits() + (format.one - root);
    let m = ((shifted & ((1 << fraction) - 1)) + root).float();
    let biased = shifted.shift_right(fraction).to_float();
    (biased - (format.one >> fraction) as f64, m - 1.0)
}

/// `(k + more) ln 2 + log(1 + f) + c`, where `c` is small beside the rest.
fn core<'b>(x: Num<'b>, more: f64, c: Option<Num<'b>>) -> Num<'b> {
    let (k, f) = decompose(x);
    let k = if more == 0.0 { k } else { k + more };
    let [high, middle, _] = split_ln_2(x);
    let add = |sum: Num<'b>| c.map_or(sum, |c| sum + c);
    if x.dtype() == DType::F32 {
        let cubic = f.polynomial(&LOG_LINE_32, &[]) * (f * f * f);
        let small = (f * -0.5).mul_add(f, k.mul_add(middle, add(cubic)));
        return k.mul_add(high, f + small);
    }
    // log(1 + f) = 2s + s R(z) with 2s = f - s f, and s f = f^2 / 2 - s f^2 / 2.
    let s = f / (f + 2.0);
    let z = s * s;
    let half = f * f * 0.5;
    let rest = s * (z.polynomial(&LOG_32, &LOG).mul_add(z, half));
    let small = add(k.mul_add(middle, rest)) - half;
    k.mul_add(high, f + small)
}

/// `ln 2` in parts, the first short enough that its product with an exponent is exact.
fn split_ln_2(x: Num<'_>) -> [f64; 3] {
    if x.dtype() == DType::F32 {
        return x.split([LN_2, LN_2_LOW, 0.0]);
    }
    let high = f64::from_bits(LN_2.to_bits() & !0x7ff);
    [high, LN_2 - high + LN_2_LOW, 0.0]
}

/// Where a number is not positive, normal and finite.
fn is_special(x: Num<'_>) -> super::num::Truth<'_> {
    // Subtracting the least normal number's bits turns the range into 0 .. limit; flipping the sign bit makes the signed
    // comparison an unsigned one.
    let format = x.format();
    let least = 1u64 << format.fraction;
    let offset = (x.bits() - least) ^ format.sign;
    let limit = format.infinity - least;
    let limit =
        if x.dtype() == DType::F32 { i64::from((limit as u32 ^ 1 << 31) as i32) } else { (limit ^ 1 << 63) as i64 };
    offset.signed_gt(limit - 1)
}

/// The natural logarithm.
pub fn log(x: Num<'_>) -> Num<'_> {
    let shift = x.format().fraction + 2;
    let subnormal = core(x * (1u64 << shift) as f64, -f64::from(shift), None);
    let far = x.lt(f64::INFINITY).select(subnormal, x);
    let far = x.eq(0.0).select(f64::NEG_INFINITY, far);
    let far = x.lt(0.0).select(f64::NAN, far);
    is_special(x).rare(far, core(x, 0.0, None))
}

/// The natural logarithm of a positive, normal and finite number.
pub fn log_normal(x: Num<'_>) -> Num<'_> {
    core(x, 0.0, None)
}

/// `log(1 + x)`: the logarithm of the rounded sum, and its rounding error to first order.
pub fn log1p(x: Num<'_>) -> Num<'_> {
    // The sign matters for zeros alone.
    log_of_excess(x, None).abs().with_sign_of(x)
}

/// `log(1 + x + low)`, where `low` is small beside `x`.
fn log_of_excess<'b>(x: Num<'b>, low: Option<Num<'b>>) -> Num<'b> {
    let one = x.constant(1.0);
    let sum = x + 1.0;
    let back = sum - 1.0;
    let error = (one - (sum - back)) + (x - back);
    let error = low.map_or(error, |low| error + low);
    let near = core(sum, 0.0, Some(error / sum));
    let far = x.ge(-1.0).select(x, x.constant(f64::NAN));
    let far = x.eq(-1.0).select(f64::NEG_INFINITY, far);
    is_special(sum).rare(far, near)
}

/// `log(x + sqrt(x^2 + 1))`, written `log(1 + x + x^2 / (1 + sqrt(x^2 + 1)))` so that nothing cancels.
pub fn asinh(x: Num<'_>) -> Num<'_> {
    let a = x.abs();
    // Beyond, x^2 + 1 is x^2, and would overflow.
    let bound = 268_435_456.0;
    let square = a * a;
    let more = square / ((square + 1.0).sqrt() + 1.0);
    let (sum, low) = a.add_exactly(more);
    let far = core(a, 1.0, None);
    let far = a.lt(f64::INFINITY).select(far, a);
    a.exceeds(bound).rare(far, log_of_excess(sum, Some(low))).with_sign_of(x)
}

/// `log(x + sqrt(x^2 - 1))`, written with `t = x - 1` as `log(1 + t + sqrt(t^2 + 2 t))`.
pub fn acosh(x: Num<'_>) -> Num<'_> {
    let t = x - 1.0;
    let root = t.mul_add(t, t * 2.0).sqrt();
    let (sum, low) = root.add_exactly(t);
    let far = core(x, 1.0, None);
    let far = x.lt(f64::INFINITY).select(far, x);
    let value = x.exceeds(268_435_456.0).rare(far, log_of_excess(sum, Some(low)));
    x.lt(1.0).select(f64::NAN, value)
}

/// `log((1 + x) / (1 - x)) / 2`, near zero written `log(1 + 2 x + 2 x^2 / (1 - x)) / 2`.
pub fn atanh(x: Num<'_>) -> Num<'_> {
    let a = x.abs();
    let rest = x.constant(1.0) - a;
    let twice = a * 2.0;
    let ratio = twice / rest;
    let (sum, low) = twice.add_exactly(ratio * a);
    let small = a.lt(0.5);
    let sum = small.select(sum, ratio);
    let low = small.select(low, x.constant(0.0));
    let value = log_of_excess(sum, Some(low)) * 0.5;
    let value = a.gt(1.0).select(f64::NAN, value);
    value.with_sign_of(x)
}

/// `log x` as an unevaluated sum of two numbers, to about 2^-65 relative, for normal positive `x` (in `f64`).
pub fn log_exactly<'b>(x: Num<'b>, more: Num<'b>) -> (Num<'b>, Num<'b>) {
    /// The part of 1/3 beyond `f64`.
    const THIRD_LOW: f64 = 1.850371707708594e-17;
    let (k, f) = decompose(x);
    let k = k + more;
    // s = f / (2 + f) in two parts.
    let (below, below_low) = x.constant(2.0).add_exactly(f);
    let s = f / below;
    let s_low = (s.mul_add(-below, f) - s * below_low) / below;
    // atanh(s) = s (1 + z/3 + z^2 Q(z)) where z = s^2.
    let (z, z_low) = s.mul_exactly(s);
    let z_low = (s * 2.0).mul_add(s_low, z_low);
    let (third, third_low) = z.mul_exactly(x.constant(1.0 / 3.0));
    let third_low = z_low.mul_add(1.0 / 3.0, z.mul_add(THIRD_LOW, third_low));
    let tail = z.polynomial(&LOG_TAIL, &LOG_TAIL) * (z * z);
    let (sum, sum_low) = third.add_exactly(tail);
    let sum_low = sum_low + third_low;
    // 2 s (1 + sum)
    let (twice, twice_low) = (s * 2.0, s_low * 2.0);
    let (product, product_low) = twice.mul_exactly(sum);
    let product_low = twice.mul_add(sum_low, twice_low.mul_add(sum, product_low));
    let (log, log_low) = twice.add_exactly(product);
    let log_low = log_low + (twice_low + product_low);
    // k ln 2: the first product is exact.
    let [high, middle, _] = split_ln_2(x);
    let whole = k * high;
    let (result, result_low) = whole.add_exactly(log);
    // Where k is zero, the sum is `log` itself.
    (result, result_low + k.mul_add(middle, log_low))
}
