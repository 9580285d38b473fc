//! `sin cos tan` and their inverses `asin acos atan atan2`.
//!
//! An angle is reduced by the nearest multiple of `pi / 2`, which is subtracted in three parts; for huge angles the fraction of `2 x / pi` is computed in integers from the bits of `2 / pi` (M. Payne and R. Hanek,
//! "Radian reduction for trigonometric functions", 1983).

use std::f64::consts::{FRAC_2_PI, FRAC_PI_2, FRAC_PI_4, PI, SQRT_2};
use std::sync::{Arc, LazyLock};

use super::coefficients::{ASIN, ASIN_32, ATAN, ATAN_32, COS, COS_32, SIN, SIN_32, TWO_OVER_PI};
use super::num::{Bits, Num};
use crate::base::{DType, Scalar};

/// `pi / 2` in parts.
const HALF_PI: [f64; 3] = [FRAC_PI_2, 6.123233995736766e-17, -1.4973849048591698e-33];

/// `pi` in parts.
const WHOLE_PI: [f64; 3] = [PI, 2.0 * HALF_PI[1], 2.0 * HALF_PI[2]];

/// The greatest `f32` angle reduced by subtraction: up to it the parts of `pi` are long enough.
const NEAR_32: f64 = 65536.0;

/// The greatest `f64` angle reduced by subtraction.
const NEAR: f64 = 134_217_728.0;

/// The words of [`TWO_OVER_PI`] behind a word of zeros.
static WORDS: LazyLock<Arc<[Scalar]>> = LazyLock::new(|| {
    std::iter::once(0).chain(TWO_OVER_PI).map(|word| Scalar::from_bits(DType::U64, u128::from(word))).collect()
});

/// An `f64` angle as `quadrant pi / 2 + high + low`.
struct Angle<'b> {
    /// A number whose two low bits are those of the quadrant.
    quadrant: Bits<'b>,
    high: Num<'b>,
    low: Num<'b>,
}

impl<'b> Angle<'b> {
    /// For angles up to [`NEAR`].
    fn near(x: Num<'b>) -> Angle<'b> {
        let magic = x.format().magic;
        let shifted = x.mul_add(FRAC_2_PI, magic);
        let n = shifted - magic;
        // The first difference is exact: it is less than 1 and a multiple of the product's last bit.
        let first = n.mul_add(-HALF_PI[0], x);
        let high = n.mul_add(-HALF_PI[1], first);
        let low = n.mul_add(-HALF_PI[2], n.mul_add(-HALF_PI[1], first - high));
        Angle { quadrant: shifted.bits(), high, low }
    }

    /// For angles of 2^16 and more: the bits of `2 / pi` that matter, times the significand, modulo 4.
    fn far(x: Num<'b>) -> Angle<'b> {
        let bits = x.bits();
        let fraction = u64::from(x.format().fraction);
        let significand = (bits & ((1 << fraction) - 1)) | (1 << fraction);
        // x = significand 2^e; the bits of 2 / pi whose weight in the product is less than 4 begin at e - 2.
        let exponent = (bits & !x.format().sign).shift_right(fraction);
        let first = exponent + (64u64).wrapping_sub(1075 + 2);
        let (word, shift) = (first.shift_right(6), first & 63);
        let back = bits.constant(64) - shift;
        let at = |offset: u64| (word + offset).word_of(&WORDS);
        let window = |upper: Bits<'b>, lower: Bits<'b>| upper.shift_left_by(shift) | lower.shift_right_by(back);
        let words = [0, 1, 2, 3].map(at);
        let [high, middle, low] = [0, 1, 2].map(|i| window(words[i], words[i + 1]));
        // The product modulo 4 as a fixed-point number: two bits of quadrant and 126 of fraction.
        let lower = significand.mul(middle);
        let carried = lower + significand.mul_high(low);
        let carry = bits.truth_bit(carried.lt(lower));
        let upper = significand.mul(high) + significand.mul_high(middle) + carry;
        let quadrant = (upper + (1 << 61)).shift_right(62);
        let upper = upper - (quadrant << 62);
        // The fraction, between -1/2 and 1/2, as a sum of two floats, 32 bits at a time.
        let unit = |power: i32| 2f64.powi(power);
        let first = upper.shift_right_signed(32).signed_to_float() * unit(-30);
        let second = (upper & 0xffff_ffff).to_float() * unit(-62);
        let third = carried.shift_right(32).to_float() * unit(-94);
        let (sum, rest) = first.add_exactly(second + third);
        let (high, error) = sum.mul_exactly(x.constant(HALF_PI[0]));
        let low = sum.mul_add(HALF_PI[1], rest.mul_add(HALF_PI[0], error));
        let (high, low) = high.add_exactly(low);
        // All this for |x|.
        let mirrored = x.is_negative();
        let turned = (bits.constant(0) - quadrant).float();
        let quadrant = mirrored.select(turned, quadrant.float()).bits();
        Angle { quadrant, high: high.times_sign_of(x), low: low.times_sign_of(x) }
    }

    fn sin_part(&self) -> Num<'b> {
        let r = self.high;
        let z = r * r;
        let cubic = z.polynomial(&SIN_32, &SIN) * (z * r);
        // sin(high + low) = sin(high) + low cos(high)
        r + (z * -0.5).mul_add(self.low, cubic + self.low)
    }

    fn cos_part(&self) -> Num<'b> {
        let r = self.high;
        let z = r * r;
        let half = z * 0.5;
        let one = r.constant(1.0);
        // 1 - half is rounded; what it lost is added to the small terms.
        let start = one - half;
        let lost = (one - start) - half;
        let quartic = z.polynomial(&COS_32, &COS).mul_add(z * z, lost);
        start + (quartic - r * self.low)
    }

