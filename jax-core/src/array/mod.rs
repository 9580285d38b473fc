//! The behaviour of [`Array`]: what it is made of, how operations on it are staged or run, how it prints.
//!
//! What an operation means is its primitive's business; functions with NumPy's names live in the root package.

pub mod bind;
pub mod builder;
pub mod convert;
pub mod data;
pub mod eager;
pub mod fail;
mod ndarray;
pub mod watch;

pub use bind::{at_caller, bind, bind_one, with_span};
pub use builder::{is_tracing, trace};
pub use convert::{IntoArray, Literal};
pub use data::{Array, Element};
pub use fail::{catch, raise};
