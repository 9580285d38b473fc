//! Batching lane by lane: a loop without carry over the lanes, whose turn is the primitive as it is.
//!
//! So each lane branches and stops by itself, and what it does not take it does not run.

use super::scan::{Scan, scan};
use crate::array::Array;
use crate::array::fail::raise;
use crate::ir::{Atom, Aval, Eqn, Jaxpr, Prim};
use crate::prim::shape::move_axis;

/// The results of a primitive for every lane of a batch of this size, the lanes in front.
#[track_caller]
pub(crate) fn map_lanes(
    prim: &Prim,
    args: &[Array],
    dims: &[Option<usize>],
    size: usize,
) -> (Vec<Array>, Vec<Option<usize>>) {
    let own = |(arg, dim): (&Array, &Option<usize>)| -> Aval {
        let mut shape = arg.shape().to_vec();
        dim.iter().for_each(|&dim| _ = shape.remove(dim));
        arg.aval().with_shape(&shape)
    };
    let avals: Vec<Aval> = args.iter().zip(dims).map(own).collect();
    let outs = prim.type_rule(&avals).unwrap_or_else(|error| raise(error));
    let mut jaxpr = Jaxpr::default();
    let vars: Vec<_> = avals.into_iter().map(|aval| jaxpr.fresh(aval)).collect();
    let outputs: Vec<_> = outs.into_iter().map(|aval| jaxpr.fresh(aval)).collect();
    let shared = (0..args.len()).filter(|&i| dims[i].is_none());
    let order: Vec<usize> = shared.clone().chain((0..args.len()).filter(|&i| dims[i].is_some())).collect();
    jaxpr.invars = order.iter().map(|&i| vars[i]).collect();
    jaxpr.outs = outputs.iter().map(|&var| Atom::Var(var)).collect();
    jaxpr.eqns = vec![Eqn {
        prim: prim.clone(),
        inputs: vars.into_iter().map(Atom::Var).collect(),
        outputs: outputs.into_iter().collect(),
        span: crate::array::bind::current_span(),
    }];
    let operands: Vec<Array> =
        order.iter().map(|&i| dims[i].map_or_else(|| args[i].clone(), |dim| move_axis(&args[i], dim, 0))).collect();
    let lanes = Scan {
        jaxpr: jaxpr.into(),
        length: Some(size),
        num_consts: shared.count(),
        num_carry: 0,
        reverse: false,
        unroll: 1,
    };
    let results = scan(lanes, &operands);
    let dims = vec![Some(0); results.len()];
    (results, dims)
}
