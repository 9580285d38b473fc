//! Indexing in NumPy's way: numbers, ranges, arrays of integers, and mixtures of them; reading and updating.

use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

use super::{axes, operators, promote};
use crate::array::fail::{here, raise};
use crate::array::{Array, IntoArray};
use crate::base::error::ErrorKind;
use crate::base::{DType, Error, Kind, Scalar};
use crate::prim::concatenate::concatenate;
use crate::prim::convert::convert_element_type;
use crate::prim::dynamic_slice::dynamic_slice;
use crate::prim::elementwise::{constant_like, tuple};
use crate::prim::gather::{Gather, GatherDimensionNumbers, GatherScatterMode, gather};
use crate::prim::scatter::{
    Scatter, ScatterDimensionNumbers, scatter, scatter_add, scatter_max, scatter_min, scatter_mul,
};
use crate::prim::select::select;
use crate::prim::shape::{broadcast_in_dim, squeeze};
use crate::prim::slice::{rev, slice};
use crate::prim::{arith, compare};

/// One part of an index.
#[derive(Clone, Debug)]
pub enum Index {
    /// One place of an axis; a negative one counts from the end.
    At(i64),
    /// The places from `start` to `stop`, without it, in steps; negative ones count from the end, and those out of
    /// range are brought into it.
    Range {
        /// The first place.
        start: Option<i64>,
        /// The end.
        stop: Option<i64>,
        /// The distance between places; a negative one goes backwards.
        step: i64,
    },
    /// The places that an array of integers says, or where an array of truth values holds.
    Array(Array),
    /// A new axis of extent 1.
    NewAxis,
    /// As many whole axes as are left.
    Ellipsis,
}

/// A new axis of extent 1, in an index.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewAxis;

/// As many whole axes as are left, in an index.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ellipsis;

/// The places of a range in steps, in an index: `step(1..9, 2)`, `step(.., -1)`.
pub fn step(range: impl IntoRange, step: i64) -> Index {
    let (start, stop) = range.into_range();
    Index::Range { start, stop, step }
}

/// A Rust range as an index has it.
pub trait IntoRange {
    /// Start and end.
    fn into_range(self) -> (Option<i64>, Option<i64>);
}

/// An index: a number, a range, an array of integers, [`NewAxis`], [`Ellipsis`], or a tuple of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an index",
    note = "indices are numbers, ranges, `step(range, n)`, arrays of integers, `NewAxis`, `Ellipsis`, and tuples of them"
)]
pub trait IntoIndex {
    /// The parts.
    fn into_index(self) -> Vec<Index>;
}

macro_rules! ranges {
    ($($ty:ty),*) => {
        $(
            impl IntoRange for Range<$ty> {
                fn into_range(self) -> (Option<i64>, Option<i64>) {
                    (Some(self.start as i64), Some(self.end as i64))
                }
            }

            impl IntoRange for RangeFrom<$ty> {
                fn into_range(self) -> (Option<i64>, Option<i64>) {
                    (Some(self.start as i64), None)
                }
            }

            impl IntoRange for RangeTo<$ty> {
                fn into_range(self) -> (Option<i64>, Option<i64>) {
                    (None, Some(self.end as i64))
                }
            }

            impl IntoRange for RangeInclusive<$ty> {
                fn into_range(self) -> (Option<i64>, Option<i64>) {
                    (Some(*self.start() as i64), after(*self.end() as i64))
                }
            }

            impl IntoRange for RangeToInclusive<$ty> {
                fn into_range(self) -> (Option<i64>, Option<i64>) {
                    (None, after(self.end as i64))
                }
            }

            impl IntoIndex for $ty {
                fn into_index(self) -> Vec<Index> {
                    vec![Index::At(self as i64)]
                }
            }
        )*

        ranges!(@ Range<i32> Range<usize> RangeFrom<i32> RangeFrom<usize> RangeTo<i32> RangeTo<usize>
            RangeInclusive<i32> RangeInclusive<usize> RangeToInclusive<i32> RangeToInclusive<usize> RangeFull);
    };
    (@ $($range:ty)*) => {
        $(impl IntoIndex for $range {
            fn into_index(self) -> Vec<Index> {
                vec![step(self, 1)]
            }
        })*
    };
}

ranges!(i32, usize);

/// The end of a range that includes its last place; behind -1 is the end of the axis.
fn after(last: i64) -> Option<i64> {
    if last == -1 { None } else { Some(last + 1) }
}

impl IntoRange for RangeFull {
    fn into_range(self) -> (Option<i64>, Option<i64>) {
        (None, None)
    }
}

macro_rules! single {
    ($($ty:ty => |$x:ident| $index:expr;)*) => {
        $(impl IntoIndex for $ty {
            fn into_index(self) -> Vec<Index> {
                let $x = self;
                vec![$index]
            }
        })*
    };
}

