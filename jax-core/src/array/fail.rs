//! How a user's mistake leaves an operator: as a panic with the error's text, or, inside [`catch`], quietly as
//! the error itself.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::base::error::ErrorKind;
use crate::base::{Error, Result, Span};

thread_local! {
    static CATCHING: Cell<usize> = const { Cell::new(0) };
}

/// Fails with this error at the caller's place, unless the error has a place already.
#[track_caller]
pub fn raise(error: Error) -> ! {
    let error = error.at(super::bind::current_span());
    if CATCHING.get() > 0 {
        resume_unwind(Box::new(error));
    }
    panic!("{error}");
}

/// Runs `f`; a user's mistake comes back as an error, with nothing printed and all tracing state restored.
/// Any other panic goes on.
pub fn catch<R>(f: impl FnOnce() -> R) -> Result<R> {
    struct Depth;
    impl Drop for Depth {
        fn drop(&mut self) {
            CATCHING.set(CATCHING.get() - 1);
        }
    }
    CATCHING.set(CATCHING.get() + 1);
    let depth = Depth;
    let result = catch_unwind(AssertUnwindSafe(f));
    drop(depth);
    result.map_err(|payload: Box<dyn Any + Send>| match payload.downcast::<Error>() {
        Ok(error) => *error,
        Err(other) => resume_unwind(other),
    })
}

/// An error about an argument's value.
pub fn value_error(op: &'static str, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Value, op, message)
}

/// The place of the caller.
#[track_caller]
pub fn here() -> Span {
    Span::caller()
}
