//! Elementwise primitives, one element at a time.

use std::f64::consts::{FRAC_2_SQRT_PI, LN_2};

use jax_core::base::dtype::Kind;
use jax_core::base::{DType, Scalar};
use jax_core::ir::Prim;
use jax_core::prim::arith::IntegerPow;
use jax_core::prim::round::{Round, RoundingMethod};
use num_complex::Complex;

/// Whether a primitive is elementwise.
pub fn knows(prim: &Prim) -> bool {
    (1..=3).any(|arity| {
        [DType::F32, DType::C64, DType::I32, DType::Bool]
            .iter()
            .any(|&dtype| result(prim, dtype, &vec![Scalar::one(dtype); arity]).is_some())
    })
}

/// The result for these elements; `None` if the primitive is not elementwise.
pub fn result(prim: &Prim, out: DType, args: &[Scalar]) -> Option<Scalar> {
    let first = args.first()?;
    let by_bits = match (prim.name(), args) {
        ("copy" | "stop_gradient", [x]) => Some(*x),
        ("convert_element_type", [x]) => Some(convert(*x, out)),
        ("bitcast_convert_type", [x]) => Some(Scalar::from_bits(out, x.bits())),
        ("select_n", [which, cases @ ..]) if !cases.is_empty() => {
            cases.get(which.as_i128() as usize).or(cases.last()).copied()
        }
        ("eq", [x, y]) => Some(Scalar::bool(equal(*x, *y))),
        ("ne", [x, y]) => Some(Scalar::bool(!equal(*x, *y))),
        _ => None,
    };
    by_bits.or_else(|| match first.dtype().kind() {
        Kind::Bool => of_bools(prim.name(), &args.iter().map(|x| x.as_bool()).collect::<Vec<_>>()).map(Scalar::bool),
        Kind::Signed | Kind::Unsigned => of_integers(prim, first.dtype(), out, args),
        Kind::Opaque => None,
        Kind::Float => of_floats(prim, out, &args.iter().map(|x| x.as_f64()).collect::<Vec<_>>()),
        Kind::Complex => of_complex(prim, out, &args.iter().map(|x| x.as_complex()).collect::<Vec<_>>()),
    })
}

fn equal(x: Scalar, y: Scalar) -> bool {
    if x.dtype().is_inexact() { x.as_complex() == y.as_complex() } else { x.bits() == y.bits() }
}

fn convert(x: Scalar, to: DType) -> Scalar {
    match (x.dtype().kind(), to.kind()) {
        (_, Kind::Bool) => Scalar::bool(x.as_complex() != Complex::ZERO),
        (Kind::Float | Kind::Complex, Kind::Signed | Kind::Unsigned) => {
            // Truncated, then limited; a NaN is zero.
            let (low, high) = match (to.kind(), to.bits()) {
                (Kind::Signed, bits) => (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1),
                (_, bits) => (0, (1i128 << bits) - 1),
            };
            Scalar::from_i128(to, (x.as_f64() as i128).clamp(low, high))
        }
        (Kind::Float | Kind::Complex, _) => Scalar::from_complex(to, x.as_complex()),
        _ => Scalar::from_i128(to, x.as_i128()),
    }
}

fn of_bools(name: &str, args: &[bool]) -> Option<bool> {
    Some(match (name, args) {
        ("and" | "min", [x, y]) => x & y,
        ("or" | "max" | "add_any", [x, y]) => x | y,
        ("xor", [x, y]) => x ^ y,
        ("not", [x]) => !x,
        ("lt", [x, y]) => !x & y,
        ("le", [x, y]) => !x | y,
        ("gt", [x, y]) => x & !y,
        ("ge", [x, y]) => x | !y,
        ("clamp", [low, x, high]) => (x | low) & high,
        _ => return None,
    })
}

