//! Reading and writing a window at indices known only at run time, which are clamped so that the window lies
//! within.

use crate::array::{Array, bind};
use crate::base::error::ErrorKind;
use crate::base::{DType, Error, Result, Scalar};
use crate::ir::lower::Point;
use crate::ir::primitive::{Jvp, Transpose};
use crate::ir::{Aval, Derivative, Lower, Operand, Param, Params, Prim, Primitive, Sample};
use crate::kernel::{Binary, Body, Buf, Id, Sink};
use crate::prim::concatenate::concatenate;
use crate::prim::elementwise::{any, same_dtype, tuple};
use crate::prim::gather::{Gather, GatherDimensionNumbers, GatherScatterMode, window_starts};
use crate::prim::rule::zeros;
use crate::prim::scatter::{Scatter, ScatterDimensionNumbers};
use crate::prim::shape::{broadcast, broadcast_in_dim};
use crate::prim::slice::{ramp, shape_error};

fn bind_first(prim: impl Primitive, operands: &[&Array], starts: &[&Array]) -> Array {
    let args: Vec<&Array> = operands.iter().chain(starts).copied().collect();
    match bind(Prim::new(prim), &args).into_iter().next() {
        Some(result) => result,
        None => crate::bug!("a primitive gave no result"),
    }
}

/// The start indices among operands, which are always known.
fn known(operands: &[Operand]) -> Option<Vec<&Array>> {
    fn value(operand: &Operand) -> Option<&Array> {
        match operand {
            Operand::Known(array) => Some(array),
            Operand::Linear(_) => None,
        }
    }
    operands.iter().map(value).collect()
}

fn check_starts(op: &'static str, starts: &[Aval]) -> Result<()> {
    let dtypes = || starts.iter().map(|aval| aval.dtype.name()).collect::<Vec<_>>().join(", ");
    if starts.iter().any(|aval| aval.ndim() != 0) {
        let indices = starts.iter().map(Aval::to_string).collect::<Vec<_>>().join(", ");
        return Err(shape_error(
            op,
            format!("start_indices arguments to {op} must be scalars, got indices ({indices})"),
        ));
    }
    if starts.iter().any(|aval| aval.dtype != starts[0].dtype || !aval.dtype.is_integer()) {
        let message = format!("index arguments to {op} must be integers of the same type, got {}", dtypes());
        return Err(Error::new(ErrorKind::DType, op, message));
    }
    Ok(())
}

/// The start indices as one array, its last axis running over them, and its batch axis.
fn stacked(starts: &[Array], dims: &[Option<usize>], size: usize) -> (Array, Option<usize>) {
    let batched = dims.iter().any(Option::is_some);
    let column = |(start, dim): (&Array, &Option<usize>)| match (batched, dim) {
        (false, _) => broadcast(start, &[1]),
        (true, Some(_)) => broadcast_in_dim(start, &[size, 1], &[0]),
        (true, None) => broadcast_in_dim(start, &[size, 1], &[]),
    };
    let columns: Vec<Array> = starts.iter().zip(dims).map(column).collect();
    let columns: Vec<&Array> = columns.iter().collect();
    if batched { (concatenate(&columns, 1), Some(0)) } else { (concatenate(&columns, 0), None) }
}

/// Where the window starts, from start indices that begin at this input.
fn starts(body: &mut Body, point: &Point, first: usize, extents: &[usize], sizes: &[usize]) -> Vec<Id> {
    let components: Vec<(usize, Id)> =
        (0..extents.len()).map(|axis| (axis, point.load(body, first + axis, []))).collect();
    let (starts, _) = window_starts(body, &components, extents, sizes);
    let axes = point.axes(body);
    starts.iter().zip(axes).map(|(&start, axis)| body.binary(Binary::Add, start, axis)).collect()
}

/// The window of these extents that starts at run-time indices.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct DynamicSlice {
    /// The extents of the window.
    pub slice_sizes: Vec<usize>,
}

/// The window of extents `slice_sizes` that starts at `start_indices`, clamped so that it lies within `x`.
#[track_caller]
pub fn dynamic_slice(x: &Array, start_indices: &[&Array], slice_sizes: &[usize]) -> Array {
    bind_first(DynamicSlice { slice_sizes: slice_sizes.to_vec() }, &[x], start_indices)
}

