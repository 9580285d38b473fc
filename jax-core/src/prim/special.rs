//! Error functions.

use std::f64::consts::{FRAC_2_SQRT_PI, PI};

use crate::ir::Sample;
use crate::kernel::Unary;
use crate::prim::arith::{mul, neg, square};
use crate::prim::elementwise::{constant_like, float, unary};
use crate::prim::exp_log::exp;
use crate::prim::sample::{special, unary};

unary! {
    /// The error function, elementwise.
    Erf erf, float "floats", lower |b, x| b.unary(Unary::Erf, x),
        jvp |g, _ans, x| mul(&constant_like(x, FRAC_2_SQRT_PI), &mul(g, &exp(&neg(&square(x)))));
    /// `1 - erf(x)` without cancellation, elementwise.
    Erfc erfc, float "floats", lower |b, x| b.unary(Unary::Erfc, x),
        jvp |g, _ans, x| mul(&constant_like(x, -FRAC_2_SQRT_PI), &mul(g, &exp(&neg(&square(x)))));
    /// The inverse of the error function, elementwise.
    ErfInv erf_inv, float "floats", lower |b, x| b.unary(Unary::ErfInv, x),
        jvp |g, ans, x| mul(&constant_like(x, PI.sqrt() / 2.0), &mul(g, &exp(&square(&ans))));
}

/// Operands that laws are tested on.
pub(crate) fn samples() -> Vec<Sample> {
    let any = [0.3, -2.5, 3.0, -0.2, 1.1];
    let mut samples = Vec::new();
    samples.extend(unary(Erf, float, &any).chain(special(Erf)));
    samples.extend(unary(Erfc, float, &any).chain(special(Erfc)));
    samples.extend(unary(ErfInv, float, &[0.3, -0.7, 0.9, -0.2, 0.6]).chain(special(ErfInv)));
    samples
}
