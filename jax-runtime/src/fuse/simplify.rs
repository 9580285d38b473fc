//! Simplification while a body is built: constants are folded and identities applied as each node is added.
//!
//! Every rule keeps the value to the last bit, floats included. Rules about indices use the interval that an
//! `i64` node lies in, known from the extents.

use jax_core::base::{DType, Scalar, dtype::Kind};
use jax_core::kernel::{Binary, Body, Id, Op, Unary};
use smallvec::SmallVec;

use super::scalar;

/// A body under construction over a box of these extents.
#[derive(Default)]
pub struct Builder {
    /// The nodes so far.
    pub body: Body,
    extents: SmallVec<[usize; 4]>,
    ranges: Vec<Range>,
}

/// The smallest and largest value of an `i64` node.
type Range = (i64, i64);

const ANY: Range = (i64::MIN, i64::MAX);

/// `Σ coefficient * node + constant`, in wrapping arithmetic.
#[derive(Default)]
struct Linear {
    terms: SmallVec<[(Id, i64); 4]>,
    constant: i64,
}

impl Builder {
    /// An empty body over a box.
    pub fn new(extents: &[usize]) -> Builder {
        Builder { extents: extents.iter().copied().collect(), ..Builder::default() }
    }

    /// Adds a node, simplified.
    pub fn push(&mut self, dtype: DType, op: Op) -> Id {
        let simpler = match &op {
            &Op::Unary(op, a) => self.unary(op, a),
            &Op::Binary(op, a, b) => self.binary(op, a, b),
            &Op::Select(pred, a, b) | &Op::Rare { pred, rare: a, common: b } => self.select(&op, pred, a, b),
            &Op::Convert(a) => self.convert(dtype, a),
            &Op::Bitcast(a) if self.body.dtype(a) == dtype => Some(a),
            _ => None,
        };
        simpler.unwrap_or_else(|| self.raw(dtype, op))
    }

    /// The coordinate along an axis of the box.
    pub fn axis(&mut self, axis: usize) -> Id {
        match self.extents.get(axis) {
            Some(1) => self.index(0),
            _ => self.raw(DType::I64, Op::Axis(axis as u32)),
        }
    }

    /// An `i64` constant.
    pub fn index(&mut self, value: i64) -> Id {
        self.constant(Scalar::from_i128(DType::I64, value as i128))
    }

    /// An `i64` operation, simplified.
    pub fn indexed(&mut self, op: Binary, a: Id, b: Id) -> Id {
        self.push(DType::I64, Op::Binary(op, a, b))
    }

    fn constant(&mut self, value: Scalar) -> Id {
        self.raw(value.dtype(), Op::Const(value))
    }

    fn raw(&mut self, dtype: DType, op: Op) -> Id {
        let id = self.body.push(dtype, op);
        if id.0 as usize == self.ranges.len() {
            let range = if dtype == DType::I64 { self.range_of(id) } else { ANY };
            self.ranges.push(range);
        }
        id
    }

    fn range(&self, id: Id) -> Range {
        self.ranges.get(id.0 as usize).copied().unwrap_or(ANY)
    }

    fn range_of(&self, id: Id) -> Range {
        let known = match &self.body.node(id).op {
            Op::Const(value) => Some((value.as_i128() as i64, value.as_i128() as i64)),
            Op::Axis(axis) => self.extents.get(*axis as usize).map(|&extent| (0, (extent as i64 - 1).max(0))),
            &Op::Select(_, a, b) => {
                let (a, b) = (self.range(a), self.range(b));
                Some((a.0.min(b.0), a.1.max(b.1)))
            }
            &Op::Convert(a) => match self.body.dtype(a) {
                DType::Bool => Some((0, 1)),
                from @ (DType::I8 | DType::I16 | DType::I32) => {
                    let half = 1i64 << (from.bits() - 1);
                    Some((-half, half - 1))
                }
                from @ (DType::U8 | DType::U16 | DType::U32) => Some((0, (1i64 << from.bits()) - 1)),
                _ => None,
            },
            &Op::Binary(op, a, b) => interval(op, self.range(a), self.range(b)),
            _ => None,
        };
        known.unwrap_or(ANY)
    }

