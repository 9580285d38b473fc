//! `while`: a loop that runs as long as a predicate of what it carries holds.

use std::sync::Arc;

use super::{close, marks, positions, present, scatter_tangents};
use crate::array::fail::raise;
use crate::array::{Array, bind};
use crate::base::error::ErrorKind;
use crate::base::{DType, Error, Result, Scalar};
use crate::ir::primitive::{Jvp, Transpose};
use crate::ir::read::{Read, ReadError, Reading};
use crate::ir::{
    Aval, ClosedJaxpr, Derivative, Jaxpr, Lower, Param, Params, PartialEval, Prim, Primitive, Source, Tangent,
};
use crate::kernel::{Binary, Buf, Carry, Loop, LoopKind, Step};
use crate::prim::rule::{materialize, zeros};
use crate::prim::shape::move_axis;
use crate::transform::batch::batch_jaxpr;
use crate::transform::jvp::jvp_jaxpr;
use crate::transform::linearize::unknown_outs;

/// A conditional loop. Operands: consts of the predicate, consts of the body, initial carry. Results: final carry.
///
/// Batching gives the predicate leading axes, which every carried value then has too: each lane stops by its own
/// predicate and keeps its values from then on, and the loop ends with the last lane.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct While {
    /// From its consts and the carry to a `bool`, one for each lane.
    pub cond_jaxpr: Arc<Jaxpr>,
    /// From its consts and the carry to the new carry.
    pub body_jaxpr: Arc<Jaxpr>,
    /// How many operands only the predicate sees.
    pub cond_nconsts: usize,
    /// How many operands only the body sees unchanged.
    pub body_nconsts: usize,
}

/// Runs a loop body, already traced with what it closed over as its first arguments, while a predicate holds.
#[track_caller]
pub fn while_loop(primitive: While, operands: &[Array]) -> Vec<Array> {
    bind(Prim::new(primitive), &operands.iter().collect::<Vec<_>>()).into_vec()
}

/// The new value in lanes that go on, the current one in lanes that are done.
fn keep_done_lanes(cx: &mut Lower, lanes: Buf, next: Buf, current: Buf) -> Buf {
    let (rank, shape) = (cx.ty(lanes).shape.len(), cx.ty(next).shape.clone());
    cx.map(&shape, &[lanes, next, current], |body, point| {
        let axes = point.axes(body);
        let goes_on = point.load(body, 0, axes[..rank].iter().copied());
        let (next, current) = (point.load_same(body, 1), point.load_same(body, 2));
        vec![body.select(goes_on, next, current)]
    })[0]
}

fn closed(jaxpr: &Arc<Jaxpr>) -> ClosedJaxpr {
    ClosedJaxpr { jaxpr: jaxpr.clone(), consts: Vec::new() }
}

