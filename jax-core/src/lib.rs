//! The language.
#![forbid(unsafe_code)]
