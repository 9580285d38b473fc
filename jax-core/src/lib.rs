//! The language: dtypes, the closed kernel language, jaxprs, arrays, primitives and transforms.
//!
//! Everything here evaluates and is tested without any backend, through `kernel::interp`. Machine code lives
//! in `jax-runtime`; the functions that users call by NumPy's names live in the root package.
#![forbid(unsafe_code)]

pub mod api;
pub mod array;
pub mod base;
pub mod control;
pub mod ir;
pub mod kernel;
pub mod lax;
pub mod machine;
pub mod prim;
pub mod stage;
pub mod transform;
pub mod tree;

/// Operands that laws are tested on, for every primitive.
pub fn samples() -> Vec<ir::Sample> {
    [prim::samples(), control::samples()].concat()
}
