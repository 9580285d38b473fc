//! `while`: a loop that runs as long as a predicate of what it carries holds.

use std::sync::Arc;

use super::lanes::map_lanes;
use super::masked::{batch_while, has_stacks};
use super::rewind::Rewind;
use super::scan::Scan;
use super::split::{Role, split};
use super::{close, marks, positions, present, scatter_tangents};
use crate::array::fail::raise;
use crate::array::{Array, bind, builder};
use crate::base::error::ErrorKind;
use crate::base::{DType, Error, Result};
use crate::ir::primitive::{Jvp, Transpose};
use crate::ir::read::{Read, ReadError, Reading};
use crate::ir::{
    Aval, ClosedJaxpr, Derivative, Jaxpr, Lower, Operand, Param, Params, PartialEval, Prim, Primitive, Source, Tangent,
};
use crate::kernel::{Buf, Carry, Loop, LoopKind, Step, Ty};
use crate::prim::callback::lanes;
use crate::prim::rule::{add_tangents, materialize, zeros};
use crate::prim::shape::move_axis;
use crate::prim::stack::count_record;
use crate::transform::batch::batch_jaxpr;
use crate::transform::dce::{dce, dce_outs};
use crate::transform::effects::without_effects;
use crate::transform::eval::eval;
use crate::transform::jvp::jvp_jaxpr;
use crate::transform::linearize::{partial_eval, unknown_outs};
use crate::transform::transpose::backward;

/// A conditional loop. Operands: consts of the predicate, consts of the body, initial carry. Results: final carry, then
/// a stack for each value that the body gives besides the carry, which every turn pushes to.
///
/// Reverse mode makes such a loop of any other: the turns push what their derivatives need, and a `scan` whose length
/// is that of the stacks runs the linear part.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct While {
    /// From its consts and the carry to a `bool`.
    pub cond_jaxpr: Arc<Jaxpr>,
    /// From its consts and the carry to the new carry and what is pushed.
    pub body_jaxpr: Arc<Jaxpr>,
    /// How many operands only the predicate sees.
    pub cond_nconsts: usize,
    /// How many operands only the body sees unchanged.
    pub body_nconsts: usize,
    /// How many snapshots reverse mode may keep; `None` keeps what it needs of every turn.
    pub checkpoints: Option<usize>,
}

/// Runs a loop body, already traced with what it closed over as its first arguments, while a predicate holds.
#[track_caller]
pub fn while_loop(primitive: While, operands: &[Array]) -> Vec<Array> {
    bind(Prim::new(primitive), &operands.iter().collect::<Vec<_>>()).into_vec()
}

