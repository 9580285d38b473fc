//! Complex functions by their components, in `f64`: numbers of either complex dtype are widened first, so that nothing
//! overflows in between for `c64`.
//!
//! Square roots, inverse functions and `tanh` follow W. Kahan, "Branch cuts for complex elementary functions" (1987).

use std::f64::consts::LN_2;

use super::num::Num;
use super::{exp, log, trig};

/// A complex number.
#[derive(Clone, Copy)]
pub struct Complex<'b> {
    /// The real part.
    pub re: Num<'b>,
    /// The imaginary part.
    pub im: Num<'b>,
}

impl<'b> Complex<'b> {
    /// Of two parts.
    pub fn new(re: Num<'b>, im: Num<'b>) -> Complex<'b> {
        Complex { re, im }
    }

    fn constant(self, re: f64, im: f64) -> Complex<'b> {
        Complex::new(self.re.constant(re), self.re.constant(im))
    }

    /// `i z`.
    fn turned(self) -> Complex<'b> {
        Complex::new(-self.im, self.re)
    }

    /// `-i z`.
    fn turned_back(self) -> Complex<'b> {
        Complex::new(self.im, -self.re)
    }

    fn plus(self, re: f64) -> Complex<'b> {
        Complex::new(self.re + re, self.im)
    }

    fn negated(self) -> Complex<'b> {
        Complex::new(-self.re, -self.im)
    }

    fn times(self, other: Complex<'b>) -> Complex<'b> {
        let re = self.re * other.re - self.im * other.im;
        Complex::new(re, self.re * other.im + self.im * other.re)
    }

    /// The larger and the smaller magnitude of the parts.
    fn magnitudes(self) -> (Num<'b>, Num<'b>) {
        let (a, b) = (self.re.abs(), self.im.abs());
        let less = a.lt(b);
        (less.select(b, a), less.select(a, b))
    }

    /// A power of two near the reciprocal of the larger part, so that squares of scaled parts are moderate.
    fn scale(self) -> Num<'b> {
        if self.re.is_single() {
            return self.re.constant(1.0);
        }
        let (large, _) = self.magnitudes();
        let scale = large.gt(1e150).select(2f64.powi(-600), large.constant(1.0));
        large.lt(1e-140).select(2f64.powi(600), scale)
    }
}

