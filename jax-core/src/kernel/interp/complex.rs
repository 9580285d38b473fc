//! Complex functions of the oracle, in `f64` for either complex dtype.
//!
//! Each is right to a few units in the last place of its modulus, near zeros and poles, and continuous from the side
//! of a branch cut that the sign of a zero says.

use std::f64::consts::{FRAC_PI_2, LN_2, PI};

use num_complex::Complex;

use crate::bug;
use crate::kernel::Unary;

/// From here on 1 is lost beside a number's square.
const LARGE: f64 = 1e150;

/// A unary operation.
pub fn unary(op: Unary, z: Complex<f64>) -> Complex<f64> {
    match op {
        Unary::Neg => -z,
        Unary::Abs => Complex::new(z.norm(), 0.0),
        Unary::Sqrt => sqrt(z),
        Unary::Exp => z.exp(),
        Unary::Exp2 => z.re.exp2() * Complex::cis(z.im * LN_2),
        // expm1(x + iy) = expm1(x) cos y - 2 sin(y/2)^2 + i e^x sin y
        Unary::Expm1 => {
            let half = (z.im / 2.0).sin();
            Complex::new(z.re.exp_m1() * z.im.cos() - 2.0 * half * half, z.re.exp() * z.im.sin())
        }
        Unary::Log => Complex::new(log_modulus(z.re, z.im), z.im.atan2(z.re)),
        // |1 + z|^2 = 1 + (2 + x) x + y^2
        Unary::Log1p => {
            let square = (2.0 + z.re) * z.re + z.im * z.im;
            let re = if square.abs() < 0.5 { square.ln_1p() / 2.0 } else { (z + 1.0).norm().ln() };
            Complex::new(re, z.im.atan2(z.re + 1.0))
        }
        Unary::Sin => turned_back(sinh(turned(z))),
        Unary::Cos => cosh(turned(z)),
        Unary::Tan => turned_back(tanh(turned(z))),
        Unary::Asin => asin(z),
        Unary::Acos => acos(z),
        Unary::Atan => turned_back(atanh(turned(z))),
        Unary::Sinh => sinh(z),
        Unary::Cosh => cosh(z),
        Unary::Tanh => tanh(z),
        Unary::Asinh => turned_back(asin(turned(z))),
        Unary::Acosh => {
            let w = acos(z);
            Complex::new(w.im.abs(), w.re.copysign(z.im))
        }
        Unary::Atanh => atanh(z),
        Unary::Logistic if z.re < 0.0 => z.exp() / (z.exp() + 1.0),
        Unary::Logistic => ((-z).exp() + 1.0).inv(),
        Unary::Rsqrt => sqrt(z).inv(),
        Unary::Cbrt => z.cbrt(),
        _ => bug!("{op:?} of a complex number"),
    }
}

/// `i z`.
fn turned(z: Complex<f64>) -> Complex<f64> {
    Complex::new(-z.im, z.re)
}

/// `-i z`.
fn turned_back(z: Complex<f64>) -> Complex<f64> {
    Complex::new(z.im, -z.re)
}

/// `log|x + iy|`; near the unit circle from `x^2 - 1 + y^2` without a rounding that counts.
fn log_modulus(x: f64, y: f64) -> f64 {
    let (large, small) = (x.abs().max(y.abs()), x.abs().min(y.abs()));
    let norm = large.hypot(small);
    if !(0.5..2.0).contains(&norm) {
        return norm.ln();
    }
    let (a, b) = (large * large, small * small);
    let rest = large.mul_add(large, -a) + small.mul_add(small, -b);
    (((a - 1.0) + b) + rest).ln_1p() / 2.0
}

/// The square root with a real part that is not negative.
fn sqrt(z: Complex<f64>) -> Complex<f64> {
    let (x, y) = (z.re, z.im);
    if x == 0.0 && y == 0.0 {
        return Complex::new(0.0, y);
    }
    if y.is_infinite() {
        return Complex::new(f64::INFINITY, y);
    }
    // Scaled by a power of 4, so that the sum does not overflow and the quotient keeps its digits.
    let scale = if x.abs().max(y.abs()) > 1.0 { 2f64.powi(-2) } else { 2f64.powi(200) };
    let (a, b) = (x.abs() * scale, y.abs() * scale);
    let root = ((a + a.hypot(b)) / 2.0).sqrt();
    let other = b / (2.0 * root);
    let (re, im) = if x.is_sign_negative() { (other, root) } else { (root, other) };
    let back = scale.sqrt();
    Complex::new(re / back, (im / back).copysign(y))
}

