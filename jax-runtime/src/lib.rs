//! The machine.

pub mod fuse;
