//! User mistakes as values. Our own bugs are `bug!`, which is a different thing.

use std::fmt;

use super::span::Span;

/// What a mistaken program or call gets: a kind, a text in JAX's wording where JAX has one, and the place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Error {
    /// The sort of mistake.
    pub kind: ErrorKind,
    /// The operation that found it, by its jaxpr name.
    pub op: &'static str,
    /// What is wrong, in one or two sentences.
    pub message: String,
    /// The user's line, when known.
    pub span: Option<Span>,
}

/// The sort of a user's mistake.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ErrorKind {
    /// Shapes that do not fit together.
    Shape,
    /// Dtypes that an operation does not take.
    DType,
    /// An axis out of range, repeated, or otherwise wrong.
    Axis,
    /// An index out of range that was known while tracing.
    Index,
    /// A value that an argument cannot take.
    Value,
    /// A transform applied to what it does not apply to.
    Transform,
    /// A tracer used outside the function that it was made for.
    LeakedTracer,
    /// A traced value used where its concrete value is needed.
    Concretization,
    /// A check of the user's that did not hold when the program ran.
    Check,
    /// A NaN or an infinity, where they are looked for.
    FloatingPoint,
    /// Something that the backend or the machine could not do.
    Runtime,
}

/// The result of an operation that a user's mistake can fail.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of this kind, found by this operation, with no place yet.
    pub fn new(kind: ErrorKind, op: &'static str, message: impl Into<String>) -> Error {
        Error { kind, op, message: message.into(), span: None }
    }

    /// The same error with a place, unless it has one already.
    pub fn at(mut self, span: Span) -> Error {
        self.span.get_or_insert(span);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.message.contains(self.op) {
            write!(f, "{}: ", self.op)?;
        }
        f.write_str(&self.message)?;
        let Some(span) = self.span else { return Ok(()) };
        write!(f, "\n  --> {span}")?;
        match span.note() {
            Some(note) => write!(f, "\n      {note}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

/// Reports a bug of this library, never a mistake of its user.
#[macro_export]
macro_rules! bug {
    ($($arg:tt)*) => {
        panic!("internal error in jax (this is a bug, please report it): {}", format_args!($($arg)*))
    };
}