/// `sinh x cos y + i cosh x sin y`, where a zero meets no infinity.
fn sinh(z: Complex<f64>) -> Complex<f64> {
    let re = if z.re == 0.0 { z.re } else { z.re.sinh() * z.im.cos() };
    Complex::new(re, if z.im == 0.0 { z.im } else { z.re.cosh() * z.im.sin() })
}

/// `cosh x cos y + i sinh x sin y`, where a zero meets no infinity.
fn cosh(z: Complex<f64>) -> Complex<f64> {
    let im = if z.im == 0.0 || z.re == 0.0 { z.re * z.im.clamp(-1.0, 1.0) } else { z.re.sinh() * z.im.sin() };
    Complex::new(z.re.cosh() * z.im.cos(), im)
}

/// `(sinh x cosh x + i sin y cos y) / (sinh^2 x + cos^2 y)`.
fn tanh(z: Complex<f64>) -> Complex<f64> {
    let (sin, cos) = z.im.sin_cos();
    if z.re.abs() > 20.0 {
        let tail = if z.im.is_finite() { 4.0 * sin * cos * (-2.0 * z.re.abs()).exp() } else { 0.0 };
        return Complex::new(1f64.copysign(z.re), tail);
    }
    let sinh = z.re.sinh();
    let below = sinh * sinh + cos * cos;
    Complex::new(sinh * z.re.cosh() / below, sin * cos / below)
}

/// The arc sine, by [`arcs`].
fn asin(z: Complex<f64>) -> Complex<f64> {
    let (asin, _, log) = arcs(z.re.abs(), z.im.abs());
    Complex::new(asin.copysign(z.re), log.copysign(z.im))
}

/// The arc cosine, by [`arcs`].
fn acos(z: Complex<f64>) -> Complex<f64> {
    let (_, acos, log) = arcs(z.re.abs(), z.im.abs());
    let re = if z.re.is_sign_negative() { PI - acos } else { acos };
    Complex::new(re, log.copysign(-z.im))
}

/// For `x, y >= 0` the real parts of `asin(x + iy)` and `acos(x + iy)`, and the imaginary part of the first: T. E. Hull,
/// T. F. Fairgrieve and P. T. P. Tang, "Implementing the complex arcsine and arccosine functions using exception
/// handling" (1997).
fn arcs(x: f64, y: f64) -> (f64, f64, f64) {
    if x.max(y) > LARGE {
        return (x.atan2(y), y.atan2(x), x.hypot(y).ln() + LN_2);
    }
    let from_one = (x - 1.0).abs();
    if y <= f64::EPSILON * from_one {
        // The square of y is lost.
        let root = (from_one * (1.0 + x)).sqrt();
        if x < 1.0 {
            return (x.asin(), x.acos(), y / root);
        }
        return (FRAC_PI_2 - y / root, y / root, (from_one + root).ln_1p());
    }
    let (r, s) = ((x + 1.0).hypot(y), from_one.hypot(y));
    let a = (r + s) / 2.0;
    let b = x / a;
    // r - (x + 1), and half of s - |x - 1| with the sum that cancels less.
    let above = y * y / (r + (x + 1.0));
    let beside = if x < 1.0 { y * y / (s + (1.0 - x)) } else { s + (x - 1.0) };
    let log = if a <= 1.5 {
        let over = (above + beside) / 2.0;
        (over + (over * (a + 1.0)).sqrt()).ln_1p()
    } else {
        (a + ((a - 1.0) * (a + 1.0)).sqrt()).ln()
    };
    if b <= 0.6417 {
        return (b.asin(), b.acos(), log);
    }
    let sum = a + x;
    let leg = if x <= 1.0 {
        (sum / 2.0 * (above + (s + (1.0 - x)))).sqrt()
    } else {
        y * ((sum / (r + (x + 1.0)) + sum / (s + (x - 1.0))) / 2.0).sqrt()
    };
    (x.atan2(leg), leg.atan2(x), log)
}

