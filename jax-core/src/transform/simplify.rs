//! Simplification: equations that their primitives know a simpler way for. Each primitive says its own.

use super::eval::{Env, literal};
use super::jvp::bind_all;
use crate::array::{Array, builder, with_span};
use crate::ir::verify::checked;
use crate::ir::{Aval, Jaxpr};

/// The jaxpr, inner programs included, with the equations simplified that
/// [`Primitive::simplify`](crate::ir::Primitive::simplify) knows a simpler way for, to the same values bit for bit.
///
/// For programs that will not be differentiated any more: `stop_gradient` goes.
pub fn simplify(jaxpr: &Jaxpr) -> Jaxpr {
    let vars = jaxpr.consts.iter().chain(&jaxpr.invars);
    let avals: Vec<Aval> = vars.map(|&var| jaxpr.aval(var).clone()).collect();
    let closed = builder::trace(&avals, |args| {
        let (consts, args) = args.split_at(jaxpr.consts.len());
        let mut env = Env::new(jaxpr, consts.iter().cloned(), args.iter().cloned());
        for eqn in &jaxpr.eqns {
            let operands = env.read_all(&eqn.inputs, literal);
            let prim = eqn.prim.map_subjaxprs(&simplify).unwrap_or_else(|| eqn.prim.clone());
            let results = with_span(eqn.span, || {
                let wanted = eqn.outputs.iter().map(|&var| jaxpr.aval(var));
                let same = |results: &Vec<Array>| results.iter().map(Array::aval).eq(wanted);
                prim.simplify(&operands).filter(same).unwrap_or_else(|| bind_all(&prim, &operands))
            });
            env.define(eqn, results);
        }
        env.read_all(&jaxpr.outs, literal)
    });
    if !closed.consts.is_empty() {
        crate::bug!("simplify closed over an array\n{jaxpr:#}");
    }
    let mut simple = (*closed.jaxpr).clone();
    let invars = simple.invars.split_off(jaxpr.consts.len());
    simple.consts = std::mem::replace(&mut simple.invars, invars);
    checked("simplify", simple)
}
