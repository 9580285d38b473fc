//! Error functions.

use std::f64::consts::{FRAC_2_SQRT_PI, PI};

use crate::kernel::Unary;
use crate::prim::arith::{mul, neg, square};
use crate::prim::elementwise::{constant_like, unary};
use crate::prim::exp_log::exp;

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
