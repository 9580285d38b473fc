//! Powers and roots: `pow cbrt rsqrt`. In `f64`.

use super::exp::Power;
use super::log::{log_exactly, log_normal};
use super::num::Num;

/// `1 / sqrt(x)`.
pub fn rsqrt(x: Num<'_>) -> Num<'_> {
    x.constant(1.0) / x.sqrt()
}

/// The cube root: a guess from the exponent, sharpened by Halley's iteration.
pub fn cbrt<'b>(x: Num<'b>) -> Num<'b> {
    let a = x.abs();
    // Away from where cubes leave the normal range.
    let (tiny, huge) = (a.lt(1e-300), a.gt(1e300));
    let scale = tiny.select(2f64.powi(54), huge.select(2f64.powi(-54), x.constant(1.0)));
    let back = tiny.select(2f64.powi(-18), huge.select(2f64.powi(18), x.constant(1.0)));
    let a = a * scale;
    // Two thirds of the exponent's bias, less what makes the relative error least: 5 percent.
    let guess = a.bits().shift_right(32).to_float().mul_add(1.0 / 3.0, 715_094_163.0);
    let magic = guess.constant(4_503_599_627_370_496.0);
    let t = ((guess + magic).bits() << 32).float();
    let step = |t: Num<'b>| {
        let cube = t * t * t;
        t * ((cube + a * 2.0) / (cube * 2.0 + a))
    };
    let t = step(step(t));
    // The last correction is small, so that its rounding hardly matters.
    let last = |t: Num<'b>| {
        let ratio = a / (t * t);
        t + t * ((ratio - t) / (t * 2.0 + ratio))
    };
    let t = if x.is_single() { t } else { last(t) };
    let t = t * back;
    let t = x.abs().lt(f64::INFINITY).select(t, x.abs());
    x.eq(0.0).select(x, t.with_sign_of(x))
}

/// `x^y` as C's `pow`.
pub fn pow<'b>(x: Num<'b>, y: Num<'b>) -> Num<'b> {
    let one = x.constant(1.0);
    let a = x.abs();
    let value = magnitude(a, y);
    // A negative base: odd powers are negative, and only whole ones are real.
    let negative = x.lt(0.0);
    let whole = y.unary(crate::kernel::Unary::Trunc).eq(y);
    let half = y * 0.5;
    let odd = whole.and(!half.unary(crate::kernel::Unary::Trunc).eq(half));
    let minus = x.is_negative().and(odd);
    let value = minus.select(-value, value);
    let value = negative.and(!whole).and(a.lt(f64::INFINITY)).select(f64::NAN, value);
    let value = x.is_nan().or(y.is_nan()).select(f64::NAN, value);
    x.eq(1.0).or(y.eq(0.0)).select(one, value)
}

/// `a^y` for `a >= 0`.
fn magnitude<'b>(a: Num<'b>, y: Num<'b>) -> Num<'b> {
    let value = if a.is_single() {
        // f64 has bits enough to lose some to the exponent.
        let product = y * log_normal(a);
        let product = product.at_most(800.0).at_least(-800.0);
        let power = Power::of(product, None);
        power.value(0)
    } else {
        let subnormal = a.lt(f64::MIN_POSITIVE);
        let normal = subnormal.select(a * 2f64.powi(54), a);
        let more = subnormal.select(-54.0, a.constant(0.0));
        let (log, log_low) = log_exactly(normal, more);
        let (product, error) = y.mul_exactly(log);
        let low = y.mul_add(log_low, error);
        let beyond = product.exceeds(800.0);
        let low = beyond.select(0.0, low);
        let product = product.at_most(800.0).at_least(-800.0);
        let power = Power::of(product, Some(low));
        power.value(0)
    };
    // Zero and infinity, whose logarithms the formula does not have.
    let ends = a.eq(0.0).or(a.ge(f64::INFINITY));
    let grows = a.gt(1.0).select(y, -y).gt(0.0);
    let end = grows.select(f64::INFINITY, a.constant(0.0));
    let value = ends.select(end, value);
    // 1 to any power, infinite ones included; an infinite power of anything else.
    let infinite = y.abs().ge(f64::INFINITY);
    let value = infinite.select(end, value);
    a.eq(1.0).select(1.0, value)
}
