//! Each method of each trait against plain `f64`: known and compiled values, and derivatives against differences.

use jax::prelude::*;
use num_traits::{
    AsPrimitive, Bounded, Float, FloatConst, FromPrimitive, Inv, MulAdd, MulAddAssign, NumAssign, NumCast, One, Pow,
    Signed, ToPrimitive, Zero, real::Real,
};

use crate::{close, difference};

type Number = Tracer<f64>;

/// A function of one number: eager, compiled and differentiated.
#[track_caller]
fn unary(name: &str, plain: impl Fn(f64) -> f64, traced: impl Fn(Number) -> Number + Copy + Send + Sync, at: &[f64]) {
    let (compiled, slope) = (jit(traced), grad(traced));
    for &x in at {
        assert_eq!(traced(x.into()).number().to_bits(), plain(x).to_bits(), "{name}({x})");
        close(name, compiled(x.into()).number(), plain(x), 1e-14);
        close(name, slope(x.into()).number(), difference(&plain, x), 1e-8);
    }
}

#[test]
fn functions_of_one_number() {
    macro_rules! check {
        ($($method:ident $at:expr;)*) => {
            $(unary(stringify!($method), |x| Float::$method(x), |x| Float::$method(x), &$at);)*
        };
    }
    check! {
        floor [0.3, -2.7];
        ceil [0.3, -2.7];
        round [0.3, -2.7, 1.2];
        trunc [0.3, -2.7];
        fract [0.3, -2.7];
        abs [0.3, -2.7];
        signum [0.3, -2.7];
        recip [0.3, -2.7];
        sqrt [0.3, 9.0];
        cbrt [0.3, -27.5];
        exp [0.3, -2.7];
        exp2 [0.3, -2.7];
        exp_m1 [0.3, -2.7, 1e-3];
        ln [0.3, 9.0];
        ln_1p [0.3, -0.7, 1e-3];
        log2 [0.3, 9.0];
        log10 [0.3, 9.0];
        to_degrees [0.3, -2.7];
        to_radians [0.3, -2.7];
        sin [0.3, -2.7];
        cos [0.3, -2.7];
        tan [0.3, -2.7];
        asin [0.3, -0.7];
        acos [0.3, -0.7];
        atan [0.3, -2.7];
        sinh [0.3, -2.7];
        cosh [0.3, -2.7];
        tanh [0.3, -2.7];
        asinh [0.3, -2.7];
        acosh [1.3, 2.7];
        atanh [0.3, -0.7];
    }
    unary("powi", |x| x.powi(5), |x| Float::powi(x, 5), &[0.3, -2.7]);
    unary("powi", |x| x.powi(-2), |x| Float::powi(x, -2), &[0.3, -2.7]);
    unary("sin_cos", |x| x.sin() + x.cos(), |x| Float::sin_cos(x).0 + Float::sin_cos(x).1, &[0.3, -2.7]);
    unary("neg", |x| -x, |x| -x, &[0.3]);
    unary("clamp", |x| x.clamp(-1.0, 1.0), |x| Float::clamp(x, (-1.0).into(), 1.0.into()), &[0.3, -2.7, 2.7]);
    unary("Signed::abs", |x| x.abs(), |x| Signed::abs(&x), &[0.3, -2.7]);
    unary("Signed::signum", |x| x.signum(), |x| Signed::signum(&x), &[0.3, -2.7]);
    unary("Inv::inv", |x| 1.0 / x, |x| x.inv() + (&x).inv() - x.inv(), &[0.5]);
    unary("Real::sqrt", |x| x.sqrt(), |x| Real::sqrt(x), &[0.3]);
    unary("Pow<i32>", |x| x.powi(3), |x| x.pow(3), &[0.3, -2.7]);
    unary("Pow<f64>", |x| x.powf(1.5), |x| x.pow(1.5), &[0.3, 2.7]);
    unary("num_traits::pow", |x| x * (x * x) * (x * x), |x| num_traits::pow(x, 5), &[0.3]);
}

/// A function of two numbers: eager, compiled and differentiated with respect to each.
#[track_caller]
fn binary(
    name: &str,
    plain: impl Fn(f64, f64) -> f64,
    traced: impl Fn(Number, Number) -> Number + Copy + Send + Sync,
    at: &[(f64, f64)],
) {
    let compiled = jit(traced);
    let slopes = grad(traced).argnums((ARG0, ARG1));
    for &(x, y) in at {
        assert_eq!(traced(x.into(), y.into()).number().to_bits(), plain(x, y).to_bits(), "{name}({x}, {y})");
        close(name, compiled(x.into(), y.into()).number(), plain(x, y), 1e-14);
        let (dx, dy) = slopes(x.into(), y.into());
        close(name, dx.number(), difference(|x| plain(x, y), x), 1e-8);
        close(name, dy.number(), difference(|y| plain(x, y), y), 1e-8);
    }
}

