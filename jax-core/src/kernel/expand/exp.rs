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
    /// A number whose low bits are those of `n` and twice the bias of exponents, which is not negative.
    shifted: Bits<'b>,
    /// `e^r - 1`.
    excess: Num<'b>,
}

impl<'b> Power<'b> {
    /// `e^(x + low)`, where `low` is small beside `x`, and `n` at most twice the bias in magnitude.
    pub fn of(x: Num<'b>, low: Option<Num<'b>>) -> Power<'b> {
        let magic = magic(x);
        let shifted = x.mul_add(LOG2_E, magic);
        let n = shifted - magic;
        let [high, middle, _] = x.split([LN_2, LN_2_LOW, 0.0]);
        let r = n.mul_add(-middle, n.mul_add(-high, x));
        let r = low.map_or(r, |low| r + low);
        Power { shifted: shifted.bits(), excess: excess(r) }
    }

    /// `2^x`.
    fn of_two(x: Num<'b>) -> Power<'b> {
        let magic = magic(x);
        let shifted = x + magic;
        let r = (x - (shifted - magic)) * LN_2;
        Power { shifted: shifted.bits(), excess: excess(r) }
    }

    /// `2^(n - halvings)`, if that is neither subnormal nor infinite.
    fn unit(&self, halvings: u64) -> Num<'b> {
        let format = self.excess.format();
        let exponent = self.shifted - self.shifted.constant((format.one >> format.fraction) + halvings);
        (exponent << u64::from(format.fraction)).float()
    }

    /// `2^n / 2^halvings` as the product of two numbers that are neither subnormal nor infinite.
    fn units(&self, halvings: u64) -> [Num<'b>; 2] {
        let fraction = u64::from(self.excess.format().fraction);
        // The low bits are the sum of two biased exponents; the bits above them are shifted out.
        let sum = self.shifted << fraction;
        let first = self.shifted.shift_right(1) << fraction;
        let second = if halvings == 0 { sum - first } else { sum - first - sum.constant(halvings << fraction) };
        [first.float(), second.float()]
    }

    /// The value over `2^halvings`. It underflows and overflows with one rounding.
    pub fn value(&self, halvings: u64) -> Num<'b> {
        let [first, second] = self.units(halvings);
        self.excess.mul_add(first, first) * second
    }

    /// The value times a factor.
    pub fn times(&self, factor: Num<'b>) -> Num<'b> {
        let [first, second] = self.units(0);
        (self.excess + 1.0) * factor * first * second
    }

    /// The value, if it is neither subnormal nor infinite.
    fn near(&self) -> Num<'b> {
        let unit = self.unit(0);
        self.excess.mul_add(unit, unit)
    }
}

/// Added to a number, this leaves in the low bits of the sum the nearest integer plus twice the bias of exponents.
fn magic(x: Num<'_>) -> f64 {
    let format = x.format();
    format.magic + (2 * (format.one >> format.fraction)) as f64
}

/// `e^r - 1` for `|r| <= ln 2 / 2`.
fn excess(r: Num<'_>) -> Num<'_> {
    r.polynomial(&EXP_32, &EXP).mul_add(r * r, r)
}

/// Below the first bound `e^x` is zero, above the second infinite.
fn limits(x: Num<'_>) -> [f64; 2] {
    if x.format().fraction == 23 { [-104.0, 89.0] } else { [-746.0, 710.0] }
}

/// The number, or the bound that it is beyond; a NaN stays one.
fn clamp<'b>(x: Num<'b>, [low, high]: [f64; 2]) -> Num<'b> {
    x.at_most(high).at_least(low)
}

/// `e^x`.
pub fn exp(x: Num<'_>) -> Num<'_> {
    Power::of(clamp(x, limits(x)), None).value(0)
}

/// `2^x`.
pub fn exp2(x: Num<'_>) -> Num<'_> {
    let limits = if x.format().fraction == 23 { [-151.0, 129.0] } else { [-1076.0, 1025.0] };
    Power::of_two(clamp(x, limits)).value(0)
}

/// `e^x - 1 = 2^n (e^r - 1) + (2^n - 1)`.
pub fn expm1(x: Num<'_>) -> Num<'_> {
    let [_, high] = limits(x);
    // From -50 on down the result is -1.
    let power = Power::of(clamp(x, [-50.0, high]), None);
    // Halves, because 2^n may be infinite where the result is not.
    let unit = power.unit(1);
    (unit.mul_add(power.excess, unit - 0.5) * 2.0).abs().with_sign_of(x)
}

/// `1 / (1 + e^-x)`, which is `e^x / (1 + e^x)` where `x` is negative.
pub fn logistic(x: Num<'_>) -> Num<'_> {
    let [low, _] = limits(x);
    let shrunk = Power::of((-x.abs()).at_least(low), None).value(0);
    x.lt(0.0).select(shrunk, x.constant(1.0)) / (shrunk + 1.0)
}

/// `e^|x| / 2`, and the reciprocal's half.
fn halves<'b>(x: Num<'b>) -> [Num<'b>; 2] {
    let [_, high] = limits(x);
    let grown = Power::of(x.abs().at_most(high + 1.0), None).value(1);
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
