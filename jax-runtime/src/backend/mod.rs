//! Backends: each turns a schedule into something that runs.

pub mod cranelift;