    fn unary(&mut self, op: Unary, a: Id) -> Option<Id> {
        if let Some(value) = self.body.as_const(a) {
            return scalar::unary(op, value).map(|value| self.constant(value));
        }
        match (op, &self.body.node(a).op) {
            (Unary::Neg, &Op::Unary(Unary::Neg, x)) | (Unary::Not, &Op::Unary(Unary::Not, x)) => Some(x),
            (Unary::Abs, &Op::Unary(Unary::Abs, _)) => Some(a),
            _ => None,
        }
    }

    fn binary(&mut self, op: Binary, a: Id, b: Id) -> Option<Id> {
        let (x, y) = (self.body.as_const(a), self.body.as_const(b));
        if let (Some(x), Some(y)) = (x, y) {
            return scalar::binary(op, x, y).map(|value| self.constant(value));
        }
        let dtype = self.body.dtype(a);
        if dtype.is_complex() {
            return None;
        }
        let is = |value: Option<Scalar>, number: f64| value == Some(Scalar::from_f64(dtype, number));
        let exact = dtype.is_integer();
        match op {
            Binary::Mul if is(x, 1.0) && !is_bool(dtype) => Some(b),
            Binary::Mul | Binary::Div if is(y, 1.0) && !is_bool(dtype) => Some(a),
            Binary::Mul if exact && (is(x, 0.0) || is(y, 0.0)) => Some(self.constant(Scalar::zero(dtype))),
            // -0 + 0 is 0, so only -0 is neutral for a float's sum, and only 0 for its difference.
            Binary::Add if dtype.is_float() && is(x, -0.0) => Some(b),
            Binary::Add if dtype.is_float() && is(y, -0.0) => Some(a),
            Binary::Add if exact && is(x, 0.0) => Some(b),
            Binary::Add if exact && is(y, 0.0) => Some(a),
            Binary::Sub if is(y, 0.0) && !is_bool(dtype) => Some(a),
            Binary::And | Binary::Or | Binary::Min | Binary::Max if a == b => Some(a),
            Binary::And | Binary::Or if is_bool(dtype) => {
                let (value, other) = if let Some(x) = x { (x, b) } else { (y?, a) };
                let neutral = (op == Binary::And) == value.as_bool();
                Some(if neutral { other } else { self.constant(value) })
            }
            _ if dtype == DType::I64 => self.index_binary(op, a, b),
            _ => None,
        }
    }

    fn select(&mut self, op: &Op, pred: Id, a: Id, b: Id) -> Option<Id> {
        match (self.body.as_const(pred), op, &self.body.node(pred).op) {
            (Some(value), ..) => Some(if value.as_bool() { a } else { b }),
            _ if a == b => Some(a),
            (None, Op::Select(..), &Op::Unary(Unary::Not, pred)) => {
                let dtype = self.body.dtype(a);
                Some(self.push(dtype, Op::Select(pred, b, a)))
            }
            _ => None,
        }
    }

    fn convert(&mut self, dtype: DType, a: Id) -> Option<Id> {
        let middle = self.body.dtype(a);
        if middle == dtype {
            return Some(a);
        }
        if let Some(value) = self.body.as_const(a) {
            return Some(self.constant(value.cast(dtype)));
        }
        let &Op::Convert(x) = &self.body.node(a).op else { return None };
        let from = self.body.dtype(x);
        // An integer that went through a float saturates at an integer target where the direct way wraps.
        let through_float = from.is_integer() && middle.is_inexact() && dtype.is_integer();
        let direct = lossless(from, middle) && (!through_float || from == dtype || lossless(from, dtype));
        direct.then(|| self.push(dtype, Op::Convert(x)))
    }

    fn index_binary(&mut self, op: Binary, a: Id, b: Id) -> Option<Id> {
        let (x, y) = (self.range(a), self.range(b));
        match op {
            Binary::Min if x.1 <= y.0 => Some(a),
            Binary::Min if y.1 <= x.0 => Some(b),
            Binary::Max if x.0 >= y.1 => Some(a),
            Binary::Max if y.0 >= x.1 => Some(b),
            Binary::Add => self.sum(a, b),
            Binary::Div | Binary::Rem if y.0 == y.1 && y.0 > 0 => self.divide(op, a, y.0),
            _ if op.is_comparison() => decided(op, x, y).map(|truth| self.constant(Scalar::bool(truth))),
            _ => None,
        }
    }

