//! `if` and `match`: conditions of the host take one branch while tracing, traced ones are staged.

use super::repeat::{HostWhile, TracedWhile};
use super::state::{self, State};
use crate::array::{Array, IntoArray};
use crate::base::DType;
use crate::lax::flat::{self, Parts, structure_error};
use crate::lax::{operators, promote};
use crate::prim::convert::convert_element_type;
use crate::prim::logic;
use crate::tree::{Flat, PyTree};

/// What an `if` or a `while` may ask: a `bool`, decided while tracing, or an array, which is staged.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a condition",
    note = "a condition in a staged function is a `bool`, which is decided while tracing, or a scalar `Array` of truth values, which is staged"
)]
pub trait Condition: Sized {
    /// How an `if` on it goes.
    type Branch;
    /// How a `while` on it goes.
    type While<'a, S, F>;
    /// For an `if` on it.
    fn branch(self) -> Self::Branch;
    /// For a `while` that asks it of a state.
    fn repeat<'a, S, F>(names: &'a [&'a str], state: S, cond: F) -> Self::While<'a, S, F>;
}

impl Condition for bool {
    type Branch = HostBranch;
    type While<'a, S, F> = HostWhile<S, F>;

    fn branch(self) -> HostBranch {
        HostBranch(self)
    }

    fn repeat<'a, S, F>(_: &'a [&'a str], state: S, cond: F) -> HostWhile<S, F> {
        HostWhile::new(state, cond)
    }
}

impl Condition for Array {
    type Branch = TracedBranch;
    type While<'a, S, F> = TracedWhile<'a, S, F>;

    fn branch(self) -> TracedBranch {
        TracedBranch(self)
    }

    fn repeat<'a, S, F>(names: &'a [&'a str], state: S, cond: F) -> TracedWhile<'a, S, F> {
        TracedWhile::new(names, state, cond)
    }
}

macro_rules! by_reference {
    ($($ty:ty)*) => {
        $(impl Condition for &$ty {
            type Branch = <$ty as Condition>::Branch;
            type While<'a, S, F> = <$ty as Condition>::While<'a, S, F>;

            fn branch(self) -> Self::Branch {
                self.clone().branch()
            }

            fn repeat<'a, S, F>(names: &'a [&'a str], state: S, cond: F) -> Self::While<'a, S, F> {
                <$ty as Condition>::repeat(names, state, cond)
            }
        })*
    };
}

by_reference!(bool Array);

/// A truth value of the host or an array of them.
pub trait Truth {
    /// The truth value as given.
    fn truth(value: bool) -> Self;
}

impl Truth for bool {
    fn truth(value: bool) -> bool {
        value
    }
}

impl Truth for Array {
    fn truth(value: bool) -> Array {
        value.into_array()
    }
}

/// A branch that is decided while tracing.
#[derive(Clone, Copy, Debug)]
pub struct HostBranch(bool);

impl HostBranch {
    pub(super) fn holds(self) -> bool {
        self.0
    }

    /// Runs one of two closures on the state.
    pub fn choose<S, V>(&self, _: &[&str], state: S, then: impl FnOnce(S) -> V, otherwise: impl FnOnce(S) -> V) -> V {
        if self.0 { then(state) } else { otherwise(state) }
    }

    /// What a side of the branch gives, as it is.
    pub fn value<T>(&self, value: T) -> T {
        value
    }

    /// `&&`: the right side is asked only if the left one holds.
    pub fn and<R: Truth>(self, right: impl FnOnce() -> R) -> R {
        if self.0 { right() } else { R::truth(false) }
    }

    /// `||`: the right side is asked only if the left one does not hold.
    pub fn or<R: Truth>(self, right: impl FnOnce() -> R) -> R {
        if self.0 { R::truth(true) } else { right() }
    }
}

/// A branch that is staged.
#[derive(Clone, Debug)]
pub struct TracedBranch(Array);

impl TracedBranch {
    /// Traces both closures on the state, unless the condition turns out to be known.
    ///
    /// # Panics
    /// If the condition is not a scalar, or the sides give different types: the error names the variable.
    #[track_caller]
    pub fn choose<S: State, V: PyTree, O: State>(
        &self,
        names: &[&str],
        state: S,
        then: impl Fn(S) -> (V, O),
        otherwise: impl Fn(S) -> (V, O),
    ) -> (V, O) {
        let pred = self.pred();
        if let Some(known) = pred.as_constant() {
            return if known.as_bool() { then(state) } else { otherwise(state) };
        }
        let index = convert_element_type(&pred, DType::I32, false);
        let (operand, _) = state::flatten(state);
        let ends = std::cell::RefCell::new(Vec::new());
        let side = |out: (V, O)| {
            let mut flat = Flat::new();
            out.0.flatten(&mut flat);
            let mut all = vec![flat.leaves.len()];
            out.1.flatten(&mut flat, &mut all);
            *ends.borrow_mut() = all;
            flat
        };
        let then = |operand: &Flat| side(then(state::build(operand)));
        let otherwise = |operand: &Flat| side(otherwise(state::build(operand)));
        let name = |leaf: usize| match ends.borrow().iter().position(|end| leaf < *end) {
            Some(0) => "the value".to_owned(),
            part => state::variable(names, part.map(|part| part - 1)),
        };
        let parts = Parts { op: "if", name: &name, scalars_grow: true };
        let out = flat::branches(&parts, &index, &[&otherwise, &then], &operand);
        let mut leaves = out.read();
        let value = V::unflatten(&mut leaves);
        (value, O::unflatten(&mut leaves))
    }

    /// What a side of the branch gives, as an array.
    #[track_caller]
    pub fn value(&self, value: impl IntoArray) -> Array {
        value.into_array()
    }

    /// `&&`, elementwise.
    #[track_caller]
    pub fn and<R: IntoArray>(self, right: impl FnOnce() -> R) -> Array {
        self.logical(right, logic::and)
    }

    /// `||`, elementwise.
    #[track_caller]
    pub fn or<R: IntoArray>(self, right: impl FnOnce() -> R) -> Array {
        self.logical(right, logic::or)
    }

    #[track_caller]
    fn logical<R: IntoArray>(self, right: impl FnOnce() -> R, op: fn(&Array, &Array) -> Array) -> Array {
        let right = operators::truth(&right().into_array());
        let (left, right) = promote::binary(&operators::truth(&self.0), &right);
        op(&left, &right)
    }

    /// The condition as a scalar truth value.
    #[track_caller]
    fn pred(&self) -> Array {
        let pred = &self.0;
        if pred.ndim() != 0 {
            structure_error("if", format!("Pred must be a scalar, got an array of type {}.", pred.aval()));
        }
        if pred.dtype() != DType::Bool {
            structure_error("if", format!("Pred type must be boolean, got {}.", pred.dtype()));
        }
        pred.clone()
    }
}
