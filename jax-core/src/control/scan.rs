//! `scan`: a counted loop that carries values, reads slices of stacked inputs and stacks slices of results.

use std::sync::Arc;

use super::lanes::map_lanes;
use super::{close, marks, positions, present, scatter_tangents};
use crate::array::{Array, bind, builder};
use crate::base::error::ErrorKind;
use crate::base::{DType, Error, Result};
use crate::ir::primitive::{Jvp, Transpose};
use crate::ir::read::{Read, ReadError, Reading};
use crate::ir::{
    Aval, ClosedJaxpr, Derivative, Jaxpr, Lower, Operand, Param, Params, PartialEval, Prim, Primitive, Source, Tangent,
};
use crate::kernel::{Buf, Carry, Loop, LoopKind, Step, Ty};
use crate::prim::rule::zeros;
use crate::prim::shape::move_axis;
use crate::prim::stack::{count_record, counts};
use crate::transform::batch::{batch_jaxpr, batched_aval};
use crate::transform::dce::dce_outs;
use crate::transform::jvp::jvp_jaxpr;
use crate::transform::linearize::{partial_eval, unknown_outs};
use crate::transform::transpose::backward;

/// A counted loop. Where the length is known only at run time, stacked inputs and results are stacks, and there are as
/// many turns as the longest stack has records; one of the inputs is then a stack that counts them. Operands: consts, initial carry, stacked inputs. Results: final carry, stacked results. The
/// program maps consts, carry and a slice of each input to the new carry and a slice of each result.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Scan {
    /// The program of one turn.
    pub jaxpr: Arc<Jaxpr>,
    /// The number of turns; `None` if it is that of the records of stacks.
    pub length: Option<usize>,
    /// How many operands every turn sees unchanged.
    pub num_consts: usize,
    /// How many values are carried.
    pub num_carry: usize,
    /// Whether turns go from the last slice to the first.
    pub reverse: bool,
    /// How many turns a compiler may put into one; it changes no value.
    pub unroll: usize,
}

/// Runs a loop body, already traced with what it closed over as its first arguments, over stacked inputs.
#[track_caller]
pub fn scan(primitive: Scan, operands: &[Array]) -> Vec<Array> {
    bind(Prim::new(primitive), &operands.iter().collect::<Vec<_>>()).into_vec()
}

/// The type of one slice of a stacked array, or of a record of a stack.
fn slice_aval(aval: &Aval, length: Option<usize>) -> Aval {
    match (&aval.record, length) {
        (Some(record), None) => (**record).clone(),
        _ => aval.with_shape(aval.shape.get(1..).unwrap_or(&[])),
    }
}

impl Scan {
    /// Whether this operand or result type may be a stacked one, and what is wrong if not.
    fn check_stacked(&self, x: &Aval) -> Result<()> {
        let (fits, wanted) = match self.length {
            Some(length) => (x.shape.first() == Some(&length), format!("the leading axis must have extent {length}")),
            None => (x.is_stack() && x.ndim() == 0, "a stack is needed".into()),
        };
        if fits {
            return Ok(());
        }
        let message = format!("scan got an input of type {x} where {wanted}.");
        Err(Error::new(ErrorKind::Shape, "scan", message))
    }

