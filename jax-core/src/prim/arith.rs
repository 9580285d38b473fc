//! Arithmetic: sums, products, quotients, powers, roots, extremes, signs.

use crate::array::{Array, bind_one};
use crate::base::{DType, Result};
use crate::ir::primitive::{Jvp, Transpose};
use crate::ir::read::ReadError;
use crate::ir::{Aval, Derivative, Lower, Operand, Param, Params, Primitive, Sample, Tangent};
use crate::kernel::{Binary, Body, Buf, Id, Unary};
use crate::prim::compare::{eq, ge};
use crate::prim::elementwise::{
    batch, binary, binary_jvp, constant_like, float, inexact, is_constant, numeric, real, real_or_bool, same_dtype,
    unary, unbroadcast,
};
use crate::prim::exp_log::log;
use crate::prim::round::floor;
use crate::prim::sample::{self, special, special_pairs};
use crate::prim::select::select;
use crate::prim::shape::broadcast_to_rank_and_shape;

binary! {
    /// `x + y`, elementwise.
    Add add, numeric "numbers", lower |b, x, y| b.binary(Binary::Add, x, y), Derivative::Rule(add_jvp(), Some(add_transpose(false))), simplify add_zero;
    /// `x - y`, elementwise.
    Sub sub, numeric "numbers", lower |b, x, y| b.binary(Binary::Sub, x, y), Derivative::Rule(sub_jvp(), Some(add_transpose(true))), simplify sub_zero;
    /// `x * y`, elementwise.
    Mul mul, numeric "numbers", lower |b, x, y| b.binary(Binary::Mul, x, y), Derivative::Multilinear(mul_transpose()), simplify mul_one;
    /// The sum of two cotangents of one value.
    AddAny add_any, any "any dtype", lower |b, x, y| b.binary(Binary::Add, x, y), Derivative::Rule(add_any_jvp(), Some(add_transpose(false)));
    /// `x / y`, elementwise; truncated for integers.
    Div div, numeric "numbers", lower |b, x, y| b.binary(Binary::Div, x, y), Derivative::Rule(
        binary_jvp(div, |g, _, _, y| div(g, y), |g, _, x, y| mul(&mul(&neg(g), x), &integer_pow(y, -2))),
        Some(div_transpose()),
    ), simplify div_one;
    /// The remainder of `x / y`, with the sign of `x`, elementwise.
    Rem rem, real "real numbers", lower |b, x, y| b.binary(Binary::Rem, x, y), Derivative::Rule(
        binary_jvp(rem, |g, ans, _, _| broadcast_to_rank_and_shape(g, ans.shape()), |g, _, x, y| {
            let quotient = div(x, y);
            mul(&neg(g), &mul(&sign(&quotient), &floor(&abs(&quotient))))
        }),
        None,
    );
    /// `x` to the power `y`, elementwise.
    Pow pow, inexact "floats and complex numbers", lower |b, x, y| b.binary(Binary::Pow, x, y), Derivative::Rule(
        binary_jvp(
            pow,
            |g, _, x, y| mul(g, &mul(y, &pow(x, &sub(y, &crate::prim::rule::full(y.aval(), 1.0))))),
            |g, ans, x, _| mul(g, &mul(&log(&replace_zero(x)), ans)),
        ),
        None,
    );
    /// The larger of `x` and `y`, elementwise; NaN if either is.
    Max max, real_or_bool "real numbers and bool", lower |b, x, y| b.binary(Binary::Max, x, y), Derivative::Rule(
        binary_jvp(max, |g, z, x, y| mul(g, &balanced_eq(x, z, y)), |g, z, x, y| mul(g, &balanced_eq(y, z, x))),
        None,
    );
    /// The smaller of `x` and `y`, elementwise; NaN if either is.
    Min min, real_or_bool "real numbers and bool", lower |b, x, y| b.binary(Binary::Min, x, y), Derivative::Rule(
        binary_jvp(min, |g, z, x, y| mul(g, &balanced_eq(x, z, y)), |g, z, x, y| mul(g, &balanced_eq(y, z, x))),
        None,
    );
}

