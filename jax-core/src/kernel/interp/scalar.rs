//! What each scalar operation gives, written to be obviously right. Nests and buffers live in the parent module.
//!
//! Integers are computed as `i128` and wrapped. `f32` arithmetic is done in `f64` and rounded once, which for
//! `+ - * /` and square roots gives the correctly rounded result (`f64` has more than `2 * 24 + 2` bits of
//! precision). `f16` and `bf16` are computed in `f32` and rounded back.

use std::cmp::Ordering;
use std::f64::consts::{FRAC_2_SQRT_PI, PI};

use half::{bf16, f16};
use num_complex::Complex;
use num_traits::Float;

use super::complex;
use crate::base::{DType, Kind, Scalar};
use crate::bug;
use crate::kernel::{Binary, Id, Op, Unary};

/// The value of an operation on values; `None` for axes, arguments and loads, whose values lie outside the body.
pub fn eval_node(dtype: DType, op: &Op, arg: impl Fn(Id) -> Scalar) -> Option<Scalar> {
    Some(match op {
        Op::Axis(_) | Op::Arg(_) | Op::Load { .. } => return None,
        Op::Const(value) => *value,
        Op::Table { table, index } => {
            let index = arg(*index).as_i128();
            match usize::try_from(index).ok().and_then(|index| table.get(index)) {
                Some(&value) => value,
                None => bug!("entry {index} of a table of {}", table.len()),
            }
        }
        Op::Unary(op, a) => unary(*op, arg(*a)),
        Op::Binary(op, a, b) => binary(*op, arg(*a), arg(*b)),
        Op::MulAdd(a, b, c) => mul_add(arg(*a), arg(*b), arg(*c)),
        Op::Select(pred, yes, no) | Op::Rare { pred, rare: yes, common: no } => {
            if arg(*pred).as_bool() {
                arg(*yes)
            } else {
                arg(*no)
            }
        }
        Op::Convert(a) => convert(dtype, arg(*a)),
        Op::Bitcast(a) => Scalar::from_bits(dtype, arg(*a).bits()),
    })
}

/// The value in another dtype: integers wrap, floats round, or truncate and saturate to integers.
pub fn convert(dtype: DType, a: Scalar) -> Scalar {
    match (a.dtype(), dtype) {
        (from, to) if from == to => a,
        (from, DType::F16 | DType::BF16) if from.is_inexact() => float(dtype, a.as_f64()),
        _ => a.cast(dtype),
    }
}

/// A float of this dtype. The 16-bit ones are rounded from `f32`, where all arithmetic on them is done.
fn float(dtype: DType, value: f64) -> Scalar {
    match dtype {
        DType::F16 => Scalar::from_bits(dtype, f16::from_f32(value as f32).to_bits() as u128),
        DType::BF16 => Scalar::from_bits(dtype, bf16::from_f32(value as f32).to_bits() as u128),
        _ => Scalar::from_f64(dtype, value),
    }
}

/// A unary operation.
pub fn unary(op: Unary, a: Scalar) -> Scalar {
    let dtype = a.dtype();
    match (dtype.kind(), op) {
        (Kind::Complex, Unary::Real) => Scalar::from_bits(dtype.component(), a.bits()),
        (Kind::Complex, Unary::Imag) => Scalar::from_bits(dtype.component(), a.bits() >> dtype.component().bits()),
        (Kind::Complex, _) => Scalar::from_complex(dtype, complex::unary(op, a.as_complex())),
        (Kind::Float, Unary::Neg) => Scalar::from_bits(dtype, a.bits() ^ sign_bit(dtype)),
        (Kind::Float, Unary::Abs) => Scalar::from_bits(dtype, a.bits() & !sign_bit(dtype)),
        (Kind::Float, _) => match dtype {
            DType::F16 | DType::BF16 => float(dtype, unary(op, convert(DType::F32, a)).as_f64()),
            _ => float(dtype, float_unary(op, a.as_f64())),
        },
        (Kind::Bool, Unary::Not) => Scalar::bool(!a.as_bool()),
        (_, Unary::Not) => Scalar::from_bits(dtype, !a.bits()),
        (_, Unary::Neg) => Scalar::from_i128(dtype, -a.as_i128()),
        (_, Unary::Abs) => Scalar::from_i128(dtype, a.as_i128().abs()),
        (_, Unary::CountOnes) => Scalar::from_i128(dtype, a.bits().count_ones() as i128),
        (_, Unary::LeadingZeros) => {
            Scalar::from_i128(dtype, (a.bits().leading_zeros() - (u128::BITS - dtype.bits())) as i128)
        }
        _ => bug!("{op:?} of {dtype}"),
    }
}

fn sign_bit(dtype: DType) -> u128 {
    1 << (dtype.bits() - 1)
}

