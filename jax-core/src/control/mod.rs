//! Primitives with programs inside: loops, branches, custom derivatives, rematerialization.
//!
//! Their jaxprs close over nothing: what a traced function closed over is passed as leading operands.

pub mod cond;
pub mod custom;
pub(crate) mod lanes;
mod masked;
pub mod remat;
mod rewind;
mod sample;
pub mod scan;
mod split;
pub mod while_loop;

use crate::array::Array;
use crate::ir::{ClosedJaxpr, Jaxpr, Tangent};

pub(crate) use sample::samples;

/// The arrays that are there.
pub(crate) fn present(tangents: &[Tangent]) -> impl Iterator<Item = &Array> {
    tangents.iter().flatten()
}

/// The positions that are marked.
pub(crate) fn positions(marks: &[bool]) -> Vec<usize> {
    (0..marks.len()).filter(|&i| marks[i]).collect()
}

/// A mark for each value that is there.
pub(crate) fn marks<T>(values: &[Option<T>]) -> Vec<bool> {
    values.iter().map(Option::is_some).collect()
}

/// The program of a traced function that closes over nothing, with what it closed over as leading arguments.
pub(crate) fn close(closed: &ClosedJaxpr) -> (Jaxpr, Vec<Array>) {
    closed.convert_consts()
}

/// The tangents of results by the marks of those that have one.
pub(crate) fn scatter_tangents(have: &[bool], mut tangents: impl Iterator<Item = Array>) -> Vec<Tangent> {
    have.iter().map(|&have| if have { tangents.next() } else { None }).collect()
}
