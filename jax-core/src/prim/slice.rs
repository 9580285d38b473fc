//! Static pieces and orders of an array: slice, rev. Slices at indices known only at run time are in
//! `dynamic_slice`.

use crate::array::{Array, bind_one};
use crate::base::error::ErrorKind;
use crate::base::{Error, Result, Scalar, Shape};
use crate::ir::{Aval, Derivative, Lower, Operand, Param, Params, Primitive, Sample};
use crate::kernel::{Binary, Buf};
use crate::prim::elementwise::tuple;
use crate::prim::pad::pad;

/// An error about shapes.
pub(crate) fn shape_error(op: &'static str, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Shape, op, message)
}

/// A scalar zero of an array's dtype.
pub(crate) fn zero_of(x: &Array) -> Array {
    Array::scalar(Scalar::zero(x.dtype()))
}

/// `axes` of an operand without a batch axis, as axes of the operand with a batch axis at `dim`.
pub(crate) fn shift_axes(axes: &[usize], dim: usize) -> Vec<usize> {
    axes.iter().map(|&axis| axis + usize::from(axis >= dim)).collect()
}

/// `values` with one more at this position.
pub(crate) fn inserted<T: Copy>(values: &[T], position: usize, value: T) -> Vec<T> {
    let mut values = values.to_vec();
    values.insert(position, value);
    values
}

/// The elements from `start_indices` to before `limit_indices`, every `strides`-th one along each axis.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Slice {
    /// The first element's index along each axis.
    pub start_indices: Vec<usize>,
    /// The index after the last element along each axis.
    pub limit_indices: Vec<usize>,
    /// The steps; `None` for 1 along every axis.
    pub strides: Option<Vec<usize>>,
}

/// The elements from `start_indices` to before `limit_indices`, every `strides`-th one along each axis.
#[track_caller]
pub fn slice(x: &Array, start_indices: &[usize], limit_indices: &[usize], strides: Option<&[usize]>) -> Array {
    let (start_indices, limit_indices) = (start_indices.to_vec(), limit_indices.to_vec());
    bind_one(Slice { start_indices, limit_indices, strides: strides.map(<[usize]>::to_vec) }, &[x])
}

/// The elements from `start` to before `limit` along one axis.
#[track_caller]
pub fn slice_in_dim(x: &Array, start: usize, limit: usize, axis: usize) -> Array {
    let mut starts = vec![0; x.ndim()];
    let mut limits = x.shape().to_vec();
    (starts[axis], limits[axis]) = (start, limit);
    slice(x, &starts, &limits, Some(&vec![1; x.ndim()]))
}

impl Slice {
    fn stride(&self, axis: usize) -> usize {
        self.strides.as_ref().map_or(1, |strides| strides[axis])
    }

    fn shape(&self) -> Shape {
        let extents = self.start_indices.iter().zip(&self.limit_indices).map(|(start, limit)| limit - start);
        extents.enumerate().map(|(axis, extent)| extent.div_ceil(self.stride(axis))).collect()
    }
}

impl Primitive for Slice {
    fn name(&self) -> &'static str {
        "slice"
    }

    fn params(&self) -> Params {
        vec![
            ("limit_indices", Param::ints(&self.limit_indices)),
            ("start_indices", Param::ints(&self.start_indices)),
            ("strides", Param::option(self.strides.as_ref().map(|strides| Param::ints(strides)))),
        ]
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        let shape = &ins[0].shape;
        let (starts, limits) = (tuple(&self.start_indices), tuple(&self.limit_indices));
        let fail = |message: String| Err(shape_error("slice", message));
        if self.start_indices.len() != shape.len() {
            return fail(format!(
                "slice start_indices must have length equal to the number of dimensions of the operand, got indices \
                 {starts} for operand shape {}.",
                tuple(shape)
            ));
        }
        if self.limit_indices.len() != shape.len() {
            return fail(format!(
                "slice limit_indices must have the same length as start_indices, got start_indices {starts} and \
                 limit_indices {limits}."
            ));
        }
        if self.limit_indices.iter().zip(shape).any(|(limit, extent)| limit > extent) {
            return fail(format!(
                "slice limit_indices must be less than or equal to operand shape, got limit_indices {limits} for \
                 operand shape {}.",
                tuple(shape)
            ));
        }
        if self.limit_indices.iter().zip(&self.start_indices).any(|(limit, start)| limit < start) {
            return fail(format!(
                "slice limit_indices must be greater than or equal to start_indices, got start_indices {starts} and \
                 limit_indices {limits}."
            ));
        }
        if let Some(strides) = &self.strides {
            if strides.len() != shape.len() {
                return fail(format!(
                    "slice strides must have length equal to the number of dimensions of the operand, got strides {} \
                     for operand shape {}.",
                    tuple(strides),
                    tuple(shape)
                ));
            }
            if strides.contains(&0) {
                return fail(format!("slice strides must be positive, got {}", tuple(strides)));
            }
        }
        Ok(vec![ins[0].with_shape(&self.shape())])
    }

    fn derivative(&self) -> Derivative<'_> {
        Derivative::Linear(Box::new(|cts, operands| match (&operands[0], &cts[0]) {
            (Operand::Linear(aval), Some(ct)) => {
                let config = |axis: usize| {
                    let (start, stride, extent) = (self.start_indices[axis], self.stride(axis), ct.shape()[axis]);
                    let limit = match (self.strides.as_ref().is_some_and(|s| s.iter().any(|&s| s != 1)), extent) {
                        (false, _) => self.limit_indices[axis],
                        (true, 0) => start,
                        (true, _) => start + 1 + (extent - 1) * stride,
                    };
                    (start as i64, aval.shape[axis] as i64 - limit as i64, stride as i64 - 1)
                };
                let config: Vec<(i64, i64, i64)> = (0..aval.ndim()).map(config).collect();
                vec![Some(pad(ct, &zero_of(ct), &config))]
            }
            _ => vec![None],
        }))
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], size: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        let dim = dims[0].unwrap_or(0);
        let starts = inserted(&self.start_indices, dim, 0);
        let limits = inserted(&self.limit_indices, dim, size);
        let strides = self.strides.as_ref().map(|strides| inserted(strides, dim, 1));
        (vec![slice(&args[0], &starts, &limits, strides.as_deref())], vec![Some(dim)])
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        vec![cx.index_map(ins[0], &self.shape(), |body, axes| {
            axes.iter()
                .enumerate()
                .map(|(axis, &at)| {
                    let (stride, start) = (self.stride(axis) as i64, self.start_indices[axis] as i64);
                    let (stride, start) = (body.index(stride), body.index(start));
                    let scaled = body.binary(Binary::Mul, at, stride);
                    body.binary(Binary::Add, scaled, start)
                })
                .collect()
        })]
    }
}