impl While {
    fn split<'a, T>(&self, ins: &'a [T]) -> (&'a [T], &'a [T], &'a [T]) {
        let (cond_consts, rest) = ins.split_at(self.cond_nconsts);
        let (body_consts, carry) = rest.split_at(self.body_nconsts);
        (cond_consts, body_consts, carry)
    }

    /// Grows the marks of carried values until a turn adds none.
    fn fix_carry(&self, consts: &[bool], carry: &[bool], step: impl Fn(&[bool]) -> Vec<bool>) -> Vec<bool> {
        let mut carry = carry.to_vec();
        loop {
            let ins: Vec<bool> = consts.iter().chain(&carry).copied().collect();
            let outs = step(&ins);
            let grown: Vec<bool> = carry.iter().zip(&outs).map(|(&c, &o)| c || o).collect();
            if grown == carry {
                return carry;
            }
            carry = grown;
        }
    }

    fn jvp(&self, args: &[Array], tangents: &[Tangent]) -> (Vec<Array>, Vec<Tangent>) {
        let (cond_consts, body_consts, init) = self.split(args);
        let (_, consts_dot, init_dot) = self.split(tangents);
        let consts_nonzero = marks(consts_dot);
        let body = closed(&self.body_jaxpr);
        let carry_nonzero = self.fix_carry(&consts_nonzero, &marks(init_dot), |ins| jvp_jaxpr(&body, ins, None).1);
        let nonzero: Vec<bool> = consts_nonzero.iter().chain(&carry_nonzero).copied().collect();
        let (jvp, _) = jvp_jaxpr(&body, &nonzero, Some(&carry_nonzero));
        let (jaxpr, _) = close(&jvp);
        // From (consts, carry, consts', carry') to (consts, consts', carry, carry').
        let (consts, carry) = (body_consts.len(), init.len());
        let dotted = consts_nonzero.iter().filter(|&&n| n).count();
        let total = jaxpr.invars.len();
        let order: Vec<usize> = (0..consts)
            .chain(consts + carry..consts + carry + dotted)
            .chain(consts..consts + carry)
            .chain(consts + carry + dotted..total)
            .collect();
        let outs: Vec<usize> = (0..jaxpr.outs.len()).collect();
        let body_jaxpr = jaxpr.reorder(&order, &outs);
        // The predicate ignores the tangents.
        let mut cond_jaxpr = (*self.cond_jaxpr).clone();
        for &i in &positions(&carry_nonzero) {
            let aval = init[i].aval().clone();
            let ignored = cond_jaxpr.fresh(aval);
            cond_jaxpr.invars.push(ignored);
        }
        let starts: Vec<Array> = init
            .iter()
            .zip(init_dot)
            .zip(&carry_nonzero)
            .filter(|(_, nonzero)| **nonzero)
            .map(|((primal, tangent), _)| tangent.clone().unwrap_or_else(|| zeros(primal.aval())))
            .collect();
        let operands: Vec<Array> = cond_consts
            .iter()
            .chain(body_consts)
            .chain(present(consts_dot))
            .chain(init)
            .chain(&starts)
            .cloned()
            .collect();
        let primitive = While {
            cond_jaxpr: Arc::new(cond_jaxpr),
            body_jaxpr: Arc::new(body_jaxpr),
            cond_nconsts: self.cond_nconsts,
            body_nconsts: consts + dotted,
        };
        let mut results = while_loop(primitive, &operands);
        let tangents = results.split_off(carry);
        (results, scatter_tangents(&carry_nonzero, tangents.into_iter()))
    }
}