    /// The three groups of values given for each operand: consts, carry, stacked inputs.
    fn split<'a, T>(&self, ins: &'a [T]) -> (&'a [T], &'a [T], &'a [T]) {
        let (consts, rest) = ins.split_at(self.num_consts);
        let (carry, xs) = rest.split_at(self.num_carry);
        (consts, carry, xs)
    }

    fn with(&self, jaxpr: Jaxpr, num_consts: usize, num_carry: usize) -> Scan {
        Scan { jaxpr: Arc::new(jaxpr), num_consts, num_carry, ..self.clone() }
    }

    fn body(&self) -> ClosedJaxpr {
        ClosedJaxpr { jaxpr: self.jaxpr.clone(), consts: Vec::new() }
    }

    /// Grows the marks of carried values until a turn adds none: `step` gives the marks of a turn's results.
    fn fix_carry(&self, mut ins: Vec<bool>, step: impl Fn(&[bool]) -> Vec<bool>) -> Vec<bool> {
        loop {
            let outs = step(&ins);
            let mut grew = false;
            for (mark, &out) in ins[self.num_consts..][..self.num_carry].iter_mut().zip(&outs) {
                grew |= out && !*mark;
                *mark |= out;
            }
            if !grew {
                return ins;
            }
        }
    }

    fn jvp(&self, args: &[Array], tangents: &[Tangent]) -> (Vec<Array>, Vec<Tangent>) {
        let body = self.body();
        let nonzero = self.fix_carry(marks(tangents), |ins| jvp_jaxpr(&body, ins, None).1);
        let (_, carry_nonzero, _) = self.split(&nonzero);
        let (_, out_nonzero) = jvp_jaxpr(&body, &nonzero, None);
        let wanted: Vec<bool> = carry_nonzero.iter().chain(&out_nonzero[self.num_carry..]).copied().collect();
        let (jvp, _) = jvp_jaxpr(&body, &nonzero, Some(&wanted));
        let (jaxpr, closed_over) = close(&jvp);
        // From (what rules closed over, primals, tangents) to (that and consts, carry, xs), each with its tangents behind.
        let (total, extra) = (args.len(), closed_over.len());
        let tangent_position = |operand: usize| extra + total + nonzero[..operand].iter().filter(|&&n| n).count();
        let group = |range: std::ops::Range<usize>| {
            let with_tangent: Vec<usize> = range.clone().filter(|&i| nonzero[i]).map(tangent_position).collect();
            range.map(move |operand| extra + operand).chain(with_tangent)
        };
        let (carry_at, xs_at) = (self.num_consts, self.num_consts + self.num_carry);
        let ins: Vec<usize> =
            (0..extra).chain(group(0..carry_at)).chain(group(carry_at..xs_at)).chain(group(xs_at..total)).collect();
        let results = self.jaxpr.outs.len();
        let tangent_out = |out: usize| results + wanted[..out].iter().filter(|&&w| w).count();
        let out_group = |range: std::ops::Range<usize>| {
            let with_tangent: Vec<usize> = range.clone().filter(|&i| wanted[i]).map(tangent_out).collect();
            range.chain(with_tangent)
        };
        let outs: Vec<usize> = out_group(0..self.num_carry).chain(out_group(self.num_carry..results)).collect();
        let count = |marks: &[bool]| marks.iter().filter(|&&mark| mark).count();
        let num_consts = extra + self.num_consts + count(&nonzero[..carry_at]);
        let num_carry = self.num_carry + count(carry_nonzero);
        let full: Vec<Tangent> = args
            .iter()
            .zip(tangents)
            .zip(&nonzero)
            .map(|((arg, tangent), &nonzero)| nonzero.then(|| tangent.clone().unwrap_or_else(|| zeros(arg.aval()))))
            .collect();
        let groups = [0..carry_at, carry_at..xs_at, xs_at..total]
            .into_iter()
            .flat_map(|range| args[range.clone()].iter().chain(present(&full[range])).cloned().collect::<Vec<_>>());
        let operands: Vec<Array> = closed_over.into_iter().chain(groups).collect();
        let out = scan(self.with(jaxpr.reorder(&ins, &outs), num_consts, num_carry), &operands);
        let (carry, ys) = out.split_at(num_carry);
        let (carry, carry_tangents) = carry.split_at(self.num_carry);
        let (ys, ys_tangents) = ys.split_at(results - self.num_carry);
        let primals = carry.iter().chain(ys).cloned().collect();
        let tangents = scatter_tangents(&wanted, carry_tangents.iter().chain(ys_tangents).cloned());
        (primals, tangents)
    }

    fn transpose(&self, cts: &[Tangent], operands: &[Operand]) -> Vec<Tangent> {
        let given: Vec<bool> = operands.iter().map(|o| matches!(o, Operand::Linear(_))).collect();
        let avals: Vec<Aval> = self.jaxpr.in_avals();
        let (carry_at, xs_at) = (self.num_consts, self.num_consts + self.num_carry);
        // A known start of a value that turns linear in a later turn is a zero: its cotangent is dropped.
        let mut linear = given.clone();
        linear[carry_at..xs_at].fill(true);
        let pick = |range: std::ops::Range<usize>, mark: bool| -> Vec<usize> {
            range.filter(|&i| linear[i] == mark).collect()
        };
        let (known_consts, linear_consts) = (pick(0..carry_at, false), pick(0..carry_at, true));
        let (known_xs, linear_xs) = (pick(xs_at..avals.len(), false), pick(xs_at..avals.len(), true));
        let carry: Vec<usize> = (carry_at..xs_at).collect();
        let order: Vec<usize> =
            [&known_consts, &known_xs, &linear_consts, &carry, &linear_xs].into_iter().flatten().copied().collect();
        let outs: Vec<usize> = (0..self.jaxpr.outs.len()).collect();
        let body = self.jaxpr.reorder(&order, &outs);
        let (carry_cts, ys_cts) = cts.split_at(self.num_carry);
        let ys_present = marks(ys_cts);
        let out_avals = self.jaxpr.out_avals();

        // One turn backwards: known consts; carried: cotangents of linear consts (sums) and of the carry; slices:
        // cotangents of results and known inputs.
        let count = |marks: &[bool]| marks.iter().filter(|&&mark| mark).count();
        let inputs: Vec<Aval> = known_consts
            .iter()
            .chain(&linear_consts)
            .chain(&carry)
            .map(|&i| avals[i].clone())
            .chain(positions(&ys_present).into_iter().map(|i| out_avals[self.num_carry + i].clone()))
            .chain(known_xs.iter().map(|&i| avals[i].clone()))
            .collect();
        let turn = builder::trace(&inputs, |args| {
            let (known, rest) = args.split_at(known_consts.len());
            let (sums, rest) = rest.split_at(linear_consts.len());
            let (carry_cts, rest) = rest.split_at(self.num_carry);
            let (ys, known_slices) = rest.split_at(count(&ys_present));
            let known: Vec<Array> = known.iter().chain(known_slices).cloned().collect();
            let mut cts: Vec<Tangent> = carry_cts.iter().cloned().map(Some).collect();
            cts.extend(scatter_tangents(&ys_present, ys.iter().cloned()));
            let mut back = backward(&body, &known, &cts).into_iter();
            let sums: Vec<Array> = sums
                .iter()
                .zip(back.by_ref().take(linear_consts.len()))
                .map(|(sum, ct)| match ct {
                    Some(ct) => crate::prim::arith::add_any(sum, &ct),
                    None => sum.clone(),
                })
                .collect();
            let others = carry.iter().chain(&linear_xs).map(|&i| &avals[i]);
            let rest = back.zip(others).map(|(ct, aval)| ct.unwrap_or_else(|| zeros(aval)));
            sums.into_iter().chain(rest).collect()
        });
        let (jaxpr, extra) = close(&turn);
        let known_of = |i: &usize| match &operands[*i] {
            Operand::Known(value) => value.clone(),
            Operand::Linear(aval) => zeros(aval),
        };
        let mut args: Vec<Array> = extra;
        let extra = args.len();
        args.extend(known_consts.iter().map(known_of));
        args.extend(linear_consts.iter().map(|&i| zeros(&avals[i])));
        args.extend(carry_cts.iter().zip(&carry).map(|(ct, &i)| ct.clone().unwrap_or_else(|| zeros(&avals[i]))));
        args.extend(present(ys_cts).cloned());
        args.extend(known_xs.iter().map(known_of));
        let backwards = Scan {
            reverse: !self.reverse,
            ..self.with(jaxpr, extra + known_consts.len(), linear_consts.len() + self.num_carry)
        };
        let results = scan(backwards, &args);
        let mut cotangents: Vec<Tangent> = vec![None; operands.len()];
        let places = linear_consts.iter().chain(&carry).chain(&linear_xs);
        places.zip(results).for_each(|(&place, ct)| cotangents[place] = given[place].then_some(ct));
        cotangents
    }
}

