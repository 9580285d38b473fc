//! The vocabulary everything else is written in: dtypes, shapes, scalar values, source spans and errors.
//!
//! Nothing here knows about programs, arrays or backends.

pub mod dtype;
pub mod error;
pub mod print;
pub mod promote;
pub mod scalar;
pub mod scoped;
pub mod shape;
pub mod span;
pub mod table;
pub(crate) mod tuples;

pub use dtype::{DType, Kind};
pub use error::{Error, Result};
pub use scalar::Scalar;
pub use scoped::scoped;
pub use shape::Shape;
pub use span::Span;
pub use table::Table;
