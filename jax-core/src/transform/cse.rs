//! Common subexpressions: of equations that compute the same, the first stays.

use std::collections::HashMap;

use smallvec::SmallVec;

use crate::ir::verify::checked;
use crate::ir::{Atom, Jaxpr, Prim, Var};

/// What makes two equations one: the primitive and its operands.
type Application = (Prim, SmallVec<[Atom; 4]>);

/// The jaxpr, inner programs included, with each primitive applied once at most to the same operands.
///
/// Equations with effects stay as often as they are written. Weak and strong operands are different ones, and so are
/// `0.0` and `-0.0`.
pub fn cse(jaxpr: &Jaxpr) -> Jaxpr {
    let mut known: HashMap<Application, SmallVec<[Var; 2]>> = HashMap::new();
    // What stands for each variable.
    let mut stands: Vec<Var> = (0..jaxpr.avals.len() as u32).map(Var).collect();
    let renamed = |stands: &[Var], atom: &Atom| match atom {
        Atom::Var(var) => Atom::Var(stands[var.0 as usize]),
        Atom::Lit(_) => *atom,
    };
    let mut eqns = Vec::with_capacity(jaxpr.eqns.len());
    for eqn in &jaxpr.eqns {
        let mut eqn = eqn.clone();
        eqn.inputs = eqn.inputs.iter().map(|atom| renamed(&stands, atom)).collect();
        eqn.prim = eqn.prim.map_subjaxprs(&cse).unwrap_or(eqn.prim);
        if eqn.prim.has_effects() {
            eqns.push(eqn);
            continue;
        }
        let key = (eqn.prim.clone(), eqn.inputs.clone());
        match known.get(&key) {
            Some(first) => eqn.outputs.iter().zip(first).for_each(|(var, first)| stands[var.0 as usize] = *first),
            None => {
                known.insert(key, eqn.outputs.clone());
                eqns.push(eqn);
            }
        }
    }
    let outs = jaxpr.outs.iter().map(|atom| renamed(&stands, atom)).collect();
    checked("cse", Jaxpr { eqns, outs, ..jaxpr.clone() })
}
