//! Elementary functions, half precision and complex functions, written in the operations that every backend has.
//!
//! One pass, [`expand`], from programs to programs. So each function has one accuracy everywhere, vectorizes wherever
//! additions do, and no backend knows its name. `f32` functions are computed in `f32` where a polynomial there is
//! accurate enough, else in `f64`. Correctness is judged by `tests/accuracy.rs`.

mod coefficients;
mod complex;
mod erf;
mod exp;
mod half;
mod log;
mod num;
mod power;
mod trig;

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use self::complex::Complex;
use self::num::Num;
use super::interp::scalar;
use super::{Binary, Block, Body, Combine, Id, LoopKind, Nest, Node, Op, Program, Reduction, Sink, Step, Unary};
use crate::base::{DType, Scalar};
use crate::bug;

/// The same program in operations that every backend has.
pub fn expand(mut program: Program) -> Program {
    expand_block(&mut program.body);
    program
}

fn expand_block(block: &mut Block) {
    for step in &mut block.steps {
        match step {
            Step::Nest { nest, .. } => {
                if let Cow::Owned(expanded) = expand_nest(nest) {
                    *nest = expanded;
                }
            }
            Step::Loop(inner) => {
                if let LoopKind::While { cond, .. } = &mut inner.kind {
                    expand_block(cond);
                }
                expand_block(&mut inner.body);
            }
            Step::Cond { branches, .. } => branches.iter_mut().for_each(|branch| expand_block(&mut branch.body)),
            Step::Reshape { .. } | Step::Sort(_) | Step::Call(_) => {}
        }
    }
}

/// The same nest in operations that every backend has.
pub fn expand_nest(nest: &Nest) -> Cow<'_, Nest> {
    let plain = |body: &Body| body.nodes().iter().all(|node| is_plain(body, node));
    let combiners = |reductions: &[Reduction]| {
        reductions.iter().all(|reduction| match &reduction.combine {
            Combine::Op(_) => !is_half(reduction.init[0].dtype()),
            Combine::Body { body, .. } => plain(body),
        })
    };
    let done = plain(&nest.body)
        && match &nest.sink {
            Sink::Reduce { reductions, .. } => combiners(reductions),
            _ => true,
        };
    if done {
        return Cow::Borrowed(nest);
    }
    let mut pass = Expansion::new(&nest.body);
    let sink = match &nest.sink {
        Sink::Map(values) => Sink::Map(values.iter().map(|&value| pass.stored(value)).collect()),
        Sink::Reduce { axes, reductions } => {
            let reduction = |reduction: &Reduction, pass: &mut Expansion<'_>| Reduction {
                values: reduction.values.iter().map(|&value| pass.stored(value)).collect(),
                init: reduction.init.clone(),
                combine: combine(&reduction.combine, reduction.init[0].dtype()),
            };
            Sink::Reduce { axes: *axes, reductions: reductions.iter().map(|r| reduction(r, &mut pass)).collect() }
        }
        Sink::Scatter { base, index, keep, value, combine } => Sink::Scatter {
            base: *base,
            index: index.iter().map(|&id| pass.stored(id)).collect(),
            keep: pass.stored(*keep),
            value: pass.stored(*value),
            combine: *combine,
        },
    };
    Cow::Owned(Nest { extents: nest.extents.clone(), inputs: nest.inputs.clone(), body: pass.body.into_inner(), sink })
}

/// A monoid's operation in operations that every backend has; a plain one is returned as it is.
pub fn combine(old: &Combine, dtype: DType) -> Combine {
    let (body, results) = match old {
        Combine::Op(op) if is_half(dtype) => {
            let mut body = Body::new();
            let args = [0, 1].map(|arg| body.push(dtype, Op::Arg(arg)));
            let result = body.binary(*op, args[0], args[1]);
            (Cow::Owned(body), vec![result])
        }
        Combine::Op(_) => return old.clone(),
        Combine::Body { body, results } => (Cow::Borrowed(body), results.clone()),
    };
    let mut pass = Expansion::new(&body);
    let results = results.iter().map(|&id| pass.stored(id)).collect();
    Combine::Body { body: pass.body.into_inner(), results }
}

fn is_half(dtype: DType) -> bool {
    matches!(dtype, DType::F16 | DType::BF16)
}

