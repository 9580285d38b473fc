//! Effects: what a program does besides giving results, and the program without.

use std::borrow::Cow;

use crate::ir::verify::checked;
use crate::ir::{Eqn, Jaxpr};

/// The jaxpr without its effects: for computing again what was computed before.
pub fn without_effects(jaxpr: &Jaxpr) -> Cow<'_, Jaxpr> {
    if !jaxpr.has_effects() {
        return Cow::Borrowed(jaxpr);
    }
    let quiet = |eqn: &Eqn| {
        if !eqn.prim.has_effects() {
            return Some(eqn.clone());
        }
        let prim = eqn.prim.map_subjaxprs(&|jaxpr| without_effects(jaxpr).into_owned())?;
        Some(Eqn { prim, ..eqn.clone() })
    };
    let eqns = jaxpr.eqns.iter().filter_map(quiet).collect();
    Cow::Owned(checked("without_effects", Jaxpr { eqns, ..jaxpr.clone() }))
}
