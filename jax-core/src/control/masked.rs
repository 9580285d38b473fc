//! Branches and loops with effects, batched: in each lane what happens is what would happen without the batch.
//!
//! Every lane runs every branch and as many turns as any; [`with_lanes`] says which of them take part. A loop carries
//! that along with its values: a lane that has stopped does not start again, and keeps its values. So an effect knows
//! its lane, and lanes go through a program side by side as they do elsewhere.

use std::sync::Arc;

use super::close;
use super::while_loop::{While, while_loop};
use crate::array::{Array, builder};
use crate::base::{DType, Scalar};
use crate::ir::{Aval, ClosedJaxpr, Jaxpr};
use crate::prim::callback::{lanes, with_lanes};
use crate::prim::compare::{eq, ge, le};
use crate::prim::logic::and;
use crate::prim::reduce::reduce_or;
use crate::prim::rule::materialize;
use crate::prim::select::select;
use crate::prim::shape::broadcast_in_dim;
use crate::transform::batch::{batch, batched_aval};

/// The lanes that take the branch with this number, of so many; indices beyond are clamped.
pub(super) fn taking(index: &Array, branch: usize, branches: usize) -> Array {
    let number = Array::scalar(Scalar::from_i128(DType::I32, branch as i128));
    match branch {
        0 => le(index, &number),
        last if last + 1 == branches => ge(index, &number),
        _ => eq(index, &number),
    }
}

/// A batched loop in which every lane knows whether it still takes part: the results, all of them batched.
pub(super) fn batch_while(of: &While, args: &[Array], dims: &[Option<usize>], size: usize) -> Vec<Array> {
    let closed = |jaxpr: &Arc<_>| ClosedJaxpr { jaxpr: Arc::clone(jaxpr), consts: Vec::new() };
    let (cond, body) = (closed(&of.cond_jaxpr), closed(&of.body_jaxpr));
    let consts = of.cond_nconsts + of.body_nconsts;
    // Whether each lane goes on: batched, of those that took part.
    let goes_on = |cond_args: Vec<Array>, dims: &[Option<usize>], before: Option<&Array>| -> Array {
        let run = || {
            let (outs, dims) = batch(&cond, &cond_args, dims, size);
            materialize(&outs[0], dims[0], 0, size)
        };
        match before {
            Some(before) => and(before, &with_lanes(before, run)),
            None => run(),
        }
    };
    let init: Vec<Array> =
        args[consts..].iter().zip(&dims[consts..]).map(|(arg, &dim)| materialize(arg, dim, 0, size)).collect();
    let carried = vec![Some(0); init.len()];
    let cond_dims = [&dims[..of.cond_nconsts], &carried].concat();
    let body_dims = [&dims[of.cond_nconsts..consts], &carried].concat();
    let start = goes_on([&args[..of.cond_nconsts], &init].concat(), &cond_dims, lanes().as_ref());

    let shared: Vec<Aval> = args[..consts].iter().map(|arg| arg.aval().clone()).collect();
    let flags = batched_aval(&Aval::new(DType::Bool, &[]), size);
    let carry: Vec<Aval> = std::iter::once(flags).chain(init.iter().map(|value| value.aval().clone())).collect();
    let avals: Vec<Aval> = shared.iter().chain(&carry).cloned().collect();
    let turn = builder::trace(&avals, |args| {
        let (shared, carry) = args.split_at(consts);
        let (active, values) = (&carry[0], &carry[1..]);
        let body_args = [&shared[of.cond_nconsts..], values].concat();
        let (next, next_dims) = with_lanes(active, || batch(&body, &body_args, &body_dims, size));
        let next: Vec<Array> = next.iter().zip(next_dims).map(|(x, dim)| materialize(x, dim, 0, size)).collect();
        let next: Vec<Array> = next.iter().zip(values).map(|(next, now)| keep(active, next, now)).collect();
        let more = goes_on([&shared[..of.cond_nconsts], &next].concat(), &cond_dims, Some(active));
        std::iter::once(more).chain(next).collect()
    });
    let more = builder::trace(&carry, |carry| vec![reduce_or(&carry[0], &[0])]);
    let (jaxpr, extra) = close(&turn);
    let primitive = While {
        cond_jaxpr: more.jaxpr,
        cond_nconsts: 0,
        body_nconsts: extra.len() + consts,
        body_jaxpr: Arc::new(jaxpr),
        checkpoints: of.checkpoints,
    };
    let operands: Vec<Array> =
        extra.iter().chain(&args[..consts]).chain(std::iter::once(&start)).chain(&init).cloned().collect();
    let mut results = while_loop(primitive, &operands);
    results.remove(0);
    results
}

/// The next value in lanes that take part, the one of now in the others.
fn keep(active: &Array, next: &Array, now: &Array) -> Array {
    select(&broadcast_in_dim(active, next.shape(), &[0]), next, now)
}

/// Whether a program makes or reads stacks, which lanes cannot share: then they go through it one after the other.
pub(super) fn has_stacks(jaxpr: &Jaxpr) -> bool {
    jaxpr.avals.iter().any(Aval::is_stack) || jaxpr.eqns.iter().flat_map(|eqn| eqn.prim.subjaxprs()).any(has_stacks)
}
