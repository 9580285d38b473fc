//! Jaxprs: the typed, closed-over, first-order programs that tracing makes and transforms rewrite.
//!
//! The set of primitives is open: see [`Primitive`], the one trait each implements.

pub mod aval;
pub mod jaxpr;
mod layout;
pub mod lower;
pub mod param;
pub mod parse;
pub mod primitive;
pub mod print;
pub mod read;
pub mod verify;

pub use aval::Aval;
pub use jaxpr::{Atom, ClosedJaxpr, Eqn, Jaxpr, Literal, Var};
pub use lower::Lower;
pub use param::{Param, Params};
pub use primitive::{Derivative, Operand, PartialEval, Prim, Primitive, Sample, Source, Tangent};