fn known(operand: &Operand) -> Array {
    match operand {
        Operand::Known(value) => value.clone(),
        Operand::Linear(aval) => crate::bug!("a linear operand of type {aval} where a known one is needed"),
    }
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
        let (_, have) = jvp_jaxpr(&body, &nonzero, None);
        let wanted: Vec<bool> = carry_nonzero.iter().chain(&have[carry_nonzero.len()..]).copied().collect();
        let (jvp, _) = jvp_jaxpr(&body, &nonzero, Some(&wanted));
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
        // From (carry, pushed, carry', pushed') to (carry, carry', pushed, pushed').
        let (results, dotted_carry) = (self.body_jaxpr.outs.len(), carry_nonzero.iter().filter(|&&n| n).count());
        let outs: Vec<usize> = (0..carry)
            .chain(results..results + dotted_carry)
            .chain(carry..results)
            .chain(results + dotted_carry..jaxpr.outs.len())
            .collect();
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
            checkpoints: self.checkpoints,
        };
        let out = while_loop(primitive, &operands);
        let (carry, out) = out.split_at(carry);
        let (carry_dot, out) = out.split_at(dotted_carry);
        let (pushed, pushed_dot) = out.split_at(results - carry.len());
        let primals = carry.iter().chain(pushed).cloned().collect();
        (primals, scatter_tangents(&wanted, carry_dot.iter().chain(pushed_dot).cloned()))
    }

    /// The linear part of a loop whose predicate is known, transposed: the turns run once more for what they push.
    fn transpose(&self, cts: &[Tangent], operands: &[Operand]) -> Vec<Tangent> {
        let linear: Vec<bool> = operands.iter().map(|operand| matches!(operand, Operand::Linear(_))).collect();
        let avals: Vec<Aval> = operands.iter().map(Operand::aval).collect();
        let plain = While { checkpoints: None, ..self.quiet() };
        let Some(parts) = plain.partial_eval(&avals, &linear) else {
            raise(Error::new(
                ErrorKind::Transform,
                "while",
                "a while loop whose predicate depends on what it is linear in has no transpose.",
            ))
        };
        if let Some(checkpoints) = self.checkpoints
            && self.pushes() == 0
        {
            return self.quiet().rewind(checkpoints, cts, operands, &linear);
        }
        let inputs: Vec<Array> = parts.known_ins.iter().map(|&i| known(&operands[i])).collect();
        let results = bind(parts.known.clone(), &inputs.iter().collect::<Vec<_>>());
        let residuals = &results[parts.known_outs.len()..];
        let inner: Vec<Operand> = parts
            .unknown_ins
            .iter()
            .map(|source| match *source {
                Source::Residual(i) => Operand::Known(residuals[i].clone()),
                Source::Operand(i) => operands[i].clone(),
            })
            .collect();
        let inner_cts: Vec<Tangent> = parts.unknown_outs.iter().map(|out| out.and_then(|i| cts[i].clone())).collect();
        let Derivative::Rule(_, Some(rule)) = parts.unknown.derivative() else {
            crate::bug!("the linear part of a loop has no transpose");
        };
        let mut cotangents: Vec<Tangent> = vec![None; operands.len()];
        if inner_cts.iter().any(Option::is_some) {
            for (source, ct) in parts.unknown_ins.iter().zip(rule(&inner_cts, &inner)) {
                if let Source::Operand(i) = *source {
                    cotangents[i] = ct;
                }
            }
        }
        cotangents
    }

    /// A loop split so that nothing is kept: the unknown part runs the known one again.
    fn recomputed(&self, unknown: &[bool], carry: &[bool]) -> Option<PartialEval> {
        let used: Vec<bool> = carry.iter().map(|&unknown| !unknown).collect();
        let (known, needed, given) = match Primitive::dce(self, &used) {
            Some(parts) => parts,
            None => (Prim::new(self.clone()), vec![true; unknown.len()], used),
        };
        Some(PartialEval {
            known,
            known_ins: positions(&needed),
            known_outs: positions(&given),
            unknown: Prim::new(self.quiet()),
            unknown_ins: (0..unknown.len()).map(Source::Operand).collect(),
            unknown_outs: carry.iter().enumerate().map(|(i, &unknown)| unknown.then_some(i)).collect(),
        })
    }

    /// The loop without its effects, to run again.
    fn quiet(&self) -> While {
        let quiet = |jaxpr: &Jaxpr| Arc::new(without_effects(jaxpr).into_owned());
        let (cond_jaxpr, body_jaxpr) = (quiet(&self.cond_jaxpr), quiet(&self.body_jaxpr));
        While { cond_jaxpr, body_jaxpr, ..self.clone() }
    }

    /// How many values each turn pushes.
    fn pushes(&self) -> usize {
        self.body_jaxpr.outs.len() + self.cond_nconsts - self.cond_jaxpr.invars.len()
    }

    /// The linear part of a loop transposed, from snapshots of what the known part carries.
    fn rewind(&self, checkpoints: usize, cts: &[Tangent], operands: &[Operand], linear: &[bool]) -> Vec<Tangent> {
        let (cond_consts, body_consts, init) = self.split(operands);
        let (_, consts, carry) = self.split(linear);
        let carry = self.fix_carry(consts, carry, |ins| unknown_outs(&self.body_jaxpr, ins));
        let values = |operands: &[Operand], marks: &[bool]| -> Vec<Array> {
            operands.iter().zip(marks).filter(|(_, linear)| !**linear).map(|(operand, _)| known(operand)).collect()
        };
        let cond_consts = values(cond_consts, &vec![false; cond_consts.len()]);
        let (fixed, start) = (values(body_consts, consts), values(init, &carry));
        let marks: Vec<bool> = consts.iter().chain(&carry).copied().collect();
        let unmarked = |marks: &[bool]| (0..marks.len()).filter(|&i| !marks[i]).collect::<Vec<usize>>();
        let cond_carry = unmarked(&carry).into_iter().map(|i| self.cond_nconsts + i);
        let cond_ins: Vec<usize> = (0..self.cond_nconsts).chain(cond_carry).collect();
        let cond = closed(&Arc::new(self.cond_jaxpr.reorder(&cond_ins, &[0])));
        let unlinear: Vec<bool> = carry.iter().map(|&linear| !linear).collect();
        let turn = dce_outs(&self.body_jaxpr, &unlinear).0;
        let outs: Vec<usize> = (0..turn.outs.len()).collect();
        let turn = closed(&Arc::new(turn.reorder(&unmarked(&marks), &outs)));
        let aval = |i: usize| self.body_jaxpr.aval(self.body_jaxpr.invars[i]);
        let unknown = positions(&marks);
        let sums = consts.iter().filter(|&&linear| linear).count();
        let given = |values: &[Array]| -> Vec<Tangent> {
            let mut values = fixed.iter().chain(values).cloned();
            marks.iter().map(|&linear| if linear { None } else { values.next() }).collect()
        };
        let adjoint = |values: &[Array], cotangents: &[Array]| -> Vec<Array> {
            let (_, linear, residuals) = partial_eval(&closed(&self.body_jaxpr), &given(values), &carry);
            let after: Vec<Tangent> = cotangents[sums..].iter().cloned().map(Some).collect();
            let before = backward(&linear, &residuals, &after);
            let zero = |ct: Tangent, i: usize| ct.unwrap_or_else(|| zeros(aval(i)));
            let sum = |(position, ct): (usize, Tangent)| match position < sums {
                true => add_tangents(Some(cotangents[position].clone()), ct),
                false => Some(zero(ct, unknown[position])),
            };
            before.into_iter().enumerate().filter_map(sum).collect()
        };
        let loops = Rewind {
            goes_on: &|values| eval(&cond, &[&cond_consts, values].concat()).remove(0),
            step: &|values| eval(&turn, &[&fixed, values].concat()),
            adjoint: &adjoint,
        };
        let last = positions(&carry).into_iter().map(|i| cts[i].clone());
        let ends = std::iter::repeat_n(None, sums).chain(last);
        let ends: Vec<Array> =
            ends.zip(&unknown).map(|(ct, &i): (Tangent, _)| ct.unwrap_or_else(|| zeros(aval(i)))).collect();
        let mut cotangents: Vec<Tangent> = vec![None; operands.len()];
        for (ct, &i) in loops.run(checkpoints, &start, &ends).into_iter().zip(&unknown) {
            let operand = self.cond_nconsts + i;
            cotangents[operand] = linear[operand].then_some(ct);
        }
        cotangents
    }

    fn read(eqn: &Reading<'_>) -> Read<While> {
        let primitive = While {
            cond_jaxpr: eqn.jaxpr("cond_jaxpr")?,
            body_jaxpr: eqn.jaxpr("body_jaxpr")?,
            cond_nconsts: eqn.usize("cond_nconsts")?,
            body_nconsts: eqn.usize("body_nconsts")?,
            checkpoints: match eqn.param("checkpoints") {
                Ok(_) => Some(eqn.usize("checkpoints")?),
                Err(_) => None,
            },
        };
        let consts = primitive.cond_nconsts.checked_add(primitive.body_nconsts);
        if consts.is_none_or(|consts| consts > eqn.ins.len()) {
            return Err(ReadError("there are fewer operands than `cond_nconsts` and `body_nconsts`".into()));
        }
        let (cond_consts, body_consts, carry) = primitive.split(eqn.ins);
        eqn.takes(&primitive.cond_jaxpr, &[cond_consts, carry].concat())?;
        eqn.takes(&primitive.body_jaxpr, &[body_consts, carry].concat())?;
        if primitive.body_jaxpr.outs.len() < carry.len() {
            return Err(ReadError("the body does not give what it carries".into()));
        }
        Ok(primitive)
    }
}

