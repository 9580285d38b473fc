//! `remat2`: a program whose intermediate values reverse mode computes again instead of keeping.

use std::sync::Arc;

use super::{close, marks, positions, present, scatter_tangents};
use crate::array::{Array, bind, builder};
use crate::base::Result;
use crate::ir::primitive::{Jvp, Transpose};
use crate::ir::read::{Read, Reading};
use crate::ir::{
    Aval, ClosedJaxpr, Derivative, Jaxpr, Lower, Operand, Param, Params, PartialEval, Prim, Primitive, Source, Tangent,
};
use crate::kernel::Buf;
use crate::prim::rule::zeros;
use crate::transform::batch::batch_jaxpr;
use crate::transform::dce::dce_outs;
use crate::transform::effects::without_effects;
use crate::transform::jvp::jvp_jaxpr;
use crate::transform::linearize::{partial_eval, unknown_outs};
use crate::transform::transpose::backward;

/// A program that reverse mode recomputes from its arguments.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Remat {
    /// The program; it closes over nothing.
    pub jaxpr: Arc<Jaxpr>,
    /// Whether this is the recomputation.
    pub differentiated: bool,
}

/// Applies a program, already traced with what it closed over as its first arguments, that reverse mode recomputes.
#[track_caller]
pub fn remat(primitive: Remat, operands: &[Array]) -> Vec<Array> {
    bind(Prim::new(primitive), &operands.iter().collect::<Vec<_>>()).into_vec()
}

impl Remat {
    fn closed(&self) -> ClosedJaxpr {
        ClosedJaxpr { jaxpr: self.jaxpr.clone(), consts: Vec::new() }
    }

    fn with(&self, jaxpr: Jaxpr) -> Remat {
        Remat { jaxpr: Arc::new(jaxpr), ..self.clone() }
    }

    /// The linear part with everything that it needs recomputed from the known operands.
    fn transpose(&self, cts: &[Tangent], operands: &[Operand]) -> Vec<Tangent> {
        let linear: Vec<bool> = operands.iter().map(|o| matches!(o, Operand::Linear(_))).collect();
        let known: Vec<Array> = operands
            .iter()
            .filter_map(|operand| match operand {
                Operand::Known(value) => Some(value.clone()),
                Operand::Linear(_) => None,
            })
            .collect();
        let present_cts = marks(cts);
        let inputs: Vec<Array> = known.iter().chain(present(cts)).cloned().collect();
        let avals: Vec<Aval> = inputs.iter().map(|a| a.aval().clone()).collect();
        let traced = builder::trace(&avals, |args| {
            let (values, given) = args.split_at(known.len());
            let mut values = values.iter().cloned();
            let arguments: Vec<Tangent> =
                linear.iter().map(|&linear| if linear { None } else { values.next() }).collect();
            let later = vec![true; self.jaxpr.outs.len()];
            let (_, body, residuals) = partial_eval(&self.closed(), &arguments, &later);
            let cts = scatter_tangents(&present_cts, given.iter().cloned());
            let back = backward(&body, &residuals, &cts);
            let avals = positions(&linear).into_iter().map(|i| self.jaxpr.aval(self.jaxpr.invars[i]));
            back.into_iter().zip(avals).map(|(ct, aval)| ct.unwrap_or_else(|| zeros(aval))).collect()
        });
        let (jaxpr, extra) = close(&traced);
        let used = vec![true; jaxpr.outs.len()];
        let operands_in: Vec<Array> = extra.into_iter().chain(inputs).collect();
        let jaxpr = dce_outs(&jaxpr, &used).0;
        let results = remat(Remat { jaxpr: Arc::new(jaxpr), differentiated: true }, &operands_in);
        let mut cotangents: Vec<Tangent> = vec![None; operands.len()];
        positions(&linear).into_iter().zip(results).for_each(|(i, ct)| cotangents[i] = Some(ct));
        cotangents
    }
}