unary! {
    /// `-x`, elementwise.
    Neg neg, numeric "numbers", lower |b, x| b.unary(Unary::Neg, x), linear |g, _ans, _x| neg(g);
    /// -1, 0 or 1 by the sign of `x`, elementwise; NaN stays NaN.
    Sign sign, real "real numbers", lower |b, x| lower_sign(b, x), zero;
    /// The square of `x`, elementwise.
    Square square, numeric "numbers", lower |b, x| b.binary(Binary::Mul, x, x),
        jvp |g, _ans, x| mul(g, &mul(&constant_like(x, 2.0), x));
    /// The square root of `x`, elementwise.
    Sqrt sqrt, inexact "floats and complex numbers", lower |b, x| b.unary(Unary::Sqrt, x),
        jvp |g, ans, x| mul(g, &div(&constant_like(x, 0.5), &ans));
    /// `1 / sqrt(x)`, elementwise.
    Rsqrt rsqrt, inexact "floats and complex numbers", lower |b, x| b.unary(Unary::Rsqrt, x),
        jvp |g, ans, x| mul(g, &mul(&constant_like(x, -0.5), &div(&ans, x)));
    /// The real cube root of `x`, elementwise.
    Cbrt cbrt, float "floats", lower |b, x| b.unary(Unary::Cbrt, x),
        jvp |g, ans, x| mul(g, &mul(&constant_like(x, 1.0 / 3.0), &integer_pow(&ans, -2)));
}

fn lower_sign(b: &mut Body, x: Id) -> Id {
    let dtype = b.dtype(x);
    let (zero, one, minus) = (b.float(dtype, 0.0), b.float(dtype, 1.0), b.float(dtype, -1.0));
    let positive = b.binary(Binary::Gt, x, zero);
    let negative = b.binary(Binary::Lt, x, zero);
    // Zeros keep their sign and NaN stays NaN.
    let other = if matches!(dtype.kind(), crate::base::Kind::Unsigned) { x } else { b.select(negative, minus, x) };
    b.select(positive, one, other)
}

/// `|x|`, elementwise; of a complex number its magnitude, a float.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Abs;

/// `|x|`, elementwise; of a complex number its magnitude, a float.
#[track_caller]
pub fn abs(x: &Array) -> Array {
    bind_one(Abs, &[x])
}

impl Primitive for Abs {
    fn name(&self) -> &'static str {
        "abs"
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        same_dtype("abs", ins, |dtype| dtype != DType::Bool, "numbers")?;
        Ok(vec![ins[0].with_dtype(ins[0].dtype.component())])
    }

    fn derivative(&self) -> Derivative<'_> {
        let jvp: Jvp<'_> = Box::new(|args, tangents| {
            let x = &args[0];
            let ans = abs(x);
            let tangent = tangents[0].as_ref().map(|g| {
                if x.dtype().is_complex() {
                    let product = crate::prim::complex::real(&mul(g, &crate::prim::complex::conj(x)));
                    div(&product, &replace_zero(&ans))
                } else {
                    select(&ge(x, &constant_like(x, 0.0)), g, &neg(g))
                }
            });
            (vec![ans], vec![tangent])
        });
        Derivative::Rule(jvp, None)
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], _: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        batch(self.clone(), args, dims)
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        let complex = cx.ty(ins[0]).dtype.is_complex();
        vec![cx.elementwise(ins, |b, args| {
            let magnitude = b.unary(Unary::Abs, args[0]);
            if complex { b.unary(Unary::Real, magnitude) } else { magnitude }
        })]
    }
}

/// `x` to an integer power, elementwise, by repeated multiplication.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct IntegerPow {
    /// The exponent.
    pub y: i32,
}

/// `x` to an integer power, elementwise, by repeated multiplication.
#[track_caller]
pub fn integer_pow(x: &Array, y: i32) -> Array {
    match y {
        1 => x.clone(),
        _ => bind_one(IntegerPow { y }, &[x]),
    }
}

