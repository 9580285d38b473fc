//! The primitives: one file a family, each primitive whole in one place.
//!
//! Beside each primitive stands the function that binds it, with exactly its semantics: no promotion of dtypes,
//! no NumPy broadcasting. Those are `lax`'s and the root package's business.

pub mod arith;
pub(crate) mod elementwise;
pub mod reduce;
pub mod shape;