/// Whether a node needs no expansion.
fn is_plain(body: &Body, node: &Node) -> bool {
    if is_half(node.dtype) {
        return false;
    }
    match node.op {
        Op::Unary(op, a) if body.dtype(a).is_complex() => matches!(op, Unary::Neg | Unary::Real | Unary::Imag),
        Op::Binary(op, a, _) if body.dtype(a).is_complex() => {
            matches!(op, Binary::Add | Binary::Sub | Binary::Mul | Binary::Eq | Binary::Ne)
        }
        Op::Unary(op, _) => !op.is_elementary(),
        Op::Binary(op, ..) => !op.is_elementary(),
        _ => true,
    }
}

/// A body being written anew.
struct Expansion<'a> {
    body: RefCell<Body>,
    old: &'a Body,
    /// The new node of each old one; for halves their `f32` value.
    new: Vec<Id>,
    /// Half nodes that an `f32` value was read from.
    halves: HashMap<(DType, Id), Id>,
}

impl<'a> Expansion<'a> {
    fn new(old: &'a Body) -> Expansion<'a> {
        let mut pass = Expansion {
            body: RefCell::new(Body::new()),
            old,
            new: Vec::with_capacity(old.nodes().len()),
            halves: HashMap::new(),
        };
        for node in old.nodes() {
            let id = pass.node(node);
            pass.new.push(id);
        }
        pass
    }

    fn at(&self, id: Id) -> Id {
        self.new[id.0 as usize]
    }

    fn num(&self, id: Id) -> Num<'_> {
        Num::new(&self.body, self.at(id))
    }

    /// The node in its own dtype.
    fn stored(&mut self, id: Id) -> Id {
        let (dtype, new) = (self.old.dtype(id), self.at(id));
        if !is_half(dtype) {
            return new;
        }
        if let Some(&half) = self.halves.get(&(dtype, new)) {
            return half;
        }
        half::narrow(&self.body, dtype, new)
    }

    /// The `f32` value of a new half node.
    fn widened(&mut self, half: Id) -> Id {
        let dtype = self.body.borrow().dtype(half);
        let wide = half::widen(&self.body, half);
        self.halves.insert((dtype, wide), half);
        wide
    }

    fn node(&mut self, node: &Node) -> Id {
        if is_half(node.dtype) {
            return self.half(node);
        }
        match &node.op {
            Op::Bitcast(a) => {
                let a = self.stored(*a);
                self.body.borrow_mut().bitcast(node.dtype, a)
            }
            Op::Convert(a) => self.body.borrow_mut().convert(node.dtype, self.at(*a)),
            Op::Unary(op, a) if !is_plain(self.old, node) => {
                if node.dtype.is_complex() {
                    return self.complex_unary(*op, *a);
                }
                real_unary(*op, self.num(*a)).id
            }
            Op::Binary(op, a, b) if !is_plain(self.old, node) => {
                if node.dtype.is_complex() {
                    return self.complex_binary(*op, *a, *b);
                }
                real_binary(*op, self.num(*a), self.num(*b)).id
            }
            op => {
                let op = op.map_args(|id| self.at(id));
                self.body.borrow_mut().push(node.dtype, op)
            }
        }
    }

    fn half(&mut self, node: &Node) -> Id {
        let dtype = node.dtype;
        let value = match &node.op {
            Op::Const(value) => return self.body.borrow_mut().constant(scalar::convert(DType::F32, *value)),
            Op::Table { table, index } => {
                let table: Arc<[Scalar]> = table.iter().map(|&entry| scalar::convert(DType::F32, entry)).collect();
                return self.body.borrow_mut().push(DType::F32, Op::Table { table, index: self.at(*index) });
            }
            op @ (Op::Load { .. } | Op::Arg(_)) => {
                let op = op.map_args(|id| self.at(id));
                let half = self.body.borrow_mut().push(dtype, op);
                return self.widened(half);
            }
            Op::Bitcast(a) => {
                let bits = self.stored(*a);
                let half = self.body.borrow_mut().bitcast(dtype, bits);
                return self.widened(half);
            }
            Op::Convert(a) => {
                if self.old.dtype(*a) == dtype {
                    return self.at(*a);
                }
                self.body.borrow_mut().convert(DType::F32, self.at(*a))
            }
            Op::Unary(op, a) if op.is_elementary() => real_unary(*op, self.num(*a)).id,
            Op::Binary(op, a, b) if op.is_elementary() => real_binary(*op, self.num(*a), self.num(*b)).id,
            op => {
                let op = op.map_args(|id| self.at(id));
                self.body.borrow_mut().push(DType::F32, op)
            }
        };
        let exact = matches!(
            node.op,
            Op::Select(..)
                | Op::Rare { .. }
                | Op::Unary(Unary::Neg | Unary::Abs | Unary::Floor | Unary::Ceil | Unary::Trunc | Unary::RoundEven, _)
                | Op::Binary(Binary::Min | Binary::Max | Binary::Rem, ..)
        );
        if exact { value } else { half::round(&self.body, dtype, value) }
    }