impl Primitive for IntegerPow {
    fn name(&self) -> &'static str {
        "integer_pow"
    }

    fn params(&self) -> Params {
        vec![("y", Param::Int(self.y as i64))]
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        same_dtype("integer_pow", ins, |dtype| dtype != DType::Bool, "numbers")?;
        if self.y < 0 && ins[0].dtype.is_integer() {
            let message = "Integers cannot be raised to negative powers.";
            return Err(crate::array::fail::value_error("integer_pow", message));
        }
        Ok(vec![ins[0].clone()])
    }

    fn derivative(&self) -> Derivative<'_> {
        let jvp: Jvp<'_> = Box::new(|args, tangents| {
            let x = &args[0];
            let ans = integer_pow(x, self.y);
            let tangent = tangents[0]
                .as_ref()
                .filter(|_| self.y != 0)
                .map(|g| mul(g, &mul(&constant_like(x, self.y as f64), &integer_pow(x, self.y - 1))));
            (vec![ans], vec![tangent])
        });
        Derivative::Rule(jvp, None)
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], _: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        batch(self.clone(), args, dims)
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        vec![cx.elementwise(ins, |b, args| {
            let one = b.float(b.dtype(args[0]), 1.0);
            let (mut power, mut square, mut rest) = (None, args[0], self.y.unsigned_abs());
            while rest > 0 {
                if rest & 1 == 1 {
                    power = Some(power.map_or(square, |p| b.binary(Binary::Mul, p, square)));
                }
                rest >>= 1;
                if rest > 0 {
                    square = b.binary(Binary::Mul, square, square);
                }
            }
            let power = power.unwrap_or(one);
            if self.y < 0 { b.binary(Binary::Div, one, power) } else { power }
        })]
    }
}

/// `x + 0` is `x` for integers; for floats it is not, where `x` is `-0.0`.
fn add_zero(x: &Array, y: &Array) -> Option<Array> {
    match (x.dtype().is_integer(), is_constant(x, 0.0), is_constant(y, 0.0)) {
        (true, _, true) => Some(x.clone()),
        (true, true, _) => Some(y.clone()),
        _ => None,
    }
}

/// `x - 0` is `x`.
fn sub_zero(x: &Array, y: &Array) -> Option<Array> {
    is_constant(y, 0.0).then(|| x.clone())
}

/// `1 * x` is `x`, for real numbers.
fn mul_one(x: &Array, y: &Array) -> Option<Array> {
    match (x.dtype().is_complex(), is_constant(x, 1.0), is_constant(y, 1.0)) {
        (false, _, true) => Some(x.clone()),
        (false, true, _) => Some(y.clone()),
        _ => None,
    }
}

/// `x / 1` is `x`, for real numbers.
fn div_one(x: &Array, y: &Array) -> Option<Array> {
    (!x.dtype().is_complex() && is_constant(y, 1.0)).then(|| x.clone())
}

crate::readers! {
    "abs", 1..=1, |_| Abs;
    "integer_pow", 1..=1, |eqn| IntegerPow {
        y: eqn.int("y")?.try_into().map_err(|_| ReadError("the exponent is too large".into()))?,
    };
}

/// 1 where `x` is zero, else `x`.
fn replace_zero(x: &Array) -> Array {
    let zero = eq(x, &constant_like(x, 0.0));
    select(&zero, &crate::prim::rule::full(x.aval(), 1.0), x)
}

/// How much of the tangent of an extreme `z` of `x` and `y` comes from `x`: one half in a tie.
fn balanced_eq(x: &Array, z: &Array, y: &Array) -> Array {
    let full = |value| crate::prim::rule::full(z.aval(), value);
    let mine = select(&eq(x, z), &full(1.0), &full(0.0));
    div(&mine, &select(&eq(y, z), &full(2.0), &full(1.0)))
}

/// The tangent repeated to the result's shape, when the operand was.
fn broadcast_tangent(tangent: &Tangent, out: &Array) -> Tangent {
    tangent.as_ref().map(|t| broadcast_to_rank_and_shape(t, out.shape()))
}

fn sum_jvp<'a>(f: fn(&Array, &Array) -> Array, both: fn(&Array, &Array) -> Array, negate: bool) -> Jvp<'a> {
    Box::new(move |args, tangents| {
        let out = f(&args[0], &args[1]);
        let tangent = match (&tangents[0], &tangents[1]) {
            (Some(x), Some(y)) => Some(both(x, y)),
            (x, None) => broadcast_tangent(x, &out),
            (None, Some(y)) if negate => broadcast_tangent(&Some(neg(y)), &out),
            (None, y) => broadcast_tangent(y, &out),
        };
        (vec![out], vec![tangent])
    })
}

