//! The stack of jaxprs under construction on this thread.
//!
//! Every operation goes to the innermost builder. A tracer of an outer builder, or a concrete array, that is used
//! there becomes a const of the inner jaxpr; a tracer of a builder that is gone is a leak.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use smallvec::SmallVec;

use super::bind::current_span;
use super::data::{Array, Repr, Tracer};
use super::fail::call_place;
use crate::base::error::ErrorKind;
use crate::base::{Error, Result, Span};
use crate::ir::verify::checked_closed;
use crate::ir::{Atom, Aval, ClosedJaxpr, Eqn, Jaxpr, Literal, Prim, Var};

struct Builder {
    id: u64,
    jaxpr: Jaxpr,
    consts: Vec<Array>,
    known_consts: HashMap<ConstKey, Var>,
}

#[derive(PartialEq, Eq, Hash)]
enum ConstKey {
    Storage(usize, Aval),
    Tracer(u64, Var),
}

static NEXT_BUILDER: AtomicU64 = AtomicU64::new(1);

thread_local! {
    static STACK: RefCell<Vec<Builder>> = const { RefCell::new(Vec::new()) };
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// Whether a function is being staged on this thread.
pub fn is_tracing() -> bool {
    DEPTH.get() > 0
}

/// Runs `f` as if nothing were being staged on this thread: what a callback does that compiled code calls.
pub(crate) fn suspended<R>(f: impl FnOnce() -> R) -> R {
    struct Restore(Vec<Builder>, usize);
    impl Drop for Restore {
        fn drop(&mut self) {
            STACK.replace(std::mem::take(&mut self.0));
            DEPTH.set(self.1);
        }
    }
    let _restore = Restore(STACK.take(), DEPTH.replace(0));
    f()
}

/// Stages `f` on arguments of these types: the jaxpr of what it does, with what it closed over.
#[track_caller]
pub fn trace(avals: &[Aval], f: impl FnOnce(&[Array]) -> Vec<Array>) -> ClosedJaxpr {
    let (jaxpr, ()) = trace_with(avals, |args| (f(args), ()));
    jaxpr
}

/// Like [`trace`], for functions that give something besides their results.
#[track_caller]
pub fn trace_with<R>(avals: &[Aval], f: impl FnOnce(&[Array]) -> (Vec<Array>, R)) -> (ClosedJaxpr, R) {
    trace_made_at(current_span(), avals, f)
}

/// Like [`trace_with`], for the body of a staged or transformed function: its arguments are made by the call.
pub fn trace_call<R>(avals: &[Aval], f: impl FnOnce(&[Array]) -> (Vec<Array>, R)) -> (ClosedJaxpr, R) {
    trace_made_at(call_place().unwrap_or_else(current_span), avals, f)
}

fn trace_made_at<R>(made: Span, avals: &[Aval], f: impl FnOnce(&[Array]) -> (Vec<Array>, R)) -> (ClosedJaxpr, R) {
    let id = NEXT_BUILDER.fetch_add(1, Ordering::Relaxed);
    let mut jaxpr = Jaxpr::default();
    jaxpr.invars = avals.iter().map(|aval| jaxpr.fresh(aval.clone())).collect();
    let args: Vec<Array> = jaxpr
        .invars
        .iter()
        .zip(avals)
        .map(|(&var, aval)| Array(Repr::Traced(Tracer { aval: aval.clone(), builder: id, var, made })))
        .collect();
    let builder = Builder { id, jaxpr, consts: Vec::new(), known_consts: HashMap::new() };
    STACK.with_borrow_mut(|stack| stack.push(builder));
    let frame = Frame::enter();
    let (results, rest) = f(&args);
    let outs: Result<Vec<Atom>> = STACK.with_borrow_mut(|stack| {
        let (top, below) = split(stack);
        results.iter().map(|result| top.atom(below, result)).collect()
    });
    let outs = outs.unwrap_or_else(|error| super::fail::raise(error.at(made)));
    let mut builder = frame.leave();
    builder.jaxpr.outs = outs;
    let closed = ClosedJaxpr { jaxpr: Arc::new(builder.jaxpr), consts: builder.consts };
    (checked_closed("tracing", closed), rest)
}

/// Keeps the stack right when a traced function panics.
struct Frame(bool);

impl Frame {
    fn enter() -> Frame {
        DEPTH.set(DEPTH.get() + 1);
        Frame(true)
    }

    fn leave(mut self) -> Builder {
        self.0 = false;
        DEPTH.set(DEPTH.get() - 1);
        match STACK.with_borrow_mut(Vec::pop) {
            Some(builder) => builder,
            None => crate::bug!("the builder stack is empty"),
        }
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        if self.0 {
            DEPTH.set(DEPTH.get() - 1);
            STACK.with_borrow_mut(Vec::pop);
        }
    }
}

fn split(stack: &mut [Builder]) -> (&mut Builder, &[Builder]) {
    match stack.split_last_mut() {
        Some((top, below)) => (top, below),
        None => crate::bug!("no function is being staged"),
    }
}

/// Appends an equation to the innermost jaxpr.
pub(super) fn stage(prim: Prim, args: &[&Array], span: Span) -> Result<SmallVec<[Array; 2]>> {
    STACK.with_borrow_mut(|stack| {
        let (top, below) = split(stack);
        let inputs = args.iter().map(|arg| top.atom(below, arg)).collect::<Result<SmallVec<[Atom; 4]>>>()?;
        let avals: SmallVec<[Aval; 4]> = args.iter().map(|arg| arg.aval().clone()).collect();
        let out_avals = prim.type_rule(&avals)?;
        let outputs: SmallVec<[Var; 2]> = out_avals.iter().map(|aval| top.jaxpr.fresh(aval.clone())).collect();
        top.jaxpr.eqns.push(Eqn { prim, inputs, outputs: outputs.clone(), span });
        let builder = top.id;
        Ok(outputs
            .into_iter()
            .zip(out_avals)
            .map(|(var, aval)| Array(Repr::Traced(Tracer { aval, builder, var, made: span })))
            .collect())
    })
}

impl Builder {
    /// The operand that an array is in this builder's jaxpr.
    fn atom(&mut self, below: &[Builder], array: &Array) -> Result<Atom> {
        let key = match &array.0 {
            Repr::Traced(tracer) if tracer.builder == self.id => return Ok(Atom::Var(tracer.var)),
            Repr::Traced(tracer) if below.iter().any(|b| b.id == tracer.builder) => {
                ConstKey::Tracer(tracer.builder, tracer.var)
            }
            Repr::Traced(tracer) => return Err(leaked(tracer)),
            Repr::Concrete(aval, storage) if aval.ndim() > 0 || aval.is_stack() => {
                ConstKey::Storage(Arc::as_ptr(storage).cast::<u8>() as usize, aval.clone())
            }
            Repr::Concrete(..) | Repr::Scalar(..) => match array.as_constant() {
                Some(value) => return Ok(Atom::Lit(Literal { value, weak: array.weak_type() })),
                None => crate::bug!("a scalar without a value"),
            },
        };
        if let Some(&var) = self.known_consts.get(&key) {
            return Ok(Atom::Var(var));
        }
        let var = self.jaxpr.fresh(array.aval().clone());
        self.jaxpr.consts.push(var);
        self.consts.push(array.clone());
        self.known_consts.insert(key, var);
        Ok(Atom::Var(var))
    }
}

/// The error for a tracer whose builder is gone.
pub(crate) fn leaked(tracer: &Tracer) -> Error {
    Error::new(
        ErrorKind::LeakedTracer,
        "tracer",
        format!(
            "Encountered an unexpected tracer: an array of type {} made at {} while a function was staged is used \
             outside of that function. Return it as a result instead of storing it.",
            tracer.aval, tracer.made
        ),
    )
}