fn float_unary(op: Unary, x: f64) -> f64 {
    match op {
        Unary::Neg => -x,
        Unary::Abs => x.abs(),
        Unary::Floor => x.floor(),
        Unary::Ceil => x.ceil(),
        Unary::Trunc => x.trunc(),
        Unary::RoundEven => x.round_ties_even(),
        Unary::Sqrt => x.sqrt(),
        Unary::Exp => x.exp(),
        Unary::Exp2 => x.exp2(),
        Unary::Expm1 => x.exp_m1(),
        Unary::Log => x.ln(),
        Unary::Log1p => x.ln_1p(),
        Unary::Sin => x.sin(),
        Unary::Cos => x.cos(),
        Unary::Tan => x.tan(),
        Unary::Asin => x.asin(),
        Unary::Acos => x.acos(),
        Unary::Atan => x.atan(),
        Unary::Sinh => x.sinh(),
        Unary::Cosh => x.cosh(),
        Unary::Tanh => x.tanh(),
        Unary::Asinh => libm::asinh(x),
        // The library gives numbers below -1, too.
        Unary::Acosh if x < 1.0 => f64::NAN,
        Unary::Acosh => libm::acosh(x),
        Unary::Atanh => libm::atanh(x),
        Unary::Erf => libm::erf(x),
        Unary::Erfc => libm::erfc(x),
        Unary::ErfInv => erf_inv(x),
        // Written so that neither branch overflows: a tiny result keeps its digits.
        Unary::Logistic if x < 0.0 => x.exp() / (1.0 + x.exp()),
        Unary::Logistic => 1.0 / (1.0 + (-x).exp()),
        Unary::Rsqrt => 1.0 / x.sqrt(),
        Unary::Cbrt => x.cbrt(),
        Unary::Not | Unary::CountOnes | Unary::LeadingZeros | Unary::Real | Unary::Imag => {
            bug!("{op:?} of a float")
        }
    }
}

/// The inverse of the error function: the approximation of S. Winitzki, "A handy approximation for the error
/// function and its inverse" (2008), sharpened by Halley's iteration on `erf` (on `erfc` in the tails, where
/// `1 - |x|` is exact).
fn erf_inv(x: f64) -> f64 {
    let a = x.abs();
    if a >= 1.0 || a.is_nan() || a == 0.0 {
        return match a {
            0.0 => x,
            1.0 => x * f64::INFINITY,
            _ => f64::NAN,
        };
    }
    if a < 1e-8 {
        // The next term of the series is smaller by a factor of pi / 12 * x^2.
        return x / FRAC_2_SQRT_PI;
    }
    const A: f64 = 0.147;
    let log = ((1.0 - a) * (1.0 + a)).ln();
    let t = 2.0 / (PI * A) + log / 2.0;
    let mut y = if a < 1e-3 { a / FRAC_2_SQRT_PI } else { ((t * t - log / A).sqrt() - t).sqrt() };
    for _ in 0..4 {
        let error = if a < 0.5 { libm::erf(y) - a } else { (1.0 - a) - libm::erfc(y) };
        let step = error / (FRAC_2_SQRT_PI * (-y * y).exp());
        y -= step / (1.0 + y * step);
    }
    y.copysign(x)
}

/// A binary operation on two values of one dtype.
pub fn binary(op: Binary, a: Scalar, b: Scalar) -> Scalar {
    let dtype = a.dtype();
    if dtype != b.dtype() {
        bug!("{op:?} of {dtype} and {}", b.dtype());
    }
    match dtype.kind() {
        Kind::Complex => complex_binary(op, a, b),
        Kind::Float => match (dtype, op) {
            (_, Binary::Complex) => {
                let to = if dtype == DType::F32 { DType::C64 } else { DType::C128 };
                Scalar::from_bits(to, a.bits() | b.bits() << dtype.bits())
            }
            (DType::F16 | DType::BF16, _) => {
                let wide = binary(op, convert(DType::F32, a), convert(DType::F32, b));
                if op.is_comparison() { wide } else { float(dtype, wide.as_f64()) }
            }
            _ => float_binary(op, dtype, a.as_f64(), b.as_f64()),
        },
        _ => integer_binary(op, a, b),
    }
}

/// The comparison's outcome; a NaN is unordered and so compares unequal only.
fn compare(op: Binary, order: Option<Ordering>) -> Option<Scalar> {
    Some(Scalar::bool(match op {
        Binary::Eq => order == Some(Ordering::Equal),
        Binary::Ne => order != Some(Ordering::Equal),
        Binary::Lt => order == Some(Ordering::Less),
        Binary::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        Binary::Gt => order == Some(Ordering::Greater),
        Binary::Ge => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        _ => return None,
    }))
}

