//! Staged functions: how arguments become leaves, how a call finds or makes its executable, and what the macros'
//! expansions call.
//!
//! A staged function's arguments are flattened to arrays and structure tokens. Together with the arrays' types
//! the tokens are the cache key: one executable per signature.

pub mod axes;
pub mod cache;
pub mod call;
pub mod compiled;
pub mod declared;
pub mod dispatch;
pub mod flow;
pub mod generic;
pub(crate) mod gradient;
pub mod passing;
pub mod place;
mod reason;
mod recursion;
pub(crate) mod vectorize;

pub use cache::Staged;
pub use call::Call;
pub use compiled::{Compiled, Lowered};
pub use declared::{Dim, Dims};
pub use dispatch::{Cmp, Dup, LitBin};
pub use generic::{Instances, Traceable, Traced, Tree};
pub use passing::Passing;
