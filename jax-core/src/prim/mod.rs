//! The primitives: one file a family, each primitive whole in one place.
//!
//! Beside each primitive stands the function that binds it, with exactly its semantics: no promotion of dtypes,
//! no NumPy broadcasting. Those are `lax`'s and the root package's business.

pub mod arg;
pub mod arith;
pub mod callback;
pub mod compare;
pub mod complex;
pub mod concatenate;
pub mod convert;
pub mod cumulative;
pub mod dot_general;
pub mod dynamic_slice;
pub(crate) mod elementwise;
pub mod empty;
pub mod exp_log;
pub mod fma;
pub mod gather;
pub mod iota;
pub mod logic;
pub mod pad;
pub mod reduce;
pub mod round;
pub mod rule;
pub(crate) mod sample;
pub mod scatter;
pub mod select;
pub mod shape;
pub mod slice;
pub mod sort;
pub mod special;
pub mod stack;
pub mod threefry;
pub mod trig;

/// Operands that laws are tested on, for every primitive without a program inside.
pub(crate) fn samples() -> Vec<crate::ir::Sample> {
    [
        arg::samples(),
        arith::samples(),
        compare::samples(),
        complex::samples(),
        concatenate::samples(),
        convert::samples(),
        cumulative::samples(),
        dot_general::samples(),
        dynamic_slice::samples(),
        empty::samples(),
        exp_log::samples(),
        fma::samples(),
        gather::samples(),
        iota::samples(),
        logic::samples(),
        pad::samples(),
        reduce::samples(),
        round::samples(),
        scatter::samples(),
        select::samples(),
        shape::samples(),
        slice::samples(),
        sort::samples(),
        special::samples(),
        threefry::samples(),
        trig::samples(),
    ]
    .concat()
}
