//! Which operation made the first NaN or infinity: the program again, with a check behind every operation.
//!
//! The checks are effects like a user's, so the first that fails in the order of the run ends it, in whatever branch
//! or turn of a loop that is. Loops tell when they begin, turn and end, so that the error can name the turn.

use std::sync::{Arc, Mutex, PoisonError};

use super::effects::without_effects;
use super::eval::{Env, literal};
use super::jvp::bind_all;
use crate::array::watch::{Finder, Watch};
use crate::array::{Array, builder, eager, with_span};
use crate::base::error::ErrorKind;
use crate::base::{Error, Scalar};
use crate::ir::lower::lower;
use crate::ir::{Aval, ClosedJaxpr, Eqn, Jaxpr};
use crate::machine::machine;
use crate::prim::callback::{Callback, Purpose, host_call};
use crate::prim::compare::{eq, ne};
use crate::prim::complex::{imag, real};
use crate::prim::logic::{and, not, or};
use crate::prim::reduce::reduce_or;
use crate::prim::round::is_finite;

inventory::submit! {
    Finder { find }
}

fn find(closed: &ClosedJaxpr, args: &[Array], watch: Watch) -> Option<Error> {
    builder::suspended(|| {
        let looking = Looking { watch, turns: Turns::default() };
        let program = lower(&looking.program(&without_effects(&closed.jaxpr), false));
        let mut inputs: Vec<_> = closed.consts.iter().chain(args).map(eager::input).collect();
        let result = machine().compile(program).and_then(|executable| executable.run(&mut inputs));
        result.err().filter(|error| error.kind == ErrorKind::FloatingPoint)
    })
}

/// How often each of the loops that the program is in has turned, the outermost first.
#[derive(Clone, Default)]
struct Turns(Arc<Mutex<Vec<u64>>>);

impl Turns {
    /// Stages a change of the turns, to be made when the program comes by.
    fn when_run(&self, change: impl Fn(&mut Vec<u64>) + Send + Sync + 'static) {
        let turns = self.clone();
        // One function of its own each time: nothing is shared with another program.
        let callback = Callback::new::<Turns>(String::new(), move |_| {
            change(&mut turns.0.lock().unwrap_or_else(PoisonError::into_inner));
            Ok(())
        });
        host_call(Purpose::Callback, "turn", callback, &Array::scalar(Scalar::bool(true)), &[]);
    }

    /// Where the program is, for the end of a sentence.
    fn place(&self) -> String {
        let turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let numbers: Vec<String> = turns.iter().map(|turns| turns.saturating_sub(1).to_string()).collect();
        match &numbers[..] {
            [] => String::new(),
            [one] => format!(", in turn {one} of its loop"),
            several => format!(", in turns {} of its loops, outermost first", several.join(", ")),
        }
    }
}

/// What is looked for, and where the program is.
struct Looking {
    watch: Watch,
    turns: Turns,
}

impl Looking {
    /// The jaxpr with checks, over its consts and arguments; `turn` if it is the body of a loop.
    fn program(&self, jaxpr: &Jaxpr, turn: bool) -> Jaxpr {
        let vars = jaxpr.consts.iter().chain(&jaxpr.invars);
        let avals: Vec<Aval> = vars.map(|&var| jaxpr.aval(var).clone()).collect();
        let closed = builder::trace(&avals, |args| {
            if turn {
                self.turns.when_run(|turns| turns.iter_mut().rev().take(1).for_each(|turns| *turns += 1));
            }
            let (consts, args) = args.split_at(jaxpr.consts.len());
            let mut env = Env::new(jaxpr, consts.iter().cloned(), args.iter().cloned());
            for eqn in &jaxpr.eqns {
                let operands = env.read_all(&eqn.inputs, literal);
                env.define(eqn, with_span(eqn.span, || self.equation(eqn, &operands)));
            }
            env.read_all(&jaxpr.outs, literal)
        });
        (*closed.jaxpr).clone()
    }

    fn equation(&self, eqn: &Eqn, operands: &[Array]) -> Vec<Array> {
        let is_loop = ["scan", "while"].contains(&eqn.prim.name());
        let body = eqn.prim.subjaxprs().into_iter().last().filter(|_| is_loop);
        let checked = |jaxpr: &Jaxpr| self.program(jaxpr, body.is_some_and(|body| std::ptr::eq(body, jaxpr)));
        let Some(prim) = eqn.prim.map_subjaxprs(&checked) else {
            let results = bind_all(&eqn.prim, operands);
            self.check(eqn.prim.name(), operands, &results);
            return results;
        };
        if is_loop {
            self.turns.when_run(|turns| turns.push(0));
        }
        let results = bind_all(&prim, operands);
        if is_loop {
            self.turns.when_run(|turns| turns.truncate(turns.len().saturating_sub(1)));
        }
        results
    }

    /// Stages checks that an operation has not made what its operands did not have.
    fn check(&self, op: &'static str, operands: &[Array], results: &[Array]) {
        let looks: [Look; 2] = [(self.watch.nans, "nan", is_nan), (self.watch.infs, "inf", is_inf)];
        for (_, what, has) in looks.into_iter().filter(|look| look.0) {
            let (Some(after), before) = (any(results, has), any(operands, has)) else { continue };
            let made = before.map_or_else(|| after.clone(), |before| and(&after, &not(&before)));
            let turns = self.turns.clone();
            let callback = Callback::new::<Turns>(String::new(), move |_| {
                let message = format!("invalid value ({what}) encountered in {op}{}", turns.place());
                Err(Error::new(ErrorKind::FloatingPoint, op, message))
            });
            host_call(Purpose::Check, what, callback, &made, &[]);
        }
    }
}

/// Whether to look for a value, its name, and where an array has it.
type Look = (bool, &'static str, fn(&Array) -> Array);

/// Whether any element of any of the arrays is so.
fn any(arrays: &[Array], is_so: fn(&Array) -> Array) -> Option<Array> {
    let looked_at = arrays.iter().filter(|array| array.dtype().is_inexact() && !array.aval().is_stack());
    let one = |array: &Array| reduce_or(&is_so(array), &(0..array.ndim()).collect::<Vec<_>>());
    looked_at.map(one).reduce(|a, b| or(&a, &b))
}

fn is_nan(x: &Array) -> Array {
    ne(x, x)
}

fn is_inf(x: &Array) -> Array {
    if x.dtype().is_complex() {
        return or(&is_inf(&real(x)), &is_inf(&imag(x)));
    }
    and(&not(&is_finite(x)), &eq(x, x))
}
