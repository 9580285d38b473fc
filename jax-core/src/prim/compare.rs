//! Comparisons. The results are `bool` and carry no derivative.

use crate::ir::{Derivative, Sample};
use crate::kernel::Binary;
use crate::prim::elementwise::{any, binary, real_or_bool};
use crate::prim::sample::{binary, special_pairs};

binary! {
    /// `x == y`, elementwise.
    Eq eq, any "any dtype", lower |b, x, y| b.binary(Binary::Eq, x, y), Derivative::Zero => truth;
    /// `x != y`, elementwise.
    Ne ne, any "any dtype", lower |b, x, y| b.binary(Binary::Ne, x, y), Derivative::Zero => truth;
    /// `x < y`, elementwise.
    Lt lt, real_or_bool "real numbers and bool", lower |b, x, y| b.binary(Binary::Lt, x, y), Derivative::Zero => truth;
    /// `x <= y`, elementwise.
    Le le, real_or_bool "real numbers and bool", lower |b, x, y| b.binary(Binary::Le, x, y), Derivative::Zero => truth;
    /// `x > y`, elementwise.
    Gt gt, real_or_bool "real numbers and bool", lower |b, x, y| b.binary(Binary::Gt, x, y), Derivative::Zero => truth;
    /// `x >= y`, elementwise.
    Ge ge, real_or_bool "real numbers and bool", lower |b, x, y| b.binary(Binary::Ge, x, y), Derivative::Zero => truth;
}

/// Operands that laws are tested on.
pub(crate) fn samples() -> Vec<Sample> {
    let (left, right) = ([0.5, -1.0, 2.0, 3.0, -1.0], [0.5, 2.0, -1.0]);
    let mut samples = Vec::new();
    samples.extend(binary(Eq, any, &left, &right).chain(special_pairs(Eq)));
    samples.extend(binary(Ne, any, &left, &right).chain(special_pairs(Ne)));
    samples.extend(binary(Lt, real_or_bool, &left, &right).chain(special_pairs(Lt)));
    samples.extend(binary(Le, real_or_bool, &left, &right).chain(special_pairs(Le)));
    samples.extend(binary(Gt, real_or_bool, &left, &right).chain(special_pairs(Gt)));
    samples.extend(binary(Ge, real_or_bool, &left, &right).chain(special_pairs(Ge)));
    samples
}