/// The elements in reverse order along `dimensions`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Rev {
    /// The axes that are reversed.
    pub dimensions: Vec<usize>,
}

/// The elements in reverse order along `dimensions`.
#[track_caller]
pub fn rev(x: &Array, dimensions: &[usize]) -> Array {
    bind_one(Rev { dimensions: dimensions.to_vec() }, &[x])
}

impl Primitive for Rev {
    fn name(&self) -> &'static str {
        "rev"
    }

    fn params(&self) -> Params {
        vec![("dimensions", Param::ints(&self.dimensions))]
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        let dimensions = tuple(&self.dimensions);
        let fail = |message: String| Err(Error::new(ErrorKind::Axis, "rev", message));
        if (1..self.dimensions.len()).any(|i| self.dimensions[..i].contains(&self.dimensions[i])) {
            return fail(format!("rev dimensions must be unique, got {dimensions}."));
        }
        if self.dimensions.iter().any(|&dim| dim >= ins[0].ndim()) {
            return fail(format!(
                "rev dimensions must all be less than operand ndim, got dimensions {dimensions} for operand ndim {}.",
                ins[0].ndim()
            ));
        }
        Ok(vec![ins[0].clone()])
    }

    fn derivative(&self) -> Derivative<'_> {
        Derivative::Linear(Box::new(|cts, _| vec![cts[0].as_ref().map(|ct| rev(ct, &self.dimensions))]))
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], _: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        let dim = dims[0].unwrap_or(0);
        (vec![rev(&args[0], &shift_axes(&self.dimensions, dim))], vec![Some(dim)])
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        let shape = cx.ty(ins[0]).shape.clone();
        vec![cx.index_map(ins[0], &shape, |body, axes| {
            axes.iter()
                .enumerate()
                .map(|(axis, &at)| {
                    if !self.dimensions.contains(&axis) {
                        return at;
                    }
                    let last = body.index(shape[axis] as i64 - 1);
                    body.binary(Binary::Sub, last, at)
                })
                .collect()
        })]
    }
}

/// An array of these small extents whose elements are 1, 2, 3, … scaled by `step`, for samples.
pub(crate) fn ramp(shape: &[usize], step: f32) -> Array {
    let size: usize = shape.iter().product();
    Array::from_slice(&(0..size).map(|i| (i + 1) as f32 * step).collect::<Vec<f32>>(), shape)
}

crate::readers! {
    "slice", 1..=1, |eqn| Slice {
        start_indices: eqn.usizes("start_indices")?,
        limit_indices: eqn.usizes("limit_indices")?,
        strides: eqn.optional_usizes("strides")?,
    };
    "rev", 1..=1, |eqn| Rev { dimensions: eqn.usizes("dimensions")? };
}

/// Operands that laws are tested on.
pub(crate) fn samples() -> Vec<Sample> {
    let piece = |start: &[usize], limit: &[usize], strides: Option<&[usize]>| Slice {
        start_indices: start.to_vec(),
        limit_indices: limit.to_vec(),
        strides: strides.map(<[usize]>::to_vec),
    };
    let integers = Array::from_slice(&[3i32, -1, 4, 1, -5], &[5]);
    let truths = Array::from_bools(&[true, false, true, true, false, false], &[2, 3]);
    vec![
        Sample::new(piece(&[1, 0], &[3, 5], None), vec![ramp(&[3, 5], 0.5)]),
        Sample::new(piece(&[0, 1], &[3, 5], Some(&[2, 3])), vec![ramp(&[3, 5], 0.5)]),
        Sample::new(piece(&[2, 1], &[2, 4], None), vec![ramp(&[3, 5], 0.5)]),
        Sample::new(piece(&[], &[], None), vec![ramp(&[], 2.0)]),
        Sample::new(piece(&[1], &[5], Some(&[2])), vec![integers.clone()]),
        Sample::new(piece(&[0, 2], &[2, 3], None), vec![truths.clone()]),
        Sample::new(Rev { dimensions: vec![1] }, vec![ramp(&[3, 5], 0.5)]),
        Sample::new(Rev { dimensions: vec![2, 0] }, vec![ramp(&[3, 1, 2], 0.5)]),
        Sample::new(Rev { dimensions: vec![0] }, vec![ramp(&[0, 2], 0.5)]),
        Sample::new(Rev { dimensions: vec![0] }, vec![integers]),
        Sample::new(Rev { dimensions: vec![0, 1] }, vec![truths]),
    ]
}