impl Primitive for While {
    fn name(&self) -> &'static str {
        "while"
    }

    fn params(&self) -> Params {
        vec![
            ("body_jaxpr", Param::Jaxpr(Arc::new(closed(&self.body_jaxpr)))),
            ("body_nconsts", Param::Int(self.body_nconsts as i64)),
            ("cond_jaxpr", Param::Jaxpr(Arc::new(closed(&self.cond_jaxpr)))),
            ("cond_nconsts", Param::Int(self.cond_nconsts as i64)),
        ]
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        let outs = self.body_jaxpr.out_avals();
        let (_, _, carry) = self.split(ins);
        for (position, (given, out)) in carry.iter().zip(&outs).enumerate() {
            if given.dtype != out.dtype || given.shape != out.shape {
                let message = format!(
                    "while_loop body function carry input and carry output must have equal types, but they differ: \
                     carry component {position} has type {given} going in and {out} coming out."
                );
                return Err(Error::new(ErrorKind::Shape, "while", message));
            }
        }
        match &self.cond_jaxpr.out_avals()[..] {
            [pred] if pred.dtype == DType::Bool && outs.iter().all(|out| out.shape.starts_with(&pred.shape)) => {
                Ok(outs)
            }
            [pred] => {
                let message = format!("cond_fun must return a boolean scalar, but got output type {pred}.");
                Err(Error::new(ErrorKind::Shape, "while", message))
            }
            _ => Err(Error::new(ErrorKind::Shape, "while", "cond_fun must return one boolean scalar.")),
        }
    }

    fn derivative(&self) -> Derivative<'_> {
        let jvp: Jvp<'_> = Box::new(|args, tangents| self.jvp(args, tangents));
        let transpose: Transpose<'_> = Box::new(|_, _| {
            raise(Error::new(
                ErrorKind::Transform,
                "while",
                "Reverse-mode differentiation does not work for lax.while_loop or lax.fori_loop with dynamic \
                 start/stop values. Try using lax.scan, or using fori_loop with static start/stop.",
            ))
        });
        Derivative::Rule(jvp, Some(transpose))
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], size: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        let (cond_dims, body_dims, init_dims) = self.split(dims);
        let (cond_closed, body_closed) = (closed(&self.cond_jaxpr), closed(&self.body_jaxpr));
        let (cond_marks, body_marks) = (marks(cond_dims), marks(body_dims));
        let batch_cond = |carry: &[bool]| {
            let ins: Vec<bool> = cond_marks.iter().chain(carry).copied().collect();
            let (jaxpr, have) = batch_jaxpr(&cond_closed, &ins, None, size);
            (jaxpr, have[0])
        };
        let mut carry_marks =
            self.fix_carry(&body_marks, &marks(init_dims), |ins| batch_jaxpr(&body_closed, ins, None, size).1);
        if batch_cond(&carry_marks).1 {
            // Every lane has a predicate of its own, so every carried value has a value for every lane.
            carry_marks = vec![true; carry_marks.len()];
        }
        let (cond, _) = batch_cond(&carry_marks);
        let body_ins: Vec<bool> = body_marks.iter().chain(&carry_marks).copied().collect();
        let (body, _) = batch_jaxpr(&body_closed, &body_ins, Some(&carry_marks), size);
        let consts = self.cond_nconsts + self.body_nconsts;
        let place = |i: usize| match dims[i] {
            Some(dim) => move_axis(&args[i], dim, 0),
            None if i >= consts && carry_marks[i - consts] => materialize(&args[i], None, 0, size),
            None => args[i].clone(),
        };
        let own: Vec<Array> = (0..args.len()).map(place).collect();
        let ((cond_jaxpr, cond_extra), (body_jaxpr, body_extra)) = (close(&cond), close(&body));
        let (cond_consts, rest) = own.split_at(self.cond_nconsts);
        let operands: Vec<Array> = [&cond_extra[..], cond_consts, &body_extra, rest].concat();
        let primitive = While {
            cond_nconsts: cond_extra.len() + self.cond_nconsts,
            body_nconsts: body_extra.len() + self.body_nconsts,
            cond_jaxpr: Arc::new(cond_jaxpr),
            body_jaxpr: Arc::new(body_jaxpr),
        };
        let axes = carry_marks.iter().map(|&batched| batched.then_some(0)).collect();
        (while_loop(primitive, &operands), axes)
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        let (cond_consts, body_consts, init) = self.split(ins);
        let current: Vec<Buf> = init.iter().map(|&b| cx.buffer(cx.ty(b).clone())).collect();
        let cond_args: Vec<Buf> = cond_consts.iter().chain(&current).copied().collect();
        let (cond, pred) = cx.block(|cx| {
            let lanes = cx.jaxpr(&self.cond_jaxpr, &cond_args)[0];
            let axes: Vec<usize> = (0..cx.ty(lanes).shape.len()).collect();
            let any = if axes.is_empty() { lanes } else { cx.reduce(lanes, &axes, Scalar::bool(false), Binary::Or) };
            (lanes, any)
        });
        let (lanes, pred) = pred;
        let body_args: Vec<Buf> = body_consts.iter().chain(&current).copied().collect();
        let (body, next) = cx.block(|cx| {
            let next = cx.jaxpr(&self.body_jaxpr, &body_args);
            if cx.ty(lanes).shape.is_empty() {
                return next;
            }
            // The predicate is computed again: a block sees only what is defined around it.
            let lanes = cx.jaxpr(&self.cond_jaxpr, &cond_args)[0];
            next.iter().zip(&current).map(|(&next, &current)| keep_done_lanes(cx, lanes, next, current)).collect()
        });
        let carry: Vec<Carry> = init
            .iter()
            .zip(current)
            .zip(next)
            .map(|((&init, current), next)| Carry { init, current, next, last: cx.buffer(cx.ty(init).clone()) })
            .collect();
        let results = carry.iter().map(|c| c.last).collect();
        let kind = LoopKind::While { cond, pred };
        cx.push(Step::Loop(Loop { kind, carry, xs: Vec::new(), ys: Vec::new(), body }));
        results
    }

    fn partial_eval(&self, _: &[Aval], unknown: &[bool]) -> Option<PartialEval> {
        let (cond_consts, consts, carry) = self.split(unknown);
        let carry = self.fix_carry(consts, carry, |ins| unknown_outs(&self.body_jaxpr, ins));
        let carry_at = self.cond_nconsts + self.body_nconsts;
        // The known loop carries what the predicate and known values need; the rest runs in the unknown loop.
        let used = crate::transform::dce::dce_outs(&self.cond_jaxpr, &[true]).1;
        let blocked = carry.iter().zip(&used[self.cond_nconsts..]).any(|(&unknown, &used)| unknown && used);
        if blocked || cond_consts.contains(&true) || carry.iter().all(|&unknown| unknown) {
            return None;
        }
        let known_carry: Vec<usize> = (0..carry.len()).filter(|&i| !carry[i]).collect();
        let trimmed_outs = carry.iter().map(|&unknown| !unknown).collect::<Vec<bool>>();
        let (body, needed) = crate::transform::dce::dce_outs(&self.body_jaxpr, &trimmed_outs);
        let known_consts: Vec<usize> = (0..self.body_nconsts).filter(|&i| needed[i] && !consts[i]).collect();
        let body_ins: Vec<usize> =
            known_consts.iter().copied().chain(known_carry.iter().map(|&i| self.body_nconsts + i)).collect();
        let outs: Vec<usize> = (0..body.outs.len()).collect();
        let cond_ins: Vec<usize> =
            (0..self.cond_nconsts).chain(known_carry.iter().map(|&i| self.cond_nconsts + i)).collect();
        let known = While {
            cond_jaxpr: Arc::new(self.cond_jaxpr.reorder(&cond_ins, &[0])),
            body_jaxpr: Arc::new(body.reorder(&body_ins, &outs)),
            cond_nconsts: self.cond_nconsts,
            body_nconsts: known_consts.len(),
        };
        let known_ins = (0..self.cond_nconsts)
            .chain(known_consts.iter().map(|&i| self.cond_nconsts + i))
            .chain(known_carry.iter().map(|&i| carry_at + i))
            .collect();
        Some(PartialEval {
            known: Prim::new(known),
            known_ins,
            known_outs: known_carry,
            unknown: Prim::new(self.clone()),
            unknown_ins: (0..unknown.len()).map(Source::Operand).collect(),
            unknown_outs: carry.iter().enumerate().map(|(i, &unknown)| unknown.then_some(i)).collect(),
        })
    }

    fn subjaxprs(&self) -> Vec<&Jaxpr> {
        vec![&self.cond_jaxpr, &self.body_jaxpr]
    }
}

crate::readers! { "while", 0..=usize::MAX, |eqn| While::read(eqn)?; }

impl While {
    fn read(eqn: &Reading<'_>) -> Read<While> {
        let primitive = While {
            cond_jaxpr: eqn.jaxpr("cond_jaxpr")?,
            body_jaxpr: eqn.jaxpr("body_jaxpr")?,
            cond_nconsts: eqn.usize("cond_nconsts")?,
            body_nconsts: eqn.usize("body_nconsts")?,
        };
        let consts = primitive.cond_nconsts.checked_add(primitive.body_nconsts);
        if consts.is_none_or(|consts| consts > eqn.ins.len()) {
            return Err(ReadError("there are fewer operands than `cond_nconsts` and `body_nconsts`".into()));
        }
        let (cond_consts, body_consts, carry) = primitive.split(eqn.ins);
        eqn.takes(&primitive.cond_jaxpr, &[cond_consts, carry].concat())?;
        eqn.takes(&primitive.body_jaxpr, &[body_consts, carry].concat())?;
        if primitive.body_jaxpr.outs.len() != carry.len() {
            return Err(ReadError("the body does not give what it carries".into()));
        }
        Ok(primitive)
    }
}