fn float_binary(op: Binary, dtype: DType, x: f64, y: f64) -> Scalar {
    if let Some(outcome) = compare(op, x.partial_cmp(&y)) {
        return outcome;
    }
    // Of two zeros the negative one is the smaller, as in IEEE 754-2019's minimum and maximum.
    let less = x < y || (x == y && x.is_sign_negative());
    let value = match op {
        Binary::Add => x + y,
        Binary::Sub => x - y,
        Binary::Mul => x * y,
        Binary::Div => x / y,
        Binary::Rem => x % y,
        Binary::Min | Binary::Max if x.is_nan() || y.is_nan() => f64::NAN,
        Binary::Min => [y, x][less as usize],
        Binary::Max => [x, y][less as usize],
        Binary::Pow => x.powf(y),
        Binary::Atan2 => x.atan2(y),
        _ => bug!("{op:?} of {dtype}"),
    };
    float(dtype, value)
}

fn integer_binary(op: Binary, a: Scalar, b: Scalar) -> Scalar {
    let (dtype, x, y) = (a.dtype(), a.as_i128(), b.as_i128());
    if let Some(outcome) = compare(op, Some(x.cmp(&y))) {
        return outcome;
    }
    let width = dtype.bits();
    let shift = b.bits().min(width as u128) as u32;
    let value = match op {
        Binary::Add => x + y,
        Binary::Sub => x - y,
        Binary::Mul => x.wrapping_mul(y),
        Binary::Div if y == 0 => -1,
        Binary::Div => x / y,
        Binary::Rem if y == 0 => x,
        Binary::Rem => x % y,
        Binary::Min => x.min(y),
        Binary::Max => x.max(y),
        Binary::And => x & y,
        Binary::Or => x | y,
        Binary::Xor => x ^ y,
        Binary::Shl => x << shift,
        Binary::ShrLogical => (a.bits() >> shift) as i128,
        // The value of an unsigned dtype has its sign in its top bit, too.
        Binary::ShrArithmetic => sign_extend(a) >> shift,
        Binary::MulHigh if dtype.kind() == Kind::Signed => (x * y) >> width,
        Binary::MulHigh => ((a.bits() * b.bits()) >> width) as i128,
        _ => bug!("{op:?} of {dtype}"),
    };
    Scalar::from_i128(dtype, value)
}

fn sign_extend(a: Scalar) -> i128 {
    let unused = u128::BITS - a.dtype().bits();
    ((a.bits() << unused) as i128) >> unused
}

fn complex_binary(op: Binary, a: Scalar, b: Scalar) -> Scalar {
    let (dtype, x, y) = (a.dtype(), a.as_complex(), b.as_complex());
    match op {
        Binary::Eq => Scalar::bool(x == y),
        Binary::Ne => Scalar::bool(x != y),
        Binary::Pow if y == Complex::new(0.0, 0.0) => Scalar::one(dtype),
        Binary::Pow => Scalar::from_complex(dtype, x.powc(y)),
        _ if dtype == DType::C64 => {
            let narrow = |z: Complex<f64>| Complex::new(z.re as f32, z.im as f32);
            let z = complex_arithmetic(op, narrow(x), narrow(y));
            Scalar::from_complex(dtype, Complex::new(z.re as f64, z.im as f64))
        }
        _ => Scalar::from_complex(dtype, complex_arithmetic(op, x, y)),
    }
}

/// Arithmetic at the precision of the components.
fn complex_arithmetic<T: Float>(op: Binary, x: Complex<T>, y: Complex<T>) -> Complex<T> {
    match op {
        Binary::Add => x + y,
        Binary::Sub => x - y,
        Binary::Mul => x * y,
        Binary::Div => x / y,
        _ => bug!("{op:?} of complex numbers"),
    }
}

/// `a * b + c`, rounded once.
pub fn mul_add(a: Scalar, b: Scalar, c: Scalar) -> Scalar {
    let dtype = a.dtype();
    match dtype {
        DType::F64 => float(dtype, a.as_f64().mul_add(b.as_f64(), c.as_f64())),
        DType::F32 | DType::F16 | DType::BF16 => {
            let [a, b, c] = [a, b, c].map(|value| value.as_f64() as f32);
            float(dtype, a.mul_add(b, c) as f64)
        }
        _ => binary(Binary::Add, binary(Binary::Mul, a, b), c),
    }
}

