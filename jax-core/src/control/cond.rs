//! `cond`: one of several programs, by an index.

use std::sync::Arc;

use super::lanes::map_lanes;
use super::masked::{has_stacks, taking};
use super::{marks, positions, present, scatter_tangents};
use crate::array::{Array, bind, builder};
use crate::base::error::ErrorKind;
use crate::base::{DType, Error, Result, Scalar};
use crate::ir::lower::lower;
use crate::ir::primitive::{Jvp, Transpose};
use crate::ir::read::{Read, ReadError, Reading};
use crate::ir::{
    Aval, ClosedJaxpr, Derivative, Jaxpr, Lower, Operand, Param, Params, PartialEval, Prim, Primitive, Source, Tangent,
};
use crate::kernel::{Branch, Buf, Nest, Sink, Step};
use crate::prim::callback::with_lanes;
use crate::prim::compare::eq;
use crate::prim::convert::stop_gradient;
use crate::prim::empty::empty;
use crate::prim::rule::{materialize, zeros};
use crate::prim::select::{select, select_n};
use crate::prim::shape::{broadcast_in_dim, move_axis};
use crate::prim::stack::empty_stack;
use crate::transform::batch::{batch, batch_jaxpr};
use crate::transform::dce::dce_outs;
use crate::transform::eval::eval;
use crate::transform::jvp::jvp_jaxpr;
use crate::transform::linearize::{partial_eval, unknown_outs};
use crate::transform::transpose::backward;

/// Operations of a branch, loads and constants included, up to which a batched choice runs every branch.
const CHEAP: usize = 64;

/// One of several programs over the same operands, by a scalar `i32` that is clamped into range. Operands: the
/// index, then the branches' arguments.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Cond {
    /// The programs; they close over nothing and agree in the types of arguments and results.
    pub branches: Vec<Arc<Jaxpr>>,
}

/// One of several programs over the same operands, by a scalar `i32` that is clamped into range.
#[track_caller]
pub fn cond(index: &Array, branches: Vec<Arc<Jaxpr>>, operands: &[Array]) -> Vec<Array> {
    let args: Vec<&Array> = std::iter::once(index).chain(operands).collect();
    bind(Prim::new(Cond { branches }), &args).into_vec()
}

/// The traced branches as programs over common arguments: what any of them closed over, then their own.
pub(crate) fn join(traced: &[ClosedJaxpr]) -> (Vec<Arc<Jaxpr>>, Vec<Array>) {
    let mut shared: Vec<Array> = Vec::new();
    for array in traced.iter().flat_map(|closed| &closed.consts) {
        if !shared.iter().any(|known| known.same(array)) {
            shared.push(array.clone());
        }
    }
    let branch = |closed: &ClosedJaxpr| {
        let mut jaxpr = (*closed.jaxpr).clone();
        let own = std::mem::take(&mut jaxpr.consts);
        let leading: Vec<_> = shared
            .iter()
            .map(|array| match closed.consts.iter().position(|c| c.same(array)) {
                Some(position) => own[position],
                None => jaxpr.fresh(array.aval().clone()),
            })
            .collect();
        jaxpr.invars = leading.into_iter().chain(std::mem::take(&mut jaxpr.invars)).collect();
        Arc::new(jaxpr)
    };
    (traced.iter().map(branch).collect(), shared)
}

impl Cond {
    fn closed(&self) -> impl Iterator<Item = ClosedJaxpr> {
        self.branches.iter().map(|jaxpr| ClosedJaxpr { jaxpr: jaxpr.clone(), consts: Vec::new() })
    }

