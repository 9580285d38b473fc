//! Transforms: pure functions from jaxprs to jaxprs.
//!
//! Each walks a jaxpr and applies the primitives' rules on [`Array`](crate::array::Array), inside a builder, so
//! that what comes out is again a jaxpr. Nesting is nesting of jaxprs: no tags, no perturbation confusion.

pub mod batch;
pub mod cse;
pub mod dce;
pub mod effects;
pub mod eval;
pub mod jvp;
pub mod linearize;
mod nans;
pub mod pipeline;
pub mod simplify;
pub mod transpose;

pub use batch::batch;
pub use cse::cse;
pub use dce::dce;
pub use effects::without_effects;
pub use eval::eval;
pub use jvp::jvp;
pub use linearize::{Linearized, linearize};
pub use pipeline::optimize;
pub use simplify::simplify;
pub use transpose::backward;
