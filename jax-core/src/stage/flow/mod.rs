//! Rust's own control flow in a staged body: what `#[jit]` makes of `if`, `match`, `while`, `loop` and `for`.
//!
//! The macro writes each construct once, as closures over the variables that it assigns, and calls a method whose
//! receiver has the type of the condition: with a `bool` the closures run as Rust would run them and anything may be
//! carried; with an `Array` they are traced, and what is carried is a tree of arrays. So it is the type of a condition
//! that says whether it is decided while tracing, never a guess of the macro. How loops and branches over
//! flattened trees are traced stands in `lax::flat`.

pub mod branch;
pub mod exit;
pub mod items;
pub mod range;
pub mod repeat;
pub mod state;

pub use branch::{Condition, HostBranch, TracedBranch};
pub use exit::{Exit, Pending};
pub use items::{HostItems, Items, Together, TracedItems};
pub use range::{Steps, range, range_inclusive};
pub use repeat::{HostWhile, TracedWhile, repeat};
pub use state::State;
