//! Comparisons. The results are `bool` and carry no derivative.

use crate::ir::Derivative;
use crate::kernel::Binary;
use crate::prim::elementwise::binary;

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
