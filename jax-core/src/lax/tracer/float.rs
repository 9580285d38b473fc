//! `Float`, each method of which is Rust's on a known number and that of a rank-0 array on a staged value. `Real` comes
//! with it.

use std::num::FpCategory;

use num_traits::Float;

use super::{FloatElement, Known, Tracer};
use crate::prim::round::{self, RoundingMethod};

/// Numbers of the type itself.
macro_rules! constants {
    ($($method:ident)*) => {
        $(fn $method() -> Self {
            Tracer::known(<T as Float>::$method())
        })*
    };
}

/// Questions that only a known number answers.
macro_rules! questions {
    ($($method:ident: $ty:ty;)*) => {
        $(
            #[track_caller]
            fn $method(self) -> $ty {
                Float::$method(self.host(stringify!($method)))
            }
        )*
    };
}

/// Functions of one number.
macro_rules! unary {
    ($($method:ident |$x:ident| $array:expr;)*) => {
        $(
            #[track_caller]
            fn $method(self) -> Self {
                match self.0 {
                    Known(x, weak) => Tracer(Known(Float::$method(x), weak)),
                    _ => {
                        let $x = self.array();
                        Tracer::of(&$array)
                    }
                }
            }
        )*
    };
}

/// Functions of two numbers.
macro_rules! binary {
    ($($method:ident |$x:ident, $y:ident| $array:expr;)*) => {
        $(
            #[track_caller]
            fn $method(self, other: Self) -> Self {
                match (self.0, other.0) {
                    (Known(x, a), Known(y, b)) => Tracer(Known(Float::$method(x, y), a && b)),
                    _ => {
                        let ($x, $y) = (self.array(), other.array());
                        Tracer::of(&$array)
                    }
                }
            }
        )*
    };
}

impl<T: FloatElement> Float for Tracer<T> {
    constants! { nan infinity neg_infinity neg_zero min_value min_positive_value epsilon max_value }

    questions! {
        is_nan: bool;
        is_infinite: bool;
        is_finite: bool;
        is_normal: bool;
        is_subnormal: bool;
        is_sign_positive: bool;
        is_sign_negative: bool;
        classify: FpCategory;
        integer_decode: (u64, i16, i8);
    }

    unary! {
        floor |x| x.floor();
        ceil |x| x.ceil();
        round |x| round::round(&x, RoundingMethod::AwayFromZero);
        trunc |x| x.trunc();
        fract |x| x.fract();
        abs |x| x.abs();
        signum |x| x.signum();
        recip |x| x.recip();
        sqrt |x| x.sqrt();
        cbrt |x| x.cbrt();
        exp |x| x.exp();
        exp2 |x| x.exp2();
        exp_m1 |x| x.exp_m1();
        ln |x| x.ln();
        ln_1p |x| x.ln_1p();
        log2 |x| x.log2();
        log10 |x| x.log10();
        to_degrees |x| x.to_degrees();
        to_radians |x| x.to_radians();
        sin |x| x.sin();
        cos |x| x.cos();
        tan |x| x.tan();
        asin |x| x.asin();
        acos |x| x.acos();
        atan |x| x.atan();
        sinh |x| x.sinh();
        cosh |x| x.cosh();
        tanh |x| x.tanh();
        asinh |x| x.asinh();
        acosh |x| x.acosh();
        atanh |x| x.atanh();
    }

    binary! {
        powf |x, y| x.powf(y);
        log |x, base| x.ln() / base.ln();
        max |x, y| x.max(y);
        min |x, y| x.min(y);
        abs_sub |x, y| (x - y).max(0.0);
        hypot |x, y| x.hypot(y);
        atan2 |y, x| y.atan2(x);
        copysign |x, sign| x.copysign(sign);
    }

    #[track_caller]
    fn powi(self, exponent: i32) -> Self {
        match self.0 {
            Known(x, weak) => Tracer(Known(x.powi(exponent), weak)),
            _ => Tracer::of(&self.array().powi(exponent)),
        }
    }

    #[track_caller]
    fn mul_add(self, a: Self, b: Self) -> Self {
        match (self.0, a.0, b.0) {
            (Known(x, p), Known(a, q), Known(b, r)) => Tracer(Known(Float::mul_add(x, a, b), p && q && r)),
            _ => Tracer::of(&self.array().mul_add(a, b)),
        }
    }

    #[track_caller]
    fn clamp(self, low: Self, high: Self) -> Self {
        match (self.0, low.0, high.0) {
            (Known(x, p), Known(low, q), Known(high, r)) => Tracer(Known(Float::clamp(x, low, high), p && q && r)),
            _ => Tracer::of(&self.array().clamp(low, high)),
        }
    }

    #[track_caller]
    fn sin_cos(self) -> (Self, Self) {
        (self.sin(), self.cos())
    }
}
