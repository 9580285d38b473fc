//! Elementwise functions: arithmetic, exponentials, trigonometry, rounding, comparisons, logic.

use jax_core::array::fail::raise;
use jax_core::array::{Array, IntoArray};
use jax_core::base::error::ErrorKind;
use jax_core::base::{DType, Error, Kind, Scalar};
use jax_core::lax::{operators, promote};
use jax_core::prim;
use jax_core::prim::round::RoundingMethod;

/// Declares functions of one array by an expression, with an example `name(input)` that prints `output`.
macro_rules! unary {
    ($($(#[$doc:meta])* $name:ident($in:literal => $out:literal) |$x:ident| $body:expr;)*) => {
        $(
            $(#[$doc])*
            ///
            /// ```
            /// use jax::prelude::*;
            #[doc = concat!("assert_eq!(jnp::", stringify!($name), "(", $in, ").to_string(), \"", $out, "\");")]
            /// ```
            #[track_caller]
            pub fn $name(x: impl IntoArray) -> Array {
                let $x = x.into_array();
                $body
            }
        )*
    };
}

/// Declares functions of two arrays that promote and broadcast, with an example `name(input)` that prints `output`.
macro_rules! binary {
    ($($(#[$doc:meta])* $name:ident($in:literal => $out:literal) |$x:ident, $y:ident| $body:expr;)*) => {
        $(
            $(#[$doc])*
            ///
            /// ```
            /// use jax::prelude::*;
            #[doc = concat!("assert_eq!(jnp::", stringify!($name), "(", $in, ").to_string(), \"", $out, "\");")]
            /// ```
            #[track_caller]
            pub fn $name(x: impl IntoArray, y: impl IntoArray) -> Array {
                let ($x, $y) = (&x.into_array(), &y.into_array());
                $body
            }
        )*
    };
}

#[track_caller]
fn number(x: &Array, value: f64) -> Array {
    Array::scalar(Scalar::from_f64(x.dtype(), value))
}

unary! {
    /// Sine of radians, elementwise; integers become floats.
    sin("0.0" => "0.0") |x| x.sin();
    /// Cosine of radians, elementwise; integers become floats.
    cos("jnp::inf" => "nan") |x| x.cos();
    /// Tangent of radians, elementwise; integers become floats.
    tan("0.0" => "0.0") |x| x.tan();
    /// Arc sine in radians, elementwise; NaN outside of -1 to 1.
    arcsin("[0.0, 2.0]" => "[ 0. nan]") |x| x.asin();
    /// Arc sine in radians, elementwise; NaN outside of -1 to 1.
    asin("0.0" => "0.0") |x| x.asin();
    /// Arc cosine in radians, elementwise; NaN outside of -1 to 1.
    arccos("1.0" => "0.0") |x| x.acos();
    /// Arc cosine in radians, elementwise; NaN outside of -1 to 1.
    acos("1.0" => "0.0") |x| x.acos();
    /// Arc tangent in radians, elementwise.
    arctan("0.0" => "0.0") |x| x.atan();
    /// Arc tangent in radians, elementwise.
    atan("0.0" => "0.0") |x| x.atan();
    /// Hyperbolic sine, elementwise.
    sinh("0.0" => "0.0") |x| x.sinh();
    /// Hyperbolic cosine, elementwise.
    cosh("0.0" => "1.0") |x| x.cosh();
    /// Hyperbolic tangent, elementwise.
    tanh("[0.0, jnp::inf]" => "[0. 1.]") |x| x.tanh();
    /// Inverse hyperbolic sine, elementwise.
    arcsinh("0.0" => "0.0") |x| x.asinh();
    /// Inverse hyperbolic cosine, elementwise; NaN below 1.
    arccosh("1.0" => "0.0") |x| x.acosh();
    /// Inverse hyperbolic tangent, elementwise; infinite at -1 and 1, NaN beyond.
    arctanh("[0.0, 1.0]" => "[ 0. inf]") |x| x.atanh();
    /// e to the power of each element.
    exp("[0.0, -jnp::inf]" => "[1. 0.]") |x| x.exp();
    /// 2 to the power of each element.
    exp2("[3.0, -1.0]" => "[8.  0.5]") |x| x.exp2();
    /// `exp(x) - 1`, accurate near 0.
    expm1("0.0" => "0.0") |x| x.exp_m1();
    /// The natural logarithm, elementwise; -inf at 0, NaN below.
    log("[1.0, 0.0, -1.0]" => "[  0. -inf  nan]") |x| x.log();
    /// The logarithm to base 2, elementwise.
    log2("1.0" => "0.0") |x| x.log2();
    /// The logarithm to base 10, elementwise.
    log10("1.0" => "0.0") |x| x.log10();
    /// `log(1 + x)`, accurate near 0.
    log1p("0.0" => "0.0") |x| x.ln_1p();
    /// The square root, elementwise; NaN below 0.
    sqrt("[4, 2]" => "[2.        1.4142135]") |x| x.sqrt();
    /// The real cube root, elementwise.
    cbrt("0.0" => "0.0") |x| x.cbrt();
    /// `x * x`, elementwise.
    square("[3, -2]" => "[9 4]") |x| prim::arith::square(&as_number(&x));
    /// `1 / x`, elementwise; integers become floats.
    reciprocal("[4, 2]" => "[0.25 0.5 ]") |x| x.recip();
    /// The magnitude of each element.
    abs("[-1.5, -0.0]" => "[1.5 0. ]") |x| x.abs();
    /// The magnitude of each element.
    absolute("-3" => "3") |x| x.abs();
    /// The magnitude of each element, as a float.
    fabs("-3" => "3.0") |x| promote::inexact(&x).abs();
    /// The elements as they are.
    positive("-3" => "-3") |x| x;
    /// Minus each element; unsigned integers wrap.
    negative("[1, -2]" => "[-1  2]") |x| -x;
    /// -1, 0 or 1 by each element's sign; NaN stays NaN, and zeros keep their sign.
    sign("[-3.0, 0.0, jnp::nan]" => "[-1.  0. nan]") |x| prim::arith::sign(&x);
    /// Whether the sign bit of each element is set.
    signbit("[-0.0, 1.0]" => "[ True False]") |x| x.is_sign_negative();
    /// The largest integer not above each element; integers stay as they are.
    floor("[-1.5, 2.7]" => "[-2.  2.]") |x| x.floor();
    /// The smallest integer not below each element; integers stay as they are.
    ceil("[-1.5, 2.2]" => "[-1.  3.]") |x| x.ceil();
    /// Each element without its fraction; integers stay as they are.
    trunc("[-1.5, 2.7]" => "[-1.  2.]") |x| truncate(&x);
    /// Each element without its fraction; integers stay as they are.
    fix("[-1.5, 2.7]" => "[-1.  2.]") |x| truncate(&x);
    /// The nearest integer to each element, half way to the even one; integers stay as they are.
    round("[0.5, 1.5, -2.5]" => "[ 0.  2. -2.]") |x| to_even(&x);
    /// The nearest integer to each element, half way to the even one; a float.
    rint("[0.5, 1.5]" => "[0. 2.]") |x| to_even(&promote::inexact(&x));
    /// Degrees of radians, elementwise.
    degrees("0.0" => "0.0") |x| { let x = promote::inexact(&x); &x * number(&x, 180.0 / std::f64::consts::PI) };
    /// Degrees of radians, elementwise.
    rad2deg("0.0" => "0.0") |x| degrees(x);
    /// Radians of degrees, elementwise.
    radians("0.0" => "0.0") |x| { let x = promote::inexact(&x); &x * number(&x, std::f64::consts::PI / 180.0) };
    /// Radians of degrees, elementwise.
    deg2rad("0.0" => "0.0") |x| radians(x);
    /// `sin(pi x) / (pi x)`, elementwise, and 1 at 0; its derivatives at 0 are right too.
    sinc("0.0" => "1.0") |x| normalized_sinc(&x);
    /// The complex conjugate, elementwise; real numbers as they are.
    conj("2.0" => "2.0") |x| if x.dtype().is_complex() { prim::complex::conj(&x) } else { x };
    /// The complex conjugate, elementwise; real numbers as they are.
    conjugate("2.0" => "2.0") |x| conj(x);
    /// The real part of each element.
    real("2.0" => "2.0") |x| x.real();
    /// The imaginary part of each element.
    imag("2.0" => "0.0") |x| x.imag();
    /// Whether each element is NaN.
    isnan("[1.0, jnp::nan]" => "[False  True]") |x| {
        if x.dtype().is_inexact() { prim::compare::ne(&x, &x) } else { falses(&x) }
    };
    /// Whether each element is infinite.
    isinf("[1.0, -jnp::inf]" => "[False  True]") |x| {
        if x.dtype().is_float() { infinite(&x) } else if x.dtype().is_complex() {
            infinite(&x.real()) | infinite(&x.imag())
        } else { falses(&x) }
    };
    /// Whether each element is positive infinity.
    isposinf("[jnp::inf, -jnp::inf]" => "[ True False]") |x| {
        if x.dtype().is_float() { x.equal(f64::INFINITY) } else { falses(&x) }
    };
    /// Whether each element is negative infinity.
    isneginf("[jnp::inf, -jnp::inf]" => "[False  True]") |x| {
        if x.dtype().is_float() { x.equal(f64::NEG_INFINITY) } else { falses(&x) }
    };
    /// Whether each element is neither infinite nor NaN.
    isfinite("[1.0, jnp::inf, jnp::nan]" => "[ True False False]") |x| {
        if x.dtype().is_float() { prim::round::is_finite(&x) } else if x.dtype().is_complex() {
            prim::round::is_finite(&x.real()) & prim::round::is_finite(&x.imag())
        } else { !falses(&x) }
    };
    /// Whether each element is zero or false.
    logical_not("[0, 2]" => "[ True False]") |x| !operators::truth(&x);
    /// Each bit turned over; of truth values, not.
    bitwise_not("[0, 2]" => "[-1 -3]") |x| !x;
    /// Each bit turned over; of truth values, not.
    invert("true" => "False") |x| !x;
    /// The number of one bits of each magnitude.
    bitwise_count("[7, 8]" => "[3 1]") |x| prim::logic::population_count(&x.abs()).astype(DType::U8);
    /// NaN replaced by 0 and infinities by the greatest finite numbers, elementwise.
    nan_to_num("[jnp::nan, 1.0]" => "[0. 1.]") |x| finite(x);
}

binary! {
    /// `x + y`, elementwise; of truth values, or.
    add("[1, 2], 0.5" => "[1.5 2.5]") |x, y| operators::add(x, y);
    /// `x - y`, elementwise.
    subtract("[1, 2], 1" => "[0 1]") |x, y| operators::sub(x, y);
    /// `x * y`, elementwise; of truth values, and.
    multiply("[1, 2], 3" => "[3 6]") |x, y| operators::mul(x, y);
    /// `x / y`, elementwise; a float also for integers.
    divide("[1, 2], 2" => "[0.5 1. ]") |x, y| true_quotient(x, y);
    /// `x / y`, elementwise; a float also for integers.
    true_divide("1, 2" => "0.5") |x, y| true_quotient(x, y);
    /// `x / y` rounded down, elementwise.
    floor_divide("[-7, 7], 2" => "[-4  3]") |x, y| operators::floor_divide(x, y);
    /// The remainder of `x / y` with the sign of `y`, elementwise; 0 for integers when `y` is.
    remainder("[-7, 7], 3" => "[2 1]") |x, y| operators::remainder(x, y);
    /// The remainder of `x / y` with the sign of `y`, elementwise; 0 for integers when `y` is.
    mod_("[-7, 7], 3" => "[2 1]") |x, y| operators::remainder(x, y);
    /// The remainder of `x / y` with the sign of `x`, elementwise.
    fmod("[-7.5, 7.5], 3.0" => "[-1.5  1.5]") |x, y| {
        let (x, y) = promote::binary_numeric(x, y);
        prim::arith::rem(&x, &y)
    };
    /// `x` to the power `y`, elementwise. With a whole number for `y` that is known while tracing it is repeated
    /// multiplication; an integer to the power of integers stays one.
    power("[1.0, 2.0, 3.0], 2" => "[1. 4. 9.]") |x, y| raise_to(x, y);
    /// `x` to the power `y`, elementwise, as floats.
    float_power("1, 0" => "1.0") |x, y| x.powf(y);
    /// The larger of `x` and `y`, elementwise; NaN if either is.
    maximum("[1.0, jnp::nan], 2.0" => "[ 2. nan]") |x, y| x.maximum(y);
    /// The smaller of `x` and `y`, elementwise; NaN if either is.
    minimum("[1.0, jnp::nan], 2.0" => "[ 1. nan]") |x, y| x.minimum(y);
    /// The larger of `x` and `y`, elementwise; the other one if either is NaN.
    fmax("[1.0, jnp::nan], 2.0" => "[2. 2.]") |x, y| where_(x.greater(y) | isnan(y), x, y);
    /// The smaller of `x` and `y`, elementwise; the other one if either is NaN.
    fmin("[1.0, jnp::nan], 2.0" => "[1. 2.]") |x, y| where_(x.less(y) | isnan(y), x, y);
    /// The angle of the point (`y`, `x`), from -pi to pi: the first argument is the ordinate.
    arctan2("0.0, 1.0" => "0.0") |x, y| x.atan2(y);
    /// `sqrt(x^2 + y^2)`, elementwise, without overflow on the way.
    hypot("3.0, 4.0" => "5.0") |x, y| x.hypot(y);
    /// `log(exp(x) + exp(y))`, elementwise, without overflow on the way.
    logaddexp("-jnp::inf, 1.0" => "1.0") |x, y| log_add(x, y);
    /// `x` with the sign of `y`, elementwise.
    copysign("[1.0, 2.0], -0.0" => "[-1. -2.]") |x, y| x.copysign(y);
    /// 0, `y` or 1 where `x` is negative, zero or positive.
    heaviside("[-1.0, 0.0, 2.0], 0.5" => "[0.  0.5 1. ]") |x, y| {
        let (x, y) = promote::binary_inexact(x, y);
        where_(x.less(0), 0.0, where_(x.greater(0), 1.0, where_(isnan(&x), &x, y)))
    };
    /// Bitwise or logical and, elementwise.
    bitwise_and("6, 3" => "2") |x, y| operators::bitand(x, y);
    /// Bitwise or logical or, elementwise.
    bitwise_or("6, 3" => "7") |x, y| operators::bitor(x, y);
    /// Bitwise or logical exclusive or, elementwise.
    bitwise_xor("6, 3" => "5") |x, y| operators::bitxor(x, y);
    /// `x` shifted left by `y` bits, elementwise.
    left_shift("3, 2" => "12") |x, y| operators::shl(x, y);
    /// `x` shifted right by `y` bits, elementwise; signed integers keep their sign.
    right_shift("-8, 1" => "-4") |x, y| operators::shr(x, y);
    /// Whether `x` equals `y`, elementwise.
    equal("[1, 2], 2" => "[False  True]") |x, y| x.equal(y);
    /// Whether `x` differs from `y`, elementwise.
    not_equal("[1, 2], 2" => "[ True False]") |x, y| x.not_equal(y);
    /// Whether `x` is less than `y`, elementwise.
    less("[1, 2], 2" => "[ True False]") |x, y| x.less(y);
    /// Whether `x` is at most `y`, elementwise.
    less_equal("[1, 2], 1" => "[ True False]") |x, y| x.less_equal(y);
    /// Whether `x` is greater than `y`, elementwise.
    greater("[1, 2], 1" => "[False  True]") |x, y| x.greater(y);
    /// Whether `x` is at least `y`, elementwise.
    greater_equal("[1, 2], 2" => "[False  True]") |x, y| x.greater_equal(y);
    /// Whether both are not zero, elementwise.
    logical_and("[0, 2], 1" => "[False  True]") |x, y| operators::truth(x) & operators::truth(y);
    /// Whether either is not zero, elementwise.
    logical_or("[0, 2], 0" => "[False  True]") |x, y| operators::truth(x) | operators::truth(y);
    /// Whether one and not the other is not zero, elementwise.
    logical_xor("[0, 2], 1" => "[ True False]") |x, y| operators::truth(x) ^ operators::truth(y);
    /// Whether the elements are close: `|x - y| <= 1e-8 + 1e-5 |y|`, or equal infinities.
    isclose("[1.0, 1.1], 1.0" => "[ True False]") |x, y| close(x, y, CloseOptions::default());
}

/// `x` where `condition` holds, else `y`, elementwise. The three broadcast together; `x` and `y` promote.
///
/// # Panics
/// If the shapes do not broadcast.
///
/// ```
/// use jax::prelude::*;
/// let x = jnp::array([-1.0, 2.0]);
/// assert_eq!(jnp::where_(x.greater(0.0), &x, 0.0).to_string(), "[0. 2.]");
/// ```
#[track_caller]
pub fn where_(condition: impl IntoArray, x: impl IntoArray, y: impl IntoArray) -> Array {
    operators::where_(&condition.into_array(), &x.into_array(), &y.into_array())
}

/// Each element kept between two bounds, which are arrays or numbers.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::clip([-1.0, 0.5, 3.0], 0.0, 1.0).to_string(), "[0.  0.5 1. ]");
/// ```
#[track_caller]
pub fn clip(x: impl IntoArray, min: impl IntoArray, max: impl IntoArray) -> Array {
    x.into_array().clip(min, max)
}

/// The nearest number with so many decimals to each element, half way to the even one.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::round_with([1.25, -0.378], 1).to_string(), "[ 1.2 -0.4]");
/// ```
#[track_caller]
pub fn round_with(x: impl IntoArray, decimals: i32) -> Array {
    let x = x.into_array();
    if decimals == 0 || !x.dtype().is_inexact() && decimals > 0 {
        return to_even(&x);
    }
    let inexact = promote::inexact(&x);
    let factor = number(&inexact, 10f64.powi(decimals));
    (to_even(&(&inexact * &factor)) / factor).astype(x.dtype())
}

/// The quotient and the remainder: `(floor_divide(x, y), remainder(x, y))`.
///
/// ```
/// use jax::prelude::*;
/// let (quotient, rest) = jnp::divmod(7, jnp::array([2, -2]));
/// assert_eq!((quotient.to_string(), rest.to_string()), ("[ 3 -4]".into(), "[ 1 -1]".into()));
/// ```
#[track_caller]
pub fn divmod(x: impl IntoArray, y: impl IntoArray) -> (Array, Array) {
    let (x, y) = (x.into_array(), y.into_array());
    (operators::floor_divide(&x, &y), operators::remainder(&x, &y))
}

/// The fraction and the whole part of each element, both with its sign.
///
/// ```
/// use jax::prelude::*;
/// let (fraction, whole) = jnp::modf([1.5, -2.25]);
/// assert_eq!((fraction.to_string(), whole.to_string()), ("[ 0.5  -0.25]".into(), "[ 1. -2.]".into()));
/// ```
#[track_caller]
pub fn modf(x: impl IntoArray) -> (Array, Array) {
    let x = promote::inexact(&x.into_array());
    let whole = truncate(&x);
    (&x - &whole, whole)
}

/// The optional arguments of [`isclose_with`] and [`allclose_with`].
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct CloseOptions {
    /// The difference allowed for each unit of the second array.
    pub rtol: f64,
    /// The difference allowed besides.
    pub atol: f64,
    /// Whether NaN is close to NaN.
    pub equal_nan: bool,
}

impl Default for CloseOptions {
    fn default() -> CloseOptions {
        CloseOptions { rtol: 1e-5, atol: 1e-8, equal_nan: false }
    }
}

impl CloseOptions {
    /// With this relative tolerance.
    pub fn rtol(self, rtol: f64) -> CloseOptions {
        CloseOptions { rtol, ..self }
    }

    /// With this absolute tolerance.
    pub fn atol(self, atol: f64) -> CloseOptions {
        CloseOptions { atol, ..self }
    }

    /// With NaN close to NaN.
    pub fn equal_nan(self) -> CloseOptions {
        CloseOptions { equal_nan: true, ..self }
    }
}

/// [`isclose`] with tolerances.
///
/// ```
/// use jax::prelude::*;
/// let loose = jnp::CloseOptions::default().rtol(0.2);
/// assert_eq!(jnp::isclose_with([1.1, 2.0], 1.0, loose).to_string(), "[ True False]");
/// ```
#[track_caller]
pub fn isclose_with(x: impl IntoArray, y: impl IntoArray, options: CloseOptions) -> Array {
    close(&x.into_array(), &y.into_array(), options)
}

#[track_caller]
fn close(x: &Array, y: &Array, options: CloseOptions) -> Array {
    let (x, y) = promote::binary(x, y);
    if !x.dtype().is_inexact() {
        return x.equal(y);
    }
    let near = (&x - &y).abs().less_equal(options.atol + options.rtol * y.abs());
    let finite = isfinite(&x) & isfinite(&y);
    let same = finite & near | x.equal(&y);
    if options.equal_nan { same | (isnan(&x) & isnan(&y)) } else { same }
}

/// Whether two arrays are close everywhere: `|x - y| <= 1e-8 + 1e-5 |y|`. The arrays are concrete.
///
/// ```
/// use jax::prelude::*;
/// assert!(jnp::allclose([1.0, 2.0], [1.0, 2.000001]));
/// ```
#[track_caller]
pub fn allclose(x: impl IntoArray, y: impl IntoArray) -> bool {
    allclose_with(x, y, CloseOptions::default())
}

/// [`allclose`] with tolerances.
///
/// ```
/// use jax::prelude::*;
/// assert!(!jnp::allclose_with(1.1, 1.0, jnp::CloseOptions::default().rtol(0.01)));
/// ```
#[track_caller]
pub fn allclose_with(x: impl IntoArray, y: impl IntoArray, options: CloseOptions) -> bool {
    close(&x.into_array(), &y.into_array(), options).all(None).item_bool()
}

/// Whether two arrays have one shape and equal elements. The arrays are concrete.
///
/// ```
/// use jax::prelude::*;
/// assert!(jnp::array_equal([1, 2], [1.0, 2.0]) && !jnp::array_equal([1, 2], [[1, 2]]));
/// ```
#[track_caller]
pub fn array_equal(x: impl IntoArray, y: impl IntoArray) -> bool {
    let (x, y) = (x.into_array(), y.into_array());
    x.shape() == y.shape() && x.equal(y).all(None).item_bool()
}

#[track_caller]
fn as_number(x: &Array) -> Array {
    if x.dtype() == DType::Bool { x.astype(DType::I32) } else { x.clone() }
}

#[track_caller]
fn falses(x: &Array) -> Array {
    promote::broadcast_to("full", &false.into_array(), x.shape())
}

#[track_caller]
fn infinite(x: &Array) -> Array {
    x.abs().equal(f64::INFINITY)
}

#[track_caller]
fn true_quotient(x: &Array, y: &Array) -> Array {
    let (x, y) = promote::binary_inexact(x, y);
    prim::arith::div(&x, &y)
}

#[track_caller]
fn to_even(x: &Array) -> Array {
    match x.dtype().kind() {
        Kind::Float => prim::round::round(x, RoundingMethod::ToNearestEven),
        Kind::Complex => prim::complex::complex(&to_even(&x.real()), &to_even(&x.imag())),
        _ => x.clone(),
    }
}

#[track_caller]
fn truncate(x: &Array) -> Array {
    if !x.dtype().is_inexact() {
        return x.clone();
    }
    where_(x.less(0.0), x.ceil(), x.floor())
}

/// With the larger argument taken out of the logarithm. Written with both extremes, so that the derivative is the share
/// of each argument, also where they are equal.
#[track_caller]
fn log_add(x: &Array, y: &Array) -> Array {
    let (x, y) = promote::binary_inexact(x, y);
    let largest = x.maximum(&y);
    let distance = x.minimum(&y) - &largest;
    // Equal infinities have no distance, and their sum is theirs.
    let undefined = isnan(&distance);
    let finite = where_(&undefined, 0.0, distance);
    where_(undefined, &x + &y, largest + finite.exp().ln_1p())
}

#[track_caller]
fn normalized_sinc(x: &Array) -> Array {
    let x = promote::inexact(x);
    let angle = number(&x, std::f64::consts::PI) * &x;
    // Near 0 the series: the quotient's derivatives do not exist there.
    let squared = &angle * &angle;
    let near = angle.abs().less(1e-2);
    let series = 1.0 - &squared / 6.0 * (1.0 - &squared / 20.0 * (1.0 - &squared / 42.0));
    let safe = where_(&near, 1.0, &angle);
    where_(near, series, safe.sin() / &safe)
}

#[track_caller]
fn finite(x: Array) -> Array {
    let (least, greatest) = match x.dtype() {
        DType::F16 => (-65504.0, 65504.0),
        DType::BF16 => (-half::bf16::MAX.to_f64(), half::bf16::MAX.to_f64()),
        DType::F32 => (f32::MIN as f64, f32::MAX as f64),
        DType::F64 => (f64::MIN, f64::MAX),
        _ => return x,
    };
    let x = where_(isnan(&x), number(&x, 0.0), &x);
    let x = where_(isposinf(&x), number(&x, greatest), &x);
    where_(isneginf(&x), number(&x, least), &x)
}

#[track_caller]
fn raise_to(x: &Array, y: &Array) -> Array {
    let whole = y.as_constant().filter(|_| y.weak_type() && y.dtype().is_integer());
    if let Some(exponent) = whole.and_then(|value| i32::try_from(value.as_i128()).ok()) {
        if x.dtype().is_inexact() {
            return x.powi(exponent);
        }
        if exponent >= 0 {
            return as_number(x).powi(exponent);
        }
    }
    let (base, exponent) = promote::binary_numeric(x, y);
    if base.dtype().is_inexact() {
        return prim::arith::pow(&base, &exponent);
    }
    if whole.is_some() {
        raise(Error::new(ErrorKind::Value, "power", "Integers cannot be raised to negative powers."));
    }
    integer_power(base, exponent)
}

/// By squaring: six bits of the exponent, since any more would overflow whatever the base. A negative exponent gives 0,
/// as JAX does it.
#[track_caller]
fn integer_power(mut base: Array, mut exponent: Array) -> Array {
    let one = number(&base, 1.0);
    let mut product = where_(exponent.less(0), number(&base, 0.0), &one);
    for bit in 0..6 {
        product = where_((&exponent & &one).not_equal(0), &product * &base, &product);
        if bit < 5 {
            base = &base * &base;
            exponent = operators::shr(&exponent, &one);
        }
    }
    product
}
