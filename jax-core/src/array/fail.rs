//! How a user's mistake leaves an operator: as a panic with the error's text, or, inside [`catch`], quietly as
//! the error itself.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::base::error::ErrorKind;
use crate::base::{Error, Result, Span, scoped};

thread_local! {
    static CATCHING: Cell<bool> = const { Cell::new(false) };
    static CALL: Cell<Option<Span>> = const { Cell::new(None) };
}

/// Runs `f`, a call of a staged or transformed function, remembering the place that [`raise_call`] is to name.
pub fn called_from<R>(span: Span, f: impl FnOnce() -> R) -> R {
    scoped(&CALL, Some(span), f)
}

/// The place that [`called_from`] remembers.
pub(crate) fn call_place() -> Option<Span> {
    CALL.get()
}

/// Runs `f`, what a transform adds around a user's function, attributed to the place of [`called_from`].
pub(crate) fn at_call<R>(f: impl FnOnce() -> R) -> R {
    match CALL.get() {
        Some(span) => super::bind::with_span(span, f),
        None => f(),
    }
}

/// Fails with an error about the call of a transformed function, at the place of that call; a callable cannot be
/// asked for its caller, so for closures it is where the transform was written.
#[track_caller]
pub fn raise_call(error: Error) -> ! {
    raise(match CALL.get() {
        Some(span) => error.at(span),
        None => error,
    })
}

/// Fails with this error at the caller's place, unless the error has a place already.
#[track_caller]
pub fn raise(error: Error) -> ! {
    let error = error.at(super::bind::current_span());
    if CATCHING.get() {
        resume_unwind(Box::new(error));
    }
    panic!("{error}");
}

/// Runs `f`; a user's mistake comes back as an error, with nothing printed and all tracing state restored.
/// Any other panic goes on.
pub fn catch<R>(f: impl FnOnce() -> R) -> Result<R> {
    let result = scoped(&CATCHING, true, || catch_unwind(AssertUnwindSafe(f)));
    result.map_err(|payload: Box<dyn Any + Send>| match payload.downcast::<Error>() {
        Ok(error) => *error,
        Err(other) => resume_unwind(other),
    })
}

/// An error about an argument's value.
pub fn value_error(op: &'static str, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Value, op, message)
}

/// The place that errors are attributed to here, for closures: they cannot pass on their caller's.
#[track_caller]
pub fn here() -> Span {
    super::bind::current_span()
}