/// `|z|`.
pub fn abs(z: Complex<'_>) -> Num<'_> {
    let scale = z.scale();
    let (a, b) = (z.re * scale, z.im * scale);
    let norm = a.mul_add(a, b * b).sqrt();
    let norm = if z.re.is_single() { norm } else { norm / scale };
    let infinite = z.re.abs().eq(f64::INFINITY).or(z.im.abs().eq(f64::INFINITY));
    infinite.select(f64::INFINITY, norm)
}

/// `x / y`.
pub fn div<'b>(x: Complex<'b>, y: Complex<'b>) -> Complex<'b> {
    let scale = y.scale();
    let (c, d) = (y.re * scale, y.im * scale);
    let norm = c.mul_add(c, d * d);
    let re = x.re.mul_add(c, x.im * d) / norm;
    let im = x.im.mul_add(c, -(x.re * d)) / norm;
    Complex::new(re * scale, im * scale)
}

/// `e^x (cos y + i sin y)`; a real argument has a real result.
pub fn exp(z: Complex<'_>) -> Complex<'_> {
    // In two factors, so that a small cosine meets a large power before it overflows.
    let whole = z.re.at_most(700.0);
    let (first, second) = (exp::exp(whole), exp::exp((z.re - whole).at_most(700.0)));
    let second = z.re.gt(700.0).select(second, z.re.constant(1.0));
    let re = first * trig::cos(z.im) * second;
    let im = first * trig::sin(z.im) * second;
    let real = z.im.eq(0.0);
    let vanished = first.eq(0.0);
    let finite = z.im.abs().lt(f64::INFINITY);
    let lost = vanished.and(!finite);
    let re = lost.select(0.0, real.select(first * second, re));
    Complex::new(re, lost.select(0.0, real.select(z.im, im)))
}

/// `2^z`.
pub fn exp2(z: Complex<'_>) -> Complex<'_> {
    exp(Complex::new(z.re * LN_2, z.im * LN_2))
}

/// `e^z - 1 = expm1(x) cos y - 2 sin^2(y / 2) + i e^x sin y`.
pub fn expm1(z: Complex<'_>) -> Complex<'_> {
    let half = trig::sin(z.im * 0.5);
    let re = exp::expm1(z.re) * trig::cos(z.im) - half * half * 2.0;
    Complex::new(re, exp(z).im)
}

/// `log|z| + i arg z`.
pub fn log(z: Complex<'_>) -> Complex<'_> {
    let (large, small) = z.magnitudes();
    // Near the unit circle: log(1 + (|z|^2 - 1)) / 2.
    let square = (large - 1.0).mul_add(large + 1.0, small * small);
    let near = log::log1p(square) * 0.5;
    let far = log::log(abs(z));
    let re = square.abs().lt(0.5).select(near, far);
    Complex::new(re, trig::atan2(z.im, z.re))
}

/// `log(1 + z)`, with `|1 + z|^2 = 1 + (2 + x) x + y^2`.
pub fn log1p(z: Complex<'_>) -> Complex<'_> {
    let sum = z.plus(1.0);
    let square = (z.re + 2.0).mul_add(z.re, z.im * z.im);
    let near = log::log1p(square) * 0.5;
    let far = log::log(abs(sum));
    let re = square.abs().lt(0.5).select(near, far);
    Complex::new(re, trig::atan2(z.im, sum.re))
}

/// The square root with a real part that is not negative.
pub fn sqrt(z: Complex<'_>) -> Complex<'_> {
    let single = z.re.is_single();
    let (large, _) = z.magnitudes();
    let one = z.re.constant(1.0);
    let (scale, back) = if single {
        (one, one)
    } else {
        let huge = large.gt(1e150);
        let tiny = large.lt(1e-140);
        let scale = tiny.select(2f64.powi(600), huge.select(2f64.powi(-600), one));
        (scale, tiny.select(2f64.powi(-300), huge.select(2f64.powi(300), one)))
    };
    let (x, y) = (z.re * scale, z.im * scale);
    let norm = abs(Complex::new(x, y));
    let root = ((x.abs() + norm) * 0.5).sqrt();
    let other = y.abs() / (root * 2.0);
    let other = root.eq(0.0).select(0.0, other);
    let right = !z.re.is_negative();
    let re = right.select(root, other) * back;
    let im = right.select(other, root) * back;
    let infinite = z.im.abs().eq(f64::INFINITY);
    let re = infinite.select(f64::INFINITY, re);
    Complex::new(re, infinite.select(f64::INFINITY, im).with_sign_of(z.im))
}

/// `1 / sqrt z`.
pub fn rsqrt(z: Complex<'_>) -> Complex<'_> {
    div(z.constant(1.0, 0.0), sqrt(z))
}

/// `z^(1/3)`, the principal one.
pub fn cbrt(z: Complex<'_>) -> Complex<'_> {
    let log = log(z);
    let root = exp(Complex::new(log.re / 3.0, log.im / 3.0));
    let zero = z.re.eq(0.0).and(z.im.eq(0.0));
    Complex::new(zero.select(0.0, root.re), zero.select(0.0, root.im))
}

/// `sinh x cos y + i cosh x sin y`.
pub fn sinh(z: Complex<'_>) -> Complex<'_> {
    let re = exp::sinh(z.re) * trig::cos(z.im);
    let im = exp::cosh(z.re) * trig::sin(z.im);
    // Zeros are not to meet infinities.
    let re = z.re.eq(0.0).select(z.re, re);
    Complex::new(re, z.im.eq(0.0).select(z.im, im))
}

/// `cosh x cos y + i sinh x sin y`.
pub fn cosh(z: Complex<'_>) -> Complex<'_> {
    let re = exp::cosh(z.re) * trig::cos(z.im);
    let im = exp::sinh(z.re) * trig::sin(z.im);
    let zero = z.re.eq(0.0).or(z.im.eq(0.0));
    Complex::new(re, zero.select(z.re * z.im.at_most(1.0).at_least(-1.0), im))
}

/// `sin z = -i sinh(i z)`.
pub fn sin(z: Complex<'_>) -> Complex<'_> {
    sinh(z.turned()).turned_back()
}

/// `cos z = cosh(i z)`.
pub fn cos(z: Complex<'_>) -> Complex<'_> {
    cosh(z.turned())
}

/// With `t = tan y`, `b = 1 + t^2`, `s = sinh x` and `r = cosh x`: `(b r s + i t) / (1 + b s^2)`.
pub fn tanh(z: Complex<'_>) -> Complex<'_> {
    let one = z.re.constant(1.0);
    let far = z.re.abs().gt(20.0);
    let x = far.select(1.0, z.re);
    let t = trig::tan(z.im);
    let b = t.mul_add(t, 1.0);
    let s = exp::sinh(x);
    let r = s.mul_add(s, 1.0).sqrt();
    let below = (b * s).mul_add(s, 1.0);
    let re = b * r * s / below;
    let im = t / below;
    // Far from zero: 1 with the sign of x, and 4 sin y cos y e^(-2|x|).
    let tail = trig::sin(z.im) * trig::cos(z.im) * 4.0 * exp::exp(z.re.abs() * -2.0);
    let tail = z.im.abs().lt(f64::INFINITY).select(tail, z.re.constant(0.0));
    Complex::new(far.select(one.with_sign_of(z.re), re), far.select(tail, im))
}

/// `tan z = -i tanh(i z)`.
pub fn tan(z: Complex<'_>) -> Complex<'_> {
    tanh(z.turned()).turned_back()
}

/// `1 / (1 + e^-z)`.
pub fn logistic(z: Complex<'_>) -> Complex<'_> {
    // (1 + tanh(z / 2)) / 2 where that does not cancel; e^z where the rest is lost beside 1.
    let one = z.constant(1.0, 0.0);
    let near = div(one, exp(z.negated()).plus(1.0));
    let tail = exp(z);
    let far = z.re.lt(-40.0);
    Complex::new(far.select(tail.re, near.re), far.select(tail.im, near.im))
}

/// `sqrt(1 - z)` and `sqrt(1 + z)`.
fn roots(z: Complex<'_>) -> (Complex<'_>, Complex<'_>) {
    (sqrt(z.negated().plus(1.0)), sqrt(z.plus(1.0)))
}

/// `Im(conj(a) b)`.
fn cross<'b>(a: Complex<'b>, b: Complex<'b>) -> Num<'b> {
    a.re * b.im - a.im * b.re
}

/// The arc sine.
pub fn asin(z: Complex<'_>) -> Complex<'_> {
    let (minus, plus) = roots(z);
    let product = minus.re * plus.re - minus.im * plus.im;
    Complex::new(trig::atan2(z.re, product), log::asinh(cross(minus, plus)))
}

/// The arc cosine.
pub fn acos(z: Complex<'_>) -> Complex<'_> {
    let (minus, plus) = roots(z);
    Complex::new(trig::atan2(minus.re, plus.re) * 2.0, log::asinh(cross(plus, minus)))
}

/// `asinh z = -i asin(i z)`.
pub fn asinh(z: Complex<'_>) -> Complex<'_> {
    asin(z.turned()).turned_back()
}

/// The inverse hyperbolic cosine.
pub fn acosh(z: Complex<'_>) -> Complex<'_> {
    let (minus, plus) = (sqrt(z.plus(-1.0)), sqrt(z.plus(1.0)));
    let re = log::asinh(minus.re * plus.re + minus.im * plus.im);
    Complex::new(re, trig::atan2(minus.im, plus.re) * 2.0)
}

/// `log1p(4x / ((1 - x)^2 + y^2)) / 4 + i atan2(2y, (1 - x)(1 + x) - y^2) / 2`.
pub fn atanh(z: Complex<'_>) -> Complex<'_> {
    let one = z.re.constant(1.0);
    let x = z.re.abs();
    let (minus, plus) = (one - x, x + 1.0);
    let ratio = x * 4.0 / minus.mul_add(minus, z.im * z.im);
    let re = (log::log1p(ratio) * 0.25).with_sign_of(z.re);
    let im = trig::atan2(z.im * 2.0, minus.mul_add(plus, -(z.im * z.im))) * 0.5;
    Complex::new(re, im)
}

/// `atan z = -i atanh(i z)`.
pub fn atan(z: Complex<'_>) -> Complex<'_> {
    atanh(z.turned()).turned_back()
}

/// `e^(y log x)`; 1 for a zero exponent, and zero for a zero base.
pub fn pow<'b>(x: Complex<'b>, y: Complex<'b>) -> Complex<'b> {
    let power = exp(y.times(log(x)));
    let zero = |z: Complex<'b>| z.re.eq(0.0).and(z.im.eq(0.0));
    let (base, exponent) = (zero(x), zero(y));
    let re = exponent.select(1.0, base.select(0.0, power.re));
    let im = exponent.or(base).select(0.0, power.im);
    Complex::new(re, im)
}
