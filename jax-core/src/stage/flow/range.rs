//! `for` over integers: a scan where the bounds are known while tracing, else a loop. The variable is traced.

use std::cell::RefCell;

use super::state::{self, State};
use crate::array::{Array, IntoArray};
use crate::base::Scalar;
use crate::lax::control::{ScanOptions, WhileOptions};
use crate::lax::flat::{self, Parts, structure_error};
use crate::lax::{operators, promote};
use crate::prim::elementwise::constant_like;
use crate::prim::{arith, compare, logic};
use crate::tree::Flat;

/// The integers that a `for` goes through.
#[derive(Clone, Debug)]
pub struct Steps {
    first: Array,
    step: i64,
    /// How many there are.
    count: Array,
    unroll: usize,
}

/// `start..end`.
///
/// # Panics
/// If a bound is not an integer scalar.
#[track_caller]
pub fn range(start: impl IntoArray, end: impl IntoArray) -> Steps {
    let (start, end) = bounds(start.into_array(), end.into_array());
    let count = at_least_zero(&arithmetic(&end, &start, |x, y| x - y, arith::sub));
    Steps { first: start, step: 1, count, unroll: 1 }
}

/// `start..=end`.
///
/// # Panics
/// If a bound is not an integer scalar.
#[track_caller]
pub fn range_inclusive(start: impl IntoArray, end: impl IntoArray) -> Steps {
    let (start, end) = bounds(start.into_array(), end.into_array());
    let span = arithmetic(&end, &start, |x, y| x - y, arith::sub);
    let count = at_least_zero(&plus(&span, 1));
    Steps { first: start, step: 1, count, unroll: 1 }
}

/// Both bounds in one type.
#[track_caller]
fn bounds(start: Array, end: Array) -> (Array, Array) {
    for bound in [&start, &end] {
        if !bound.dtype().is_integer() || bound.ndim() != 0 {
            structure_error("for", format!("the bounds of a range must be integer scalars, got {}.", bound.aval()));
        }
    }
    promote::binary(&start, &end)
}

#[track_caller]
fn at_least_zero(x: &Array) -> Array {
    if let Some(value) = x.as_constant() {
        return integer(x, value.as_i128().max(0));
    }
    let zero = constant_like(x, 0.0);
    operators::where_(&compare::lt(x, &zero), &zero, x)
}

/// An integer of the type of another.
fn integer(like: &Array, value: i128) -> Array {
    Array::scalar(Scalar::from_i128(like.dtype(), value)).with_weak(like.weak_type())
}

/// Arithmetic on integers of one type: of constants while tracing, so that a count stays known.
#[track_caller]
fn arithmetic(x: &Array, y: &Array, host: fn(i128, i128) -> i128, traced: fn(&Array, &Array) -> Array) -> Array {
    match (x.as_constant(), y.as_constant()) {
        (Some(a), Some(b)) => integer(x, host(a.as_i128(), b.as_i128())),
        _ => traced(x, y),
    }
}

#[track_caller]
fn plus(x: &Array, more: i64) -> Array {
    arithmetic(x, &integer(x, more as i128), |x, y| x + y, arith::add)
}

impl Steps {
    /// From the last to the first.
    #[track_caller]
    #[must_use]
    pub fn rev(self) -> Steps {
        let last = arithmetic(&self.first, &self.times(&plus(&self.count, -1)), |x, y| x + y, arith::add);
        Steps { first: last, step: -self.step, ..self }
    }

    /// Every so many of them, beginning with the first.
    ///
    /// # Panics
    /// If the step is zero.
    #[track_caller]
    #[must_use]
    pub fn step_by(self, step: usize) -> Steps {
        if step == 0 {
            structure_error("for", "the step of a range must not be zero.");
        }
        let (by, step) = (integer(&self.count, step as i128), step as i64);
        let count = arithmetic(&plus(&self.count, step - 1), &by, |x, y| x / y, arith::div);
        Steps { step: self.step * step, count, ..self }
    }