fn of_integers(prim: &Prim, dtype: DType, out: DType, args: &[Scalar]) -> Option<Scalar> {
    let values: Vec<i128> = args.iter().map(|x| x.as_i128()).collect();
    let bits = dtype.bits() as i128;
    // Shifts take the amount as an unsigned number.
    let amount = |y: usize| args[y].bits() as i128;
    let result = match (prim.name(), &values[..]) {
        ("add" | "add_any", [x, y]) => x + y,
        ("sub", [x, y]) => x - y,
        ("mul", [x, y]) => x.wrapping_mul(*y),
        ("div", [_, 0]) => -1,
        ("div", [x, y]) => x / y,
        ("rem", [x, 0]) => *x,
        ("rem", [x, y]) => x % y,
        ("max", [x, y]) => *x.max(y),
        ("min", [x, y]) => *x.min(y),
        ("and", [x, y]) => x & y,
        ("or", [x, y]) => x | y,
        ("xor", [x, y]) => x ^ y,
        ("shift_left", [x, _]) => {
            if amount(1) < bits {
                x << amount(1)
            } else {
                0
            }
        }
        ("shift_right_logical", [_, _]) => {
            if amount(1) < bits {
                args[0].bits() as i128 >> amount(1)
            } else {
                0
            }
        }
        // An unsigned number is taken as the signed one of its bits.
        ("shift_right_arithmetic", [_, _]) => {
            let unused = 128 - bits;
            ((args[0].bits() << unused) as i128 >> unused) >> amount(1).min(bits - 1)
        }
        ("neg", [x]) => -x,
        ("sign", [x]) => x.signum(),
        ("square", [x]) => x.wrapping_mul(*x),
        ("abs", [x]) => x.abs(),
        ("not", [x]) => !x,
        ("population_count", [_]) => args[0].bits().count_ones() as i128,
        ("clz", [_]) => args[0].bits().leading_zeros() as i128 - (128 - bits),
        ("integer_pow", [x]) => {
            let y = prim.downcast::<IntegerPow>()?.y;
            (0..y).fold(1i128, |power, _| Scalar::from_i128(dtype, power.wrapping_mul(*x)).as_i128())
        }
        ("clamp", [low, x, high]) => *x.max(low).min(high),
        ("lt", [x, y]) => i128::from(x < y),
        ("le", [x, y]) => i128::from(x <= y),
        ("gt", [x, y]) => i128::from(x > y),
        ("ge", [x, y]) => i128::from(x >= y),
        _ => return None,
    };
    Some(Scalar::from_i128(out, result))
}

fn of_floats(prim: &Prim, out: DType, args: &[f64]) -> Option<Scalar> {
    let nan = args.iter().any(|x| x.is_nan());
    let result = match (prim.name(), args) {
        ("lt", [x, y]) => return Some(Scalar::bool(x < y)),
        ("le", [x, y]) => return Some(Scalar::bool(x <= y)),
        ("gt", [x, y]) => return Some(Scalar::bool(x > y)),
        ("ge", [x, y]) => return Some(Scalar::bool(x >= y)),
        ("is_finite", [x]) => return Some(Scalar::bool(x.is_finite())),
        ("complex", [x, y]) => return Some(Scalar::from_complex(out, Complex::new(*x, *y))),
        ("max" | "min" | "clamp", _) if nan => f64::NAN,
        ("max", [x, y]) => x.max(*y),
        ("min", [x, y]) => x.min(*y),
        ("clamp", [low, x, high]) => x.max(*low).min(*high),
        ("fma", [x, y, z]) => x.mul_add(*y, *z),
        ("add" | "add_any", [x, y]) => x + y,
        ("sub", [x, y]) => x - y,
        ("mul", [x, y]) => x * y,
        ("div", [x, y]) => x / y,
        ("rem", [x, y]) => x % y,
        ("pow", [x, y]) => x.powf(*y),
        ("atan2", [x, y]) => x.atan2(*y),
        ("neg", [x]) => -x,
        ("sign", [x]) if *x == 0.0 || nan => *x,
        ("sign", [x]) => x.signum(),
        ("square", [x]) => x * x,
        ("sqrt", [x]) => x.sqrt(),
        ("rsqrt", [x]) => 1.0 / x.sqrt(),
        ("cbrt", [x]) => x.cbrt(),
        ("abs", [x]) => x.abs(),
        ("integer_pow", [x]) => x.powi(prim.downcast::<IntegerPow>()?.y),
        ("floor", [x]) => x.floor(),
        ("ceil", [x]) => x.ceil(),
        ("round", [x]) => match prim.downcast::<Round>()?.rounding_method {
            RoundingMethod::AwayFromZero => x.round(),
            RoundingMethod::ToNearestEven => x.round_ties_even(),
        },
        ("exp", [x]) => x.exp(),
        ("exp2", [x]) => x.exp2(),
        ("expm1", [x]) => x.exp_m1(),
        ("log", [x]) => x.ln(),
        ("log1p", [x]) => x.ln_1p(),
        ("logistic", [x]) => 1.0 / (1.0 + (-x).exp()),
        ("sin", [x]) => x.sin(),
        ("cos", [x]) => x.cos(),
        ("tan", [x]) => x.tan(),
        ("asin", [x]) => x.asin(),
        ("acos", [x]) => x.acos(),
        ("atan", [x]) => x.atan(),
        ("sinh", [x]) => x.sinh(),
        ("cosh", [x]) => x.cosh(),
        ("tanh", [x]) => x.tanh(),
        ("asinh", [x]) if !x.is_finite() || *x == 0.0 => *x,
        ("asinh", [x]) => x.asinh(),
        ("acosh", [x]) => x.acosh(),
        ("atanh", [x]) => x.atanh(),
        ("erf", [x]) => erf(*x),
        ("erfc", [x]) => erfc(*x),
        ("erf_inv" | "erf_inv_single", [x]) => erf_inv(*x),
        _ => return None,
    };
    Some(Scalar::from_f64(out, result))
}

