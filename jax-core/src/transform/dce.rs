//! Dead-code elimination.

use crate::ir::verify::checked;
use crate::ir::{Atom, Eqn, Jaxpr};

/// The jaxpr, inner programs included, without the equations whose results nobody uses and that do nothing else, and
/// with primitives trimmed of unused results. Arguments and consts stay.
pub fn dce(jaxpr: &Jaxpr) -> Jaxpr {
    let used = vec![true; jaxpr.outs.len()];
    let (mut jaxpr, _) = dce_outs(jaxpr, &used);
    for eqn in &mut jaxpr.eqns {
        if let Some(prim) = eqn.prim.map_subjaxprs(&dce) {
            eqn.prim = prim;
        }
    }
    checked("dce", jaxpr)
}

/// Like [`dce`] but for inner programs, which are only trimmed of results, for a jaxpr only some of whose results are
/// used: keeps those. Also says which arguments they need.
pub fn dce_outs(jaxpr: &Jaxpr, used: &[bool]) -> (Jaxpr, Vec<bool>) {
    let mut live = vec![false; jaxpr.avals.len()];
    let mark = |live: &mut Vec<bool>, atom: &Atom| {
        if let Atom::Var(var) = atom {
            live[var.0 as usize] = true;
        }
    };
    let outs: Vec<Atom> = jaxpr.outs.iter().zip(used).filter(|(_, used)| **used).map(|(atom, _)| *atom).collect();
    outs.iter().for_each(|atom| mark(&mut live, atom));
    let mut eqns: Vec<Eqn> = Vec::with_capacity(jaxpr.eqns.len());
    for eqn in jaxpr.eqns.iter().rev() {
        let used: Vec<bool> = eqn.outputs.iter().map(|var| live[var.0 as usize]).collect();
        if used.iter().all(|used| !used) && !eqn.prim.has_effects() {
            continue;
        }
        let mut eqn = eqn.clone();
        if let Some((prim, kept, given)) = eqn.prim.dce(&used) {
            eqn.prim = prim;
            eqn.inputs = eqn.inputs.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(atom, _)| *atom).collect();
            eqn.outputs = eqn.outputs.iter().zip(&given).filter(|(_, given)| **given).map(|(var, _)| *var).collect();
        }
        eqn.inputs.iter().for_each(|atom| mark(&mut live, atom));
        eqns.push(eqn);
    }
    eqns.reverse();
    let needed = jaxpr.invars.iter().map(|var| live[var.0 as usize]).collect();
    (checked("dce", Jaxpr { eqns, outs, ..jaxpr.clone() }), needed)
}