#[test]
#[allow(deprecated, reason = "f64::abs_sub is what the trait's method is compared with")]
fn functions_of_two_numbers() {
    binary("add", |x, y| x + y, |x, y| x + y, &[(0.3, -2.7)]);
    binary("sub", |x, y| x - y, |x, y| x - y, &[(0.3, -2.7)]);
    binary("mul", |x, y| x * y, |x, y| x * y, &[(0.3, -2.7)]);
    binary("div", |x, y| x / y, |x, y| x / y, &[(0.3, -2.7)]);
    binary("rem", |x, y| x % y, |x, y| x % y, &[(7.3, 2.7), (-7.3, 2.7), (7.3, -2.7)]);
    binary("references", |x, y| x + y * x - y / x, |x, y| &x + &(&y * x) - y / &x, &[(0.3, -2.7)]);
    binary("powf", |x, y| x.powf(y), |x, y| Float::powf(x, y), &[(0.3, -2.7), (2.0, 1.5)]);
    binary("Pow", |x, y| x.powf(y), |x, y| x.pow(y), &[(2.0, 1.5)]);
    binary("log", |x, y| x.log(y), |x, y| Float::log(x, y), &[(0.3, 2.7)]);
    binary("max", |x, y| x.max(y), |x, y| Float::max(x, y), &[(0.3, -2.7), (-2.7, 0.3)]);
    binary("min", |x, y| x.min(y), |x, y| Float::min(x, y), &[(0.3, -2.7), (-2.7, 0.3)]);
    binary("abs_sub", |x, y| x.abs_sub(y), |x, y| Float::abs_sub(x, y), &[(0.3, -2.7), (-2.7, 0.3)]);
    binary("hypot", |x, y| x.hypot(y), |x, y| Float::hypot(x, y), &[(0.3, -2.7), (-2.7, 0.3)]);
    binary("atan2", |y, x| y.atan2(x), |y, x| Float::atan2(y, x), &[(0.3, -2.7), (-2.7, 0.3)]);
    binary("copysign", |x, y| x.copysign(y), |x, y| Float::copysign(x, y), &[(0.3, -2.7), (-2.7, 0.3)]);
    binary("mul_add", |x, y| x.mul_add(y, 2.0), |x, y| MulAdd::mul_add(x, y, 2.0.into()), &[(0.5, -2.75)]);
    binary("Float::mul_add", |x, y| x.mul_add(y, y), |x, y| Float::mul_add(x, y, y), &[(0.5, -2.75)]);
    let assigned = |x: Number, y: Number| {
        let mut z = x;
        z += y;
        z *= y;
        z -= x;
        z /= y;
        z %= y;
        z += &x;
        z += 1.0;
        z.mul_add_assign(y, x);
        z
    };
    let plainly = |x: f64, y: f64| ((((x + y) * y - x) / y) % y + x + 1.0).mul_add(y, x);
    binary("assignments", plainly, assigned, &[(0.5, 2.75)]);
    binary("sum", |x, y| x + y + x, |x, y| [x, y, x].iter().sum::<Number>() + Number::zero(), &[(0.5, 2.75)]);
    binary("product", |x, y| x * y * x, |x, y| [x, y, x].into_iter().product(), &[(0.5, 2.75)]);
    binary("with floats", |x, y| 2.0 * x + y * 3.0 - 1.0, |x, y| 2.0 * x + y * 3.0 - 1.0, &[(0.5, 2.75)]);
}

/// What generic code makes of nothing: literals of the number's type.
fn literals<T: Float + FloatConst + FromPrimitive + Bounded + NumAssign + Signed>() -> Vec<T> {
    let mut literals = vec![
        T::zero(),
        T::one(),
        T::nan(),
        T::infinity(),
        T::neg_infinity(),
        T::neg_zero(),
        T::epsilon(),
        T::min_positive_value(),
        <T as Float>::max_value(),
        <T as Bounded>::min_value(),
        T::from_str_radix("-12.5", 10).ok().unwrap(),
        <T as NumCast>::from(7u8).unwrap(),
        <T as NumCast>::from(0.1f64).unwrap(),
        T::from_f32(0.1).unwrap(),
        T::from_i64(-3).unwrap(),
        T::from_usize(3).unwrap(),
        T::E(),
        T::PI(),
        T::TAU(),
        T::LN_2(),
        T::LOG10_2(),
        T::SQRT_2(),
        T::FRAC_1_SQRT_2(),
    ];
    literals[0] += T::one() + T::one();
    literals[0] -= T::one();
    literals
}

