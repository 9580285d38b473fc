//! Reading at an index: a slice, one window, or a gather; and the plan that updates share with the gather.

use super::IntoIndex;
use super::parts::{Part, parts};
use crate::array::{Array, IntoArray, at_caller};
use crate::base::{DType, Kind, Scalar};
use crate::lax::promote;
use crate::prim::concatenate::concatenate;
use crate::prim::convert::convert_element_type;
use crate::prim::dynamic_slice::dynamic_slice;
use crate::prim::elementwise::constant_like;
use crate::prim::gather::{Gather, GatherDimensionNumbers, GatherScatterMode, gather};
use crate::prim::scatter::{Scatter, ScatterDimensionNumbers};
use crate::prim::select::select;
use crate::prim::shape::{broadcast_in_dim, squeeze};
use crate::prim::slice::{rev, slice};
use crate::prim::{arith, compare};

/// Reads an array at an index.
#[track_caller]
pub fn index(x: &Array, index: impl IntoIndex) -> Array {
    let parts = parts(x.shape(), index.into_index());
    let arrays = || parts.iter().filter_map(|part| if let Part::Array(places) = part { Some(places) } else { None });
    let read = if arrays().next().is_none() {
        read_static(x, &parts)
    } else if arrays().all(|places| places.ndim() == 0)
        && parts.iter().all(|part| !matches!(part, Part::Range { step, .. } if *step != 1))
    {
        read_window(x, &parts)
    } else {
        let plan = Plan::new(x, &parts);
        plan.read(x, GatherScatterMode::PromiseInBounds)
    };
    read.expand_dims(new_axes(&parts).as_slice())
}

/// Where the new axes are in the result.
pub(super) fn new_axes(parts: &[Part]) -> Vec<i32> {
    let layout = layout(parts);
    (0..layout.len() as i32).filter(|&place| matches!(layout[place as usize], Slot::New)).collect()
}

/// An index of numbers and ranges: a slice, reversed where it goes backwards.
#[track_caller]
fn read_static(x: &Array, parts: &[Part]) -> Array {
    let (mut starts, mut limits, mut strides) = (Vec::new(), Vec::new(), Vec::new());
    let (mut backwards, mut single) = (Vec::new(), Vec::new());
    for (axis, part) in parts.iter().filter(|part| !matches!(part, Part::NewAxis)).enumerate() {
        let (start, count, step) = match part {
            Part::At(place) => {
                single.push(axis);
                (*place, 1, 1)
            }
            Part::Range { start, count, step } => (*start, *count, *step),
            _ => crate::bug!("an array in a static index"),
        };
        let reach = step.unsigned_abs() as usize * count.saturating_sub(1);
        let first = if step < 0 { start - reach } else { start };
        if step < 0 {
            backwards.push(axis);
        }
        starts.push(first);
        // As Python writes it, the end is the range's, not that of the last place; both give the same.
        limits.push(if count == 0 { first } else { first + reach + 1 });
        strides.push(step.unsigned_abs() as usize);
    }
    let whole = starts.iter().all(|&start| start == 0) && limits == x.shape() && strides.iter().all(|&step| step == 1);
    let strides = strides.iter().any(|&step| step != 1).then_some(strides.as_slice());
    let sliced = if whole { x.clone() } else { slice(x, &starts, &limits, strides) };
    let turned = if backwards.is_empty() { sliced } else { rev(&sliced, &backwards) };
    squeeze(&turned, &single)
}

/// An integer array as places: `int32` at least, negative ones counted from the end.
#[track_caller]
pub(super) fn places(array: &Array, extent: usize) -> Array {
    let dtype = if array.dtype().bits() < 32 { DType::I32 } else { array.dtype() };
    let array = convert_element_type(array, dtype, false);
    if dtype.kind() == Kind::Unsigned {
        return array;
    }
    let negative = compare::lt(&array, &constant_like(&array, 0.0));
    let counted = arith::add(&array, &constant_like(&array, extent as f64));
    select(&negative, &counted, &array)
}