/// `log1p(4x / ((1 - x)^2 + y^2)) / 4 + i atan2(2y, (1 - x)(1 + x) - y^2) / 2`.
fn atanh(z: Complex<f64>) -> Complex<f64> {
    let (x, y) = (z.re.abs(), z.im.abs());
    if x.max(y) > LARGE {
        let re = if x.is_infinite() || y.is_infinite() { 0.0 } else { x / x.hypot(y) / x.hypot(y) };
        return Complex::new(re.copysign(z.re), FRAC_PI_2.copysign(z.im));
    }
    let re = (4.0 * x / ((1.0 - x) * (1.0 - x) + y * y)).ln_1p() / 4.0;
    let im = (2.0 * y).atan2((1.0 - x) * (1.0 + x) - y * y) / 2.0;
    Complex::new(re.copysign(z.re), im.copysign(z.im))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both parts, to some units in the last place of each, zeros with their signs.
    #[track_caller]
    fn assert_parts(op: Unary, z: (f64, f64), want: (f64, f64)) {
        let got = unary(op, Complex::new(z.0, z.1));
        for (want, got) in [(want.0, got.re), (want.1, got.im)] {
            let close = (want - got).abs() <= 4.0 * f64::EPSILON * want.abs();
            let signs = want.is_sign_negative() == got.is_sign_negative();
            assert!(close && signs, "{op:?} of {z:?} is {got:?}, not {want:?}");
        }
    }

    #[test]
    fn small_numbers_keep_their_digits() {
        for op in
            [Unary::Asin, Unary::Atan, Unary::Asinh, Unary::Atanh, Unary::Sin, Unary::Tan, Unary::Sinh, Unary::Tanh]
        {
            for z in [(1e-20, 3e-20), (-1e-9, 1e-9), (1e-300, -1e-12), (0.0, -0.0), (-0.0, 5e-324)] {
                assert_parts(op, z, z);
            }
        }
    }

    #[test]
    fn the_sign_of_a_zero_chooses_the_side_of_a_cut() {
        // acosh 2 and atanh(1/2).
        let (far, near) = (1.316_957_896_924_816_7, 0.549_306_144_334_054_8);
        for side in [1.0, -1.0] {
            let zero = 0.0f64.copysign(side);
            assert_parts(Unary::Asin, (2.0, zero), (FRAC_PI_2, side * far));
            assert_parts(Unary::Asin, (-2.0, zero), (-FRAC_PI_2, side * far));
            assert_parts(Unary::Acos, (2.0, zero), (0.0, -side * far));
            assert_parts(Unary::Acos, (-2.0, zero), (PI, -side * far));
            assert_parts(Unary::Asinh, (zero, 2.0), (side * far, FRAC_PI_2));
            assert_parts(Unary::Acosh, (-2.0, zero), (far, side * PI));
            assert_parts(Unary::Atanh, (2.0, zero), (near, side * FRAC_PI_2));
            assert_parts(Unary::Atanh, (-2.0, zero), (-near, side * FRAC_PI_2));
            assert_parts(Unary::Atan, (zero, 2.0), (side * FRAC_PI_2, near));
            assert_parts(Unary::Log, (-1.0, zero), (0.0, side * PI));
            assert_parts(Unary::Sqrt, (-4.0, zero), (0.0, side * 2.0));
        }
    }

    #[test]
    fn large_numbers_do_not_overflow() {
        // log(2e200), and 1/z.
        assert_parts(Unary::Asin, (1e200, 0.0), (FRAC_PI_2, 461.210_165_779_369_1));
        assert_parts(Unary::Atanh, (1e200, 1.0), (1e-200, FRAC_PI_2));
        assert_parts(Unary::Sqrt, (1.6e301, 0.0), (4e150, 0.0));
        assert_parts(Unary::Tanh, (-800.0, 1.0), (-1.0, 0.0));
    }
}
