//! The verifier: what every jaxpr must be, whatever made it.
//!
//! Every pass is followed by [`checked`] in debug builds, so that a malformed jaxpr is found where it is made.

use super::aval::Aval;
use super::jaxpr::{Atom, ClosedJaxpr, Jaxpr, Var};

/// Whether a jaxpr makes sense, inner programs included: each variable is defined once and before it is used, and
/// the results of each equation have the types, weakness included, that its primitive gives for its operands.
///
/// # Errors
/// What is wrong, naming the equation.
pub fn verify(jaxpr: &Jaxpr) -> Result<(), String> {
    let mut defined = vec![false; jaxpr.avals.len()];
    for (&var, what) in binders(&jaxpr.consts, "a const").chain(binders(&jaxpr.invars, "an argument")) {
        define(&mut defined, var, what)?;
    }
    for (number, eqn) in jaxpr.eqns.iter().enumerate() {
        let name = eqn.prim.name();
        let fail = |why: String| Err(format!("equation {number} ({name}): {why}"));
        if let Some(why) = eqn.inputs.iter().find_map(|atom| undefined(&defined, atom)) {
            return fail(why);
        }
        for inner in eqn.prim.subjaxprs() {
            if !inner.consts.is_empty() {
                return fail("an inner program closes over something".into());
            }
            verify(inner).map_err(|why| format!("equation {number} ({name}): in its program: {why}"))?;
        }
        let ins: Vec<Aval> = eqn.inputs.iter().map(|atom| jaxpr.atom_aval(atom)).collect();
        let given = match eqn.prim.type_rule(&ins) {
            Ok(given) => given,
            Err(error) => return fail(error.message),
        };
        if given.len() != eqn.outputs.len() {
            return fail(format!("it has {} results and defines {} variables", given.len(), eqn.outputs.len()));
        }
        for (&var, given) in eqn.outputs.iter().zip(&given) {
            if let Err(why) = define(&mut defined, var, "a result") {
                return fail(why);
            }
            let declared = jaxpr.aval(var);
            if declared != given {
                let text = |aval: &Aval| format!("{aval}{}", if aval.weak { "*" } else { "" });
                return fail(format!("{var:?} is declared {}, but the result is {}", text(declared), text(given)));
            }
        }
    }
    match jaxpr.outs.iter().find_map(|atom| undefined(&defined, atom)) {
        Some(why) => Err(format!("the results: {why}")),
        None => Ok(()),
    }
}

/// The jaxpr that a pass made, verified in debug builds.
///
/// # Panics
/// If it is malformed, which is a bug of the pass.
pub fn checked(pass: &str, jaxpr: Jaxpr) -> Jaxpr {
    check(pass, &jaxpr);
    jaxpr
}

/// Like [`checked`], for a jaxpr with what it closed over.
pub fn checked_closed(pass: &str, closed: ClosedJaxpr) -> ClosedJaxpr {
    check(pass, &closed.jaxpr);
    let declared = closed.jaxpr.consts.iter().map(|&var| closed.jaxpr.aval(var));
    if cfg!(debug_assertions) && !declared.eq(closed.consts.iter().map(|array| array.aval())) {
        crate::bug!("{pass} made a jaxpr whose consts are not those that it declares\n{}", closed.jaxpr);
    }
    closed
}

fn check(pass: &str, jaxpr: &Jaxpr) {
    if cfg!(debug_assertions)
        && let Err(why) = verify(jaxpr)
    {
        crate::bug!("{pass} made a malformed jaxpr: {why}\n{jaxpr:#}");
    }
}

fn binders<'a>(vars: &'a [Var], what: &'static str) -> impl Iterator<Item = (&'a Var, &'static str)> {
    vars.iter().map(move |var| (var, what))
}

fn define(defined: &mut [bool], var: Var, what: &str) -> Result<(), String> {
    match defined.get_mut(var.0 as usize) {
        None => Err(format!("{var:?}, {what}, has no type")),
        Some(true) => Err(format!("{var:?}, {what}, is defined twice")),
        Some(place) => {
            *place = true;
            Ok(())
        }
    }
}

fn undefined(defined: &[bool], atom: &Atom) -> Option<String> {
    match atom {
        Atom::Var(var) if defined.get(var.0 as usize) != Some(&true) => {
            Some(format!("{var:?} is used before its equation"))
        }
        _ => None,
    }
}
