//! Logical and bitwise operations. They carry no derivative.

use crate::ir::{Derivative, Sample};
use crate::kernel::{Binary, Unary};
use crate::prim::elementwise::{binary, bits, integer, unary};
use crate::prim::sample::{binary, unary};

binary! {
    /// Logical or bitwise and, elementwise.
    And and, bits "integers and bool", lower |b, x, y| b.binary(Binary::And, x, y), Derivative::Zero;
    /// Logical or bitwise or, elementwise.
    Or or, bits "integers and bool", lower |b, x, y| b.binary(Binary::Or, x, y), Derivative::Zero;
    /// Logical or bitwise exclusive or, elementwise.
    Xor xor, bits "integers and bool", lower |b, x, y| b.binary(Binary::Xor, x, y), Derivative::Zero;
    /// `x << y`, elementwise; 0 from the width on.
    ShiftLeft shift_left, integer "integers", lower |b, x, y| b.binary(Binary::Shl, x, y), Derivative::Zero;
    /// `x >> y` filling with zeros, elementwise; 0 from the width on.
    ShiftRightLogical shift_right_logical, integer "integers", lower |b, x, y| b.binary(Binary::ShrLogical, x, y), Derivative::Zero;
    /// `x >> y` filling with the sign, elementwise; the sign from the width on.
    ShiftRightArithmetic shift_right_arithmetic, integer "integers", lower |b, x, y| b.binary(Binary::ShrArithmetic, x, y), Derivative::Zero;
}

unary! {
    /// Logical or bitwise not, elementwise.
    Not not, bits "integers and bool", lower |b, x| b.unary(Unary::Not, x), zero;
    /// The number of one bits, elementwise.
    PopulationCount population_count, integer "integers", lower |b, x| b.unary(Unary::CountOnes, x), zero;
    /// The number of leading zero bits, elementwise.
    Clz clz, integer "integers", lower |b, x| b.unary(Unary::LeadingZeros, x), zero;
}

/// Operands that laws are tested on.
pub(crate) fn samples() -> Vec<Sample> {
    let mut samples = Vec::new();
    samples.extend(binary(And, bits, &[], &[]));
    samples.extend(binary(Or, bits, &[], &[]));
    samples.extend(binary(Xor, bits, &[], &[]));
    samples.extend(binary(ShiftLeft, integer, &[], &[]));
    samples.extend(binary(ShiftRightLogical, integer, &[], &[]));
    samples.extend(binary(ShiftRightArithmetic, integer, &[], &[]));
    samples.extend(unary(Not, bits, &[]));
    samples.extend(unary(PopulationCount, integer, &[]));
    samples.extend(unary(Clz, integer, &[]));
    samples
}
