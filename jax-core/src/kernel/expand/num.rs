//! Numbers under construction: a node of a body that formulas can add, multiply and compare as they would a float.

use std::cell::RefCell;
use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Not, Shl, Sub};

use crate::base::{DType, Scalar};
use crate::kernel::{Binary, Body, Id, Op, Unary};

/// A float node. Formulas are written once for `f32` and `f64`; `goal` is the dtype that the result will be rounded
/// to, so that a function of `f32` computed in `f64` evaluates no more terms than it needs.
#[derive(Clone, Copy)]
pub struct Num<'b> {
    body: &'b RefCell<Body>,
    /// The node.
    pub id: Id,
    goal: DType,
}

/// The bits of a float as an unsigned integer node.
#[derive(Clone, Copy)]
pub struct Bits<'b> {
    body: &'b RefCell<Body>,
    /// The node.
    pub id: Id,
    goal: DType,
}

/// A truth value node.
#[derive(Clone, Copy)]
pub struct Truth<'b> {
    body: &'b RefCell<Body>,
    /// The node.
    pub id: Id,
}

/// How a float dtype is laid out.
#[derive(Clone, Copy)]
pub struct Format {
    /// Bits of the fraction.
    pub fraction: u32,
    /// The bits of 1.
    pub one: u64,
    /// The bits of infinity.
    pub infinity: u64,
    /// The bit of the sign.
    pub sign: u64,
    /// `1.5 * 2^fraction`: added to a number of smaller magnitude, it leaves the nearest integer in the low bits.
    pub magic: f64,
}

const F32: Format =
    Format { fraction: 23, one: 0x3f80_0000, infinity: 0x7f80_0000, sign: 1 << 31, magic: 12_582_912.0 };

const F64: Format = Format {
    fraction: 52,
    one: 0x3ff0_0000_0000_0000,
    infinity: 0x7ff0_0000_0000_0000,
    sign: 1 << 63,
    magic: 6_755_399_441_055_744.0,
};

/// What a formula may use as the other operand: a number or a constant.
pub trait Operand<'b> {
    /// The operand as a node, of the dtype of `like`.
    fn to_num(self, like: Num<'b>) -> Num<'b>;
}

impl<'b> Operand<'b> for Num<'b> {
    fn to_num(self, _: Num<'b>) -> Num<'b> {
        self
    }
}

impl<'b> Operand<'b> for f64 {
    fn to_num(self, like: Num<'b>) -> Num<'b> {
        like.constant(self)
    }
}

impl<'b> Num<'b> {
    /// A node of `f32` or `f64`.
    pub fn new(body: &'b RefCell<Body>, id: Id) -> Num<'b> {
        let goal = body.borrow().dtype(id);
        Num { body, id, goal }
    }

    fn with(self, id: Id) -> Num<'b> {
        Num { id, ..self }
    }

    fn truth(self, id: Id) -> Truth<'b> {
        Truth { body: self.body, id }
    }

    /// The dtype that is computed in.
    pub fn dtype(self) -> DType {
        self.body.borrow().dtype(self.id)
    }

    /// Whether the result will be rounded to `f32`.
    pub fn is_single(self) -> bool {
        self.goal == DType::F32
    }

    /// The layout of the dtype that is computed in.
    pub fn format(self) -> Format {
        if self.dtype() == DType::F32 { F32 } else { F64 }
    }

