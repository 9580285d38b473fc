//! What a loop keeps of each turn for its derivative, and what its linear part computes again.

use crate::array::{Array, builder};
use crate::ir::{Atom, Aval, ClosedJaxpr, Jaxpr, Source};
use crate::transform::dce::dce_outs;
use crate::transform::eval::eval;

/// Saving the carry and computing the turn again must save at least this factor of memory.
const RECOMPUTE_GAIN: usize = 2;

/// What an argument of a turn is to its loop.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The same in every turn: an operand of the loop, by position.
    Const(usize),
    /// What the turn before handed on.
    Carry,
}

/// A turn split into what is known and what is linear.
pub(crate) struct Split {
    /// The known turn: its own results, then what it pushes.
    pub known: Jaxpr,
    /// The linear turn: what `sources` say, then the unknown arguments.
    pub linear: Jaxpr,
    /// Pushed values are residuals, numbered from 0.
    pub sources: Vec<Source>,
}

/// Decides what a turn pushes. `known` gives `mains` results and then the residuals that are the first arguments of
/// `linear`.
///
/// Consts are not pushed; what only consts determine is computed again, outside the loop once the
/// compiler has moved it there. Of the rest, either all is pushed or, where that is much smaller, the part of the
/// carry that determines it.
pub(crate) fn split(known: Jaxpr, mains: usize, linear: Jaxpr, roles: &[Role]) -> Split {
    let varies = varying(&known, roles);
    let role = |atom: &Atom| known.invars.iter().position(|&var| Atom::Var(var) == *atom).map(|i| roles[i]);
    let residuals = &known.outs[mains..];
    let stays = |atom: &Atom| match atom {
        Atom::Var(var) => !varies[var.0 as usize],
        Atom::Lit(_) => true,
    };
    let (mut again, mut pushed): (Vec<bool>, Vec<bool>) = residuals
        .iter()
        .map(|atom| match role(atom) {
            Some(Role::Const(_)) => (false, false),
            Some(Role::Carry) => (false, true),
            None => (stays(atom), !stays(atom)),
        })
        .unzip();
    let bytes = |atom: &Atom| known.atom_aval(atom).ty().bytes();
    let total: usize = residuals.iter().zip(&pushed).filter(|(_, pushed)| **pushed).map(|(atom, _)| bytes(atom)).sum();
    let used = |marks: &[bool]| -> Vec<bool> { vec![false; mains].into_iter().chain(marks.iter().copied()).collect() };
    let both: Vec<bool> = again.iter().zip(&pushed).map(|(a, p)| a | p).collect();
    let (turn, needed) = dce_outs(&known, &used(&both));
    let carried = (0..roles.len()).filter(|&i| needed[i] && roles[i] == Role::Carry);
    let saved: usize = carried.map(|i| known.aval(known.invars[i]).ty().bytes()).sum();
    if saved * RECOMPUTE_GAIN < total && turn.eqns.iter().all(|eqn| eqn.prim.subjaxprs().is_empty()) {
        again = both;
        pushed.fill(false);
    }
    let (turn, needed) = dce_outs(&known, &used(&again));
    let mut outs: Vec<Atom> = known.outs[..mains].to_vec();
    let mut sources: Vec<Source> = Vec::new();
    let mut source = |atom: &Atom, role: Option<Role>| match role {
        Some(Role::Const(operand)) => Source::Operand(operand),
        _ => {
            let known = outs[mains..].iter().position(|out| out == atom);
            let place = known.unwrap_or(outs.len() - mains);
            if known.is_none() {
                outs.push(*atom);
            }
            Source::Residual(place)
        }
    };
    let direct: Vec<usize> = (0..residuals.len()).filter(|&i| !again[i]).collect();
    sources.extend(direct.iter().map(|&i| source(&residuals[i], role(&residuals[i]))));
    let inputs: Vec<usize> = (0..roles.len()).filter(|&i| needed[i]).collect();
    sources.extend(inputs.iter().map(|&i| source(&Atom::Var(known.invars[i]), Some(roles[i]))));
    let linear = match inputs.is_empty() && again.iter().all(|again| !again) {
        true => linear,
        false => recomputing(&known, turn, &inputs, linear, &direct, &again),
    };
    Split { known: Jaxpr { outs, ..known }, linear, sources }
}

/// Which variables differ from turn to turn.
fn varying(jaxpr: &Jaxpr, roles: &[Role]) -> Vec<bool> {
    let mut varies = vec![false; jaxpr.avals.len()];
    for (var, role) in jaxpr.invars.iter().zip(roles) {
        varies[var.0 as usize] = !matches!(role, Role::Const(_));
    }
    for eqn in &jaxpr.eqns {
        if eqn.inputs.iter().any(|atom| matches!(atom, Atom::Var(var) if varies[var.0 as usize])) {
            eqn.outputs.iter().for_each(|var| varies[var.0 as usize] = true);
        }
    }
    varies
}

/// The linear turn that computes the residuals in `again` itself, by `turn` from the known arguments `inputs`. It takes
/// the `direct` residuals, then those arguments.
fn recomputing(known: &Jaxpr, turn: Jaxpr, inputs: &[usize], linear: Jaxpr, direct: &[usize], again: &[bool]) -> Jaxpr {
    let taken = |&residual: &usize| linear.aval(linear.invars[residual]).clone();
    let given = |&i: &usize| known.aval(known.invars[i]).clone();
    let rest = linear.invars[again.len()..].iter().map(|&var| linear.aval(var).clone());
    let avals: Vec<Aval> = direct.iter().map(taken).chain(inputs.iter().map(given)).chain(rest).collect();
    let outs: Vec<usize> = (0..turn.outs.len()).collect();
    let turn = ClosedJaxpr::new(turn.reorder(inputs, &outs));
    let linear = ClosedJaxpr::new(linear);
    let traced = builder::trace(&avals, |args| {
        let (residuals, args) = args.split_at(direct.len());
        let (inputs, arguments) = args.split_at(inputs.len());
        let mut computed = eval(&turn, inputs).into_iter();
        let mut taken = residuals.iter().cloned();
        let own = again.iter().filter_map(|&again| if again { computed.next() } else { taken.next() });
        let all: Vec<Array> = own.collect::<Vec<_>>().into_iter().chain(arguments.iter().cloned()).collect();
        eval(&linear, &all)
    });
    if !traced.consts.is_empty() {
        crate::bug!("a turn closed over an array");
    }
    (*traced.jaxpr).clone()
}