    /// The parts of a complex node, in `f64`.
    fn parts(&self, id: Id) -> Complex<'_> {
        let id = self.at(id);
        let [re, im] = [Unary::Real, Unary::Imag].map(|part| {
            let part = self.body.borrow_mut().unary(part, id);
            Num::new(&self.body, part).wide()
        });
        Complex::new(re, im)
    }

    fn join(&self, z: Complex<'_>) -> Id {
        let (re, im) = (z.re.narrow().id, z.im.narrow().id);
        self.body.borrow_mut().binary(Binary::Complex, re, im)
    }

    fn complex_unary(&self, op: Unary, a: Id) -> Id {
        let z = self.parts(a);
        self.join(match op {
            Unary::Abs => Complex::new(complex::abs(z), z.re.constant(0.0)),
            Unary::Sqrt => complex::sqrt(z),
            Unary::Exp => complex::exp(z),
            Unary::Exp2 => complex::exp2(z),
            Unary::Expm1 => complex::expm1(z),
            Unary::Log => complex::log(z),
            Unary::Log1p => complex::log1p(z),
            Unary::Sin => complex::sin(z),
            Unary::Cos => complex::cos(z),
            Unary::Tan => complex::tan(z),
            Unary::Asin => complex::asin(z),
            Unary::Acos => complex::acos(z),
            Unary::Atan => complex::atan(z),
            Unary::Sinh => complex::sinh(z),
            Unary::Cosh => complex::cosh(z),
            Unary::Tanh => complex::tanh(z),
            Unary::Asinh => complex::asinh(z),
            Unary::Acosh => complex::acosh(z),
            Unary::Atanh => complex::atanh(z),
            Unary::Logistic => complex::logistic(z),
            Unary::Rsqrt => complex::rsqrt(z),
            Unary::Cbrt => complex::cbrt(z),
            _ => bug!("{op:?} of a complex number"),
        })
    }

    fn complex_binary(&self, op: Binary, a: Id, b: Id) -> Id {
        let (x, y) = (self.parts(a), self.parts(b));
        self.join(match op {
            Binary::Div => complex::div(x, y),
            Binary::Pow => complex::pow(x, y),
            _ => bug!("{op:?} of complex numbers"),
        })
    }
}

/// An elementary function of an `f32` or `f64`.
fn real_unary(op: Unary, x: Num<'_>) -> Num<'_> {
    let wide = |f: fn(Num<'_>) -> Num<'_>| f(x.wide()).narrow();
    match op {
        Unary::Exp => exp::exp(x),
        Unary::Exp2 => exp::exp2(x),
        Unary::Expm1 => exp::expm1(x),
        Unary::Log => log::log(x),
        Unary::Log1p => log::log1p(x),
        Unary::Sin => trig::sin(x),
        Unary::Cos => trig::cos(x),
        Unary::Tanh => exp::tanh(x),
        Unary::Logistic => exp::logistic(x),
        Unary::Rsqrt => power::rsqrt(x),
        Unary::Tan => wide(trig::tan),
        Unary::Asin => wide(trig::asin),
        Unary::Acos => wide(trig::acos),
        Unary::Atan => wide(trig::atan),
        Unary::Sinh => wide(exp::sinh),
        Unary::Cosh => wide(exp::cosh),
        Unary::Asinh => wide(log::asinh),
        Unary::Acosh => wide(log::acosh),
        Unary::Atanh => wide(log::atanh),
        Unary::Erf => wide(erf::erf),
        Unary::Erfc => wide(erf::erfc),
        Unary::ErfInv => wide(erf::erf_inv),
        Unary::Cbrt => wide(power::cbrt),
        _ => bug!("{op:?} needs no expansion"),
    }
}

fn real_binary<'b>(op: Binary, x: Num<'b>, y: Num<'b>) -> Num<'b> {
    let (x, y) = (x.wide(), y.wide());
    match op {
        Binary::Pow => power::pow(x, y),
        Binary::Atan2 => trig::atan2(x, y),
        _ => bug!("{op:?} needs no expansion"),
    }
    .narrow()
}