single! {
    Index => |x| x;
    NewAxis => |_x| Index::NewAxis;
    Ellipsis => |_x| Index::Ellipsis;
    Array => |x| Index::Array(x);
    &Array => |x| Index::Array(x.clone());
    &[i32] => |x| Index::Array(x.into_array());
    Vec<i32> => |x| Index::Array(x.into_array());
}

impl<const N: usize> IntoIndex for [i32; N] {
    fn into_index(self) -> Vec<Index> {
        vec![Index::Array(self.into_array())]
    }
}

impl IntoIndex for Vec<Index> {
    fn into_index(self) -> Vec<Index> {
        self
    }
}

macro_rules! tuples {
    ($(($($name:ident $number:tt),*);)*) => {
        $(impl<$($name: IntoIndex),*> IntoIndex for ($($name,)*) {
            fn into_index(self) -> Vec<Index> {
                [$(self.$number.into_index()),*].concat()
            }
        })*
    };
}

tuples! {
    (A 0);
    (A 0, B 1);
    (A 0, B 1, C 2);
    (A 0, B 1, C 2, D 3);
    (A 0, B 1, C 2, D 3, E 4);
    (A 0, B 1, C 2, D 3, E 4, F 5);
}

/// A part of an index that has been checked against its axis.
#[derive(Clone, Debug)]
enum Part {
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
fn parts(shape: &[usize], index: Vec<Index>) -> Vec<Part> {
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
fn new_axes(parts: &[Part]) -> Vec<i32> {
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
fn places(array: &Array, extent: usize) -> Array {
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
struct Plan {
    /// The index vectors, in the last axis.
    indices: Array,
    /// The axes of the result that run within a window.
    window_dims: Vec<usize>,
    /// The axes of the array that the result lacks.
    collapsed: Vec<usize>,
    /// The axis of the array that each component of an index vector is for.
    map: Vec<usize>,
    /// The extents of a window.
    sizes: Vec<usize>,
    /// What the index reads, without new axes.
    shape: Vec<usize>,
    /// Whether there is one window only.
    single: bool,
}

impl Plan {
    #[track_caller]
    fn new(x: &Array, parts: &[Part]) -> Plan {
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
        let columns: Vec<Array> = components.iter().map(spread).collect();
        let indices = match columns.as_slice() {
            [] => Array::from_bytes(DType::I32, &[0], &[]),
            [one] => one.clone(),
            several => concatenate(&several.iter().collect::<Vec<_>>(), batch.len()),
        };
        Plan { indices, window_dims, collapsed, map, sizes, shape, single: batch.is_empty() }
    }

    #[track_caller]
    fn read(&self, x: &Array, mode: GatherScatterMode) -> Array {
        let numbers = GatherDimensionNumbers {
            offset_dims: self.window_dims.clone(),
            collapsed_slice_dims: self.collapsed.clone(),
            start_index_map: self.map.clone(),
            ..GatherDimensionNumbers::default()
        };
        gather(x, &self.indices, Gather { mode, ..Gather::new(numbers, &self.sizes) })
    }

    fn scatter(&self) -> Scatter {
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

/// A place of an array that is to be updated: [`Array::at`].
#[derive(Clone, Debug)]
pub struct At {
    x: Array,
    index: Vec<Index>,
}

impl At {
    /// The plan, and the values in the array's dtype in the shape that it writes.
    #[track_caller]
    fn plan(&self, values: Array) -> (Plan, Array) {
        let parts = parts(self.x.shape(), self.index.clone());
        let plan = Plan::new(&self.x, &parts);
        let values = convert_element_type(&values, self.x.dtype(), false);
        let mut full = plan.shape.clone();
        let new = new_axes(&parts);
        new.iter().for_each(|&axis| full.insert(axis as usize, 1));
        let values = promote::broadcast_to("at", &values, &full).squeeze(new.as_slice());
        (plan, values)
    }

    #[track_caller]
    fn update(self, values: Array, op: fn(&Array, &Array, &Array, Scatter) -> Array) -> Array {
        let (plan, values) = self.plan(values);
        op(&self.x, &plan.indices, &values, plan.scatter())
    }

    /// The array with these values there; of several for one place the last one.
    ///
    /// ```
    /// use jax_core::array::IntoArray;
    /// let x = [1, 2, 3].into_array();
    /// assert_eq!(x.at(1..).set(7).to_string(), "[1 7 7]");
    /// ```
    #[track_caller]
    pub fn set(self, values: impl IntoArray) -> Array {
        self.update(values.into_array(), scatter)
    }

    /// The array with these values added there; all of several for one place.
    ///
    /// ```
    /// use jax_core::array::IntoArray;
    /// let x = [1, 2, 3].into_array();
    /// assert_eq!(x.at([0, 0, -1]).add(1).to_string(), "[3 2 4]");
    /// ```
    #[track_caller]
    #[expect(clippy::should_implement_trait, reason = "the name is JAX's")]
    pub fn add(self, values: impl IntoArray) -> Array {
        self.update(values.into_array(), scatter_add)
    }

    /// The array with these values subtracted there; all of several for one place.
    ///
    /// ```
    /// use jax_core::array::IntoArray;
    /// let x = [1, 2, 3].into_array();
    /// assert_eq!(x.at([0, 0, -1]).subtract(1).to_string(), "[-1  2  2]");
    /// ```
    #[track_caller]
    pub fn subtract(self, values: impl IntoArray) -> Array {
        self.add(operators::sub(&0.into_array(), &values.into_array()))
    }

    /// The array with a function applied to what is there. Of several indices for one place the last one counts.
    ///
    /// ```
    /// use jax_core::array::IntoArray;
    /// let x = [1.0, 4.0, 9.0].into_array();
    /// assert_eq!(x.at(1..).apply(|there| there.sqrt()).to_string(), "[1. 2. 3.]");
    /// ```
    #[track_caller]
    pub fn apply(self, f: impl FnOnce(Array) -> Array) -> Array {
        let there = self.clone().get();
        self.set(f(there))
    }

    /// The array with what is there multiplied by these values; by all of several for one place.
    ///
    /// ```
    /// use jax_core::array::IntoArray;
    /// let x = [1, 2, 3].into_array();
    /// assert_eq!(x.at([0, 0, -1]).multiply(4).to_string(), "[16  2 12]");
    /// ```
    #[track_caller]
    pub fn multiply(self, values: impl IntoArray) -> Array {
        self.update(values.into_array(), scatter_mul)
    }

    /// The array with what is there divided by these values; by all of several for one place.
    ///
    /// ```
    /// use jax_core::array::IntoArray;
    /// let x = [1.0, 2.0, 3.0].into_array();
    /// assert_eq!(x.at([0, 0, -1]).divide(2).to_string(), "[0.25 2.   1.5 ]");
    /// ```
    #[track_caller]
    pub fn divide(self, values: impl IntoArray) -> Array {
        // Each place is divided by the product of its values, as in JAX.
        let ones = promote::broadcast_to("at", &constant_like(&self.x, 1.0), self.x.shape());
        let divisors = At { x: ones, index: self.index }.multiply(values);
        convert_element_type(&operators::div(&self.x, &divisors), self.x.dtype(), false)
    }

    /// The array with the smallest of what is there and these values there.
    ///
    /// ```
    /// use jax_core::array::IntoArray;
    /// let x = [5, 2, 3].into_array();
    /// assert_eq!(x.at([0, 0, -1]).min([1, 4, 9]).to_string(), "[1 2 3]");
    /// ```
    #[track_caller]
    pub fn min(self, values: impl IntoArray) -> Array {
        self.update(values.into_array(), scatter_min)
    }

    /// The array with the largest of what is there and these values there.
    ///
    /// ```
    /// use jax_core::array::IntoArray;
    /// let x = [5, 2, 3].into_array();
    /// assert_eq!(x.at([0, 0, -1]).max([7, 4, 9]).to_string(), "[7 2 9]");
    /// ```
    #[track_caller]
    pub fn max(self, values: impl IntoArray) -> Array {
        self.update(values.into_array(), scatter_max)
    }

    /// What is there.
    #[track_caller]
    pub fn get(self) -> Array {
        index(&self.x, self.index)
    }
}

impl Array {
    /// What is at an index: a number, a range, an array of integers, [`NewAxis`], [`Ellipsis`], or a tuple of them.
    ///
    /// Negative numbers count from the end. Places that are known while tracing must lie within the array; others
    /// are brought into it.
    ///
    /// # Panics
    /// If there are more indices than axes, or one that is known is out of bounds.
    ///
    /// ```
    /// use jax_core::array::IntoArray;
    /// use jax_core::lax::index::{NewAxis, step};
    /// let x = [[1, 2, 3], [4, 5, 6]].into_array();
    /// assert_eq!(x.index(-1).to_string(), "[4 5 6]");
    /// assert_eq!(x.index((.., 1..)).to_string(), "[[2 3]\n [5 6]]");
    /// assert_eq!(x.index((0, step(.., -1))).to_string(), "[3 2 1]");
    /// assert_eq!(x.index(([1, 0], [2, 0])).to_string(), "[6 1]");
    /// assert_eq!(x.index((NewAxis, 0)).shape(), [1, 3]);
    /// ```
    #[track_caller]
    pub fn index(&self, index: impl IntoIndex) -> Array {
        self::index(self, index)
    }

    /// The place at an index, to be updated: `x.at(0).set(1.0)`, `x.at(&i).add(y)`. The array itself stays as it is.
    /// Places out of the array that are known only when the function runs are not updated.
    ///
    /// ```
    /// use jax_core::array::IntoArray;
    /// let x = [[1, 2], [3, 4]].into_array();
    /// assert_eq!(x.at((.., 0)).set([8, 9]).to_string(), "[[8 2]\n [9 4]]");
    /// ```
    pub fn at(&self, index: impl IntoIndex) -> At {
        At { x: self.clone(), index: index.into_index() }
    }

    /// The slices along an axis at these places, in the places' shape. Negative places count from the end; places out
    /// of the array give NaN, or the least signed and greatest unsigned integers.
    ///
    /// # Panics
    /// If the places are not integers, or the axis is out of bounds.
    ///
    /// ```
    /// use jax_core::array::IntoArray;
    /// let x = [[1, 2, 3], [4, 5, 6]].into_array();
    /// assert_eq!(x.take([2, 0], 1).to_string(), "[[3 1]\n [6 4]]");
    /// ```
    #[track_caller]
    pub fn take(&self, places: impl IntoArray, axis: impl Into<Option<i32>>) -> Array {
        take(self, &places.into_array(), axis.into(), GatherScatterMode::FillOrDrop)
    }
}

/// The slices along an axis at these places, or elements of the whole in row-major order.
#[track_caller]
pub fn take(x: &Array, at: &Array, axis: Option<i32>, mode: GatherScatterMode) -> Array {
    let (x, axis) = match axis {
        None => (x.ravel(), 0),
        Some(axis) => (x.clone(), axes::axis_of("take", axis as i64, x.ndim())),
    };
    if !at.dtype().is_integer() {
        let message = format!("take: indices must have an integer type, got {}", at.dtype());
        raise(Error::new(ErrorKind::DType, "take", message));
    }
    let extent = x.shape()[axis];
    let at = if mode == GatherScatterMode::FillOrDrop { places(at, extent) } else { at.clone() };
    let vectors: Vec<usize> = at.shape().iter().copied().chain([1]).collect();
    let indices = broadcast_in_dim(&at, &vectors, &(0..at.ndim()).collect::<Vec<_>>());
    let sizes: Vec<usize> = (0..x.ndim()).map(|a| if a == axis { 1 } else { x.shape()[a] }).collect();
    let offset_dims = (0..axis).chain(axis + at.ndim()..x.ndim() - 1 + at.ndim()).collect();
    let numbers = GatherDimensionNumbers {
        offset_dims,
        collapsed_slice_dims: vec![axis],
        start_index_map: vec![axis],
        ..GatherDimensionNumbers::default()
    };
    gather(&x, &indices, Gather { mode, ..Gather::new(numbers, &sizes) })
}

/// The element along an axis at each place of `at`, which has the array's rank: `x[.., at[.., i, ..], ..]`.
#[track_caller]
pub fn take_along_axis(x: &Array, at: &Array, axis: i32) -> Array {
    if x.ndim() != at.ndim() {
        let message = format!(
            "take_along_axis: indices and arr must have the same number of dimensions; {} vs. {}",
            at.ndim(),
            x.ndim()
        );
        raise(Error::new(ErrorKind::Shape, "take_along_axis", message));
    }
    if !at.dtype().is_integer() {
        let message = format!("take_along_axis: indices must be of integer type, got {}", at.dtype());
        raise(Error::new(ErrorKind::DType, "take_along_axis", message));
    }
    let axis = axes::axis_of("take_along_axis", axis as i64, x.ndim());
    let fits = |a: usize| a == axis || x.shape()[a] == at.shape()[a] || x.shape()[a] == 1 || at.shape()[a] == 1;
    if !(0..x.ndim()).all(fits) {
        let message = format!(
            "take_along_axis: shapes {} and {} do not broadcast outside of axis {axis}",
            tuple(x.shape()),
            tuple(at.shape())
        );
        raise(Error::new(ErrorKind::Shape, "take_along_axis", message));
    }
    let mut shape: Vec<usize> = (0..x.ndim()).map(|a| x.shape()[a].max(at.shape()[a])).collect();
    shape[axis] = at.shape()[axis];
    let at = promote::broadcast_to("take_along_axis", at, &shape);
    let other = |a: usize| match a == axis {
        true => Index::Array(at.clone()),
        false if x.shape()[a] == 1 => Index::Array(promote::broadcast_to("take_along_axis", &0.into_array(), &shape)),
        false => Index::Array(crate::prim::iota::iota(DType::I32, &shape, a)),
    };
    let parts = parts(x.shape(), (0..x.ndim()).map(other).collect());
    Plan::new(x, &parts).read(x, GatherScatterMode::FillOrDrop)
}