/// The order that sorting puts two values in: numbers with `-0 == 0` and NaN last, complex numbers by real part
/// and then by imaginary part.
pub fn sort_order(a: Scalar, b: Scalar) -> Ordering {
    fn float(x: f64, y: f64) -> Ordering {
        x.partial_cmp(&y).unwrap_or_else(|| x.is_nan().cmp(&y.is_nan()))
    }
    match a.dtype().kind() {
        Kind::Float => float(a.as_f64(), b.as_f64()),
        Kind::Complex => {
            let (x, y) = (a.as_complex(), b.as_complex());
            float(x.re, y.re).then(float(x.im, y.im))
        }
        _ => a.as_i128().cmp(&b.as_i128()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn int(dtype: DType, value: i128) -> Scalar {
        Scalar::from_i128(dtype, value)
    }

    #[test]
    fn integer_edges() {
        let i32 = |value| int(DType::I32, value);
        let min = i32(i32::MIN as i128);
        assert_eq!(binary(Binary::Div, i32(7), i32(0)), i32(-1));
        assert_eq!(binary(Binary::Div, int(DType::U8, 7), int(DType::U8, 0)), int(DType::U8, 255));
        assert_eq!(binary(Binary::Rem, i32(7), i32(0)), i32(7));
        assert_eq!(binary(Binary::Div, min, i32(-1)), min);
        assert_eq!(binary(Binary::Rem, min, i32(-1)), i32(0));
        assert_eq!(binary(Binary::Rem, i32(-7), i32(3)), i32(-1));
        assert_eq!(binary(Binary::Shl, i32(1), i32(32)), i32(0));
        assert_eq!(binary(Binary::ShrArithmetic, i32(-5), i32(40)), i32(-1));
        assert_eq!(binary(Binary::ShrArithmetic, i32(-5), i32(-1)), i32(-1));
        assert_eq!(binary(Binary::ShrLogical, i32(-1), i32(28)), i32(15));
        let u64 = |value: u64| int(DType::U64, value as i128);
        assert_eq!(binary(Binary::MulHigh, u64(u64::MAX), u64(u64::MAX)), u64(u64::MAX - 1));
        assert_eq!(binary(Binary::MulHigh, int(DType::I64, -1), int(DType::I64, 1)), int(DType::I64, -1));
        assert_eq!(unary(Unary::LeadingZeros, int(DType::I16, 1)), int(DType::I16, 15));
        assert_eq!(unary(Unary::CountOnes, int(DType::I8, -1)), int(DType::I8, 8));
    }

    #[test]
    fn float_edges() {
        let f32 = |value| Scalar::from_f64(DType::F32, value);
        let nan = f32(f64::NAN);
        assert!(binary(Binary::Min, f32(1.0), nan).as_f64().is_nan());
        assert!(binary(Binary::Max, nan, f32(1.0)).as_f64().is_nan());
        assert_eq!(binary(Binary::Max, f32(-0.0), f32(0.0)), f32(0.0));
        assert_eq!(binary(Binary::Min, f32(0.0), f32(-0.0)), f32(-0.0));
        assert_eq!(binary(Binary::Ne, nan, nan), Scalar::bool(true));
        assert_eq!(binary(Binary::Ge, nan, nan), Scalar::bool(false));
        assert_eq!(convert(DType::I32, nan), int(DType::I32, 0));
        assert_eq!(convert(DType::U8, f32(-3.5)), int(DType::U8, 0));
        assert_eq!(convert(DType::I8, f32(300.0)), int(DType::I8, 127));
    }

    #[test]
    fn sixteen_bit_floats_round_once_from_f32() {
        // Just above the tie between 1 and the next f16: only the bits below f16's rounding bit tell.
        let above_tie = Scalar::from_f64(DType::F32, 1.0 + 2f64.powi(-11) + 2f64.powi(-23));
        assert_eq!(convert(DType::F16, above_tie).as_f64(), 1.0 + 2f64.powi(-10));
        let above_tie = Scalar::from_f64(DType::F32, 1.0 + 2f64.powi(-8) + 2f64.powi(-23));
        assert_eq!(convert(DType::BF16, above_tie).as_f64(), 1.0 + 2f64.powi(-7));
    }

    #[test]
    fn erf_inv_inverts_erf() {
        for i in -999..=999 {
            let x = i as f64 / 1000.0;
            assert!((libm::erf(erf_inv(x)) - x).abs() <= 4.0 * f64::EPSILON * x.abs(), "{x}");
        }
        for exponent in 2..53 {
            let tail = 2f64.powi(-exponent);
            let back = libm::erfc(erf_inv(1.0 - tail));
            assert!((back / tail - 1.0).abs() < 1e-13, "{exponent}: {back:e}");
        }
        assert_eq!(erf_inv(-1.0), f64::NEG_INFINITY);
        assert!(erf_inv(1.5).is_nan());
        assert!(erf_inv(-0.0).is_sign_negative());
    }

    #[test]
    fn sorting_puts_nan_last() {
        let f64 = |value| Scalar::from_f64(DType::F64, value);
        assert_eq!(sort_order(f64(f64::NAN), f64(1.0)), Ordering::Greater);
        assert_eq!(sort_order(f64(f64::NAN), f64(f64::NAN)), Ordering::Equal);
        assert_eq!(sort_order(f64(-0.0), f64(0.0)), Ordering::Equal);
    }
}
