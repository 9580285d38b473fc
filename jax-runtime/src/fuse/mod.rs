//! Fusion of kernel programs.

pub mod affine;
pub mod contraction;

pub use contraction::{Contraction, Operand, as_contraction};