    /// A constant of the same dtype.
    pub fn constant(self, value: f64) -> Num<'b> {
        let dtype = self.dtype();
        self.with(self.body.borrow_mut().float(dtype, value))
    }

    /// The value in `f64`, still meant for a result of its own dtype.
    pub fn wide(self) -> Num<'b> {
        self.with(self.body.borrow_mut().convert(DType::F64, self.id))
    }

    /// The value in the dtype that the result is meant for.
    pub fn narrow(self) -> Num<'b> {
        self.with(self.body.borrow_mut().convert(self.goal, self.id))
    }

    /// One of the operations that every backend has.
    pub fn unary(self, op: Unary) -> Num<'b> {
        self.with(self.body.borrow_mut().unary(op, self.id))
    }

    fn binary(self, op: Binary, other: impl Operand<'b>) -> Num<'b> {
        let other = other.to_num(self);
        self.with(self.body.borrow_mut().binary(op, self.id, other.id))
    }

    fn compare(self, op: Binary, other: impl Operand<'b>) -> Truth<'b> {
        let other = other.to_num(self);
        self.truth(self.body.borrow_mut().binary(op, self.id, other.id))
    }

    /// `self * factor + term`, rounded once.
    pub fn mul_add(self, factor: impl Operand<'b>, term: impl Operand<'b>) -> Num<'b> {
        let (factor, term) = (factor.to_num(self), term.to_num(self));
        self.with(self.body.borrow_mut().mul_add(self.id, factor.id, term.id))
    }

    /// The square root.
    pub fn sqrt(self) -> Num<'b> {
        self.unary(Unary::Sqrt)
    }

    /// The magnitude.
    pub fn abs(self) -> Num<'b> {
        self.unary(Unary::Abs)
    }

    /// Whether less.
    pub fn lt(self, other: impl Operand<'b>) -> Truth<'b> {
        self.compare(Binary::Lt, other)
    }

    /// Whether greater.
    pub fn gt(self, other: impl Operand<'b>) -> Truth<'b> {
        self.compare(Binary::Gt, other)
    }

    /// Whether greater or equal.
    pub fn ge(self, other: impl Operand<'b>) -> Truth<'b> {
        self.compare(Binary::Ge, other)
    }

    /// Whether equal.
    pub fn eq(self, other: impl Operand<'b>) -> Truth<'b> {
        self.compare(Binary::Eq, other)
    }

    /// Whether a NaN.
    pub fn is_nan(self) -> Truth<'b> {
        self.compare(Binary::Ne, self)
    }

    /// Whether the sign bit is set, be it that of a zero.
    pub fn is_negative(self) -> Truth<'b> {
        self.bits().signed_lt(0)
    }

    /// Whether the magnitude is greater than a bound, or this is a NaN: one integer comparison.
    pub fn exceeds(self, bound: f64) -> Truth<'b> {
        let bound = Scalar::from_f64(self.dtype(), bound).bits() as i64;
        self.abs().bits().signed_gt(bound)
    }

    /// The greater of the two; this one if the other is a NaN.
    pub fn at_least(self, other: impl Operand<'b>) -> Num<'b> {
        let other = other.to_num(self);
        self.lt(other).select(other, self)
    }

    /// The lesser of the two; this one if the other is a NaN.
    pub fn at_most(self, other: impl Operand<'b>) -> Num<'b> {
        let other = other.to_num(self);
        other.lt(self).select(other, self)
    }

    /// The bits.
    pub fn bits(self) -> Bits<'b> {
        let dtype = if self.dtype() == DType::F32 { DType::U32 } else { DType::U64 };
        let id = self.body.borrow_mut().bitcast(dtype, self.id);
        Bits { body: self.body, id, goal: self.goal }
    }

    /// This number, which is not negative, with the sign of another.
    pub fn with_sign_of(self, other: Num<'b>) -> Num<'b> {
        let sign = other.bits() & self.format().sign;
        (self.bits() | sign).float()
    }

    /// This number, negated where another is negative.
    pub fn times_sign_of(self, other: Num<'b>) -> Num<'b> {
        let sign = other.bits() & self.format().sign;
        (self.bits() ^ sign).float()
    }

    /// A polynomial of this number by Horner's rule, lowest degree first: the first if the result is for `f32`.
    pub fn polynomial(self, single: &[f64], double: &[f64]) -> Num<'b> {
        let coefficients = if self.is_single() { single } else { double };
        match coefficients {
            [] => self.constant(0.0),
            [rest @ .., last] => {
                let last = self.constant(*last);
                rest.iter().rev().fold(last, |sum, &coefficient| sum.mul_add(self, coefficient))
            }
        }
    }

    /// The sum and its rounding error, if this number's magnitude is not less than the other's.
    pub fn add_exactly(self, other: Num<'b>) -> (Num<'b>, Num<'b>) {
        let sum = self + other;
        (sum, other - (sum - self))
    }

    /// The product and its rounding error.
    pub fn mul_exactly(self, other: Num<'b>) -> (Num<'b>, Num<'b>) {
        let product = self * other;
        (product, self.mul_add(other, -product))
    }

    /// The parts of a positive constant, given as the unevaluated sum of `f64`s, that this dtype holds one by one.
    /// Those for `f32` are rounded down, so that they are positive.
    pub fn split(self, parts: [f64; 3]) -> [f64; 3] {
        if self.dtype() == DType::F64 {
            return parts;
        }
        // A positive f64 with the lower 29 bits of its fraction cleared is an f32.
        let down = |x: f64| f64::from_bits(x.to_bits() & !0x1fff_ffff);
        let high = down(parts[0]);
        let middle = down(parts[0] - high);
        [high, middle, parts[0] - high - middle + parts[1]]
    }
}

impl<'b> Bits<'b> {
    /// A node of `u32` or `u64`.
    pub fn new(body: &'b RefCell<Body>, id: Id) -> Bits<'b> {
        let goal = if body.borrow().dtype(id) == DType::U32 { DType::F32 } else { DType::F64 };
        Bits { body, id, goal }
    }

    fn with(self, id: Id) -> Bits<'b> {
        Bits { id, ..self }
    }

    fn dtype(self) -> DType {
        self.body.borrow().dtype(self.id)
    }

    /// A constant of the same width.
    pub fn constant(self, value: u64) -> Bits<'b> {
        let value = Scalar::from_bits(self.dtype(), u128::from(value));
        self.with(self.body.borrow_mut().constant(value))
    }

    fn binary(self, op: Binary, other: Bits<'b>) -> Bits<'b> {
        self.with(self.body.borrow_mut().binary(op, self.id, other.id))
    }

    /// The bits as the float that they are of.
    pub fn float(self) -> Num<'b> {
        let dtype = if self.dtype() == DType::U32 { DType::F32 } else { DType::F64 };
        let id = self.body.borrow_mut().bitcast(dtype, self.id);
        Num { body: self.body, id, goal: self.goal }
    }

    /// Zeros shifted in from above.
    pub fn shift_right(self, amount: u64) -> Bits<'b> {
        self.binary(Binary::ShrLogical, self.constant(amount))
    }

    /// The sign shifted in from above.
    pub fn shift_right_signed(self, amount: u64) -> Bits<'b> {
        self.binary(Binary::ShrArithmetic, self.constant(amount))
    }

    /// Shifted by a computed amount; by the width or more gives zero.
    pub fn shift_left_by(self, amount: Bits<'b>) -> Bits<'b> {
        self.binary(Binary::Shl, amount)
    }

    /// Shifted by a computed amount; by the width or more gives zero.
    pub fn shift_right_by(self, amount: Bits<'b>) -> Bits<'b> {
        self.binary(Binary::ShrLogical, amount)
    }

    /// The low half of the product.
    pub fn mul(self, other: Bits<'b>) -> Bits<'b> {
        self.binary(Binary::Mul, other)
    }

    /// The high half of the product.
    pub fn mul_high(self, other: Bits<'b>) -> Bits<'b> {
        self.binary(Binary::MulHigh, other)
    }

    fn compare_signed(self, op: Binary, other: i64) -> Truth<'b> {
        let mut body = self.body.borrow_mut();
        let dtype = if body.dtype(self.id) == DType::U32 { DType::I32 } else { DType::I64 };
        let signed = body.bitcast(dtype, self.id);
        let other = body.constant(Scalar::from_i128(dtype, i128::from(other)));
        Truth { body: self.body, id: body.binary(op, signed, other) }
    }

    /// Whether less, both read as signed integers.
    pub fn signed_lt(self, other: i64) -> Truth<'b> {
        self.compare_signed(Binary::Lt, other)
    }

    /// Whether greater, both read as signed integers.
    pub fn signed_gt(self, other: i64) -> Truth<'b> {
        self.compare_signed(Binary::Gt, other)
    }

    /// Whether less.
    pub fn lt(self, other: Bits<'b>) -> Truth<'b> {
        Truth { body: self.body, id: self.body.borrow_mut().binary(Binary::Lt, self.id, other.id) }
    }

    /// Whether all bits of the mask are zero.
    pub fn lacks(self, mask: u64) -> Truth<'b> {
        let masked = self & mask;
        let zero = self.constant(0);
        Truth { body: self.body, id: self.body.borrow_mut().binary(Binary::Eq, masked.id, zero.id) }
    }

    /// 1 or 0.
    pub fn truth_bit(self, truth: Truth<'b>) -> Bits<'b> {
        let dtype = self.dtype();
        self.with(self.body.borrow_mut().convert(dtype, truth.id))
    }

    /// A number below `2^fraction` as a float of that value.
    pub fn to_float(self) -> Num<'b> {
        // Under the exponent of 2^fraction the lowest bit of the fraction counts ones.
        let format = if self.dtype() == DType::U32 { F32 } else { F64 };
        let unit = (1u64 << format.fraction) as f64;
        let exponent = format.one + (u64::from(format.fraction) << format.fraction);
        (self | exponent).float() - unit
    }

    /// The value read as a signed integer, rounded to `f64`.
    pub fn signed_to_float(self) -> Num<'b> {
        let mut body = self.body.borrow_mut();
        let signed = body.bitcast(DType::I64, self.id);
        Num { body: self.body, id: body.convert(DType::F64, signed), goal: self.goal }
    }

    /// An entry of a table of 64-bit words; the index is clamped into it. Combiners have no tables: there it is chosen
    /// entry by entry.
    pub fn word_of(self, table: &std::sync::Arc<[Scalar]>) -> Bits<'b> {
        let mut body = self.body.borrow_mut();
        let index = body.bitcast(DType::I64, self.id);
        if !body.nodes().iter().any(|node| matches!(node.op, Op::Arg(_))) {
            let index = body.clamp_index(index, table.len());
            return self.with(body.push(DType::U64, Op::Table { table: table.clone(), index }));
        }
        let mut entry = body.constant(table[0]);
        for (position, &word) in table.iter().enumerate().skip(1) {
            let (position, word) = (body.index(position as i64), body.constant(word));
            let reached = body.binary(Binary::Ge, index, position);
            entry = body.select(reached, word, entry);
        }
        self.with(entry)
    }
}