/// An index of scalars, some of them traced, and ranges: one window.
#[track_caller]
fn read_window(x: &Array, parts: &[Part]) -> Array {
    let (mut starts, mut sizes, mut single) = (Vec::new(), Vec::new(), Vec::new());
    for (axis, part) in parts.iter().filter(|part| !matches!(part, Part::NewAxis)).enumerate() {
        let (start, size) = match part {
            Part::At(place) => (known(*place), 1),
            Part::Array(place) => (place.clone(), 1),
            Part::Range { start, count, .. } => (known(*start), *count),
            Part::NewAxis => continue,
        };
        if !matches!(part, Part::Range { .. }) {
            single.push(axis);
        }
        starts.push(places(&start, x.shape()[axis]));
        sizes.push(size);
    }
    let wide = starts.iter().any(|start| start.dtype().bits() > 32);
    let dtype = if wide { DType::I64 } else { DType::I32 };
    let starts: Vec<Array> = starts.iter().map(|start| convert_element_type(start, dtype, false)).collect();
    squeeze(&dynamic_slice(x, &starts.iter().collect::<Vec<_>>(), &sizes), &single)
}

/// An axis of what an index reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Slot {
    /// Runs along this axis of the array within a window.
    Window(usize),
    /// Runs along this axis of the array in steps.
    Strided(usize),
    /// Stands for all axes of the index arrays.
    Arrays,
    New,
}

/// The axes of what an index reads. Index arrays that stand together give their axes where they stand, others give
/// them in front.
fn layout(parts: &[Part]) -> Vec<Slot> {
    let any_array = parts.iter().any(|part| matches!(part, Part::Array(_)));
    let advanced = |part: &Part| any_array && matches!(part, Part::Array(_) | Part::At(_));
    let stands: Vec<usize> = (0..parts.len()).filter(|&i| advanced(&parts[i])).collect();
    let together = stands.windows(2).all(|pair| pair[1] == pair[0] + 1);
    let mut slots = Vec::new();
    if any_array && !together {
        slots.push(Slot::Arrays);
    }
    let mut axis = 0;
    for (i, part) in parts.iter().enumerate() {
        match part {
            Part::NewAxis => {
                slots.push(Slot::New);
                continue;
            }
            Part::Range { step: 1, .. } => slots.push(Slot::Window(axis)),
            Part::Range { .. } => slots.push(Slot::Strided(axis)),
            _ if together && stands.first() == Some(&i) => slots.push(Slot::Arrays),
            _ => {}
        }
        axis += 1;
    }
    slots
}

/// A gather or scatter that an index amounts to.
pub(super) struct Plan {
    /// The index vectors, in the last axis.
    pub(super) indices: Array,
    /// The axes of the result that run within a window.
    window_dims: Vec<usize>,
    /// The axes of the array that the result lacks.
    collapsed: Vec<usize>,
    /// The axis of the array that each component of an index vector is for.
    map: Vec<usize>,
    /// The extents of a window.
    sizes: Vec<usize>,
    /// What the index reads, without new axes.
    pub(super) shape: Vec<usize>,
    /// Whether there is one window only.
    single: bool,
}

