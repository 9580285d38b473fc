//! The primitives: one file a family, each primitive whole in one place.
//!
//! Beside each primitive stands the function that binds it, with exactly its semantics: no promotion of dtypes,
//! no NumPy broadcasting. Those are `lax`'s and the root package's business.

pub mod arith;
pub mod compare;
pub mod complex;
pub mod control;
pub mod convert;
pub(crate) mod elementwise;
pub mod exp_log;
pub mod logic;
pub mod reduce;
pub mod round;
pub mod select;
pub mod shape;
pub mod special;
pub mod trig;
