//! `for` over what is not a range of integers: over arrays a scan along the leading axis, over anything else Rust's own
//! iteration, which runs while tracing.

use std::cell::RefCell;

use super::state::{self, State};
use crate::array::Array;
use crate::lax::control::{ScanOptions, scan_length};
use crate::lax::flat::{self, Parts};
use crate::tree::{Flat, PyTree};

/// What a `for` may go through.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither an array nor an iterator",
    note = "a staged `for` goes over ranges, over the leading axis of an `Array` or of a tuple of them, and, while tracing, over any Rust iterator"
)]
pub trait Items {
    /// How a `for` over it goes.
    type Each;
    /// For a `for` over it.
    fn items(self) -> Self::Each;
}

#[diagnostic::do_not_recommend]
impl<I: IntoIterator> Items for I {
    type Each = HostItems<I>;

    fn items(self) -> HostItems<I> {
        HostItems(self)
    }
}

impl Items for Array {
    type Each = TracedItems<Array>;

    fn items(self) -> TracedItems<Array> {
        TracedItems { items: self, unroll: 1 }
    }
}

impl Items for &Array {
    type Each = TracedItems<Array>;

    fn items(self) -> TracedItems<Array> {
        self.clone().items()
    }
}

/// Several arrays that a `for` goes through together: a tuple of them.
#[derive(Clone, Debug)]
pub struct Together<T>(pub T);

impl<T: PyTree> Items for Together<T> {
    type Each = TracedItems<T>;

    fn items(self) -> TracedItems<T> {
        TracedItems { items: self.0, unroll: 1 }
    }
}

/// An iteration that runs while tracing.
#[derive(Debug)]
pub struct HostItems<I>(I);

impl<I: IntoIterator> HostItems<I> {
    /// Runs the body for each of them on the state.
    pub fn each<S>(self, _: &[&str], state: S, mut body: impl FnMut(I::Item, S) -> S) -> S {
        self.0.into_iter().fold(state, |state, item| body(item, state))
    }

    /// It runs while tracing anyway.
    #[must_use]
    pub fn unroll(self, _: usize) -> Self {
        self
    }
}

/// An iteration over the leading axis of arrays.
#[derive(Debug)]
pub struct TracedItems<X> {
    items: X,
    unroll: usize,
}

impl<X: PyTree> TracedItems<X> {
    /// So many turns may be put into one.
    #[must_use]
    pub fn unroll(self, turns: usize) -> Self {
        Self { unroll: turns, ..self }
    }

    /// Runs the body for each slice on the state.
    ///
    /// # Panics
    /// If the leading axes differ, or the type of a carried variable changes from one turn to the next.
    #[track_caller]
    pub fn each<S: State>(self, names: &[&str], state: S, body: impl Fn(X, S) -> S) -> S {
        let mut items = Flat::new();
        self.items.flatten(&mut items);
        let length = scan_length(None, &items.leaves);
        if length == 0 {
            return state;
        }
        let (init, ends) = state::flatten(state);
        let ends = RefCell::new(ends);
        let name = |leaf: usize| state::name(names, &ends.borrow(), leaf);
        let options = ScanOptions { unroll: self.unroll, ..ScanOptions::default() };
        let turn = |carry: &Flat, item: &Flat| {
            let (next, next_ends) = state::flatten(body(X::unflatten(&mut item.read()), state::build(carry)));
            *ends.borrow_mut() = next_ends;
            (next, Flat::new())
        };
        let parts = Parts { op: "for", name: &name, scalars_grow: true };
        state::build(&flat::scan(&parts, options, length, init, &items, turn).0)
    }
}
