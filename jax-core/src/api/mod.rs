//! The transforms as users call them: functions from functions to functions.

pub mod fun;
pub mod grad;
pub mod vmap;
