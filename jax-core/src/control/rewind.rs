//! Reverse mode in bounded memory: a loop is run backwards from a fixed number of snapshots of what it carries.
//!
//! The turns between two snapshots run again. Where snapshots go is the binomial schedule of Griewank and Walther
//! ("Algorithm 799: revolve", 2000), computed while the program runs: with `s` snapshots and `r` runs of each turn, at
//! most, it goes back over `C(s + r, s)` turns.

use super::while_loop::{While, while_loop};
use crate::array::{Array, builder};
use crate::base::{DType, Scalar};
use crate::ir::Aval;
use crate::prim::arith::{add, div, mul, sub};
use crate::prim::compare::{eq, ge, gt, lt};
use crate::prim::dynamic_slice::{dynamic_slice, dynamic_update_slice};
use crate::prim::select::select;
use crate::prim::shape::{broadcast_in_dim, reshape};

/// A function of two lists of arrays.
type Combine<'a> = dyn Fn(&[Array], &[Array]) -> Vec<Array> + 'a;

/// A loop to run backwards.
pub(crate) struct Rewind<'a> {
    /// From what is carried to whether a turn follows.
    pub goes_on: &'a dyn Fn(&[Array]) -> Array,
    /// A turn.
    pub step: &'a dyn Fn(&[Array]) -> Vec<Array>,
    /// A turn backwards: from what is carried into it and the cotangents after it, those before it.
    pub adjoint: &'a Combine<'a>,
}

fn number(value: i64) -> Array {
    Array::scalar(Scalar::from_i128(DType::I64, i128::from(value)))
}

/// A loop over these values.
fn repeat(goes_on: impl Fn(&[Array]) -> Array, turn: impl Fn(&[Array]) -> Vec<Array>, init: &[Array]) -> Vec<Array> {
    let avals: Vec<Aval> = init.iter().map(|value| value.aval().clone().with_weak(false)).collect();
    let (cond_jaxpr, cond_consts) = builder::trace(&avals, |args| vec![goes_on(args)]).convert_consts();
    let (body_jaxpr, body_consts) = builder::trace(&avals, |args| turn(args)).convert_consts();
    let primitive = While {
        cond_jaxpr: cond_jaxpr.into(),
        body_jaxpr: body_jaxpr.into(),
        cond_nconsts: cond_consts.len(),
        body_nconsts: body_consts.len(),
        checkpoints: None,
    };
    while_loop(primitive, &[&cond_consts, &body_consts, init].concat())
}

/// The element, or array, at a place of the leading axis.
fn at(stacked: &Array, place: &Array) -> Array {
    let zero = number(0);
    let starts: Vec<&Array> = (0..stacked.ndim()).map(|axis| if axis == 0 { place } else { &zero }).collect();
    let mut sizes = stacked.shape().to_vec();
    sizes[0] = 1;
    reshape(&dynamic_slice(stacked, &starts, &sizes), &stacked.shape()[1..])
}

/// The same with another one there.
fn with(stacked: &Array, place: &Array, value: &Array) -> Array {
    let zero = number(0);
    let starts: Vec<&Array> = (0..stacked.ndim()).map(|axis| if axis == 0 { place } else { &zero }).collect();
    let value = reshape(value, &[&[1], value.shape()].concat());
    dynamic_update_slice(stacked, &value, &starts)
}

/// Where the next snapshot goes, on the way from one at turn `from` to turn `to`, with so many places free: the turns
/// after it can then be gone over with one snapshot less, and those before it with one run less. `from` where no place is
/// free.
fn next_snapshot(from: &Array, to: &Array, free: &Array) -> Array {
    let length = add(&sub(to, from), &number(1));
    let following = |state: &[Array]| {
        // C(s + r + 1, s) from C(s + r, s), where s = free + 1.
        let (reach, runs) = (&state[0], add(&state[1], &number(1)));
        div(&mul(reach, &add(&add(free, &number(1)), &runs)), &runs)
    };
    let state = repeat(
        |state| lt(&following(state), &length),
        |state| vec![following(state), add(&state[1], &number(1))],
        &[number(1), number(0)],
    );
    select(&gt(free, &number(0)), &add(from, &state[0]), from)
}

impl Rewind<'_> {
    /// The cotangents before the first turn, from those after the last one.
    pub fn run(&self, snapshots: usize, init: &[Array], cotangents: &[Array]) -> Vec<Array> {
        let (places, carried) = (snapshots.max(1), init.len());
        let counted = repeat(
            |state| (self.goes_on)(&state[1..]),
            |state| [vec![add(&state[0], &number(1))], (self.step)(&state[1..])].concat(),
            &[&[number(0)], init].concat(),
        );
        // One place more takes what is not kept. The snapshot of the start, at the first place, stays.
        let stacked = |value: &Array| {
            let axes: Vec<usize> = (1..=value.ndim()).collect();
            broadcast_in_dim(value, &[&[places + 1], value.shape()].concat(), &axes)
        };
        let kept: Vec<Array> = init.iter().map(stacked).collect();
        // The turn to go back over, how many snapshots there are and of which turns, the snapshots, the cotangents.
        let last = sub(&counted[0], &number(1));
        let state = [&[last, number(1), stacked(&number(0))], &kept[..], cotangents].concat();
        let back = |state: &[Array]| {
            let (numbers, rest) = state.split_at(3);
            let (kept, cotangents) = rest.split_at(carried);
            let [turn, top, turns] = numbers else { crate::bug!("a loop lost its numbers") };
            let found = self.forward(places, turn, top, turns, kept);
            let (numbers, rest) = found.split_at(2);
            let (values, kept) = rest.split_at(carried);
            let [top, turns] = numbers else { crate::bug!("a loop lost its numbers") };
            let before = (self.adjoint)(values, cotangents);
            let turn = sub(turn, &number(1));
            let lower = sub(top, &number(1));
            let top = select(&gt(&at(turns, &lower), &turn), &lower, top);
            [&[turn, top, turns.clone()], kept, &before[..]].concat()
        };
        repeat(|state| ge(&state[0], &number(0)), back, &state).split_off(3 + carried)
    }

    /// From the last snapshot to before `turn`, with snapshots on the way: how many there are, of which turns, the values
    /// there, and the snapshots.
    fn forward(&self, places: usize, turn: &Array, top: &Array, turns: &Array, kept: &[Array]) -> Vec<Array> {
        let last = sub(top, &number(1));
        let free = |top: &Array| sub(&number(places as i64), top);
        let from = at(turns, &last);
        let next = next_snapshot(&from, turn, &free(top));
        let values: Vec<Array> = kept.iter().map(|kept| at(kept, &last)).collect();
        let state = [&[from, next, top.clone(), turns.clone()], &values[..], kept].concat();
        let step = |state: &[Array]| {
            let [here, next, top, turns] = &state[..4] else { crate::bug!("a loop lost its numbers") };
            let (values, kept) = state[4..].split_at(kept.len());
            let values = (self.step)(values);
            let here = add(here, &number(1));
            let turns = with(turns, top, &here);
            let kept: Vec<Array> = kept.iter().zip(&values).map(|(kept, value)| with(kept, top, value)).collect();
            let hit = eq(&here, next);
            let top = select(&hit, &add(top, &number(1)), top);
            // Computed where it is needed: a loop that elsewhere has no turn.
            let aim = select(&hit, turn, &here);
            let next = select(&hit, &next_snapshot(&here, &aim, &free(&top)), next);
            [&[here, next, top, turns], &values[..], &kept[..]].concat()
        };
        repeat(|state| lt(&state[0], turn), step, &state).split_off(2)
    }
}