impl Primitive for DynamicSlice {
    fn name(&self) -> &'static str {
        "dynamic_slice"
    }

    fn params(&self) -> Params {
        vec![("slice_sizes", Param::ints(&self.slice_sizes))]
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        let (operand, starts) = (&ins[0], &ins[1..]);
        if starts.len() != operand.ndim() || self.slice_sizes.len() != operand.ndim() {
            return Err(shape_error(
                "dynamic_slice",
                format!(
                    "Length of slice indices must match number of operand dimensions ({} vs {})",
                    starts.len(),
                    tuple(&operand.shape)
                ),
            ));
        }
        if self.slice_sizes.iter().zip(&operand.shape).any(|(size, extent)| size > extent) {
            return Err(shape_error(
                "dynamic_slice",
                format!(
                    "slice slice_sizes must be less than or equal to operand shape, got slice_sizes {} for operand \
                     shape {}.",
                    tuple(&self.slice_sizes),
                    tuple(&operand.shape)
                ),
            ));
        }
        check_starts("dynamic_slice", starts)?;
        Ok(vec![operand.with_shape(&self.slice_sizes)])
    }

    fn derivative(&self) -> Derivative<'_> {
        let jvp: Jvp<'_> = Box::new(|args, tangents| {
            let starts: Vec<&Array> = args[1..].iter().collect();
            let tangent = tangents[0].as_ref().map(|g| dynamic_slice(g, &starts, &self.slice_sizes));
            (vec![dynamic_slice(&args[0], &starts, &self.slice_sizes)], vec![tangent])
        });
        let transpose: Transpose<'_> = Box::new(|cts, operands| {
            let mut result = vec![None; operands.len()];
            if let (Operand::Linear(aval), Some(starts), Some(ct)) = (&operands[0], known(&operands[1..]), &cts[0]) {
                result[0] = Some(dynamic_update_slice(&zeros(aval), ct, &starts));
            }
            result
        });
        Derivative::Rule(jvp, Some(transpose))
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], size: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        if self.slice_sizes.is_empty() {
            return (vec![args[0].clone()], vec![dims[0]]);
        }
        let axes: Vec<usize> = (0..self.slice_sizes.len()).collect();
        let numbers = GatherDimensionNumbers {
            offset_dims: axes.clone(),
            start_index_map: axes,
            ..GatherDimensionNumbers::default()
        };
        let gather = Gather {
            indices_are_sorted: true,
            unique_indices: true,
            mode: GatherScatterMode::Clip,
            ..Gather::new(numbers, &self.slice_sizes)
        };
        let (indices, indices_dim) = stacked(&args[1..], &dims[1..], size);
        (vec![gather.batched([&args[0], &indices], [dims[0], indices_dim], size)], vec![Some(0)])
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        let operand = cx.ty(ins[0]).clone();
        if self.slice_sizes.contains(&0) {
            return vec![cx.fill(Scalar::zero(operand.dtype), &self.slice_sizes)];
        }
        cx.map(&self.slice_sizes, ins, |body, point| {
            let index = starts(body, point, 1, &operand.shape, &self.slice_sizes);
            vec![point.load(body, 0, index)]
        })
    }
}

/// An array with a window replaced that starts at run-time indices.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct DynamicUpdateSlice;

/// `x` with the window replaced by `update` that starts at `start_indices`, clamped so that it lies within `x`.
#[track_caller]
pub fn dynamic_update_slice(x: &Array, update: &Array, start_indices: &[&Array]) -> Array {
    bind_first(DynamicUpdateSlice, &[x, update], start_indices)
}

