//! `return`, `break` and `continue` where only the compiled function knows whether they happen: a code that is carried
//! like a variable says which one did, what they give waits beside it, and what would follow runs only if none did.

use super::branch::{Condition, TracedBranch};
use crate::array::Array;
use crate::base::{DType, Scalar};
use crate::lax::operators;
use crate::prim::compare;
use crate::prim::elementwise::constant_like;
use crate::tree::{Flat, Leaves, PyTree, Reusable, Token};

/// A value that is not there on every way through a function: staged control flow carries zeros for it where it is
/// absent.
#[derive(Clone, Debug)]
pub enum Pending<T> {
    /// It was not given on any way so far.
    Absent,
    /// It was given on some way.
    Present(T),
}

impl<T: Reusable> Reusable for Pending<T> {}

impl<T: PyTree> PyTree for Pending<T> {
    fn flatten(self, flat: &mut Flat) {
        let Pending::Present(value) = self else { return flat.tokens.push(Token::Absent) };
        let place = flat.tokens.len();
        flat.tokens.push(Token::Absent);
        value.flatten(flat);
        flat.tokens[place] = Token::Present(flat.tokens.len() - place - 1);
    }

    fn unflatten(leaves: &mut Leaves<'_>) -> Self {
        match leaves.is_present() {
            true => Pending::Present(T::unflatten(leaves)),
            false => Pending::Absent,
        }
    }
}

impl<T: PyTree + Clone> Pending<T> {
    /// The value, where it is known that nothing was left before.
    pub fn value(&self) -> T {
        match self {
            Pending::Present(value) => value.clone(),
            Pending::Absent => crate::bug!("a value that no way through the function gives"),
        }
    }

    /// The value that a loop was left with.
    pub fn take(&mut self) -> T {
        match std::mem::replace(self, Pending::Absent) {
            Pending::Present(value) => value,
            Pending::Absent => crate::bug!("a loop that was left without a value"),
        }
    }
}

/// Which exit was taken: none so far, a `return`, or that of a loop, each by its code.
#[derive(Clone, Debug)]
pub struct Exit(Array);

impl Reusable for Exit {}

impl PyTree for Exit {
    fn flatten(self, flat: &mut Flat) {
        flat.leaf(self.0);
    }

    fn unflatten(leaves: &mut Leaves<'_>) -> Self {
        Exit(leaves.leaf())
    }
}

fn code(value: i32) -> Array {
    Array::scalar(Scalar::from_i128(DType::I32, value as i128))
}

impl Exit {
    /// None so far.
    pub fn none() -> Exit {
        Exit(code(0))
    }

    /// Takes the exit of this code.
    pub fn take(&mut self, exit: i32) {
        self.0 = code(exit);
    }

    /// Arrives where the exit of this code leads to.
    #[track_caller]
    pub fn arrive(&mut self, exit: i32) {
        match self.0.as_constant() {
            Some(taken) if taken.as_i128() == exit as i128 => self.0 = code(0),
            Some(_) => {}
            None => {
                let here = compare::eq(&self.0, &constant_like(&self.0, exit as f64));
                self.0 = operators::where_(&here, &code(0), &self.0);
            }
        }
    }

    /// Whether none was taken.
    #[track_caller]
    pub fn goes_on(&self) -> Array {
        match self.0.as_constant() {
            Some(taken) => Array::scalar(Scalar::bool(taken.as_i128() == 0)),
            None => compare::eq(&self.0, &constant_like(&self.0, 0.0)),
        }
    }

    /// A branch on whether none was taken.
    #[track_caller]
    pub fn branch(&self) -> TracedBranch {
        self.goes_on().branch()
    }

    /// What the function gives: its last value, or what it returned with before.
    #[track_caller]
    pub fn finish<T: PyTree + Clone>(self, last: Pending<T>, returned: Pending<T>) -> T {
        match (last, returned) {
            (Pending::Present(last), Pending::Present(returned)) => {
                self.branch().choose(&[], (), |()| (last.clone(), ()), |()| (returned.clone(), ())).0
            }
            (Pending::Present(only), Pending::Absent) | (Pending::Absent, Pending::Present(only)) => only,
            (Pending::Absent, Pending::Absent) => crate::bug!("a function that gives nothing on any way"),
        }
    }
}
