//! The machine: kernel programs fused, compiled to native code and run.
//!
//! `Program → fused → Schedule → code`: each stage a type of its own. `unsafe` lives in `memory`, in `backend`, and
//! at the one call of compiled code in `cpu`.

pub mod backend;
pub mod cpu;
pub mod fuse;
pub mod memory;
pub mod schedule;

pub use cpu::{CpuExecutable, CpuMachine};
