//! Exponentials and the hyperbolic functions made of them: `exp exp2 expm1 logistic sinh cosh tanh`.
//!
//! `e^x = 2^n e^r` with `n` the nearest integer to `x / ln 2`, so that `|r| <= ln 2 / 2`, and `e^r` a polynomial.

use std::f64::consts::{LN_2, LOG2_E};

use super::coefficients::{EXP, EXP_32, SINH, SINH_32, TANH, TANH_32};
use super::num::{Bits, Num};

/// The part of `ln 2` beyond `f64`.
pub const LN_2_LOW: f64 = 2.3190468138462996e-17;

/// `e^x` as `2^n (1 + excess)`.
pub struct Power<'b> {
    /// A number whose low bits are those of `n`.
    shifted: Bits<'b>,
    /// `e^r - 1`.
    excess: Num<'b>,
}

impl<'b> Power<'b> {
    /// `e^(x + low)`, where `low` is small beside `x`.
    pub fn of(x: Num<'b>, low: Option<Num<'b>>) -> Power<'b> {
        let magic = x.format().magic;
        let shifted = x.mul_add(LOG2_E, magic);
        let n = shifted - magic;
        let [high, middle, _] = x.split([LN_2, LN_2_LOW, 0.0]);
        let r = n.mul_add(-middle, n.mul_add(-high, x));
        let r = low.map_or(r, |low| r + low);
        Power { shifted: shifted.bits(), excess: excess(r) }
    }

    /// `2^x`.
    fn of_two(x: Num<'b>) -> Power<'b> {
        let magic = x.format().magic;
        let shifted = x + magic;
        let r = (x - (shifted - magic)) * LN_2;
        Power { shifted: shifted.bits(), excess: excess(r) }
    }

    /// `2^n factor / 2^halvings` if that is neither subnormal nor infinite.
    fn scale(&self, factor: Num<'b>, halvings: u64) -> Num<'b> {
        let fraction = u64::from(factor.format().fraction);
        let n = if halvings == 0 { self.shifted } else { self.shifted - halvings };
        (factor.bits() + (n << fraction)).float()
    }

    /// `2^n factor / 2^halvings`, in two steps so that it underflows and overflows with one rounding.
    pub fn scale_far(&self, factor: Num<'b>, halvings: u64) -> Num<'b> {
        let format = factor.format();
        let fraction = u64::from(format.fraction);
        let magic = factor.constant(format.magic).bits();
        let n = self.shifted - magic - halvings;
        let half = n.shift_right_signed(1);
        let first = (factor.bits() + (half << fraction)).float();
        let second = (((n - half) << fraction) + format.one).float();
        first * second
    }

    /// `e^r`, between `sqrt(1/2)` and `sqrt(2)`.
    pub fn mantissa(&self) -> Num<'b> {
        self.excess + 1.0
    }

    /// The value within the range where `exp` is normal and finite.
    fn near(&self) -> Num<'b> {
        self.scale(self.mantissa(), 0)
    }

    /// The value for any exponent `x` between two bounds: zero below, infinite above, `x` if it is a NaN.
    fn far(&self, x: Num<'b>, [low, high]: [f64; 2], halvings: u64) -> Num<'b> {
        let value = self.scale_far(self.mantissa(), halvings);
        let value = x.lt(low).select(0.0, value);
        let value = x.gt(high).select(f64::INFINITY, value);
        x.is_nan().select(x, value)
    }
}

/// `e^r - 1` for `|r| <= ln 2 / 2`.
fn excess(r: Num<'_>) -> Num<'_> {
    r.polynomial(&EXP_32, &EXP).mul_add(r * r, r)
}

/// Where `exp` of a magnitude is normal and finite, and where it is zero and infinite.
fn limits(x: Num<'_>) -> (f64, [f64; 2]) {
    if x.format().fraction == 23 { (87.0, [-104.0, 89.0]) } else { (708.0, [-746.0, 710.0]) }
}

/// `e^x`.
pub fn exp(x: Num<'_>) -> Num<'_> {
    let power = Power::of(x, None);
    let (bound, ends) = limits(x);
    x.exceeds(bound).rare(power.far(x, ends, 0), power.near())
}

/// `2^x`.
pub fn exp2(x: Num<'_>) -> Num<'_> {
    let power = Power::of_two(x);
    let (bound, ends) = if x.format().fraction == 23 { (125.0, [-151.0, 129.0]) } else { (1021.0, [-1076.0, 1025.0]) };
    x.exceeds(bound).rare(power.far(x, ends, 0), power.near())
}

/// `e^x - 1 = 2^n (e^r - 1) + (2^n - 1)`.
pub fn expm1(x: Num<'_>) -> Num<'_> {
    let power = Power::of(x, None);
    let scale = power.scale(x.constant(1.0), 0);
    let near = scale.mul_add(power.excess, scale - 1.0).abs().with_sign_of(x);
    let (bound, ends) = limits(x);
    let far = x.lt(0.0).select(-1.0, power.far(x, ends, 0));
    x.exceeds(bound).rare(far, near)
}

/// `1 / (1 + e^-x)`.
pub fn logistic(x: Num<'_>) -> Num<'_> {
    let near = x.constant(1.0) / (Power::of(-x, None).near() + 1.0);
    let (bound, ends) = limits(x);
    // The other exponential is at least 2^125 or 2^1021 times smaller than 1.
    let far = x.gt(0.0).select(1.0, Power::of(x, None).far(x, ends, 0));
    x.exceeds(bound).rare(far, near)
}

/// `e^|x| / 2`, and the reciprocal's half.
fn halves<'b>(x: Num<'b>) -> [Num<'b>; 2] {
    let a = x.abs();
    let power = Power::of(a, None);
    let (bound, [_, high]) = limits(x);
    let far = power.far(a, [0.0, high + 1.0], 1);
    let grown = a.exceeds(bound).rare(far, power.scale(power.mantissa(), 1));
    [grown, x.constant(0.25) / grown]
}

/// `(e^x - e^-x) / 2`, and near zero, where that cancels, a polynomial.
pub fn sinh(x: Num<'_>) -> Num<'_> {
    let [grown, shrunk] = halves(x);
    let a = x.abs();
    let z = a * a;
    let small = z.polynomial(&SINH_32, &SINH).mul_add(z * a, a);
    a.lt(1.0).select(small, grown - shrunk).with_sign_of(x)
}

/// `(e^x + e^-x) / 2`.
pub fn cosh(x: Num<'_>) -> Num<'_> {
    let [grown, shrunk] = halves(x);
    grown + shrunk
}

/// `1 - 2 / (e^2x + 1)`, and near zero, where that cancels, a polynomial.
pub fn tanh(x: Num<'_>) -> Num<'_> {
    let a = x.abs();
    let z = a * a;
    let small = z.polynomial(&TANH_32, &TANH).mul_add(z * a, a);
    // Beyond 20 the result is 1; a NaN stays one in the polynomial.
    let twice = a.at_most(20.0) * 2.0;
    let large = x.constant(1.0) - x.constant(2.0) / (Power::of(twice, None).near() + 1.0);
    a.ge(0.625).select(large, small).with_sign_of(x)
}