fn add_jvp<'a>() -> Jvp<'a> {
    sum_jvp(add, add, false)
}

fn add_any_jvp<'a>() -> Jvp<'a> {
    sum_jvp(add_any, add_any, false)
}

fn sub_jvp<'a>() -> Jvp<'a> {
    sum_jvp(sub, sub, true)
}

fn add_transpose<'a>(negate_second: bool) -> Transpose<'a> {
    Box::new(move |cts, operands| {
        let cotangent = |position: usize, operand: &Operand| match (operand, &cts[0]) {
            (Operand::Linear(aval), Some(ct)) => {
                let ct = if position == 1 && negate_second { neg(ct) } else { ct.clone() };
                Some(unbroadcast(&ct, aval))
            }
            _ => None,
        };
        operands.iter().enumerate().map(|(position, operand)| cotangent(position, operand)).collect()
    })
}

fn mul_transpose<'a>() -> Transpose<'a> {
    Box::new(|cts, operands| match (&operands[0], &operands[1], &cts[0]) {
        (Operand::Linear(aval), Operand::Known(y), Some(ct)) => vec![Some(unbroadcast(&mul(ct, y), aval)), None],
        (Operand::Known(x), Operand::Linear(aval), Some(ct)) => vec![None, Some(unbroadcast(&mul(x, ct), aval))],
        _ => vec![None, None],
    })
}

fn div_transpose<'a>() -> Transpose<'a> {
    Box::new(|cts, operands| match (&operands[0], &operands[1], &cts[0]) {
        (Operand::Linear(aval), Operand::Known(y), Some(ct)) => vec![Some(unbroadcast(&div(ct, y), aval)), None],
        _ => vec![None, None],
    })
}

/// Operands that laws are tested on.
pub(crate) fn samples() -> Vec<Sample> {
    let (any, other) = ([0.3, -2.5, 7.0, -0.2, 1.1], [0.7, -1.0, -3.0]);
    let positive = [0.3, 2.5, 7.0, 0.1, 1.0];
    let mut samples = Vec::new();
    samples.extend(sample::binary(Add, numeric, &any, &other).chain(special_pairs(Add)));
    samples.extend(sample::binary(Sub, numeric, &any, &other).chain(special_pairs(Sub)));
    samples.extend(sample::binary(Mul, numeric, &any, &other).chain(special_pairs(Mul)));
    samples.extend(sample::binary(AddAny, numeric, &any, &other));
    samples.extend(sample::binary(Div, numeric, &any, &other).chain(special_pairs(Div)));
    samples.extend(sample::binary(Rem, real, &any, &[0.8, -1.3, -3.1]).chain(special_pairs(Rem)));
    samples.extend(sample::binary(Pow, inexact, &positive, &other).chain(special_pairs(Pow)));
    samples.extend(sample::binary(Max, real_or_bool, &any, &other).chain(special_pairs(Max)));
    samples.extend(sample::binary(Min, real_or_bool, &any, &other).chain(special_pairs(Min)));
    samples.extend(sample::unary(Neg, numeric, &any).chain(special(Neg)));
    samples.extend(sample::unary(Sign, real, &any).chain(special(Sign)));
    samples.extend(sample::unary(Square, numeric, &any).chain(special(Square)));
    samples.extend(sample::unary(Sqrt, inexact, &positive).chain(special(Sqrt)));
    samples.extend(sample::unary(Rsqrt, inexact, &positive).chain(special(Rsqrt)));
    samples.extend(sample::unary(Cbrt, float, &any).chain(special(Cbrt)));
    samples.extend(sample::unary(Abs, numeric, &any).chain(special(Abs)));
    for y in [-3, -1, 0, 1, 2, 3, 7] {
        let accepts = move |dtype: DType| numeric(dtype) && (y >= 0 || dtype.is_inexact());
        samples.extend(sample::unary(IntegerPow { y }, accepts, &any).chain(special(IntegerPow { y })));
    }
    samples
}
