//! Where in the user's source something came from.

use std::fmt;
use std::panic::Location;

/// A place in the user's source: file, line, column; and, for an operation that a derivative added, what it is to
/// the operation that it came from.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    at: &'static Location<'static>,
    pass: Pass,
}

/// What an operation is to the forward line that it came from.
///
/// A rule of the library has no line of its own: its operations are at the forward line. A rule of the user has.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Pass {
    /// The forward line itself, or a tangent beside it.
    Forward,
    /// The backward pass of that line, for a derivative that was asked for there, if that is known.
    Backward(Option<&'static Location<'static>>),
    /// A user's forward rule for the operation at that line.
    Rule(&'static Location<'static>),
    /// A user's backward rule, or the backward pass of a forward one, for the operation at that line.
    BackwardRule(&'static Location<'static>),
}

impl Span {
    /// The place of the caller, through every `#[track_caller]` function on the way.
    #[track_caller]
    pub fn caller() -> Span {
        Span { at: Location::caller(), pass: Pass::Forward }
    }

    /// The file as the compiler names it.
    pub fn file(self) -> &'static str {
        self.at.file()
    }

    /// The line, counted from 1.
    pub fn line(self) -> u32 {
        self.at.line()
    }

    /// The column, counted from 1.
    pub fn column(self) -> u32 {
        self.at.column()
    }

    /// The line of the function that was differentiated: what a rule of the user stands for, else the place itself.
    pub fn forward(self) -> Span {
        let at = match self.pass {
            Pass::Forward | Pass::Backward(_) => self.at,
            Pass::Rule(forward) | Pass::BackwardRule(forward) => forward,
        };
        Span { at, pass: Pass::Forward }
    }

    /// Whether the operation belongs to a backward pass.
    pub fn is_backward(self) -> bool {
        matches!(self.pass, Pass::Backward(_) | Pass::BackwardRule(_))
    }

    /// The backward pass of the operation at this place, for a derivative asked for at `taken`.
    pub fn backward(self, taken: Option<Span>) -> Span {
        let pass = match self.pass {
            Pass::Forward | Pass::Backward(_) => Pass::Backward(taken.map(|span| span.at)),
            Pass::Rule(forward) | Pass::BackwardRule(forward) => Pass::BackwardRule(forward),
        };
        Span { pass, ..self }
    }

    /// This line of a user's derivative rule that stands for the operation at `of`.
    pub fn in_rule_for(self, of: Span) -> Span {
        let forward = of.forward().at;
        let pass = if of.is_backward() { Pass::BackwardRule(forward) } else { Pass::Rule(forward) };
        Span { pass, ..self }
    }

    /// What there is to say beside the place: how a derivative came by it.
    pub fn note(self) -> Option<String> {
        match self.pass {
            Pass::Forward => None,
            Pass::Backward(None) => Some("in the backward pass".to_string()),
            Pass::Backward(Some(taken)) => Some(format!("in the backward pass of the derivative taken at {taken}")),
            Pass::Rule(forward) => Some(format!("in the derivative rule of the call at {forward}")),
            Pass::BackwardRule(forward) => Some(format!("in the backward pass of the call at {forward}")),
        }
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
