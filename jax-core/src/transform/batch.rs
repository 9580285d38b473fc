//! Vectorization: a jaxpr over one element to a jaxpr over a batch.

use super::eval::{Env, literal};
use super::jvp::bind_all;
use crate::array::{Array, with_span};
use crate::ir::verify::checked_closed;
use crate::ir::{Aval, ClosedJaxpr};
use crate::prim::callback::lanes;
use crate::prim::rule::materialize;

/// Results and their batch axes for arguments some of which have a batch axis (`dims`) of this size.
pub fn batch(
    closed: &ClosedJaxpr,
    args: &[Array],
    dims: &[Option<usize>],
    size: usize,
) -> (Vec<Array>, Vec<Option<usize>>) {
    let jaxpr = &closed.jaxpr;
    let consts = closed.consts.iter().map(|c| (c.clone(), None));
    let mut env = Env::new(jaxpr, consts, args.iter().cloned().zip(dims.iter().copied()));
    for eqn in &jaxpr.eqns {
        let (operands, dims): (Vec<Array>, Vec<Option<usize>>) =
            env.read_all(&eqn.inputs, |l| (literal(l), None)).into_iter().unzip();
        let (results, dims) = with_span(eqn.span, || {
            let some_lanes = lanes().is_some() && eqn.prim.has_effects();
            if dims.iter().all(Option::is_none) && !some_lanes {
                let results = bind_all(&eqn.prim, &operands);
                let none = vec![None; results.len()];
                (results, none)
            } else {
                eqn.prim.batch(&operands, &dims, size)
            }
        });
        env.define(eqn, results.into_iter().zip(dims));
    }
    env.read_all(&jaxpr.outs, |l| (literal(l), None)).into_iter().unzip()
}

/// The batched jaxpr: arguments marked in `batched` have the batch axis in front. Results marked in `wanted` do
/// too; with `None`, those that depend on a batched argument. Also says which results do.
pub fn batch_jaxpr(
    closed: &ClosedJaxpr,
    batched: &[bool],
    wanted: Option<&[bool]>,
    size: usize,
) -> (ClosedJaxpr, Vec<bool>) {
    let avals: Vec<Aval> = closed
        .in_avals()
        .into_iter()
        .zip(batched)
        .map(|(aval, &batched)| if batched { batched_aval(&aval, size) } else { aval })
        .collect();
    let (jaxpr, have) = crate::array::builder::trace_with(&avals, |args| {
        let dims: Vec<Option<usize>> = batched.iter().map(|&b| b.then_some(0)).collect();
        let (results, dims) = batch(closed, args, &dims, size);
        let have: Vec<bool> = match wanted {
            Some(wanted) => wanted.iter().zip(&dims).map(|(&w, dim)| w || dim.is_some()).collect(),
            None => dims.iter().map(Option::is_some).collect(),
        };
        let results = results
            .iter()
            .zip(dims)
            .zip(&have)
            .map(|((result, dim), &have)| if have { materialize(result, dim, 0, size) } else { result.clone() });
        (results.collect(), have)
    });
    (checked_closed("vmap", jaxpr), have)
}

/// The type with a leading batch axis.
pub fn batched_aval(aval: &Aval, size: usize) -> Aval {
    let shape: Vec<usize> = std::iter::once(size).chain(aval.shape.iter().copied()).collect();
    aval.with_shape(&shape)
}
