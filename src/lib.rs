//! The library.
#![forbid(unsafe_code)]

// So that what the macros emit works in this package too.
#[allow(unused_extern_crates)]
extern crate self as jax;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use jax_core::array::Array;
pub use jax_core::base::Error;
pub use jax_core::ir::ClosedJaxpr;
pub use jax_core::stage::{Compiled, Lowered};
pub use jax_macros::{PyTree, grad, jit};

inventory::submit!(jax_core::machine::Installed { make: || Box::new(jax_runtime::CpuMachine::new()) });