impl Primitive for Scan {
    fn name(&self) -> &'static str {
        "scan"
    }

    fn params(&self) -> Params {
        vec![
            ("jaxpr", Param::Jaxpr(Arc::new(self.body()))),
            ("length", Param::option(self.length.map(|length| Param::Int(length as i64)))),
            ("num_carry", Param::Int(self.num_carry as i64)),
            ("num_consts", Param::Int(self.num_consts as i64)),
            ("reverse", Param::Bool(self.reverse)),
            ("unroll", Param::Int(self.unroll as i64)),
        ]
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        let (_, carry, xs) = self.split(ins);
        let mut outs = self.jaxpr.out_avals();
        let ys = outs.split_off(self.num_carry);
        for (position, (given, out)) in carry.iter().zip(&outs).enumerate() {
            if given.dtype != out.dtype || given.shape != out.shape {
                let message = format!(
                    "scan body function carry input and carry output must have equal types, but they differ: carry \
                     component {position} has type {given} going in and {out} coming out."
                );
                return Err(Error::new(ErrorKind::Shape, "scan", message));
            }
        }
        xs.iter().try_for_each(|x| self.check_stacked(x))?;
        if self.length.is_none() && !xs.iter().any(counts) {
            return Err(Error::new(ErrorKind::Shape, "scan", "scan got no length, nor a stack that counts its turns."));
        }
        let stacked = ys.iter().map(|y| match self.length {
            Some(length) => batched_aval(y, length),
            None => Aval::stack_of(y.clone()),
        });
        Ok(outs.into_iter().chain(stacked).collect())
    }

    fn derivative(&self) -> Derivative<'_> {
        let jvp: Jvp<'_> = Box::new(|args, tangents| self.jvp(args, tangents));
        let transpose: Transpose<'_> = Box::new(|cts, operands| self.transpose(cts, operands));
        Derivative::Rule(jvp, Some(transpose))
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], size: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        if self.length.is_none() {
            // Each lane has as many turns and records as it has.
            return map_lanes(&Prim::new(self.clone()), args, dims, size);
        }
        let body = self.body();
        let batched = self.fix_carry(marks(dims), |ins| batch_jaxpr(&body, ins, None, size).1);
        let (_, carry, _) = self.split(&batched);
        let wanted: Vec<bool> =
            carry.iter().copied().chain(std::iter::repeat_n(false, self.jaxpr.outs.len() - self.num_carry)).collect();
        let (jaxpr, have) = batch_jaxpr(&body, &batched, Some(&wanted), size);
        let (jaxpr, extra) = close(&jaxpr);
        let xs_at = self.num_consts + self.num_carry;
        let place = |i: usize| {
            let arg = &args[i];
            let to = usize::from(i >= xs_at);
            match dims[i] {
                Some(dim) => move_axis(arg, dim, to),
                None if batched[i] => crate::prim::rule::materialize(arg, None, to, size),
                None => arg.clone(),
            }
        };
        let mut operands = extra;
        let num_consts = operands.len() + self.num_consts;
        operands.extend((0..args.len()).map(place));
        let results = scan(self.with(jaxpr, num_consts, self.num_carry), &operands);
        let dims = have.iter().enumerate().map(|(i, &have)| have.then_some(usize::from(i >= self.num_carry))).collect();
        (results, dims)
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        let (consts, init, xs) = self.split(ins);
        let current: Vec<Buf> = init.iter().map(|&b| cx.buffer(cx.ty(b).clone())).collect();
        let slices: Vec<Buf> =
            self.jaxpr.in_avals()[self.num_consts + self.num_carry..].iter().map(|aval| cx.buffer(aval.ty())).collect();
        debug_assert_eq!(slices.len(), xs.len());
        let args: Vec<Buf> = consts.iter().chain(&current).chain(&slices).copied().collect();
        let (body, outs) = cx.block(|cx| cx.jaxpr(&self.jaxpr, &args));
        let (next, elems) = outs.split_at(self.num_carry);
        let carry: Vec<Carry> = init
            .iter()
            .zip(&current)
            .zip(next)
            .map(|((&init, &current), &next)| Carry { init, current, next, last: cx.buffer(cx.ty(init).clone()) })
            .collect();
        let ys: Vec<(Buf, Buf)> = elems
            .iter()
            .map(|&elem| {
                let mut ty = Ty::new(DType::Stack, &[]);
                if let Some(length) = self.length {
                    ty = cx.ty(elem).clone();
                    ty.shape.insert(0, length);
                }
                (elem, cx.buffer(ty))
            })
            .collect();
        let results = carry.iter().map(|c| c.last).chain(ys.iter().map(|y| y.1)).collect();
        cx.push(Step::Loop(Loop {
            kind: match self.length {
                Some(extent) => LoopKind::Counted { extent, reverse: self.reverse, counter: None },
                None => LoopKind::Stacked { reverse: self.reverse },
            },
            carry,
            xs: xs.iter().copied().zip(slices).collect(),
            ys,
            body,
        }));
        results
    }

    fn partial_eval(&self, ins: &[Aval], unknown: &[bool]) -> Option<PartialEval> {
        let unknown = self.fix_carry(unknown.to_vec(), |ins| unknown_outs(&self.jaxpr, ins));
        let mut later = unknown_outs(&self.jaxpr, &unknown);
        let (carry_at, xs_at) = (self.num_consts, self.num_consts + self.num_carry);
        later[..self.num_carry].copy_from_slice(&unknown[carry_at..xs_at]);
        if unknown.iter().all(|&unknown| unknown) {
            return None;
        }
        let known_ins: Vec<usize> = (0..unknown.len()).filter(|&i| !unknown[i]).collect();
        let avals = self.jaxpr.in_avals();
        let known_avals: Vec<Aval> = known_ins.iter().map(|&i| avals[i].clone()).collect();
        // Residuals that are consts or slices of inputs as they came need no stack.
        let (known, (mut linear, mut sources)) = builder::trace_with(&known_avals, |args| {
            let mut given: Vec<Tangent> = vec![None; unknown.len()];
            known_ins.iter().zip(args).for_each(|(&i, arg)| given[i] = Some(arg.clone()));
            let (mut outs, linear, residuals) = partial_eval(&self.body(), &given, &later);
            let mut stacked = 0;
            let sources: Vec<Source> = residuals
                .iter()
                .map(|residual| {
                    let passed = known_ins
                        .iter()
                        .zip(args)
                        .find(|(i, arg)| !(carry_at..xs_at).contains(*i) && arg.same(residual));
                    match passed {
                        Some((&i, _)) => Source::Operand(i),
                        None => {
                            outs.push(residual.clone());
                            stacked += 1;
                            Source::Residual(stacked - 1)
                        }
                    }
                })
                .collect();
            (outs, (linear, sources))
        });
        let (known_jaxpr, closed_over) = close(&known);
        if !closed_over.is_empty() {
            return None;
        }
        if self.length.is_none() {
            // Both parts count their turns.
            let counter = (xs_at..ins.len()).find(|&i| counts(&ins[i]) && !unknown[i])?;
            let unread = linear.fresh(count_record());
            linear.invars.insert(0, unread);
            sources.insert(0, Source::Operand(counter));
        }
        let unknown_positions = positions(&unknown);
        // The unknown body takes residuals and then unknown arguments; a scan wants consts, carry, slices.
        let is_const = |source: &Source| matches!(source, Source::Operand(i) if *i < carry_at);
        let all: Vec<Source> =
            sources.into_iter().chain(unknown_positions.iter().map(|&i| Source::Operand(i))).collect();
        let is_carry = |source: &Source| matches!(source, Source::Operand(i) if (carry_at..xs_at).contains(i));
        let pick = |f: &dyn Fn(&Source) -> bool| -> Vec<usize> { (0..all.len()).filter(|&i| f(&all[i])).collect() };
        let consts = pick(&is_const);
        let carry = pick(&is_carry);
        let slices = pick(&|source| !is_const(source) && !is_carry(source));
        let order: Vec<usize> = consts.iter().chain(&carry).chain(&slices).copied().collect();
        let outs: Vec<usize> = (0..linear.outs.len()).collect();
        let known_carry = (carry_at..xs_at).filter(|&i| !unknown[i]).count();
        let known_consts = (0..carry_at).filter(|&i| !unknown[i]).count();
        Some(PartialEval {
            known: Prim::new(self.with(known_jaxpr, known_consts, known_carry)),
            known_ins,
            known_outs: (0..later.len()).filter(|&i| !later[i]).collect(),
            unknown: Prim::new(self.with(linear.reorder(&order, &outs), consts.len(), carry.len())),
            unknown_ins: order.iter().map(|&i| all[i]).collect(),
            unknown_outs: positions(&later).into_iter().map(Some).collect(),
        })
    }

    fn dce(&self, used: &[bool]) -> Option<(Prim, Vec<bool>, Vec<bool>)> {
        let (carry_at, xs_at) = (self.num_consts, self.num_consts + self.num_carry);
        let mut kept = used.to_vec();
        loop {
            let (_, needed) = dce_outs(&self.jaxpr, &kept);
            let grown: Vec<bool> =
                kept.iter().enumerate().map(|(i, &k)| k || (i < self.num_carry && needed[carry_at + i])).collect();
            if grown == kept {
                break;
            }
            kept = grown;
        }
        let (jaxpr, mut needed) = dce_outs(&self.jaxpr, &kept);
        needed[carry_at..xs_at].copy_from_slice(&kept[..self.num_carry]);
        if self.length.is_none() {
            let counters = self.jaxpr.in_avals().into_iter().map(|aval| aval == count_record());
            needed.iter_mut().zip(counters).skip(xs_at).for_each(|(needed, counts)| *needed |= counts);
        }
        if needed.iter().all(|&n| n) && kept.iter().all(|&k| k) {
            return None;
        }
        let ins = positions(&needed);
        let outs: Vec<usize> = (0..jaxpr.outs.len()).collect();
        let count = |marks: &[bool]| marks.iter().filter(|&&mark| mark).count();
        let (num_consts, num_carry) = (count(&needed[..carry_at]), count(&needed[carry_at..xs_at]));
        Some((Prim::new(self.with(jaxpr.reorder(&ins, &outs), num_consts, num_carry)), needed, kept))
    }

    fn subjaxprs(&self) -> Vec<&Jaxpr> {
        vec![&self.jaxpr]
    }

    fn map_subjaxprs(&self, pass: &dyn Fn(&Jaxpr) -> Jaxpr) -> Option<Prim> {
        Some(Prim::new(self.with(pass(&self.jaxpr), self.num_consts, self.num_carry)))
    }
}