    fn jvp(&self, args: &[Array], tangents: &[Tangent]) -> (Vec<Array>, Vec<Tangent>) {
        let nonzero = marks(&tangents[1..]);
        let have = self.any_branch(|closed| jvp_jaxpr(closed, &nonzero, None).1);
        let traced: Vec<ClosedJaxpr> = self.closed().map(|c| jvp_jaxpr(&c, &nonzero, Some(&have)).0).collect();
        let (branches, shared) = join(&traced);
        let operands: Vec<Array> = shared.iter().chain(&args[1..]).chain(present(&tangents[1..])).cloned().collect();
        let mut results = cond(&args[0], branches, &operands);
        let tangents = results.split_off(have.len());
        (results, scatter_tangents(&have, tangents.into_iter()))
    }

    /// Whether running all branches and choosing costs about as much as branching: a few elementwise operations.
    fn is_cheap(&self) -> bool {
        let operations = |branch: &Arc<Jaxpr>| {
            if !branch.eqns.iter().all(|eqn| eqn.prim.subjaxprs().is_empty()) {
                return None;
            }
            lower(branch).body.steps.iter().try_fold(0, |sum, step| match step {
                Step::Nest { nest: Nest { body, sink: Sink::Map(_), .. }, .. } => Some(sum + body.nodes().len()),
                Step::Reshape { .. } => Some(sum),
                _ => None,
            })
        };
        self.branches.iter().all(|branch| operations(branch).is_some_and(|count| count <= CHEAP))
    }

    fn any_branch(&self, f: impl Fn(&ClosedJaxpr) -> Vec<bool>) -> Vec<bool> {
        let mut all: Vec<bool> = Vec::new();
        for marks in self.closed().map(|closed| f(&closed)) {
            all.resize(marks.len(), false);
            all.iter_mut().zip(marks).for_each(|(all, mark)| *all |= mark);
        }
        all
    }

    fn transpose(&self, cts: &[Tangent], operands: &[Operand]) -> Vec<Tangent> {
        let Operand::Known(index) = &operands[0] else {
            crate::bug!("the index of a cond is linear");
        };
        let args = &operands[1..];
        let known: Vec<usize> = (0..args.len()).filter(|&i| matches!(args[i], Operand::Known(_))).collect();
        let linear: Vec<usize> = (0..args.len()).filter(|&i| matches!(args[i], Operand::Linear(_))).collect();
        let order: Vec<usize> = known.iter().chain(&linear).copied().collect();
        let present_cts = marks(cts);
        let known_values: Vec<Array> = args
            .iter()
            .filter_map(|operand| match operand {
                Operand::Known(value) => Some(value.clone()),
                Operand::Linear(_) => None,
            })
            .collect();
        let inputs: Vec<Array> = known_values.iter().chain(present(cts)).cloned().collect();
        let avals: Vec<Aval> = inputs.iter().map(|a| a.aval().clone()).collect();
        let traced: Vec<ClosedJaxpr> = self
            .branches
            .iter()
            .map(|jaxpr| {
                let outs: Vec<usize> = (0..jaxpr.outs.len()).collect();
                let body = jaxpr.reorder(&order, &outs);
                builder::trace(&avals, |args| {
                    let (known, given) = args.split_at(known.len());
                    let cts = scatter_tangents(&present_cts, given.iter().cloned());
                    let back = backward(&body, known, &cts);
                    let avals = linear.iter().map(|&i| jaxpr.aval(jaxpr.invars[i]));
                    back.into_iter().zip(avals).map(|(ct, aval)| ct.unwrap_or_else(|| zeros(aval))).collect()
                })
            })
            .collect();
        let (branches, shared) = join(&traced);
        let operands_in: Vec<Array> = shared.iter().chain(&inputs).cloned().collect();
        let results = cond(index, branches, &operands_in);
        let mut cotangents: Vec<Tangent> = vec![None; operands.len()];
        linear.iter().zip(results).for_each(|(&i, ct)| cotangents[i + 1] = Some(ct));
        cotangents
    }
}

/// The unknown part of one branch: its program, where its residuals come from, and the slots that the branch's
/// own residuals fill.
struct Part {
    linear: Jaxpr,
    sources: Vec<Source>,
    places: Vec<usize>,
}