    /// `sin(angle + turns pi / 2)`.
    fn sin(&self, turns: u64) -> Num<'b> {
        let quadrant = if turns == 0 { self.quadrant } else { self.quadrant + turns };
        let value = quadrant.lacks(1).select(self.sin_part(), self.cos_part());
        let sign = quadrant.shift_right(1) << 63;
        (value.bits() ^ sign).float()
    }

    fn tan(&self) -> Num<'b> {
        let (sin, cos) = (self.sin_part(), self.cos_part());
        let even = self.quadrant.lacks(1);
        even.select(sin, -cos) / even.select(cos, sin)
    }
}

fn finite_or_nan<'b>(x: Num<'b>, value: Num<'b>) -> Num<'b> {
    x.abs().lt(f64::INFINITY).select(value, x.constant(f64::NAN))
}

/// `sin(x + turns pi / 2)` of an `f32` in `f32`.
fn sin_narrow(x: Num<'_>, turns: u64) -> Num<'_> {
    let magic = x.format().magic;
    let [high, middle, low] = x.split(HALF_PI);
    let shifted = x.mul_add(FRAC_2_PI, magic);
    let n = shifted - magic;
    let r = n.mul_add(-low, n.mul_add(-middle, n.mul_add(-high, x)));
    let a = r.abs();
    let z = a * a;
    let sin = z.polynomial(&SIN_32, &[]).mul_add(z * a, a).with_sign_of(r);
    // The greatest term is added last, so that the cosine of zero is 1.
    let cos = z.polynomial(&COS_32, &[]).mul_add(z, -0.5).mul_add(z, 1.0);
    let quadrant = if turns == 0 { shifted.bits() } else { shifted.bits() + turns };
    let value = quadrant.lacks(1).select(sin, cos);
    (value.bits() ^ (quadrant.shift_right(1) << 31)).float()
}

fn sin_turned(x: Num<'_>, turns: u64) -> Num<'_> {
    let wide = x.wide();
    let far = finite_or_nan(wide, Angle::far(wide).sin(turns));
    if x.dtype() == DType::F32 {
        return x.exceeds(NEAR_32).rare(far.narrow(), sin_narrow(x, turns));
    }
    x.exceeds(NEAR).rare(far, signed_zero(x, Angle::near(x).sin(turns), turns))
}

/// Sums lose the sign of a zero.
fn signed_zero<'b>(x: Num<'b>, value: Num<'b>, turns: u64) -> Num<'b> {
    if turns == 0 { x.eq(0.0).select(x, value) } else { value }
}

/// The sine.
pub fn sin(x: Num<'_>) -> Num<'_> {
    sin_turned(x, 0)
}

/// The cosine.
pub fn cos(x: Num<'_>) -> Num<'_> {
    sin_turned(x, 1)
}

/// The tangent, in `f64`.
pub fn tan(x: Num<'_>) -> Num<'_> {
    let far = finite_or_nan(x, Angle::far(x).tan());
    x.exceeds(NEAR).rare(far, signed_zero(x, Angle::near(x).tan(), 0))
}

/// `atan(num / den)` for `0 <= num <= den` as `(k, rest)`, meaning `k pi / 4 + rest`.
fn atan_parts<'b>(num: Num<'b>, den: Num<'b>) -> (Num<'b>, Num<'b>) {
    // atan(q) = pi / 4 + atan((q - 1) / (q + 1))
    let far = num.gt(den * (SQRT_2 - 1.0));
    let top = far.select(num - den, num);
    let bottom = far.select(num + den, den);
    let a = top / bottom;
    let z = a * a;
    let rest = z.polynomial(&ATAN_32, &ATAN).mul_add(z * a, a);
    (far.select(1.0, num.constant(0.0)), rest)
}

/// `k pi / 4 + rest` for a small whole `k`.
fn eighths<'b>(k: Num<'b>, rest: Num<'b>) -> Num<'b> {
    let high = k * FRAC_PI_4;
    let low = k.mul_add(HALF_PI[1] / 2.0, k.mul_add(FRAC_PI_4, -high));
    high + (rest + low)
}

/// The arc tangent.
pub fn atan(x: Num<'_>) -> Num<'_> {
    let a = x.abs();
    let one = x.constant(1.0);
    let large = a.gt(1.0);
    // atan(a) = pi / 2 - atan(1 / a); an infinity must not be divided by itself.
    let a = a.at_most(1e300);
    let (k, rest) = atan_parts(large.select(1.0, a), large.select(a, one));
    let k = large.select(one * 2.0 - k, k);
    let rest = large.select(-rest, rest);
    eighths(k, rest).with_sign_of(x)
}

/// The angle of the point `(x, y)`.
pub fn atan2<'b>(y: Num<'b>, x: Num<'b>) -> Num<'b> {
    // Scaled so that sums stay finite; what underflows is beside a huge number.
    let huge = y.abs().gt(1e300).or(x.abs().gt(1e300));
    let scale = huge.select(2f64.powi(-600), x.constant(1.0));
    let (a, b) = (y.abs() * scale, x.abs() * scale);
    let steep = a.gt(b);
    let num = steep.select(b, a);
    let den = steep.select(a, b);
    // Beside an infinity a finite number is zero, and an infinity its equal.
    let infinite = den.ge(f64::INFINITY);
    let num = infinite.select(num.ge(f64::INFINITY).select(1.0, x.constant(0.0)), num);
    let den = infinite.select(1.0, den);
    // Both zero: the ratio is zero.
    let den = den.eq(0.0).select(1.0, den);
    let (k, rest) = atan_parts(num, den);
    let k = steep.select(x.constant(2.0) - k, k);
    let rest = steep.select(-rest, rest);
    let left = x.is_negative();
    let k = left.select(x.constant(4.0) - k, k);
    let rest = left.select(-rest, rest);
    let angle = eighths(k, rest).with_sign_of(y);
    let angle = x.is_nan().select(x, angle);
    y.is_nan().select(y, angle)
}

/// For `|x| > 1/2`: `s` with `asin|x| = pi / 2 - 2 asin(s)`, and for the others `s = |x|`; then `asin(s)`.
fn asin_parts<'b>(x: Num<'b>) -> (super::num::Truth<'b>, Num<'b>) {
    let a = x.abs();
    let large = a.gt(0.5);
    let half = (x.constant(1.0) - a) * 0.5;
    let z = large.select(half, a * a);
    let s = large.select(half.sqrt(), a);
    (large, z.polynomial(&ASIN_32, &ASIN).mul_add(z * s, s))
}

/// The arc sine.
pub fn asin(x: Num<'_>) -> Num<'_> {
    let (large, angle) = asin_parts(x);
    let complement = x.constant(FRAC_PI_2) - (angle * 2.0 - HALF_PI[1]);
    large.select(complement, angle).with_sign_of(x)
}

/// The arc cosine.
pub fn acos(x: Num<'_>) -> Num<'_> {
    let (large, angle) = asin_parts(x);
    let negative = x.lt(0.0);
    let twice = angle * 2.0;
    let far = negative.select(x.constant(PI) - (twice - WHOLE_PI[1]), twice);
    let signed = angle.with_sign_of(x);
    let near = x.constant(FRAC_PI_2) - (signed - HALF_PI[1]);
    large.select(far, near)
}
