//! Reverse mode: running a linear jaxpr backwards.

use super::eval::{Env, literal};
use crate::array::fail::{call_place, raise};
use crate::array::{Array, with_span};
use crate::base::Error;
use crate::base::error::ErrorKind;
use crate::ir::{Atom, Derivative, Eqn, Jaxpr, Operand, Tangent, Var};
use crate::prim::rule::add_tangents;

/// The cotangents of a linear jaxpr's arguments after the first `known.len()` ones, which are given, for these
/// cotangents of its results.
///
/// # Panics
/// If an equation on the way has no transpose.
pub fn backward(linear: &Jaxpr, known: &[Array], cotangents: &[Tangent]) -> Vec<Tangent> {
    let depends = linear_vars(linear, known.len());
    let mut values: Env<Array> = Env::new(linear, [], known.iter().cloned());
    // Equations that depend on known values alone run forwards first.
    for eqn in linear.eqns.iter().filter(|eqn| !is_linear(eqn, &depends)) {
        let operands = values.read_all(&eqn.inputs, literal);
        let results = with_span(eqn.span, || super::jvp::bind_all(&eqn.prim, &operands));
        values.define(eqn, results);
    }
    let mut cts: Env<Array> = Env::new(linear, [], []);
    let taken = call_place();
    for (atom, ct) in linear.outs.iter().zip(cotangents) {
        accumulate(&mut cts, atom, ct.clone(), &depends);
    }
    for eqn in linear.eqns.iter().rev().filter(|eqn| is_linear(eqn, &depends)) {
        let outs: Vec<Tangent> = eqn.outputs.iter().map(|&var| cts.take(var)).collect();
        if outs.iter().all(Option::is_none) {
            continue;
        }
        let operands: Vec<Operand> = eqn
            .inputs
            .iter()
            .map(|atom| match atom {
                Atom::Var(var) if depends[var.0 as usize] => Operand::Linear(linear.aval(*var).clone()),
                atom => Operand::Known(values.read(atom, literal)),
            })
            .collect();
        let span = eqn.span.backward(taken);
        let ins = with_span(span, || transpose_eqn(eqn, &outs, &operands));
        for (atom, ct) in eqn.inputs.iter().zip(ins) {
            with_span(span, || accumulate(&mut cts, atom, ct, &depends));
        }
    }
    linear.invars[known.len()..].iter().map(|&var| cts.take(var)).collect()
}

fn transpose_eqn(eqn: &Eqn, cts: &[Tangent], operands: &[Operand]) -> Vec<Tangent> {
    match eqn.prim.derivative() {
        Derivative::Linear(rule) | Derivative::Multilinear(rule) | Derivative::Rule(_, Some(rule)) => {
            rule(cts, operands)
        }
        Derivative::Zero => vec![None; operands.len()],
        Derivative::Undefined(why) => raise(Error::new(ErrorKind::Transform, "transpose", why)),
        Derivative::Rule(_, None) => raise(Error::new(
            ErrorKind::Transform,
            "transpose",
            format!("Transpose rule (for reverse-mode differentiation) for '{}' not implemented", eqn.prim.name()),
        )),
    }
}

fn accumulate(cts: &mut Env<Array>, atom: &Atom, ct: Tangent, depends: &[bool]) {
    if let Atom::Var(var) = atom
        && depends[var.0 as usize]
        && let Some(sum) = add_tangents(cts.take(*var), ct)
    {
        cts.set(*var, sum);
    }
}

/// Which variables depend on the arguments after the first `known`.
fn linear_vars(jaxpr: &Jaxpr, known: usize) -> Vec<bool> {
    let mut depends = vec![false; jaxpr.avals.len()];
    let mut mark = |vars: &[Var]| vars.iter().for_each(|var| depends[var.0 as usize] = true);
    mark(&jaxpr.invars[known..]);
    for eqn in &jaxpr.eqns {
        if is_linear(eqn, &depends) {
            eqn.outputs.iter().for_each(|var| depends[var.0 as usize] = true);
        }
    }
    depends
}

fn is_linear(eqn: &Eqn, depends: &[bool]) -> bool {
    eqn.inputs.iter().any(|atom| matches!(atom, Atom::Var(var) if depends[var.0 as usize]))
}