crate::readers! { "scan", 0..=usize::MAX, |eqn| Scan::read(eqn)?; }

impl Scan {
    fn read(eqn: &Reading<'_>) -> Read<Scan> {
        let scan = Scan {
            jaxpr: eqn.jaxpr("jaxpr")?,
            length: match eqn.param("length")? {
                Param::None => None,
                _ => Some(eqn.usize("length")?),
            },
            num_consts: eqn.usize("num_consts")?,
            num_carry: eqn.usize("num_carry")?,
            reverse: eqn.bool("reverse")?,
            unroll: eqn.usize("unroll")?,
        };
        let leading = scan.num_consts.checked_add(scan.num_carry).filter(|&count| count <= eqn.ins.len());
        let Some(leading) = leading else {
            return Err(ReadError("there are fewer operands than `num_consts` and `num_carry`".into()));
        };
        if scan.num_carry > scan.jaxpr.outs.len() {
            return Err(ReadError("the program has fewer results than `num_carry`".into()));
        }
        if eqn.ins[leading..].iter().any(|aval| scan.check_stacked(aval).is_err()) {
            return Err(ReadError("a stacked operand does not have `length` slices".into()));
        }
        let slices = eqn.ins[leading..].iter().map(|aval| slice_aval(aval, scan.length));
        eqn.takes(&scan.jaxpr, &eqn.ins[..leading].iter().cloned().chain(slices).collect::<Vec<_>>())?;
        Ok(scan)
    }
}