impl Primitive for Cond {
    fn name(&self) -> &'static str {
        "cond"
    }

    fn params(&self) -> Params {
        let branches = self.closed().map(|closed| Param::Jaxpr(Arc::new(closed))).collect();
        vec![("branches", Param::Tuple(branches))]
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        let index = &ins[0];
        if index.dtype != DType::I32 || index.ndim() != 0 {
            let message = format!("the index of a cond must be a scalar int32, got {index}.");
            return Err(Error::new(ErrorKind::Shape, "cond", message));
        }
        let outs = self.branches[0].out_avals();
        for branch in &self.branches[1..] {
            let others = branch.out_avals();
            let same = |(a, b): (&Aval, &Aval)| a.dtype == b.dtype && a.shape == b.shape;
            if others.len() != outs.len() || !outs.iter().zip(&others).all(same) {
                let list = |avals: &[Aval]| avals.iter().map(Aval::to_string).collect::<Vec<_>>().join(", ");
                let message = format!(
                    "cond branches must have equal output types but they differ: one gives ({}), another ({}).",
                    list(&outs),
                    list(&others)
                );
                return Err(Error::new(ErrorKind::Shape, "cond", message));
            }
        }
        let weak = |i: usize| self.branches.iter().all(|b| b.atom_aval(&b.outs[i]).weak);
        Ok(outs.into_iter().enumerate().map(|(i, aval)| aval.with_weak(weak(i))).collect())
    }

    fn derivative(&self) -> Derivative<'_> {
        let jvp: Jvp<'_> = Box::new(|args, tangents| self.jvp(args, tangents));
        let transpose: Transpose<'_> = Box::new(|cts, operands| self.transpose(cts, operands));
        Derivative::Rule(jvp, Some(transpose))
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], size: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        let fronted: Vec<Array> = args
            .iter()
            .zip(dims)
            .map(|(arg, dim)| dim.map_or_else(|| arg.clone(), |dim| move_axis(arg, dim, 0)))
            .collect();
        let (index, operands) = (&fronted[0], &fronted[1..]);
        let batched = marks(&dims[1..]);
        // There is nothing to choose from one branch.
        if dims[0].is_none() || self.branches.len() == 1 {
            let index = &if dims[0].is_none() { index.clone() } else { zeros(&Aval::new(DType::I32, &[])) };
            let have = self.any_branch(|closed| batch_jaxpr(closed, &batched, None, size).1);
            let traced: Vec<ClosedJaxpr> =
                self.closed().map(|c| batch_jaxpr(&c, &batched, Some(&have), size).0).collect();
            let (branches, shared) = join(&traced);
            let operands: Vec<Array> = shared.iter().chain(operands).cloned().collect();
            let results = cond(index, branches, &operands);
            return (results, have.iter().map(|&have| have.then_some(0)).collect());
        }
        let effects = self.has_effects();
        let masked = effects && !self.branches.iter().any(|branch| has_stacks(branch));
        if !masked && (effects || !self.is_cheap()) {
            return map_lanes(&Prim::new(self.clone()), args, dims, size);
        }
        // Every branch runs for all lanes; `stop_gradient` on lanes that another branch owns keeps their
        // derivatives out.
        let operands: Vec<Array> = operands
            .iter()
            .zip(&batched)
            .map(|(x, &b)| if b { x.clone() } else { materialize(x, None, 0, size) })
            .collect();
        let axes = vec![Some(0); operands.len()];
        let results: Vec<Vec<Array>> = self
            .closed()
            .enumerate()
            .map(|(i, closed)| {
                let mine = eq(index, &Array::scalar(Scalar::from_i128(DType::I32, i as i128)));
                let guard = |x: &Array| {
                    if !x.dtype().is_inexact() {
                        return x.clone();
                    }
                    let stopped = stop_gradient(x);
                    select(&broadcast_in_dim(&mine, x.shape(), &[0]), x, &stopped)
                };
                let guarded: Vec<Array> = operands.iter().map(guard).collect();
                let run = || batch(&closed, &guarded, &axes, size);
                let (outs, dims) =
                    if effects { with_lanes(&taking(index, i, self.branches.len()), run) } else { run() };
                outs.iter().zip(dims).map(|(out, dim)| materialize(out, dim, 0, size)).collect()
            })
            .collect();
        let count = results[0].len();
        let chosen = |out: usize| {
            let cases: Vec<&Array> = results.iter().map(|outs| &outs[out]).collect();
            select_n(&broadcast_in_dim(index, cases[0].shape(), &[0]), &cases)
        };
        ((0..count).map(chosen).collect(), vec![Some(0); count])
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        let branches: Vec<Branch> = self
            .branches
            .iter()
            .map(|jaxpr| {
                let (body, results) = cx.block(|cx| cx.jaxpr(jaxpr, &ins[1..]));
                Branch { body, results }
            })
            .collect();
        let outs: Vec<Buf> = branches[0]
            .results
            .iter()
            .map(|&b| cx.ty(b).clone())
            .collect::<Vec<_>>()
            .into_iter()
            .map(|ty| cx.buffer(ty))
            .collect();
        cx.push(Step::Cond { index: ins[0], branches, outs: outs.clone() });
        outs
    }

    fn partial_eval(&self, ins: &[Aval], unknown: &[bool]) -> Option<PartialEval> {
        if unknown[0] || unknown.iter().all(|&u| u) {
            return None;
        }
        let later = self.any_branch(|closed| unknown_outs(&closed.jaxpr, &unknown[1..]));
        let known_ins: Vec<usize> = (1..unknown.len()).filter(|&i| !unknown[i]).collect();
        let known_avals: Vec<Aval> = known_ins.iter().map(|&i| ins[i].clone()).collect();
        // Residuals of one type share a slot among the branches.
        let mut slots: Vec<Aval> = Vec::new();
        let parts: Vec<(ClosedJaxpr, Part)> = self
            .closed()
            .map(|closed| {
                builder::trace_with(&known_avals, |args| {
                    let mut given: Vec<Tangent> = vec![None; unknown.len() - 1];
                    known_ins.iter().zip(args).for_each(|(&i, arg)| given[i - 1] = Some(arg.clone()));
                    let (mut outs, linear, residuals) = partial_eval(&closed, &given, &later);
                    let mut filled: Vec<(usize, Array)> = Vec::new();
                    let sources = residuals
                        .iter()
                        .map(|residual| {
                            if let Some(position) = args.iter().position(|arg| arg.same(residual)) {
                                return Source::Operand(known_ins[position]);
                            }
                            let aval = residual.aval().clone().with_weak(false);
                            let taken = |slot: usize| filled.iter().any(|(other, _)| *other == slot);
                            let free = (0..slots.len()).find(|&slot| slots[slot] == aval && !taken(slot));
                            let slot = free.unwrap_or(slots.len());
                            slots.extend((slot == slots.len()).then_some(aval));
                            filled.push((slot, residual.clone()));
                            Source::Residual(slot)
                        })
                        .collect();
                    let places: Vec<usize> = filled.iter().map(|(slot, _)| *slot).collect();
                    outs.extend(filled.into_iter().map(|(_, residual)| residual));
                    (outs, Part { linear, sources, places })
                })
            })
            .collect();
        let known_branches: Vec<ClosedJaxpr> = parts
            .iter()
            .map(|(known, part)| {
                builder::trace(&known_avals, |args| {
                    let mut outs = eval(known, args);
                    let residuals = outs.split_off(outs.len() - part.places.len());
                    outs.extend(slots.iter().enumerate().map(|(slot, aval)| {
                        let mine = part.places.iter().position(|&place| place == slot);
                        mine.map_or_else(
                            || match aval.is_stack() {
                                true => empty_stack(aval),
                                false => broadcast_in_dim(&empty(aval.dtype), &aval.shape, &[]),
                            },
                            |i| residuals[i].clone(),
                        )
                    }));
                    outs
                })
            })
            .collect();
        let (known_jaxprs, closed_over) = join(&known_branches);
        if !closed_over.is_empty() {
            return None;
        }
        // Every branch of the unknown part takes all residuals, the known operands that any needs, and the
        // unknown operands.
        let mut all: Vec<Source> = (0..slots.len()).map(Source::Residual).collect();
        for source in parts.iter().flat_map(|(_, part)| &part.sources) {
            if !all.contains(source) {
                all.push(*source);
            }
        }
        let unknown_args: Vec<usize> = (1..unknown.len()).filter(|&i| unknown[i]).collect();
        let unknown_jaxprs: Vec<Arc<Jaxpr>> = parts
            .iter()
            .map(|(_, Part { linear, sources, .. })| {
                let mut jaxpr = linear.clone();
                let own = std::mem::take(&mut jaxpr.invars);
                let (residual_vars, unknown_vars) = own.split_at(sources.len());
                let shared: Vec<_> = all
                    .iter()
                    .map(|source| match sources.iter().position(|s| s == source) {
                        Some(position) => residual_vars[position],
                        None => jaxpr.fresh(match source {
                            Source::Residual(slot) => slots[*slot].clone(),
                            Source::Operand(i) => ins[*i].clone(),
                        }),
                    })
                    .collect();
                jaxpr.invars = shared.into_iter().chain(unknown_vars.iter().copied()).collect();
                Arc::new(jaxpr)
            })
            .collect();
        Some(PartialEval {
            known: Prim::new(Cond { branches: known_jaxprs }),
            known_ins: std::iter::once(0).chain(known_ins).collect(),
            known_outs: (0..later.len()).filter(|&i| !later[i]).collect(),
            unknown: Prim::new(Cond { branches: unknown_jaxprs }),
            unknown_ins: std::iter::once(Source::Operand(0))
                .chain(all)
                .chain(unknown_args.into_iter().map(Source::Operand))
                .collect(),
            unknown_outs: positions(&later).into_iter().map(Some).collect(),
        })
    }

    fn dce(&self, used: &[bool]) -> Option<(Prim, Vec<bool>, Vec<bool>)> {
        let trimmed: Vec<(Jaxpr, Vec<bool>)> = self.branches.iter().map(|b| dce_outs(b, used)).collect();
        let count = self.branches[0].invars.len();
        let needed: Vec<bool> = (0..count).map(|i| trimmed.iter().any(|(_, needed)| needed[i])).collect();
        if needed.iter().all(|&n| n) && used.iter().all(|&u| u) {
            return None;
        }
        let ins = positions(&needed);
        let outs: Vec<usize> = (0..used.iter().filter(|&&u| u).count()).collect();
        let branches = trimmed.iter().map(|(jaxpr, _)| Arc::new(jaxpr.reorder(&ins, &outs))).collect();
        let kept = std::iter::once(true).chain(needed).collect();
        Some((Prim::new(Cond { branches }), kept, used.to_vec()))
    }

    fn subjaxprs(&self) -> Vec<&Jaxpr> {
        self.branches.iter().map(|branch| &**branch).collect()
    }

    fn map_subjaxprs(&self, pass: &dyn Fn(&Jaxpr) -> Jaxpr) -> Option<Prim> {
        Some(Prim::new(Cond { branches: self.branches.iter().map(|branch| Arc::new(pass(branch))).collect() }))
    }
}

crate::readers! { "cond", 1..=usize::MAX, |eqn| Cond::read(eqn)?; }

impl Cond {
    fn read(eqn: &Reading<'_>) -> Read<Cond> {
        let branches = eqn.jaxprs("branches")?;
        if branches.is_empty() {
            return Err(ReadError("there must be a branch".into()));
        }
        branches.iter().try_for_each(|branch| eqn.takes(branch, &eqn.ins[1..]))?;
        Ok(Cond { branches })
    }
}