    /// So many turns may be put into one.
    #[must_use]
    pub fn unroll(self, turns: usize) -> Steps {
        Steps { unroll: turns, ..self }
    }

    /// A number of steps as a distance.
    #[track_caller]
    fn times(&self, count: &Array) -> Array {
        match self.step {
            1 => count.clone(),
            step => arithmetic(count, &integer(count, step as i128), |x, y| x * y, arith::mul),
        }
    }

    /// Runs the body for each of them on the state.
    ///
    /// # Panics
    /// If the type of a carried variable changes from one turn to the next: the error names it.
    #[track_caller]
    pub fn each<S: State>(self, names: &[&str], state: S, body: impl Fn(Array, S) -> S) -> S {
        let Some(count) = self.count.as_constant() else { return self.rolled(names, state, None, body) };
        let count = usize::try_from(count.as_i128()).unwrap_or(0);
        if count == 0 {
            return state;
        }
        let (init, ends) = state::flatten(state);
        let ends = RefCell::new(ends);
        let name = |leaf| name(names, &ends, leaf);
        let options = ScanOptions { unroll: self.unroll, ..ScanOptions::default() };
        let turn = |carry: &Flat, _: &Flat| (self.turn(carry, &ends, &body), Flat::new());
        let parts = Parts { op: "for", name: &name, scalars_grow: true };
        let init = state::with_first(self.first.clone(), init);
        let out = flat::scan(&parts, options, count, init, &Flat::new(), turn).0;
        state::build(&state::after_first(&out))
    }

    /// Runs the body for each of them on the state, as long as something else holds of the state too.
    ///
    /// # Panics
    /// If the type of a carried variable changes from one turn to the next: the error names it.
    #[track_caller]
    pub fn each_while<S: State>(
        self,
        names: &[&str],
        state: S,
        goes_on: impl Fn(S) -> Array,
        body: impl Fn(Array, S) -> S,
    ) -> S {
        self.rolled(names, state, Some(&goes_on), body)
    }

    #[track_caller]
    fn rolled<S: State>(
        self,
        names: &[&str],
        state: S,
        also: Option<&dyn Fn(S) -> Array>,
        body: impl Fn(Array, S) -> S,
    ) -> S {
        let end = arithmetic(&self.first, &self.times(&self.count), |x, y| x + y, arith::add);
        let goes_on = |carry: &Flat| {
            let within = match self.step > 0 {
                true => compare::lt(&carry.leaves[0], &end),
                false => compare::gt(&carry.leaves[0], &end),
            };
            match also {
                Some(also) => logic::and(&within, &also(state::build(&state::after_first(carry)))),
                None => within,
            }
        };
        let (init, ends) = state::flatten(state);
        let ends = RefCell::new(ends);
        let name = |leaf| name(names, &ends, leaf);
        let parts = Parts { op: "for", name: &name, scalars_grow: true };
        let init = state::with_first(self.first.clone(), init);
        let out =
            flat::while_loop(&parts, WhileOptions::default(), init, goes_on, |carry| self.turn(carry, &ends, &body));
        state::build(&state::after_first(&out))
    }

    /// One turn: the variable itself is the first thing carried.
    fn turn<S: State>(&self, carry: &Flat, ends: &RefCell<Vec<usize>>, body: &impl Fn(Array, S) -> S) -> Flat {
        let index = carry.leaves[0].clone();
        let following = plus(&index, self.step);
        let (next, next_ends) = state::flatten(body(index, state::build(&state::after_first(carry))));
        *ends.borrow_mut() = next_ends;
        state::with_first(following, next)
    }
}

/// The name of the variable that a leaf belongs to, after the first, whose type never changes.
fn name(names: &[&str], ends: &RefCell<Vec<usize>>, leaf: usize) -> String {
    state::name(names, &ends.borrow(), leaf.wrapping_sub(1))
}
