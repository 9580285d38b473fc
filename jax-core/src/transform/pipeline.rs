//! The passes that a program goes through before it is lowered.

use super::{cse, dce, simplify};
use crate::ir::Jaxpr;

/// A function from jaxprs to jaxprs that keeps all values and the types of arguments, constants and results.
pub type Pass = fn(&Jaxpr) -> Jaxpr;

/// The passes in order, by name.
pub const PASSES: [(&str, Pass); 4] = [("dce", dce), ("simplify", simplify), ("cse", cse), ("dce", dce)];

/// The program as it is lowered.
///
/// What the backend does better on nests is not done here: fusion, hoisting out of loops, constants.
pub fn optimize(jaxpr: &Jaxpr) -> Jaxpr {
    let first = PASSES[0].1(jaxpr);
    PASSES[1..].iter().fold(first, |jaxpr, (_, pass)| pass(&jaxpr))
}
