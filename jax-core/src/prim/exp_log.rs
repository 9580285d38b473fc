//! Exponentials and logarithms.

use crate::ir::Sample;
use crate::kernel::Unary;
use crate::prim::arith::{add, div, mul, sub};
use crate::prim::elementwise::{constant_like, inexact, unary};
use crate::prim::sample::{special, unary};

unary! {
    /// e to the power `x`, elementwise. At most 2 ulp off.
    Exp exp, inexact "floats and complex numbers", lower |b, x| b.unary(Unary::Exp, x), jvp |g, ans, _x| mul(g, &ans);
    /// 2 to the power `x`, elementwise. At most 2 ulp off.
    Exp2 exp2, inexact "floats and complex numbers", lower |b, x| b.unary(Unary::Exp2, x),
        jvp |g, ans, x| mul(&log(&constant_like(x, 2.0)), &mul(g, &ans));
    /// `exp(x) - 1` without cancellation, elementwise. At most 2 ulp off.
    Expm1 expm1, inexact "floats and complex numbers", lower |b, x| b.unary(Unary::Expm1, x),
        jvp |g, ans, x| mul(g, &add(&ans, &constant_like(x, 1.0)));
    /// The natural logarithm of `x`, elementwise. At most 2 ulp off.
    Log log, inexact "floats and complex numbers", lower |b, x| b.unary(Unary::Log, x), jvp |g, _ans, x| div(g, x);
    /// `log(1 + x)` without cancellation, elementwise. At most 2 ulp off.
    Log1p log1p, inexact "floats and complex numbers", lower |b, x| b.unary(Unary::Log1p, x),
        jvp |g, _ans, x| div(g, &add(x, &constant_like(x, 1.0)));
    /// `1 / (1 + exp(-x))`, elementwise.
    Logistic logistic, inexact "floats and complex numbers", lower |b, x| b.unary(Unary::Logistic, x),
        jvp |g, ans, x| mul(g, &mul(&ans, &sub(&constant_like(x, 1.0), &ans)));
}

/// Operands that laws are tested on.
pub(crate) fn samples() -> Vec<Sample> {
    let any = [0.3, -2.5, 3.0, -0.2, 1.1];
    let mut samples = Vec::new();
    samples.extend(unary(Exp, inexact, &any).chain(special(Exp)));
    samples.extend(unary(Exp2, inexact, &any).chain(special(Exp2)));
    samples.extend(unary(Expm1, inexact, &any).chain(special(Expm1)));
    samples.extend(unary(Log, inexact, &[0.3, 2.5, 7.0, 0.1, 1.0]).chain(special(Log)));
    samples.extend(unary(Log1p, inexact, &[0.3, -0.5, 7.0, -0.1, 1.0]).chain(special(Log1p)));
    samples.extend(unary(Logistic, inexact, &any).chain(special(Logistic)));
    samples
}
