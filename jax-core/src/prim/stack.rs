//! Stacks of records as operands: the one without records, and the sum of two.
//!
//! What makes and reads stacks are loops: a `while` pushes what its body gives besides the carry, and a `scan` whose
//! length is known only at run time reads and makes them. A stack is not changed after it is made.

use super::rule::materialize;
use crate::array::{Array, bind_one};
use crate::base::error::ErrorKind;
use crate::base::{DType, Error, Result, Scalar};
use crate::ir::primitive::Transpose;
use crate::ir::read::{Read, ReadError, Reading};
use crate::ir::{Aval, Derivative, Lower, Primitive};
use crate::kernel::{Binary, Buf, Loop, LoopKind, Step, Ty};

/// The type of the records of a stack that is only there to be counted: they take no memory.
pub(crate) fn count_record() -> Aval {
    Aval::new(DType::Bool, &[0])
}

/// Whether this is a stack that is only there to be counted.
pub(crate) fn counts(aval: &Aval) -> bool {
    aval.record.as_deref() == Some(&count_record())
}

/// An array of stacks without records. A record that a stack does not have reads as zeros, so these are the zeros
/// among stacks.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct EmptyStack {
    /// The type of a record.
    pub record: Aval,
    /// The shape of the array.
    pub shape: Vec<usize>,
}

/// An array of stacks of this type without records.
#[track_caller]
pub fn empty_stack(aval: &Aval) -> Array {
    match &aval.record {
        Some(record) => bind_one(EmptyStack { record: (**record).clone(), shape: aval.shape.to_vec() }, &[]),
        None => crate::bug!("{aval} is no stack"),
    }
}

impl Primitive for EmptyStack {
    fn name(&self) -> &'static str {
        "empty_stack"
    }

    fn type_rule(&self, _: &[Aval]) -> Result<Vec<Aval>> {
        Ok(vec![Aval::stack_of(self.record.clone()).with_shape(&self.shape)])
    }

    fn derivative(&self) -> Derivative<'_> {
        Derivative::Zero
    }

    fn batch(&self, _: &[Array], _: &[Option<usize>], _: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        (vec![bind_one(self.clone(), &[])], vec![None])
    }

    fn lower(&self, cx: &mut Lower, _: &[Buf]) -> Vec<Buf> {
        vec![cx.fill(Scalar::zero(DType::Stack), &self.shape)]
    }
}

/// The sum of two arrays of stacks, record by record; it has as many records as the longer one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct AddStacks {
    /// The type of a record.
    pub record: Aval,
}

/// The sum of two arrays of stacks of one type, record by record.
#[track_caller]
pub fn add_stacks(x: &Array, y: &Array) -> Array {
    match &x.aval().record {
        Some(record) => bind_one(AddStacks { record: (**record).clone() }, &[x, y]),
        None => crate::bug!("{} is no stack", x.aval()),
    }
}

/// The steps of a sum: loops over the axes, then over the records, and so on for records that are stacks.
fn sum(cx: &mut Lower, record: &Aval, [x, y]: [Buf; 2]) -> Buf {
    let ty = cx.ty(x).clone();
    let (kind, elem) = match ty.shape.first() {
        Some(&extent) => {
            let kind = LoopKind::Counted { extent, reverse: false, counter: None };
            (kind, Ty::new(DType::Stack, &ty.shape[1..]))
        }
        None => (LoopKind::Stacked { reverse: false }, record.ty()),
    };
    let (a, b) = (cx.buffer(elem.clone()), cx.buffer(elem));
    let (body, total) = cx.block(|cx| match (ty.shape.is_empty(), &record.record) {
        (false, _) => sum(cx, record, [a, b]),
        (true, Some(record)) => sum(cx, record, [a, b]),
        (true, None) => cx.elementwise(&[a, b], |body, args| body.binary(Binary::Add, args[0], args[1])),
    });
    let stacked = cx.buffer(ty);
    let (xs, ys) = (vec![(x, a), (y, b)], vec![(total, stacked)]);
    cx.push(Step::Loop(Loop { kind, carry: Vec::new(), xs, ys, body }));
    stacked
}

impl Primitive for AddStacks {
    fn name(&self) -> &'static str {
        "add_stacks"
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        if ins[0].record.as_deref() != Some(&self.record) || ins[0] != ins[1] {
            let message = format!("add_stacks takes two stacks of one type, got {} and {}.", ins[0], ins[1]);
            return Err(Error::new(ErrorKind::Shape, "add_stacks", message));
        }
        Ok(vec![ins[0].clone()])
    }

    fn derivative(&self) -> Derivative<'_> {
        let transpose: Transpose<'_> = Box::new(|cts, _| vec![cts[0].clone(), cts[0].clone()]);
        Derivative::Linear(transpose)
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], size: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        let [x, y] = [0, 1].map(|i| materialize(&args[i], dims[i], 0, size));
        (vec![add_stacks(&x, &y)], vec![Some(0)])
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        vec![sum(cx, &self.record, [ins[0], ins[1]])]
    }
}

/// The type of a record of the stack that an equation gives.
fn record(eqn: &Reading<'_>) -> Read<(Aval, Vec<usize>)> {
    let stack = eqn.outs.first().and_then(|out| Some(((**out.record.as_ref()?).clone(), out.shape.to_vec())));
    stack.ok_or_else(|| ReadError("the result is no stack".into()))
}

crate::readers! {
    "empty_stack", 0..=0, |eqn| record(eqn).map(|(record, shape)| EmptyStack { record, shape })?;
    "add_stacks", 2..=2, |eqn| AddStacks { record: record(eqn)?.0 };
}
