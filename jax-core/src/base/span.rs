//! Where in the user's source something came from.

use std::fmt;
use std::panic::Location;

/// A place in the user's source: file, line, column.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span(&'static Location<'static>);

impl Span {
    /// The place of the caller, through every `#[track_caller]` function on the way.
    #[track_caller]
    pub fn caller() -> Span {
        Span(Location::caller())
    }

    /// The file as the compiler names it.
    pub fn file(self) -> &'static str {
        self.0.file()
    }

    /// The line, counted from 1.
    pub fn line(self) -> u32 {
        self.0.line()
    }

    /// The column, counted from 1.
    pub fn column(self) -> u32 {
        self.0.column()
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file(), self.line(), self.column())
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
