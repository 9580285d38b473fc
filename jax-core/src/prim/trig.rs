//! Trigonometric and hyperbolic functions and their inverses.

use crate::ir::{Derivative, Sample};
use crate::kernel::{Binary, Unary};
use crate::prim::arith::{add, div, integer_pow, mul, neg, rsqrt, square, sub};
use crate::prim::elementwise::{binary, binary_jvp, constant_like, float, inexact, unary};
use crate::prim::sample::{binary, special, special_pairs, unary};

unary! {
    /// Sine, elementwise. At most 2 ulp off.
    Sin sin, inexact "floats and complex numbers", lower |b, x| b.unary(Unary::Sin, x), jvp |g, _ans, x| mul(g, &cos(x));
    /// Cosine, elementwise. At most 2 ulp off.
    Cos cos, inexact "floats and complex numbers", lower |b, x| b.unary(Unary::Cos, x),
        jvp |g, _ans, x| neg(&mul(g, &sin(x)));
    /// Tangent, elementwise.
    Tan tan, inexact "floats and complex numbers", lower |b, x| b.unary(Unary::Tan, x),
        jvp |g, ans, x| mul(g, &add(&constant_like(x, 1.0), &square(&ans)));
    /// Arc sine, elementwise.
    Asin asin, inexact "floats and complex numbers", lower |b, x| b.unary(Unary::Asin, x),
        jvp |g, _ans, x| mul(g, &rsqrt(&sub(&constant_like(x, 1.0), &square(x))));
    /// Arc cosine, elementwise.
    Acos acos, inexact "floats and complex numbers", lower |b, x| b.unary(Unary::Acos, x),
        jvp |g, _ans, x| mul(g, &neg(&rsqrt(&sub(&constant_like(x, 1.0), &square(x)))));
    /// Arc tangent, elementwise.
    Atan atan, inexact "floats and complex numbers", lower |b, x| b.unary(Unary::Atan, x),
        jvp |g, _ans, x| div(g, &add(&constant_like(x, 1.0), &square(x)));
    /// Hyperbolic sine, elementwise.
    Sinh sinh, inexact "floats and complex numbers", lower |b, x| b.unary(Unary::Sinh, x), jvp |g, _ans, x| mul(g, &cosh(x));
    /// Hyperbolic cosine, elementwise.
    Cosh cosh, inexact "floats and complex numbers", lower |b, x| b.unary(Unary::Cosh, x), jvp |g, _ans, x| mul(g, &sinh(x));
    /// Hyperbolic tangent, elementwise. At most 2 ulp off.
    Tanh tanh, inexact "floats and complex numbers", lower |b, x| b.unary(Unary::Tanh, x),
        jvp |g, ans, x| mul(&add(g, &mul(g, &ans)), &sub(&constant_like(x, 1.0), &ans));
    /// Inverse hyperbolic sine, elementwise.
    Asinh asinh, inexact "floats and complex numbers", lower |b, x| b.unary(Unary::Asinh, x),
        jvp |g, _ans, x| mul(g, &rsqrt(&add(&square(x), &constant_like(x, 1.0))));
    /// Inverse hyperbolic cosine, elementwise.
    Acosh acosh, inexact "floats and complex numbers", lower |b, x| b.unary(Unary::Acosh, x), jvp |g, _ans, x| {
        let one = constant_like(x, 1.0);
        mul(g, &rsqrt(&mul(&sub(x, &one), &add(x, &one))))
    };
    /// Inverse hyperbolic tangent, elementwise.
    Atanh atanh, inexact "floats and complex numbers", lower |b, x| b.unary(Unary::Atanh, x), jvp |g, _ans, x| {
        let one = constant_like(x, 1.0);
        mul(&integer_pow(&add(&one, x), -1), &div(g, &sub(&one, x)))
    };
}

binary! {
    /// The angle of the point `(y, x)`, from -π to π: `atan2(x, y)` in JAX's order of operands.
    Atan2 atan2, float "floats", lower |b, x, y| b.binary(Binary::Atan2, x, y), Derivative::Rule(
        binary_jvp(
            atan2,
            |g, _, x, y| mul(g, &div(y, &add(&square(x), &square(y)))),
            |g, _, x, y| mul(g, &div(&neg(x), &add(&square(x), &square(y)))),
        ),
        None,
    );
}

/// Operands that laws are tested on.
pub(crate) fn samples() -> Vec<Sample> {
    let small = [0.3, -0.7, 0.9, -0.2, 0.6];
    let any = [0.3, -2.5, 7.0, -0.2, 1.1];
    let mut samples = Vec::new();
    samples.extend(unary(Sin, inexact, &any).chain(special(Sin)));
    samples.extend(unary(Cos, inexact, &any).chain(special(Cos)));
    samples.extend(unary(Tan, inexact, &any).chain(special(Tan)));
    samples.extend(unary(Asin, inexact, &small).chain(special(Asin)));
    samples.extend(unary(Acos, inexact, &small).chain(special(Acos)));
    samples.extend(unary(Atan, inexact, &any).chain(special(Atan)));
    samples.extend(unary(Sinh, inexact, &any).chain(special(Sinh)));
    samples.extend(unary(Cosh, inexact, &any).chain(special(Cosh)));
    samples.extend(unary(Tanh, inexact, &any).chain(special(Tanh)));
    samples.extend(unary(Asinh, inexact, &any).chain(special(Asinh)));
    samples.extend(unary(Acosh, inexact, &[1.3, 2.5, 7.0, 1.1, 4.0]).chain(special(Acosh)));
    samples.extend(unary(Atanh, inexact, &small).chain(special(Atanh)));
    samples.extend(binary(Atan2, float, &any, &[0.4, -1.0, -3.0]).chain(special_pairs(Atan2)));
    samples
}
