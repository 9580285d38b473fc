//! An index checked against the shape it is for: one part for each axis.

use super::Index;
use crate::array::fail::{here, raise};
use crate::array::{Array, IntoArray};
use crate::base::error::ErrorKind;
use crate::base::{DType, Error};

/// A part of an index that has been checked against its axis.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// One place.
    At(usize),
    /// So many places from the first, in steps.
    Range {
        start: usize,
        count: usize,
        step: i64,
    },
    /// Places from an array of integers.
    Array(Array),
    NewAxis,
}

#[track_caller]
fn index_error(message: String) -> ! {
    raise(Error::new(ErrorKind::Index, "index", message))
}

/// The parts of an index for an array of this shape, one for each axis and each new axis.
#[track_caller]
pub(super) fn parts(shape: &[usize], index: Vec<Index>) -> Vec<Part> {
    let index = positions_of_truths(index);
    let rank = shape.len();
    let given = index.iter().filter(|part| !matches!(part, Index::NewAxis | Index::Ellipsis)).count();
    let ellipses = index.iter().filter(|part| matches!(part, Index::Ellipsis)).count();
    if given > rank {
        index_error(format!("Too many indices: array is {rank}-dimensional, but {given} were indexed"));
    }
    if ellipses > 1 {
        index_error("an index can only have a single ellipsis ('...')".to_owned());
    }
    let rest = rank - given;
    let whole = |axis: usize| Part::Range { start: 0, count: shape[axis], step: 1 };
    let mut axis = 0;
    let mut parts = Vec::new();
    for part in index.into_iter().chain((ellipses == 0).then_some(Index::Ellipsis)) {
        match part {
            Index::NewAxis => parts.push(Part::NewAxis),
            Index::Ellipsis => {
                parts.extend((axis..axis + rest).map(whole));
                axis += rest;
                continue;
            }
            Index::At(place) => parts.push(Part::At(place_of(place, axis, shape[axis]))),
            Index::Range { start, stop, step } => parts.push(range_of(start, stop, step, shape[axis])),
            Index::Array(places) => {
                if !places.dtype().is_integer() {
                    let dtype = places.dtype();
                    let message = format!("Indexer must have integer or boolean type, got indexer with type {dtype}");
                    raise(Error::new(ErrorKind::DType, "index", message));
                }
                parts.push(Part::Array(places));
            }
        }
        axis += usize::from(!matches!(parts.last(), Some(Part::NewAxis)));
    }
    parts
}

/// Replaces arrays of truth values by the places where they hold.
#[track_caller]
fn positions_of_truths(index: Vec<Index>) -> Vec<Index> {
    let here = here();
    let replace = |part: Index| match part {
        Index::Array(mask) if mask.dtype() == DType::Bool => {
            if mask.is_traced() {
                let message = format!(
                    "Array boolean indices must be concrete; got {}. The shape of the result would depend on a value \
                     that is not known while the function is traced: use where instead.",
                    mask.aval()
                );
                raise(Error::new(ErrorKind::Concretization, "index", message).at(here));
            }
            let strides = crate::base::shape::strides(mask.shape());
            let held: Vec<usize> =
                (0..mask.size()).zip(mask.to_bools()).filter(|(_, held)| *held).map(|(i, _)| i).collect();
            let along = |(&stride, &extent): (&usize, &usize)| {
                let places: Vec<i32> = held.iter().map(|flat| (flat / stride % extent) as i32).collect();
                Index::Array(places.into_array())
            };
            strides.iter().zip(mask.shape()).map(along).collect()
        }
        other => vec![other],
    };
    index.into_iter().flat_map(replace).collect()
}

#[track_caller]
fn place_of(place: i64, axis: usize, extent: usize) -> usize {
    let counted = if place < 0 { place + extent as i64 } else { place };
    match usize::try_from(counted) {
        Ok(counted) if counted < extent => counted,
        _ => index_error(format!("index {place} is out of bounds for axis {axis} with size {extent}")),
    }
}

/// Python's slice, its bounds brought into the axis.
#[track_caller]
fn range_of(start: Option<i64>, stop: Option<i64>, step: i64, extent: usize) -> Part {
    if step == 0 {
        index_error("slice step cannot be zero".to_owned());
    }
    let extent = extent as i64;
    let (low, high) = if step > 0 { (0, extent) } else { (-1, extent - 1) };
    let bound = |place: i64| if place < 0 { place + extent } else { place }.clamp(low, high);
    let start = start.map_or(if step > 0 { low } else { high }, bound);
    let stop = stop.map_or(if step > 0 { high } else { low }, bound);
    let distance = if step > 0 { stop - start } else { start - stop };
    let count = (distance.max(0) as u64).div_ceil(step.unsigned_abs()) as usize;
    Part::Range { start: if count == 0 { 0 } else { start as usize }, count, step: if count < 2 { 1 } else { step } }
}
