//! Our jaxprs beside JAX's: the programs of `golden/jaxprs.txt`, traced and transformed here.
//!
//! Programs without reverse mode must print to the letter as JAX prints them, in both forms. Gradients must agree
//! up to the order of independent equations and up to dead code, which [`canonical`] takes away. [`MISSING`] says
//! which programs are not compared, and why; a program that is missing there and here is a failure.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod canonical;
mod control;
mod grads;
mod inputs;
mod jvps;
mod plain;
mod vmaps;

use std::collections::BTreeMap;
use std::panic::catch_unwind;
use std::path::Path;

use jax_core::ir::{ClosedJaxpr, Jaxpr};

/// A program by the name of its recording, and how it is traced here.
type Case = (&'static str, fn() -> ClosedJaxpr);

const LITERAL: &str = "JAX converts a literal in an equation, since the function is jitted there; here it is a literal";

const LANES: &str =
    "JAX runs all lanes until the last one stops and selects; here each lane is a loop that stops by itself";

/// Recorded programs that are not compared, and why.
const MISSING: &[(&str, &str)] = &[
    ("plain_clip", LITERAL),
    ("plain_mod_float", "JAX traces a select that nobody reads"),
    ("plain_nn_logsumexp", "JAX takes the sign of the sum, which nobody reads, and its absolute value"),
    ("plain_pad", LITERAL),
    ("plain_slice_step", "the same slice, whose limit is the end of the last step"),
    ("plain_stack", "there is no primitive `stack`: it is a concatenation"),
    ("plain_var", LITERAL),
    ("plain_where", LITERAL),
    ("vmap_while_pred", LANES),
];

fn cases() -> Vec<Case> {
    [plain::CASES, vmaps::CASES, jvps::CASES, control::CASES, grads::CASES].concat()
}

/// The recorded programs by name: one equation a line, and JAX's own layout.
fn recorded() -> BTreeMap<String, (String, String)> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/jaxprs.txt");
    let text = std::fs::read_to_string(file).unwrap();
    let blocks = text.split("\n\n").filter_map(|block| block.strip_prefix("# "));
    blocks
        .map(|block| {
            let (head, rest) = block.split_once("\n## jaxpr\n").unwrap();
            let (flat, pretty) = rest.split_once("\n## pretty\n").unwrap();
            let name = head.lines().next().unwrap();
            (name.to_string(), (flat.to_string(), pretty.trim_end_matches('\n').to_string()))
        })
        .collect()
}

/// Whether the program may differ from the recording in the order of equations and in dead code.
fn is_gradient(name: &str) -> bool {
    name.starts_with("grad_") || name.starts_with("hessian_")
}

/// Why a program differs from its recording, if it does.
fn difference(name: &str, trace: fn() -> ClosedJaxpr, flat: &str, pretty: &str) -> Option<String> {
    let Ok(closed) = catch_unwind(trace) else {
        return Some("it panics".into());
    };
    let found = format!("{:#}", closed.jaxpr);
    if is_gradient(name) {
        let wanted: Jaxpr = match flat.parse() {
            Ok(wanted) => wanted,
            Err(error) => return Some(format!("the recording does not read: {error}")),
        };
        let (wanted, mine) = (canonical::canonical(&wanted), canonical::canonical(&closed.jaxpr));
        return (wanted != mine).then(|| format!("-- JAX --\n{wanted}\n-- here --\n{mine}\n-- as traced --\n{found}"));
    }
    if found != flat {
        return Some(format!("-- JAX --\n{flat}\n-- here --\n{found}"));
    }
    let found = closed.to_string();
    (found != pretty).then(|| format!("-- JAX --\n{pretty}\n-- here --\n{found}"))
}

#[test]
fn programs_are_those_of_jax() {
    let (recorded, cases) = (recorded(), cases());
    let mut failures = Vec::new();
    let mut matched: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (name, (flat, pretty)) in &recorded {
        let group = name.split('_').next().unwrap();
        let counts = matched.entry(group).or_default();
        counts.1 += 1;
        let listed = MISSING.iter().any(|(missing, _)| missing == name);
        match cases.iter().find(|(case, _)| case == name) {
            None if listed => {}
            None => failures.push(format!("# {name}\nnot traced here, and not listed as missing")),
            Some((_, trace)) => match difference(name, *trace, flat, pretty) {
                None if listed => failures.push(format!("# {name}\nis listed as missing, but agrees")),
                Some(_) if listed => {}
                None => counts.0 += 1,
                Some(difference) => failures.push(format!("# {name}\n{difference}")),
            },
        }
    }
    let unknown = cases.iter().map(|(name, _)| *name).chain(MISSING.iter().map(|(name, _)| *name));
    failures
        .extend(unknown.filter(|name| !recorded.contains_key(*name)).map(|name| format!("# {name}\nis not recorded")));
    let agree: usize = matched.values().map(|(agree, _)| agree).sum();
    assert!(agree >= 40);
    assert!(failures.is_empty(), "{}\n\n{} failures", failures.join("\n\n"), failures.len());
}