impl Plan {
    #[track_caller]
    pub(super) fn new(x: &Array, parts: &[Part]) -> Plan {
        let slots: Vec<Slot> = layout(parts).into_iter().filter(|slot| *slot != Slot::New).collect();
        let axes: Vec<&Part> = parts.iter().filter(|part| !matches!(part, Part::NewAxis)).collect();
        let arrays: Vec<&[usize]> =
            axes.iter().filter_map(|part| if let Part::Array(a) = part { Some(a.shape()) } else { None }).collect();
        let array_shape = promote::broadcast_shapes("index", &arrays).into_vec();
        // The axes that the index vectors vary along, in the order of the result.
        let mut batch: Vec<usize> = Vec::new();
        let (mut shape, mut window_dims) = (Vec::new(), Vec::new());
        let mut first_of = vec![0; axes.len()];
        let mut arrays_at = 0;
        for slot in &slots {
            match *slot {
                Slot::Window(axis) | Slot::Strided(axis) => {
                    let Part::Range { count, .. } = axes[axis] else { continue };
                    if let Slot::Window(_) = slot {
                        window_dims.push(shape.len());
                    } else {
                        first_of[axis] = batch.len();
                        batch.push(*count);
                    }
                    shape.push(*count);
                }
                Slot::Arrays => {
                    arrays_at = batch.len();
                    batch.extend(&array_shape);
                    shape.extend(&array_shape);
                }
                Slot::New => {}
            }
        }
        let (mut map, mut sizes, mut collapsed, mut components) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (axis, part) in axes.iter().enumerate() {
            let extent = x.shape()[axis];
            let (component, dims): (Array, Vec<usize>) = match part {
                Part::Range { count, step: 1, .. } if *count == extent => {
                    sizes.push(extent);
                    continue;
                }
                Part::Range { start, count, step: 1 } => {
                    sizes.push(*count);
                    (known(*start), Vec::new())
                }
                Part::Range { start, count, step } => {
                    let line: Vec<i32> = (0..*count as i64).map(|i| (*start as i64 + i * step) as i32).collect();
                    (line.into_array(), vec![first_of[axis]])
                }
                Part::At(place) => (known(*place), Vec::new()),
                Part::Array(array) => {
                    let offset = arrays_at + array_shape.len() - array.ndim();
                    (places(array, extent), (offset..offset + array.ndim()).collect())
                }
                Part::NewAxis => continue,
            };
            if sizes.len() == axis {
                sizes.push(1);
                collapsed.push(axis);
            }
            map.push(axis);
            let vector: Vec<usize> = batch.iter().copied().chain([1]).collect();
            components.push((component, dims, vector));
        }
        let wide = components.iter().any(|(component, ..)| component.dtype().bits() > 32);
        let dtype = if wide { DType::I64 } else { DType::I32 };
        let spread = |(component, dims, vector): &(Array, Vec<usize>, Vec<usize>)| {
            broadcast_in_dim(&convert_element_type(component, dtype, false), vector, dims)
        };
        let columns: Vec<Array> = at_caller(|| components.iter().map(spread).collect());
        let indices = match columns.as_slice() {
            [] => Array::from_bytes(DType::I32, &[0], &[]),
            [one] => one.clone(),
            several => concatenate(&several.iter().collect::<Vec<_>>(), batch.len()),
        };
        Plan { indices, window_dims, collapsed, map, sizes, shape, single: batch.is_empty() }
    }

    #[track_caller]
    pub(super) fn read(&self, x: &Array, mode: GatherScatterMode) -> Array {
        let numbers = GatherDimensionNumbers {
            offset_dims: self.window_dims.clone(),
            collapsed_slice_dims: self.collapsed.clone(),
            start_index_map: self.map.clone(),
            ..GatherDimensionNumbers::default()
        };
        gather(x, &self.indices, Gather { mode, ..Gather::new(numbers, &self.sizes) })
    }

    pub(super) fn scatter(&self) -> Scatter {
        let numbers = ScatterDimensionNumbers {
            update_window_dims: self.window_dims.clone(),
            inserted_window_dims: self.collapsed.clone(),
            scatter_dims_to_operand_dims: self.map.clone(),
            ..ScatterDimensionNumbers::default()
        };
        Scatter { indices_are_sorted: self.single, unique_indices: self.single, ..Scatter::new(numbers) }
    }
}

/// A place that is known, as a strongly typed scalar.
fn known(place: usize) -> Array {
    Array::scalar(Scalar::from_i128(DType::I32, place as i128))
}