    /// `(x / c) * (c * s) + (x % c) * s` is `x * s`; like terms are joined.
    fn sum(&mut self, a: Id, b: Id) -> Option<Id> {
        let (mut left, right) = (self.linear(a), self.linear(b));
        let parts = left.terms.len() + right.terms.len();
        for term in right.terms {
            left.add(term)?;
        }
        let constants = left.constant != 0 && right.constant != 0;
        left.constant = left.constant.wrapping_add(right.constant);
        while let Some((quotient, remainder, joined)) = self.rejoined(&left) {
            let (keep, drop) = (quotient.min(remainder), quotient.max(remainder));
            left.terms.remove(drop);
            left.terms.remove(keep);
            left.add(joined)?;
        }
        left.terms.retain(|term| term.1 != 0);
        (constants || left.terms.len() < parts).then(|| self.rebuild(&left))
    }

    fn rejoined(&self, sum: &Linear) -> Option<(usize, usize, (Id, i64))> {
        for (i, &(quotient, by)) in sum.terms.iter().enumerate() {
            let &Op::Binary(Binary::Div, x, c) = &self.body.node(quotient).op else { continue };
            let Some(c) = self.body.as_const(c).map(|c| c.as_i128() as i64).filter(|&c| c > 0) else { continue };
            for (j, &(remainder, scale)) in sum.terms.iter().enumerate() {
                if let &Op::Binary(Binary::Rem, y, d) = &self.body.node(remainder).op
                    && x == y
                    && self.body.as_const(d).map(|d| d.as_i128() as i64) == Some(c)
                    && scale.checked_mul(c) == Some(by)
                {
                    return Some((i, j, (x, scale)));
                }
            }
        }
        None
    }

    /// `(c * q + r) / c` is `q` and its remainder `r`, for `0 <= q` and `0 <= r < c`.
    fn divide(&mut self, op: Binary, a: Id, c: i64) -> Option<Id> {
        let all = self.linear(a);
        let (mut quotient, mut remainder) = (Linear::default(), Linear::default());
        for &(id, coefficient) in &all.terms {
            if coefficient % c == 0 {
                quotient.add((id, coefficient / c))?;
            } else {
                remainder.add((id, coefficient))?;
            }
        }
        quotient.constant = all.constant.div_euclid(c);
        remainder.constant = all.constant.rem_euclid(c);
        let (q, r) = (self.span(&quotient)?, self.span(&remainder)?);
        if q.0 < 0 || r.0 < 0 || r.1 >= c || q.1.checked_mul(c)?.checked_add(r.1).is_none() {
            return None;
        }
        Some(self.rebuild(if op == Binary::Div { &quotient } else { &remainder }))
    }

    fn span(&self, sum: &Linear) -> Option<Range> {
        sum.terms.iter().try_fold((sum.constant, sum.constant), |total, &(id, coefficient)| {
            interval(Binary::Add, total, interval(Binary::Mul, self.range(id), (coefficient, coefficient))?)
        })
    }

    fn linear(&self, id: Id) -> Linear {
        let mut sum = Linear::default();
        self.gather(id, 1, 8, &mut sum);
        sum
    }

    fn gather(&self, id: Id, factor: i64, depth: usize, sum: &mut Linear) {
        match &self.body.node(id).op {
            Op::Const(value) => {
                sum.constant = sum.constant.wrapping_add((value.as_i128() as i64).wrapping_mul(factor));
            }
            &Op::Binary(Binary::Add, a, b) if depth > 0 => {
                self.gather(a, factor, depth - 1, sum);
                self.gather(b, factor, depth - 1, sum);
            }
            &Op::Binary(Binary::Mul, a, b) if depth > 0 => match (self.body.as_const(a), self.body.as_const(b)) {
                (_, Some(c)) => self.gather(a, factor.wrapping_mul(c.as_i128() as i64), depth - 1, sum),
                (Some(c), None) => self.gather(b, factor.wrapping_mul(c.as_i128() as i64), depth - 1, sum),
                (None, None) => sum.terms.push((id, factor)),
            },
            _ => sum.terms.push((id, factor)),
        }
    }

