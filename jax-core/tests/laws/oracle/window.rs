//! Windows at run-time indices: slices, gathers, scatters.

use jax_core::array::Array;
use jax_core::base::{DType, Scalar};
use jax_core::ir::Sample;
use jax_core::prim::dynamic_slice::{DynamicSlice, DynamicUpdateSlice};
use jax_core::prim::gather::{Gather, GatherDimensionNumbers, GatherScatterMode};
use jax_core::prim::scatter::{Scatter, Update};

use super::super::check::*;
use super::{build, coordinates, flat};

/// The results of a sample; `None` for other families.
pub fn results(sample: &Sample) -> Option<Vec<Array>> {
    let (prim, args) = (&sample.prim, &sample.args);
    let operand = args.first()?;
    let (dtype, shape) = (operand.dtype(), operand.shape());
    let elements = operand.scalars();
    let starts = |first: usize, sizes: &[usize]| -> Vec<usize> {
        let clamped = args[first..].iter().zip(shape.iter().zip(sizes));
        clamped.map(|(start, (extent, size))| start.item_i64().clamp(0, (extent - size) as i64) as usize).collect()
    };
    let sum =
        |start: &[usize], index: &[usize]| -> Vec<usize> { start.iter().zip(index).map(|(s, i)| s + i).collect() };
    let result = if let Some(p) = prim.downcast::<DynamicSlice>() {
        let start = starts(1, &p.slice_sizes);
        build(dtype, &p.slice_sizes, |index| elements[flat(shape, &sum(&start, &index))])
    } else if prim.downcast::<DynamicUpdateSlice>().is_some() {
        let start = starts(2, args[1].shape());
        let mut updated = elements;
        for (update, index) in args[1].scalars().into_iter().zip(coordinates(args[1].shape())) {
            updated[flat(shape, &sum(&start, &index))] = update;
        }
        array(dtype, shape, updated)
    } else if let Some(p) = prim.downcast::<Gather>() {
        let out = prim.type_rule(&avals(args)).ok()?.pop()?;
        let windows =
            Windows { numbers: &p.dimension_numbers, sizes: &p.slice_sizes, operand: shape, indices: &args[1] };
        build(dtype, &out.shape, |index| match windows.place(&index, p.mode == GatherScatterMode::FillOrDrop) {
            Some(place) => elements[flat(shape, &place)],
            None => p.fill_value.unwrap().cast(dtype),
        })
    } else if let Some(p) = prim.downcast::<Scatter>() {
        scattered(p, args)
    } else {
        return None;
    };
    Some(vec![result])
}

fn scattered(p: &Scatter, args: &[Array]) -> Array {
    let (shape, dtype) = (args[0].shape(), args[0].dtype());
    let numbers = &p.dimension_numbers;
    let gather = GatherDimensionNumbers {
        offset_dims: numbers.update_window_dims.clone(),
        collapsed_slice_dims: numbers.inserted_window_dims.clone(),
        start_index_map: numbers.scatter_dims_to_operand_dims.clone(),
        operand_batching_dims: numbers.operand_batching_dims.clone(),
        start_indices_batching_dims: numbers.scatter_indices_batching_dims.clone(),
    };
    // A window's extent along an axis of the operand is that of the updates' axis that runs along it.
    let mut window = numbers.update_window_dims.iter().map(|&axis| args[2].shape()[axis]);
    let gone =
        |axis: &usize| numbers.inserted_window_dims.contains(axis) || numbers.operand_batching_dims.contains(axis);
    let sizes: Vec<usize> = (0..shape.len()).map(|axis| if gone(&axis) { 1 } else { window.next().unwrap() }).collect();
    let windows = Windows { numbers: &gather, sizes: &sizes, operand: shape, indices: &args[1] };
    let mut updated = args[0].scalars();
    for (update, index) in args[2].scalars().into_iter().zip(coordinates(args[2].shape())) {
        let Some(place) = windows.place(&index, p.mode != GatherScatterMode::Clip) else { continue };
        let element = &mut updated[flat(shape, &place)];
        let less =
            if dtype.is_inexact() { update.as_f64() < element.as_f64() } else { update.as_i128() < element.as_i128() };
        *element = match p.update {
            Update::Replace => update,
            Update::Add(DType::Bool) => Scalar::bool(element.as_bool() | update.as_bool()),
            Update::Mul(DType::Bool) => Scalar::bool(element.as_bool() & update.as_bool()),
            Update::Add(_) if dtype.is_inexact() => {
                Scalar::from_complex(dtype, element.as_complex() + update.as_complex())
            }
            Update::Mul(_) if dtype.is_inexact() => {
                Scalar::from_complex(dtype, element.as_complex() * update.as_complex())
            }
            Update::Add(_) => Scalar::from_i128(dtype, element.as_i128() + update.as_i128()),
            Update::Mul(_) => Scalar::from_i128(dtype, element.as_i128() * update.as_i128()),
            Update::Min(_) if less => update,
            Update::Max(_) if !less => update,
            Update::Min(_) | Update::Max(_) => *element,
        };
    }
    array(dtype, shape, updated)
}

/// The windows of a gather or scatter, as XLA's documentation of Gather defines them.
struct Windows<'a> {
    numbers: &'a GatherDimensionNumbers,
    sizes: &'a [usize],
    operand: &'a [usize],
    indices: &'a Array,
}

impl Windows<'_> {
    /// The operand's coordinates for those of the result; `None` if the window is not within and `drops` asks.
    fn place(&self, index: &[usize], drops: bool) -> Option<Vec<usize>> {
        let numbers = self.numbers;
        let batch: Vec<usize> =
            (0..index.len()).filter(|axis| !numbers.offset_dims.contains(axis)).map(|axis| index[axis]).collect();
        let offsets: Vec<usize> = numbers.offset_dims.iter().map(|&axis| index[axis]).collect();
        let mut start = vec![0i64; self.operand.len()];
        let elements = self.indices.scalars();
        for (component, &axis) in numbers.start_index_map.iter().enumerate() {
            let at: Vec<usize> = batch.iter().copied().chain([component]).collect();
            start[axis] = elements[flat(self.indices.shape(), &at)].as_i128() as i64;
        }
        for (&axis, &along) in numbers.operand_batching_dims.iter().zip(&numbers.start_indices_batching_dims) {
            start[axis] = batch[along] as i64;
        }
        let limits: Vec<i64> = self.operand.iter().zip(self.sizes).map(|(e, s)| *e as i64 - *s as i64).collect();
        if drops && start.iter().zip(&limits).any(|(start, limit)| !(0..=*limit).contains(start)) {
            return None;
        }
        let mut offsets = offsets.into_iter();
        let gone =
            |axis: &usize| numbers.collapsed_slice_dims.contains(axis) || numbers.operand_batching_dims.contains(axis);
        let place = |axis: usize| {
            let offset = if gone(&axis) { 0 } else { offsets.next().unwrap() };
            start[axis].clamp(0, limits[axis]) as usize + offset
        };
        Some((0..self.operand.len()).map(place).collect())
    }
}
