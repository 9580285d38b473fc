//! `while`: a condition of the host is asked while tracing, turn after turn; a traced one becomes a loop.

use std::cell::RefCell;

use super::branch::Condition;
use super::state::{self, State};
use crate::array::{Array, IntoArray};
use crate::lax::control::WhileOptions;
use crate::lax::flat::{self, Parts};
use crate::tree::Flat;

/// A loop that runs while tracing.
#[derive(Debug)]
pub struct HostWhile<S, F> {
    state: S,
    cond: F,
}

impl<S, F> HostWhile<S, F> {
    pub(super) fn new(state: S, cond: F) -> Self {
        Self { state, cond }
    }

    /// Runs the body on the state as long as the condition holds.
    pub fn body<C>(mut self, mut body: impl FnMut(S) -> S) -> S
    where
        F: FnMut(S) -> (C, S),
        C: Condition<Branch = super::HostBranch>,
    {
        loop {
            let (goes_on, state) = (self.cond)(self.state);
            if !goes_on.branch().holds() {
                return state;
            }
            self.state = body(state);
        }
    }
}

/// A loop that is staged.
#[derive(Debug)]
pub struct TracedWhile<'a, S, F> {
    names: &'a [&'a str],
    state: S,
    cond: F,
}

impl<'a, S, F> TracedWhile<'a, S, F> {
    pub(super) fn new(names: &'a [&'a str], state: S, cond: F) -> Self {
        Self { names, state, cond }
    }

    /// Traces the condition and the body on the state.
    ///
    /// # Panics
    /// If the type of a carried variable changes from one turn to the next: the error names it.
    #[track_caller]
    pub fn body<C>(self, body: impl Fn(S) -> S) -> S
    where
        S: State,
        F: FnMut(S) -> (C, S),
        C: IntoArray,
    {
        let Self { names, state, mut cond } = self;
        let (init, ends) = state::flatten(state);
        let ends = RefCell::new(ends);
        let name = |leaf: usize| state::name(names, &ends.borrow(), leaf);
        let goes_on = |state: &Flat| -> Array { cond(state::build(state)).0.into_array() };
        let turn = |state: &Flat| {
            let (next, next_ends) = state::flatten(body(state::build(state)));
            *ends.borrow_mut() = next_ends;
            next
        };
        state::build(&flat::while_loop(
            &Parts { op: "while", name: &name, scalars_grow: true },
            WhileOptions::default(),
            init,
            goes_on,
            turn,
        ))
    }
}

/// A `while` on a state: what is asked first decides by its type how the loop runs.
pub fn repeat<'a, S, C: Condition, F: FnMut(S) -> (C, S)>(
    names: &'a [&'a str],
    state: S,
    cond: F,
) -> C::While<'a, S, F> {
    C::repeat(names, state, cond)
}