    fn rebuild(&mut self, sum: &Linear) -> Id {
        let mut total = None;
        for &(id, coefficient) in &sum.terms {
            let factor = self.index(coefficient);
            let term = if coefficient == 1 { id } else { self.raw(DType::I64, Op::Binary(Binary::Mul, id, factor)) };
            total = Some(match total {
                Some(total) => self.raw(DType::I64, Op::Binary(Binary::Add, total, term)),
                None => term,
            });
        }
        let constant = self.index(sum.constant);
        match total {
            Some(total) if sum.constant == 0 => total,
            Some(total) => self.raw(DType::I64, Op::Binary(Binary::Add, total, constant)),
            None => constant,
        }
    }
}

impl Linear {
    fn add(&mut self, (id, coefficient): (Id, i64)) -> Option<()> {
        match self.terms.iter_mut().find(|term| term.0 == id) {
            Some(term) => term.1 = term.1.checked_add(coefficient)?,
            None => self.terms.push((id, coefficient)),
        }
        Some(())
    }
}

fn is_bool(dtype: DType) -> bool {
    dtype.kind() == Kind::Bool
}

/// Whether every value of one dtype is a value of another.
fn lossless(from: DType, to: DType) -> bool {
    let to = to.component();
    match (from.kind(), to.kind()) {
        (Kind::Bool, _) => true,
        (Kind::Signed, Kind::Signed) | (Kind::Unsigned, Kind::Unsigned) => from.bits() <= to.bits(),
        (Kind::Unsigned, Kind::Signed) => from.bits() < to.bits(),
        (Kind::Signed | Kind::Unsigned, Kind::Float) => match to {
            DType::F64 => from.bits() <= 32,
            DType::F32 => from.bits() <= 16,
            _ => false,
        },
        (Kind::Float, Kind::Float) => from.bits() < to.bits() && to.bits() >= 32,
        _ => false,
    }
}

/// The interval of an operation's result, if no overflow is possible.
fn interval(op: Binary, a: Range, b: Range) -> Option<Range> {
    match op {
        Binary::Add => Some((a.0.checked_add(b.0)?, a.1.checked_add(b.1)?)),
        Binary::Sub => Some((a.0.checked_sub(b.1)?, a.1.checked_sub(b.0)?)),
        Binary::Mul => {
            let mut corners =
                [a.0.checked_mul(b.0)?, a.0.checked_mul(b.1)?, a.1.checked_mul(b.0)?, a.1.checked_mul(b.1)?];
            corners.sort_unstable();
            Some((corners[0], corners[3]))
        }
        Binary::Min => Some((a.0.min(b.0), a.1.min(b.1))),
        Binary::Max => Some((a.0.max(b.0), a.1.max(b.1))),
        Binary::Div if b.0 == b.1 && b.0 > 0 => Some((a.0 / b.0, a.1 / b.0)),
        Binary::Rem if b.0 == b.1 && b.0 > 0 => {
            Some((if a.0 < 0 { 1 - b.0 } else { 0 }, if a.1 > 0 { a.1.min(b.0 - 1) } else { 0 }))
        }
        _ => None,
    }
}

/// What a comparison says of every pair from two intervals, if always the same.
fn decided(op: Binary, a: Range, b: Range) -> Option<bool> {
    match op {
        Binary::Lt if a.1 < b.0 => Some(true),
        Binary::Lt if a.0 >= b.1 => Some(false),
        Binary::Le if a.1 <= b.0 => Some(true),
        Binary::Le if a.0 > b.1 => Some(false),
        Binary::Gt | Binary::Ge => decided(if op == Binary::Gt { Binary::Lt } else { Binary::Le }, b, a),
        Binary::Eq | Binary::Ne if a.1 < b.0 || b.1 < a.0 => Some(op == Binary::Ne),
        _ => None,
    }
}
