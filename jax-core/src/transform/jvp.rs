//! Forward mode: primals and tangents side by side.

use super::eval::{Env, literal};
use crate::array::fail::raise;
use crate::array::{Array, bind, with_span};
use crate::base::error::ErrorKind;
use crate::base::{DType, Error};
use crate::ir::verify::checked_closed;
use crate::ir::{Aval, ClosedJaxpr, Derivative, Eqn, Prim, Tangent};
use crate::prim::rule::{add_tangents, zeros};

/// Results and their tangents for these arguments and tangents (`None` for zero).
///
/// # Panics
/// If an equation on the way is not differentiable.
pub fn jvp(closed: &ClosedJaxpr, primals: &[Array], tangents: &[Tangent]) -> (Vec<Array>, Vec<Tangent>) {
    let jaxpr = &closed.jaxpr;
    let consts = closed.consts.iter().map(|c| (c.clone(), None));
    let mut env = Env::new(jaxpr, consts, primals.iter().cloned().zip(tangents.iter().cloned()));
    for eqn in &jaxpr.eqns {
        let (args, tangents): (Vec<Array>, Vec<Tangent>) =
            env.read_all(&eqn.inputs, |l| (literal(l), None)).into_iter().unzip();
        let (results, tangents) = with_span(eqn.span, || jvp_eqn(eqn, &args, &tangents));
        env.define(eqn, results.into_iter().zip(tangents));
    }
    env.read_all(&jaxpr.outs, |l| (literal(l), None)).into_iter().unzip()
}

fn jvp_eqn(eqn: &Eqn, args: &[Array], tangents: &[Tangent]) -> (Vec<Array>, Vec<Tangent>) {
    let run = |args: &[Array]| bind_all(&eqn.prim, args);
    if tangents.iter().all(Option::is_none) {
        let results = run(args);
        let none = vec![None; results.len()];
        return (results, none);
    }
    match eqn.prim.derivative() {
        Derivative::Linear(_) => {
            let results = run(args);
            let full: Vec<Array> =
                args.iter().zip(tangents).map(|(arg, t)| t.clone().unwrap_or_else(|| zeros(arg.aval()))).collect();
            (results, run(&full).into_iter().map(Some).collect())
        }
        Derivative::Multilinear(_) => {
            let results = run(args);
            let mut sums: Vec<Tangent> = vec![None; results.len()];
            for (position, tangent) in tangents.iter().enumerate() {
                let Some(tangent) = tangent else { continue };
                let mut operands = args.to_vec();
                operands[position] = tangent.clone();
                for (sum, term) in sums.iter_mut().zip(run(&operands)) {
                    *sum = add_tangents(sum.take(), Some(term));
                }
            }
            (results, sums)
        }
        Derivative::Rule(rule, _) => rule(args, tangents),
        Derivative::Zero => {
            let results = run(args);
            let none = vec![None; results.len()];
            (results, none)
        }
        Derivative::Undefined(why) => raise(Error::new(
            ErrorKind::Transform,
            "jvp",
            format!("Differentiation rule for '{}' not implemented: {why}", eqn.prim.name()),
        )),
    }
}

pub(crate) fn bind_all(prim: &Prim, args: &[Array]) -> Vec<Array> {
    let operands: smallvec::SmallVec<[&Array; 4]> = args.iter().collect();
    bind(prim.clone(), &operands).into_vec()
}

/// Whether values of this dtype have tangents.
pub fn differentiable(dtype: DType) -> bool {
    dtype.is_inexact()
}

/// The jaxpr of the forward mode: arguments, then the tangents of those marked; results, then the tangents of
/// those that `wanted` marks (all results that have one when `None`). Also which results have tangents.
pub fn jvp_jaxpr(closed: &ClosedJaxpr, nonzero: &[bool], wanted: Option<&[bool]>) -> (ClosedJaxpr, Vec<bool>) {
    let avals = closed.in_avals();
    let tangent_avals = avals.iter().zip(nonzero).filter(|(_, nonzero)| **nonzero).map(|(a, _)| a.clone());
    let inputs: Vec<Aval> = avals.iter().cloned().chain(tangent_avals).collect();
    let (jaxpr, have) = crate::array::builder::trace_with(&inputs, |args| {
        let (primals, rest) = args.split_at(avals.len());
        let mut rest = rest.iter().cloned();
        let tangents: Vec<Tangent> = nonzero.iter().map(|&nonzero| if nonzero { rest.next() } else { None }).collect();
        let (mut results, tangents) = jvp(closed, primals, &tangents);
        let have: Vec<bool> = match wanted {
            Some(wanted) => wanted.to_vec(),
            None => tangents.iter().map(Option::is_some).collect(),
        };
        let tangents: Vec<Array> = tangents
            .into_iter()
            .zip(&results)
            .zip(&have)
            .filter(|(_, have)| **have)
            .map(|((tangent, primal), _)| tangent.unwrap_or_else(|| zeros(primal.aval())))
            .collect();
        results.extend(tangents);
        (results, have)
    });
    (checked_closed("jvp", jaxpr), have)
}
