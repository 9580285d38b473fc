//! Calls of staged functions from staged bodies with traced scalars. A parameter of type `f32` cannot hold a tracer, so
//! the call passes a number that nobody reads and leaves the tracer here, where the staged function finds it; a result of
//! a scalar type comes back the same way.

use std::cell::{Cell, RefCell};

use smallvec::SmallVec;

use crate::array::fail::{here, raise};
use crate::array::{Array, IntoArray};
use crate::base::error::ErrorKind;
use crate::base::{Error, Span};
use crate::prim::convert::convert_element_type;
use crate::tree::Flat;

thread_local! {
    static CALLS: RefCell<Vec<Passed>> = const { RefCell::new(Vec::new()) };
}

/// What one call has left here.
struct Passed {
    callee: &'static str,
    place: Span,
    scalars: SmallVec<[(usize, Array); 4]>,
    taken: bool,
    result: Option<Array>,
}

/// A call of a function by name, while its arguments are passed and its result is taken.
#[derive(Debug)]
pub struct Passing {
    depth: usize,
    span: Span,
}

impl Passing {
    /// A call of the function of this name.
    #[track_caller]
    pub fn to(callee: &'static str) -> Passing {
        let passed = Passed { callee, place: Span::caller(), scalars: SmallVec::new(), taken: false, result: None };
        let depth = CALLS.with_borrow_mut(|calls| {
            calls.push(passed);
            calls.len()
        });
        Passing { depth, span: here() }
    }

    /// The argument at this position as the parameter's type has it.
    pub fn scalar<T: Passable>(&self, position: usize, value: impl IntoArray) -> T {
        let value = value.into_array();
        if let Some(number) = T::STANDS_IN {
            CALLS.with_borrow_mut(|calls| {
                if let Some(passed) = calls.get_mut(self.depth - 1) {
                    passed.scalars.push((position, value));
                }
            });
            return number;
        }
        T::of(value)
    }

    /// What the call gave, to be taken by its type.
    pub fn given<T>(&self, value: T) -> Given<'_, T> {
        Given(self, Cell::new(Some(value)))
    }

    /// The traced result of a scalar type, if the callee left one.
    fn result(&self) -> Option<Array> {
        CALLS.with_borrow_mut(|calls| calls.get_mut(self.depth - 1).and_then(|passed| passed.result.take()))
    }

    fn check(&self) {
        let unread = CALLS.with_borrow(|calls| {
            calls
                .get(self.depth - 1)
                .filter(|passed| !passed.taken && !passed.scalars.is_empty())
                .map(|passed| passed.callee)
        });
        if let Some(callee) = unread {
            let message = format!(
                "`{callee}` takes a Rust scalar and was called with a traced one, which only a staged function can take \
                 (called by its own name): mark `{callee}` #[jit], or let it take an Array"
            );
            raise(Error::new(ErrorKind::Concretization, "jit", message).at(self.span));
        }
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        CALLS.with_borrow_mut(|calls| calls.truncate(self.depth - 1));
    }
}

/// The type of a parameter that a traced scalar is passed to.
pub trait Passable: Sized {
    /// What is passed in place of a tracer, if the type cannot hold one.
    const STANDS_IN: Option<Self>;
    /// The tracer as this type, if that can hold one.
    fn of(value: Array) -> Self;
}

impl Passable for Array {
    const STANDS_IN: Option<Array> = None;

    fn of(value: Array) -> Array {
        value
    }
}

macro_rules! scalars {
    ($($ty:ident $number:literal)*) => {$(
        impl Passable for $ty {
            const STANDS_IN: Option<$ty> = Some($number);

            fn of(value: Array) -> $ty {
                crate::bug!("a tracer became {}: {}", stringify!($ty), value.aval())
            }
        }

        impl ScalarResult for $ty {}
    )*};
}

scalars!(f32 0.0 f64 0.0 i32 0 i64 0 u32 0 u64 0 bool false);

/// A result of a scalar type, which a staged body sees as an array.
pub trait ScalarResult: IntoArray {}

/// What a call gave.
#[allow(missing_debug_implementations, reason = "it lives for one expression")]
pub struct Given<'a, T>(&'a Passing, Cell<Option<T>>);

impl<T> Given<'_, T> {
    fn value(&self) -> T {
        self.0.check();
        match self.1.take() {
            Some(value) => value,
            None => crate::bug!("a result was taken twice"),
        }
    }
}

/// Takes a scalar, as an array.
pub trait TakeScalar {
    /// The result.
    fn take(&self) -> Array;
}

impl<T: ScalarResult> TakeScalar for &Given<'_, T> {
    #[track_caller]
    fn take(&self) -> Array {
        let value = self.value();
        self.0.result().unwrap_or_else(|| value.into_array())
    }
}

/// Takes any other value, as it is.
pub trait TakeAny<T> {
    /// The result.
    fn take(&self) -> T;
}

impl<T> TakeAny<T> for Given<'_, T> {
    fn take(&self) -> T {
        self.value()
    }
}

/// Puts the tracers that were passed beside a call of this function into its arguments; `starts` are the first leaf and
/// the first token of each. Whether the function is called so, at this place: one of the same name that a plain function
/// calls is not meant.
pub(super) fn receive(callee: &str, place: Span, args: &mut Flat, starts: &[(usize, usize)]) -> bool {
    let scalars = CALLS.with_borrow_mut(|calls| match calls.last_mut() {
        Some(passed) if passed.callee == callee && is_near(passed.place, place) && !passed.taken => {
            passed.taken = true;
            Some(std::mem::take(&mut passed.scalars))
        }
        _ => None,
    });
    let Some(scalars) = scalars else { return false };
    for (position, value) in scalars {
        let Some(leaf) = starts.get(position).and_then(|(leaf, _)| args.leaves.get_mut(*leaf)) else { continue };
        if value.ndim() > 0 {
            let message = format!("argument {position} of `{callee}` is a Rust scalar, but got {}", value.aval());
            raise(Error::new(ErrorKind::Shape, "jit", message));
        }
        *leaf = convert_element_type(&value, leaf.dtype(), true);
    }
    true
}

/// Whether two places are on one line: the name of a callee, and the call.
fn is_near(a: Span, b: Span) -> bool {
    (a.file(), a.line()) == (b.file(), b.line())
}

/// Leaves the result of a call that was received, if it is a scalar.
pub(super) fn give_back(result: &Array) {
    CALLS.with_borrow_mut(|calls| {
        if let Some(passed) = calls.last_mut().filter(|passed| passed.taken) {
            passed.result = Some(result.clone());
        }
    });
}

/// Whether the result of the call that is being made was left.
pub(super) fn is_given_back() -> bool {
    CALLS.with_borrow(|calls| calls.last().is_some_and(|passed| passed.result.is_some()))
}