impl Primitive for DynamicUpdateSlice {
    fn name(&self) -> &'static str {
        "dynamic_update_slice"
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        let (operand, update, starts) = (&ins[0], &ins[1], &ins[2..]);
        let fail = |message: String| Err(shape_error("dynamic_update_slice", message));
        if operand.ndim() != update.ndim() {
            return fail(format!(
                "dynamic_update_slice update must have the same rank as operand, got update shape {} for operand \
                 shape {}.",
                tuple(&update.shape),
                tuple(&operand.shape)
            ));
        }
        if starts.len() != operand.ndim() {
            let indices = starts.iter().map(Aval::to_string).collect::<Vec<_>>().join(", ");
            return fail(format!(
                "dynamic_update_slice start_indices must have length equal to the rank of operand, got indices \
                 ({indices}) for operand shape {}.",
                tuple(&operand.shape)
            ));
        }
        if update.shape.iter().zip(&operand.shape).any(|(size, extent)| size > extent) {
            return fail(format!(
                "dynamic_update_slice update shape must be smaller than operand shape, got update shape {} for \
                 operand shape {}.",
                tuple(&update.shape),
                tuple(&operand.shape)
            ));
        }
        same_dtype("dynamic_update_slice", &ins[..2], any, "any dtype")?;
        check_starts("dynamic_update_slice", starts)?;
        Ok(vec![operand.clone().with_weak(operand.weak && update.weak)])
    }

    fn derivative(&self) -> Derivative<'_> {
        let jvp: Jvp<'_> = Box::new(|args, tangents| {
            let starts: Vec<&Array> = args[2..].iter().collect();
            let ans = dynamic_update_slice(&args[0], &args[1], &starts);
            let instantiated = |i: usize| tangents[i].clone().unwrap_or_else(|| zeros(args[i].aval()));
            let tangent = (tangents[0].is_some() || tangents[1].is_some())
                .then(|| dynamic_update_slice(&instantiated(0), &instantiated(1), &starts));
            (vec![ans], vec![tangent])
        });
        let transpose: Transpose<'_> = Box::new(|cts, operands| {
            let mut result = vec![None; operands.len()];
            let (Some(starts), Some(ct)) = (known(&operands[2..]), &cts[0]) else { return result };
            let update = match &operands[1] {
                Operand::Linear(aval) => aval.clone(),
                Operand::Known(update) => update.aval().clone(),
            };
            let zero = zeros(&ct.aval().with_shape(&update.shape));
            result[0] = matches!(operands[0], Operand::Linear(_)).then(|| dynamic_update_slice(ct, &zero, &starts));
            result[1] = matches!(operands[1], Operand::Linear(_)).then(|| dynamic_slice(ct, &starts, &update.shape));
            result
        });
        Derivative::Rule(jvp, Some(transpose))
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], size: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        let rank = args.len() - 2;
        if rank == 0 {
            return (vec![args[1].clone()], vec![dims[1]]);
        }
        let axes: Vec<usize> = (0..rank).collect();
        let numbers = ScatterDimensionNumbers {
            update_window_dims: axes.clone(),
            scatter_dims_to_operand_dims: axes,
            ..ScatterDimensionNumbers::default()
        };
        let scatter = Scatter {
            indices_are_sorted: true,
            unique_indices: true,
            mode: GatherScatterMode::Clip,
            ..Scatter::new(numbers)
        };
        let (indices, indices_dim) = stacked(&args[2..], &dims[2..], size);
        scatter.batch(&[args[0].clone(), indices, args[1].clone()], &[dims[0], indices_dim, dims[1]], size)
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        let (extents, sizes) = (cx.ty(ins[0]).shape.clone(), cx.ty(ins[1]).shape.clone());
        if sizes.contains(&0) {
            return vec![ins[0]];
        }
        cx.sink(&sizes, ins, |body, point| {
            let index = starts(body, point, 2, &extents, &sizes);
            let axes = point.axes(body);
            let keep = body.constant(Scalar::bool(true));
            Sink::Scatter { base: 0, index, keep, value: point.load(body, 1, axes), combine: None }
        })
    }
}

crate::readers! {
    "dynamic_slice", 1..=usize::MAX, |eqn| DynamicSlice { slice_sizes: eqn.usizes("slice_sizes")? };
    "dynamic_update_slice", 2..=usize::MAX, |_| DynamicUpdateSlice;
}

/// Operands that laws are tested on.
pub(crate) fn samples() -> Vec<Sample> {
    let at = |index: i32| Array::scalar(Scalar::from_i128(DType::I32, index as i128));
    let window = |sizes: &[usize]| DynamicSlice { slice_sizes: sizes.to_vec() };
    let integers = || Array::from_slice(&[3i32, -1, 4, 1, -5], &[5]);
    vec![
        Sample::new(window(&[2, 3]), vec![ramp(&[3, 5], 0.5), at(1), at(1)]),
        Sample::new(window(&[1, 2]), vec![ramp(&[3, 5], 0.5), at(-4), at(7)]),
        Sample::new(window(&[0, 2]), vec![ramp(&[3, 5], 0.5), at(1), at(0)]),
        Sample::new(window(&[3]), vec![integers(), at(1)]),
        Sample::new(window(&[1]), vec![Array::from_bools(&[true, false], &[2]), at(1)]),
        Sample::new(DynamicUpdateSlice, vec![ramp(&[3, 5], 0.5), ramp(&[2, 2], -1.0), at(1), at(2)]),
        Sample::new(DynamicUpdateSlice, vec![ramp(&[3, 5], 0.5), ramp(&[1, 4], -1.0), at(9), at(-2)]),
        Sample::new(DynamicUpdateSlice, vec![ramp(&[3, 5], 0.5), ramp(&[0, 4], -1.0), at(0), at(0)]),
        Sample::new(DynamicUpdateSlice, vec![integers(), Array::from_slice(&[7i32, 8], &[2]), at(1)]),
    ]
}