impl Primitive for Remat {
    fn name(&self) -> &'static str {
        "remat2"
    }

    fn params(&self) -> Params {
        vec![
            ("differentiated", Param::Bool(self.differentiated)),
            ("jaxpr", Param::Jaxpr(Arc::new(self.closed()))),
            ("policy", Param::None),
            ("prevent_cse", Param::Bool(true)),
        ]
    }

    fn type_rule(&self, _: &[Aval]) -> Result<Vec<Aval>> {
        Ok(self.jaxpr.out_avals())
    }

    fn derivative(&self) -> Derivative<'_> {
        let jvp: Jvp<'_> = Box::new(|args, tangents| {
            let (jvp, have) = jvp_jaxpr(&self.closed(), &marks(tangents), None);
            let (jaxpr, extra) = close(&jvp);
            let operands: Vec<Array> = extra.iter().chain(args).chain(present(tangents)).cloned().collect();
            let mut results = remat(self.with(jaxpr), &operands);
            let tangents = results.split_off(have.len());
            (results, scatter_tangents(&have, tangents.into_iter()))
        });
        let transpose: Transpose<'_> = Box::new(|cts, operands| self.transpose(cts, operands));
        Derivative::Rule(jvp, Some(transpose))
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], size: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        let fronted = args.iter().zip(dims).map(|(arg, dim)| match dim {
            Some(dim) => crate::prim::shape::move_axis(arg, *dim, 0),
            None => arg.clone(),
        });
        let (batched, have) = batch_jaxpr(&self.closed(), &marks(dims), None, size);
        let (jaxpr, extra) = close(&batched);
        let operands: Vec<Array> = extra.into_iter().chain(fronted).collect();
        let results = remat(self.with(jaxpr), &operands);
        (results, have.iter().map(|&have| have.then_some(0)).collect())
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        cx.jaxpr(&self.jaxpr, ins)
    }

    fn partial_eval(&self, _: &[Aval], unknown: &[bool]) -> Option<PartialEval> {
        if unknown.iter().all(|&u| u) {
            return None;
        }
        let later = unknown_outs(&self.jaxpr, unknown);
        let now: Vec<bool> = later.iter().map(|&later| !later).collect();
        let (known, needed) = dce_outs(&self.jaxpr, &now);
        // Effects happen in the forward pass, not again when it is computed again.
        let (rest, rest_needed) = dce_outs(&without_effects(&self.jaxpr), &later);
        let (known_ins, rest_ins) = (positions(&needed), positions(&rest_needed));
        let all = |jaxpr: &Jaxpr| (0..jaxpr.outs.len()).collect::<Vec<usize>>();
        // The known part runs plainly; the rest keeps only arguments and recomputes what it needs.
        let (known_outs, rest_outs) = (all(&known), all(&rest));
        Some(PartialEval {
            known: Prim::new(self.with(known.reorder(&known_ins, &known_outs))),
            known_ins,
            known_outs: positions(&now),
            unknown: Prim::new(Remat { jaxpr: Arc::new(rest.reorder(&rest_ins, &rest_outs)), differentiated: true }),
            unknown_ins: rest_ins.into_iter().map(Source::Operand).collect(),
            unknown_outs: positions(&later).into_iter().map(Some).collect(),
        })
    }

    fn dce(&self, used: &[bool]) -> Option<(Prim, Vec<bool>, Vec<bool>)> {
        let (jaxpr, needed) = dce_outs(&self.jaxpr, used);
        if needed.iter().all(|&n| n) && used.iter().all(|&u| u) {
            return None;
        }
        let outs: Vec<usize> = (0..jaxpr.outs.len()).collect();
        let jaxpr = jaxpr.reorder(&positions(&needed), &outs);
        Some((Prim::new(self.with(jaxpr)), needed, used.to_vec()))
    }

    fn subjaxprs(&self) -> Vec<&Jaxpr> {
        vec![&self.jaxpr]
    }

    fn map_subjaxprs(&self, pass: &dyn Fn(&Jaxpr) -> Jaxpr) -> Option<Prim> {
        Some(Prim::new(self.with(pass(&self.jaxpr))))
    }
}

crate::readers! { "remat2", 0..=usize::MAX, |eqn| Remat::read(eqn)?; }

impl Remat {
    fn read(eqn: &Reading<'_>) -> Read<Remat> {
        let jaxpr = eqn.jaxpr("jaxpr")?;
        eqn.takes(&jaxpr, eqn.ins)?;
        Ok(Remat { jaxpr, differentiated: eqn.bool("differentiated")? })
    }
}