fn of_complex(prim: &Prim, out: DType, args: &[Complex<f64>]) -> Option<Scalar> {
    let one = Complex::ONE;
    let result = match (prim.name(), args) {
        ("real", [z]) => z.re.into(),
        ("imag", [z]) => z.im.into(),
        ("abs", [z]) => z.re.hypot(z.im).into(),
        ("add" | "add_any", [x, y]) => x + y,
        ("sub", [x, y]) => x - y,
        ("mul", [x, y]) => x * y,
        ("div", [x, y]) => x / y,
        ("pow", [x, y]) => (y * x.ln()).exp(),
        ("neg", [z]) => -z,
        ("square", [z]) => z * z,
        ("sqrt", [z]) => z.sqrt(),
        ("rsqrt", [z]) => one / z.sqrt(),
        ("integer_pow", [z]) => z.powi(prim.downcast::<IntegerPow>()?.y),
        ("exp", [z]) => z.exp(),
        ("exp2", [z]) => (z * LN_2).exp(),
        ("expm1", [z]) => z.exp() - one,
        ("log", [z]) => z.ln(),
        ("log1p", [z]) => (z + one).ln(),
        ("logistic", [z]) => one / (one + (-z).exp()),
        ("sin", [z]) => z.sin(),
        ("cos", [z]) => z.cos(),
        ("tan", [z]) => z.sin() / z.cos(),
        ("asin", [z]) => z.asin(),
        ("acos", [z]) => z.acos(),
        ("atan", [z]) => z.atan(),
        ("sinh", [z]) => z.sinh(),
        ("cosh", [z]) => z.cosh(),
        ("tanh", [z]) => z.sinh() / z.cosh(),
        ("asinh", [z]) => z.asinh(),
        ("acosh", [z]) => z.acosh(),
        ("atanh", [z]) => z.atanh(),
        _ => return None,
    };
    Some(Scalar::from_complex(out, result))
}

/// The Maclaurin series near zero; Abramowitz and Stegun 7.1.6, whose terms have one sign.
fn erf(x: f64) -> f64 {
    if x.is_nan() || x.abs() > 6.0 {
        return if x.is_nan() { x } else { x.signum() };
    }
    let (mut sum, mut term) = (x, x);
    for n in 1..200 {
        term *= 2.0 * x * x / (2 * n + 1) as f64;
        sum += term;
    }
    FRAC_2_SQRT_PI * (-x * x).exp() * sum
}

/// The continued fraction of Abramowitz and Stegun 7.1.14 from 2 on.
fn erfc(x: f64) -> f64 {
    if x.is_nan() || x < 2.0 {
        return 1.0 - erf(x);
    }
    let tail = (1..200).rev().fold(x, |rest, n| x + n as f64 / 2.0 / rest);
    (-x * x).exp() * FRAC_2_SQRT_PI / 2.0 / tail
}

/// Newton's iteration on `erf`.
fn erf_inv(x: f64) -> f64 {
    match x.abs() {
        1.0 => return x * f64::INFINITY,
        beyond if beyond.is_nan() || beyond > 1.0 => return f64::NAN,
        0.0 => return x,
        _ => {}
    }
    (0..60).fold(0.0, |y: f64, _| y - (erf(y) - x) * (y * y).exp() / FRAC_2_SQRT_PI)
}

/// Threefry-2x32 with 20 rounds, as its authors write it.
pub fn threefry(args: [u32; 4]) -> [u32; 2] {
    let key = [args[0], args[1], 0x1BD1_1BDA ^ args[0] ^ args[1]];
    let [mut x, mut y] = [args[2].wrapping_add(key[0]), args[3].wrapping_add(key[1])];
    for round in 0..20 {
        x = x.wrapping_add(y);
        y = y.rotate_left([13, 15, 26, 6, 17, 29, 16, 24][round % 8]) ^ x;
        if round % 4 == 3 {
            let count = round / 4 + 1;
            x = x.wrapping_add(key[count % 3]);
            y = y.wrapping_add(key[(count + 1) % 3]).wrapping_add(count as u32);
        }
    }
    [x, y]
}