#[test]
fn literals_and_questions() {
    for (traced, plain) in literals::<Number>().into_iter().zip(literals::<f64>()) {
        assert_eq!(traced.number().to_bits(), plain.to_bits());
        assert_eq!(traced.to_string(), plain.to_string());
        assert_eq!(format!("{traced:?} {traced:.3} {traced:e}"), format!("{plain:?} {plain:.3} {plain:e}"));
        assert_eq!((traced.is_nan(), traced.is_infinite()), (plain.is_nan(), plain.is_infinite()));
        assert_eq!((traced.is_finite(), traced.is_normal()), (plain.is_finite(), plain.is_normal()));
        assert_eq!((traced.classify(), traced.integer_decode()), (plain.classify(), plain.integer_decode()));
        let signs = (Float::is_sign_negative(traced), Signed::is_positive(&traced), traced.is_zero(), traced.is_one());
        assert_eq!(signs, (plain.is_sign_negative(), Signed::is_positive(&plain), plain.is_zero(), plain.is_one()));
        assert_eq!(traced.partial_cmp(&Number::one()), plain.partial_cmp(&1.0));
        assert_eq!(traced == traced, !plain.is_nan());
        assert_eq!(
            (traced.to_f32().map(f32::to_bits), traced.to_i8()),
            (plain.to_f32().map(f32::to_bits), plain.to_i8())
        );
        assert_eq!((traced.to_u64(), traced.to_usize()), (plain.to_u64(), plain.to_usize()));
    }
    for (traced, plain) in literals::<Tracer>().into_iter().zip(literals::<f32>()) {
        assert_eq!(traced.number().to_bits(), plain.to_bits());
    }
    let from: (Number, Number, Number) = (3usize.as_(), 2.5f32.as_(), "1e-3".parse().unwrap());
    assert_eq!((from.0.number(), from.1.number(), from.2.number()), (3.0, 2.5, 1e-3));
    assert_eq!(Number::default().number(), 0.0);
    assert_eq!(Vec::<Number>::new().into_iter().sum::<Number>().number(), 0.0);
}

#[test]
fn extremes_of_nan_are_rusts() {
    let (max, min) = (jit(|x: Number, y: Number| Float::max(x, y)), jit(|x: Number, y: Number| Float::min(x, y)));
    for (x, y) in [(f64::NAN, 1.0), (1.0, f64::NAN), (0.0, 1.0)] {
        assert_eq!(max(x.into(), y.into()).number(), x.max(y));
        assert_eq!(min(x.into(), y.into()).number(), x.min(y));
    }
    let huge = jit(|x: Number, y: Number| Float::hypot(x, y));
    assert_eq!(huge(3e300.into(), 4e300.into()).number(), 3e300f64.hypot(4e300));
    assert_eq!(huge(f64::INFINITY.into(), f64::NAN.into()).number(), f64::INFINITY);
    let signed = jit(|x: Number, y: Number| Float::copysign(x, y));
    assert_eq!(signed(1.0.into(), (-0.0).into()).number(), -1.0);
}

#[test]
fn literals_are_weak() {
    let f = |x: Number| (x * Number::known(2.0) + Float::sqrt(Number::one() + Number::one())) / Number::PI();
    assert_eq!(
        make_jaxpr(f)(1.0.into()).to_string(),
        "{ lambda ; a:f64[]. let\n    b:f64[] = mul a 2.0:f64[]\n    c:f64[] = add b 1.4142135623730951:f64[]\n    \
         d:f64[] = div c 3.141592653589793:f64[]\n  in (d,) }"
    );
    let weak = eval_shape(f, (1.0.into(),));
    assert!(weak[0].weak);
    let strong = jit(|x: Array| {
        let x: Tracer = x.into();
        (x * 2.0).array()
    });
    assert_eq!(format!("{:?}", strong(Array::from_slice(&[1.5f32], &[]))), "Array(3., dtype=float32)");
}

#[test]
fn arrays_and_numbers_mix() {
    let f = jit(|x: Array, a: Tracer| -> Array { 1.0 - a * x + a });
    assert_eq!(f(jnp::array([1.0, 2.0]), 3.0.into()).to_string(), "[ 1. -2.]");
    assert_eq!((jnp::array([1.0, 2.0]) * Tracer::known(2.0f32)).to_string(), "[2. 4.]");
    assert_eq!((Tracer::known(2.0f32) - jnp::array([1.0, 2.0])).to_string(), "[1. 0.]");
}