impl Primitive for While {
    fn name(&self) -> &'static str {
        "while"
    }

    fn params(&self) -> Params {
        let mut params = vec![
            ("body_jaxpr", Param::Jaxpr(Arc::new(closed(&self.body_jaxpr)))),
            ("body_nconsts", Param::Int(self.body_nconsts as i64)),
            ("cond_jaxpr", Param::Jaxpr(Arc::new(closed(&self.cond_jaxpr)))),
            ("cond_nconsts", Param::Int(self.cond_nconsts as i64)),
        ];
        // JAX's loops have no such parameter, so one that is not used does not print.
        params.extend(self.checkpoints.map(|checkpoints| ("checkpoints", Param::Int(checkpoints as i64))));
        params
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        let mut outs = self.body_jaxpr.out_avals();
        let (_, _, carry) = self.split(ins);
        let pushed = outs.split_off(carry.len());
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
            [pred] if pred.dtype == DType::Bool && pred.ndim() == 0 => {
                Ok(outs.into_iter().chain(pushed.into_iter().map(Aval::stack_of)).collect())
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
        let transpose: Transpose<'_> = Box::new(|cts, operands| self.transpose(cts, operands));
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
        let carry_marks =
            self.fix_carry(&body_marks, &marks(init_dims), |ins| batch_jaxpr(&body_closed, ins, None, size).1);
        let (cond, own_predicate) = batch_cond(&carry_marks);
        let effects = self.has_effects() && own_predicate;
        if (effects || lanes().is_some())
            && !has_stacks(&self.body_jaxpr)
            && self.body_jaxpr.outs.len() == init_dims.len()
        {
            let results = batch_while(self, args, dims, size);
            let axes = vec![Some(0); results.len()];
            return (results, axes);
        }
        if own_predicate || self.body_jaxpr.outs.len() > init_dims.len() {
            return map_lanes(&Prim::new(self.clone()), args, dims, size);
        }
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
            checkpoints: self.checkpoints,
        };
        let axes = carry_marks.iter().map(|&batched| batched.then_some(0)).collect();
        (while_loop(primitive, &operands), axes)
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        let (cond_consts, body_consts, init) = self.split(ins);
        let current: Vec<Buf> = init.iter().map(|&b| cx.buffer(cx.ty(b).clone())).collect();
        let cond_args: Vec<Buf> = cond_consts.iter().chain(&current).copied().collect();
        let (cond, pred) = cx.block(|cx| cx.jaxpr(&self.cond_jaxpr, &cond_args)[0]);
        let body_args: Vec<Buf> = body_consts.iter().chain(&current).copied().collect();
        let (body, mut next) = cx.block(|cx| cx.jaxpr(&self.body_jaxpr, &body_args));
        let pushed = next.split_off(init.len());
        let carry: Vec<Carry> = init
            .iter()
            .zip(current)
            .zip(next)
            .map(|((&init, current), next)| Carry { init, current, next, last: cx.buffer(cx.ty(init).clone()) })
            .collect();
        let ys: Vec<(Buf, Buf)> =
            pushed.into_iter().map(|elem| (elem, cx.buffer(Ty::new(DType::Stack, &[])))).collect();
        let results = carry.iter().map(|c| c.last).chain(ys.iter().map(|y| y.1)).collect();
        let kind = LoopKind::While { cond, pred };
        cx.push(Step::Loop(Loop { kind, carry, xs: Vec::new(), ys, body }));
        results
    }

    fn partial_eval(&self, ins: &[Aval], unknown: &[bool]) -> Option<PartialEval> {
        let (cond_consts, consts, carry) = self.split(unknown);
        let carry = self.fix_carry(consts, carry, |ins| unknown_outs(&self.body_jaxpr, ins));
        // The known loop decides how often both run.
        let used = dce_outs(&self.cond_jaxpr, &[true]).1;
        let blocked = carry.iter().zip(&used[self.cond_nconsts..]).any(|(&unknown, &used)| unknown && used);
        if blocked || cond_consts.contains(&true) || !(carry.contains(&true) || consts.contains(&true)) {
            return None;
        }
        if self.checkpoints.is_some() && self.pushes() == 0 {
            return self.recomputed(unknown, &carry);
        }
        let body_at = self.cond_nconsts;
        let body_unknown: Vec<bool> = consts.iter().chain(&carry).copied().collect();
        let mut later = unknown_outs(&self.body_jaxpr, &body_unknown);
        later[..carry.len()].copy_from_slice(&carry);
        let known_body: Vec<usize> = (0..body_unknown.len()).filter(|&i| !body_unknown[i]).collect();
        let known_avals: Vec<Aval> = known_body.iter().map(|&i| ins[body_at + i].clone()).collect();
        let roles: Vec<Role> = known_body
            .iter()
            .map(|&i| if i < self.body_nconsts { Role::Const(body_at + i) } else { Role::Carry })
            .collect();
        let (known, linear) = builder::trace_with(&known_avals, |args| {
            let mut given: Vec<Tangent> = vec![None; body_unknown.len()];
            known_body.iter().zip(args).for_each(|(&i, arg)| given[i] = Some(arg.clone()));
            let (mut outs, linear, residuals) = partial_eval(&closed(&self.body_jaxpr), &given, &later);
            outs.extend(residuals);
            outs.push(zeros(&count_record()));
            (outs, linear)
        });
        let (mut known, closed_over) = close(&known);
        if !closed_over.is_empty() {
            return None;
        }
        let count = known.outs.pop()?;
        let mains = later.iter().filter(|&&later| !later).count();
        let mut parts = split(known, mains, linear, &roles);
        let counter = parts.known.outs.len() - mains;
        parts.known.outs.push(count);
        let known_carry: Vec<usize> = (0..carry.len()).filter(|&i| !carry[i]).collect();
        let known_consts = known_body.len() - known_carry.len();
        let cond_ins: Vec<usize> =
            (0..self.cond_nconsts).chain(known_carry.iter().map(|&i| self.cond_nconsts + i)).collect();
        let known = While {
            cond_jaxpr: Arc::new(self.cond_jaxpr.reorder(&cond_ins, &[0])),
            body_jaxpr: Arc::new(dce(&parts.known)),
            cond_nconsts: self.cond_nconsts,
            body_nconsts: known_consts,
            checkpoints: None,
        };
        // The unknown loop: consts; the carry; what turns pushed, first the stack that counts them.
        let unknown_body = positions(&body_unknown).into_iter().map(|i| Source::Operand(body_at + i));
        let all: Vec<Source> = parts.sources.into_iter().chain(unknown_body).collect();
        let carry_at = body_at + self.body_nconsts;
        let pick = |f: &dyn Fn(&Source) -> bool| (0..all.len()).filter(|&i| f(&all[i])).collect::<Vec<usize>>();
        let consts = pick(&|source| matches!(source, Source::Operand(i) if *i < carry_at));
        let carried = pick(&|source| matches!(source, Source::Operand(i) if *i >= carry_at));
        let records = pick(&|source| matches!(source, Source::Residual(_)));
        let order: Vec<usize> = consts.iter().chain(&carried).chain(&records).copied().collect();
        let outs: Vec<usize> = (0..parts.linear.outs.len()).collect();
        let mut turn = parts.linear.reorder(&order, &outs);
        let unread = turn.fresh(count_record());
        turn.invars.insert(consts.len() + carried.len(), unread);
        let unknown = Scan {
            jaxpr: Arc::new(turn),
            length: None,
            num_consts: consts.len(),
            num_carry: carried.len(),
            reverse: false,
            unroll: 1,
        };
        let mut unknown_ins: Vec<Source> = order.iter().map(|&i| all[i]).collect();
        unknown_ins.insert(consts.len() + carried.len(), Source::Residual(counter));
        Some(PartialEval {
            known: Prim::new(known),
            known_ins: (0..body_at).chain(known_body.iter().map(|&i| body_at + i)).collect(),
            known_outs: (0..later.len()).filter(|&i| !later[i]).collect(),
            unknown: Prim::new(unknown),
            unknown_ins,
            unknown_outs: positions(&later).into_iter().map(Some).collect(),
        })
    }

    fn dce(&self, used: &[bool]) -> Option<(Prim, Vec<bool>, Vec<bool>)> {
        let carried = self.cond_jaxpr.invars.len() - self.cond_nconsts;
        let cond_needs = dce_outs(&self.cond_jaxpr, &[true]).1;
        let mut kept = used.to_vec();
        kept[..carried].iter_mut().zip(&cond_needs[self.cond_nconsts..]).for_each(|(kept, &needed)| *kept |= needed);
        let (body, body_needs) = loop {
            let (body, needs) = dce_outs(&self.body_jaxpr, &kept);
            let mut grew = false;
            for (kept, &needed) in kept[..carried].iter_mut().zip(&needs[self.body_nconsts..]) {
                grew |= needed && !*kept;
                *kept |= needed;
            }
            if !grew {
                break (body, needs);
            }
        };
        let consts = [&cond_needs[..self.cond_nconsts], &body_needs[..self.body_nconsts]].concat();
        if kept.iter().chain(&consts).all(|&kept| kept) {
            return None;
        }
        let carry = positions(&kept[..carried]);
        let args = |consts: &[bool]| -> Vec<usize> {
            positions(consts).into_iter().chain(carry.iter().map(|&i| consts.len() + i)).collect()
        };
        let (cond_ins, body_ins) = (args(&consts[..self.cond_nconsts]), args(&consts[self.cond_nconsts..]));
        let outs: Vec<usize> = (0..body.outs.len()).collect();
        let primitive = While {
            cond_jaxpr: Arc::new(self.cond_jaxpr.reorder(&cond_ins, &[0])),
            body_jaxpr: Arc::new(body.reorder(&body_ins, &outs)),
            cond_nconsts: cond_ins.len() - carry.len(),
            body_nconsts: body_ins.len() - carry.len(),
            checkpoints: self.checkpoints,
        };
        let needed = consts.into_iter().chain(kept[..carried].iter().copied()).collect();
        Some((Prim::new(primitive), needed, kept))
    }

    fn subjaxprs(&self) -> Vec<&Jaxpr> {
        vec![&self.cond_jaxpr, &self.body_jaxpr]
    }

    fn map_subjaxprs(&self, pass: &dyn Fn(&Jaxpr) -> Jaxpr) -> Option<Prim> {
        let (cond_jaxpr, body_jaxpr) = (Arc::new(pass(&self.cond_jaxpr)), Arc::new(pass(&self.body_jaxpr)));
        Some(Prim::new(While { cond_jaxpr, body_jaxpr, ..self.clone() }))
    }
}

crate::readers! { "while", 0..=usize::MAX, |eqn| While::read(eqn)?; }
