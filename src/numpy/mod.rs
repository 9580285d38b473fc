//! NumPy's functions on [`Array`](crate::Array), with JAX's names and meaning: `use jax::numpy as jnp`.
//!
//! - Array parameters are anything that [is an array](crate::IntoArray): arrays and references to them, Rust numbers,
//!   literals, vectors, slices, `ndarray` arrays. Dtypes promote and shapes broadcast as in JAX.
//! - A function `f` with optional arguments has a companion `f_with` that takes them last, as a struct: see
//!   [`ReduceOptions`] and [`ArrayOptions`], made shortest by [`axis()`] and [`dtype()`].
//! - A name that is a Rust keyword has an underscore: [`where_`].
//! - A mistaken call panics with the user's line, in JAX's words; inside `try_call` of a staged function it is an `Err`.

mod contract;
mod create;
mod einsum;
mod join;
pub mod linalg;
mod math;
mod options;
mod order;
mod pad;
mod quantile;
mod reduce;
mod sets;
mod shape;
mod types;

pub use contract::*;
pub use create::*;
pub use einsum::*;
pub use join::*;
pub use math::*;
pub use options::{ArrayOptions, ReduceOptions, axis, dtype};
pub use order::*;
pub use pad::*;
pub use quantile::*;
pub use reduce::*;
pub use sets::*;
pub use shape::*;
pub use types::*;

pub use std::f64::consts::{E as e, PI as pi};

/// Positive infinity.
#[allow(non_upper_case_globals, reason = "JAX's name")]
pub const inf: f64 = f64::INFINITY;

/// Not a number.
#[allow(non_upper_case_globals, reason = "JAX's name")]
pub const nan: f64 = f64::NAN;