impl<'b> Truth<'b> {
    /// The first where this holds, else the second.
    pub fn select(self, yes: impl Operand<'b>, no: Num<'b>) -> Num<'b> {
        let yes = yes.to_num(no);
        no.with(self.body.borrow_mut().select(self.id, yes.id, no.id))
    }

    /// The first where this holds, which is almost nowhere, else the second.
    pub fn rare(self, rare: Num<'b>, common: Num<'b>) -> Num<'b> {
        let dtype = common.dtype();
        common.with(self.body.borrow_mut().push(dtype, Op::Rare { pred: self.id, rare: rare.id, common: common.id }))
    }

    /// Whether both hold.
    pub fn and(self, other: Truth<'b>) -> Truth<'b> {
        Truth { id: self.body.borrow_mut().binary(Binary::And, self.id, other.id), ..self }
    }

    /// Whether either holds.
    pub fn or(self, other: Truth<'b>) -> Truth<'b> {
        Truth { id: self.body.borrow_mut().binary(Binary::Or, self.id, other.id), ..self }
    }
}

impl<'b> Not for Truth<'b> {
    type Output = Truth<'b>;
    fn not(self) -> Truth<'b> {
        Truth { id: self.body.borrow_mut().unary(Unary::Not, self.id), ..self }
    }
}

impl<'b> Neg for Num<'b> {
    type Output = Num<'b>;
    fn neg(self) -> Num<'b> {
        self.unary(Unary::Neg)
    }
}

macro_rules! arithmetic {
    ($($trait:ident $method:ident)*) => {$(
        impl<'b, T: Operand<'b>> $trait<T> for Num<'b> {
            type Output = Num<'b>;
            fn $method(self, other: T) -> Num<'b> {
                self.binary(Binary::$trait, other)
            }
        }
    )*};
}

arithmetic! { Add add Sub sub Mul mul Div div }

macro_rules! logic {
    ($($trait:ident $method:ident $op:ident)*) => {$(
        impl<'b> $trait<Bits<'b>> for Bits<'b> {
            type Output = Bits<'b>;
            fn $method(self, other: Bits<'b>) -> Bits<'b> {
                self.binary(Binary::$op, other)
            }
        }

        impl<'b> $trait<u64> for Bits<'b> {
            type Output = Bits<'b>;
            fn $method(self, other: u64) -> Bits<'b> {
                self.binary(Binary::$op, self.constant(other))
            }
        }
    )*};
}

logic! { Add add Add Sub sub Sub BitAnd bitand And BitOr bitor Or BitXor bitxor Xor Shl shl Shl }
