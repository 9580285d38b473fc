//! Operations on concrete arrays outside of any staged function: each runs through the compiler, and is compiled
//! once for each primitive and operand types.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rustc_hash::FxHasher;
use smallvec::SmallVec;

use super::data::{Array, Repr};
use super::watch;
use crate::base::{Result, Span, Table};
use crate::ir::lower::lower;
use crate::ir::{Atom, Aval, ClosedJaxpr, Eqn, Jaxpr, Prim};
use crate::machine::{Executable, Input, machine};

struct Entry {
    prim: Prim,
    avals: SmallVec<[Aval; 4]>,
    executable: Arc<dyn Executable>,
    outs: Vec<Aval>,
}

static CACHE: Table<Entry, 1024> = Table::new();

/// Runs a primitive on concrete arrays.
pub(super) fn run(prim: Prim, args: &[&Array], span: Span) -> Result<SmallVec<[Array; 2]>> {
    let mut hasher = FxHasher::default();
    prim.hash(&mut hasher);
    args.iter().for_each(|arg| arg.aval().hash(&mut hasher));
    let hash = hasher.finish();
    let fits = |entry: &Entry| {
        entry.avals.len() == args.len()
            && entry.avals.iter().zip(args).all(|(aval, arg)| aval == arg.aval())
            && entry.prim == prim
    };
    let entry = match CACHE.find(hash, fits) {
        Some(entry) => entry,
        None => {
            // Compiled before the table is locked: whatever compiling runs may look here itself.
            let entry = compile(prim.clone(), args, span)?;
            CACHE.find_or_make(hash, fits, || Ok(entry))?
        }
    };
    let mut inputs: SmallVec<[Input<'_>; 4]> = args.iter().map(|arg| input(arg)).collect();
    let storages = entry.executable.run(&mut inputs)?;
    let results: SmallVec<[Array; 2]> = storages
        .into_iter()
        .zip(&entry.outs)
        .map(|(storage, aval)| Array(Repr::Concrete(aval.clone(), storage)))
        .collect();
    if let Some(watch) = watch::current() {
        let args: Vec<Array> = args.iter().map(|&arg| arg.clone()).collect();
        let program = || ClosedJaxpr::new(one_equation(prim, &entry.avals, &entry.outs, span));
        watch::verify(watch, &results, program, &args)?;
    }
    Ok(results)
}

/// The program that applies a primitive to its arguments.
fn one_equation(prim: Prim, avals: &[Aval], outs: &[Aval], span: Span) -> Jaxpr {
    let mut jaxpr = Jaxpr::default();
    jaxpr.invars = avals.iter().map(|aval| jaxpr.fresh(aval.clone())).collect();
    let outputs: SmallVec<_> = outs.iter().map(|aval| jaxpr.fresh(aval.clone())).collect();
    jaxpr.outs = outputs.iter().map(|&var| Atom::Var(var)).collect();
    let inputs = jaxpr.invars.iter().map(|&var| Atom::Var(var)).collect();
    jaxpr.eqns = vec![Eqn { prim, inputs, outputs, span }];
    jaxpr
}

/// A concrete array as an argument of an executable.
pub(crate) fn input(array: &Array) -> Input<'_> {
    match &array.0 {
        Repr::Concrete(_, storage) => Input::Shared(storage),
        Repr::Scalar(aval, bits, _) => Input::Scalar(crate::base::Scalar::from_bits(aval.dtype, *bits)),
        Repr::Traced(tracer) => crate::bug!("a tracer of {} where memory is needed", tracer.aval),
    }
}

fn compile(prim: Prim, args: &[&Array], span: Span) -> Result<Entry> {
    let avals: SmallVec<[Aval; 4]> = args.iter().map(|arg| arg.aval().clone()).collect();
    let outs = prim.type_rule(&avals)?;
    let jaxpr = one_equation(prim.clone(), &avals, &outs, span);
    let executable = machine().compile(lower(&jaxpr))?;
    Ok(Entry { prim, avals, executable, outs })
}
