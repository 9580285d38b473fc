//! `bind`: one door for every operation. It stages while a function is traced, and runs otherwise.

use std::cell::Cell;

use smallvec::SmallVec;

use super::data::{Array, Repr};
use super::fail::raise;
use super::{builder, eager};
use crate::base::{Span, scoped};
use crate::ir::{Prim, Primitive};

thread_local! {
    static PLACE: Cell<Place> = const { Cell::new(Place::Caller) };
}

/// What operations are attributed to.
#[derive(Clone, Copy)]
enum Place {
    /// The line that calls the operator.
    Caller,
    /// One place: what a transform works for.
    At(Span),
    /// The line that calls the operator, in a user's derivative rule for the operation at this place.
    RuleFor(Span),
}

/// Runs `f` with every operation in it attributed to this place of the user's source: what transforms do, so that
/// an equation that a rule adds names the line of the one it came from.
pub fn with_span<R>(span: Span, f: impl FnOnce() -> R) -> R {
    scoped(&PLACE, Place::At(span), f)
}

/// Runs `f` with every operation in it attributed to the caller: for closures and for functions that are passed on,
/// which cannot ask for theirs.
#[track_caller]
pub fn at_caller<R>(f: impl FnOnce() -> R) -> R {
    with_span(current_span(), f)
}

/// Runs `f`, a user's derivative rule, for the operation that is being differentiated: its operations are at their
/// own lines again, and know the line that they stand for.
pub(crate) fn in_rule<R>(f: impl FnOnce() -> R) -> R {
    match PLACE.get() {
        Place::At(span) => scoped(&PLACE, Place::RuleFor(span), f),
        Place::Caller | Place::RuleFor(_) => f(),
    }
}

/// The place that operations are attributed to: that of [`with_span`], or the caller.
#[track_caller]
pub(crate) fn current_span() -> Span {
    match PLACE.get() {
        Place::Caller => Span::caller(),
        Place::At(span) => span,
        Place::RuleFor(span) => Span::caller().in_rule_for(span),
    }
}

/// Applies a primitive.
///
/// # Panics
/// If the operands do not fit the primitive's type rule, or one is a leaked tracer.
#[track_caller]
pub fn bind(prim: Prim, args: &[&Array]) -> SmallVec<[Array; 2]> {
    let span = current_span();
    let result = if builder::is_tracing() {
        builder::stage(prim, args, span)
    } else {
        match args.iter().find_map(|arg| match &arg.0 {
            Repr::Traced(tracer) => Some(tracer),
            _ => None,
        }) {
            Some(tracer) => Err(builder::leaked(tracer)),
            None => eager::run(prim, args, span),
        }
    };
    match result {
        Ok(results) => results,
        Err(error) => raise(error.at(span)),
    }
}

/// Applies a primitive with one result.
#[track_caller]
pub fn bind_one(primitive: impl Primitive, args: &[&Array]) -> Array {
    match bind(Prim::new(primitive), args).into_iter().next() {
        Some(result) => result,
        None => crate::bug!("a primitive gave no result"),
    }
}
