//! Joining arrays along an axis, and taking one apart: concatenate, split.

use crate::array::fail::value_error;
use crate::array::{Array, bind};
use crate::base::error::ErrorKind;
use crate::base::{Error, Result, Scalar};
use crate::ir::{Aval, Derivative, Lower, Operand, Param, Params, Prim, Primitive, Sample};
use crate::kernel::{Binary, Buf};
use crate::prim::elementwise::{any, same_dtype, tuple};
use crate::prim::rule::{materialize, zeros};
use crate::prim::slice::{ramp, shape_error};

/// The operands one after another along an axis.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Concatenate {
    /// The axis.
    pub dimension: usize,
}

/// The operands one after another along an axis.
#[track_caller]
pub fn concatenate(operands: &[&Array], dimension: usize) -> Array {
    if let [only] = operands {
        return (*only).clone();
    }
    match bind(Prim::new(Concatenate { dimension }), operands).into_iter().next() {
        Some(result) => result,
        None => crate::bug!("concatenate gave no result"),
    }
}

impl Primitive for Concatenate {
    fn name(&self) -> &'static str {
        "concatenate"
    }

    fn params(&self) -> Params {
        vec![("dimension", Param::Int(self.dimension as i64))]
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        let fail = |message: String| Err(shape_error("concatenate", message));
        let Some(first) = ins.first() else {
            return fail("concatenate expects at least one operand, got 0.".into());
        };
        let shapes = ins.iter().map(|aval| tuple(&aval.shape)).collect::<Vec<_>>().join(", ");
        let dimension = self.dimension;
        if ins.iter().any(|aval| aval.ndim() != first.ndim()) {
            return fail(format!("Cannot concatenate arrays with different numbers of dimensions: got {shapes}."));
        }
        if dimension >= first.ndim() {
            return fail(format!("concatenate dimension out of bounds: dimension {dimension} for shapes {shapes}."));
        }
        let differs = |aval: &Aval| (0..first.ndim()).any(|i| i != dimension && aval.shape[i] != first.shape[i]);
        if ins.iter().any(differs) {
            return fail(format!(
                "Cannot concatenate arrays with shapes that differ in dimensions other than the one being \
                 concatenated: concatenating along dimension {dimension} for shapes {shapes}."
            ));
        }
        same_dtype("concatenate", ins, any, "any dtype")?;
        let mut result = first.clone().with_weak(ins.iter().all(|aval| aval.weak));
        result.shape[dimension] = ins.iter().map(|aval| aval.shape[dimension]).sum();
        Ok(vec![result])
    }

    fn derivative(&self) -> Derivative<'_> {
        Derivative::Linear(Box::new(|cts, operands| {
            let Some(ct) = &cts[0] else { return vec![None; operands.len()] };
            let extent = |operand: &Operand| match operand {
                Operand::Linear(aval) => aval.shape[self.dimension],
                Operand::Known(array) => array.shape()[self.dimension],
            };
            let sizes: Vec<usize> = operands.iter().map(extent).collect();
            let parts = split(ct, &sizes, self.dimension);
            let linear = operands.iter().map(|operand| matches!(operand, Operand::Linear(_)));
            parts.into_iter().zip(linear).map(|(part, linear)| linear.then_some(part)).collect()
        }))
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], size: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        let args: Vec<Array> = args.iter().zip(dims).map(|(arg, dim)| materialize(arg, *dim, 0, size)).collect();
        (vec![concatenate(&args.iter().collect::<Vec<_>>(), self.dimension + 1)], vec![Some(0)])
    }

    fn simplify(&self, args: &[Array]) -> Option<Vec<Array>> {
        (args.len() == 1).then(|| vec![args[0].clone()])
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        let mut shape = cx.ty(ins[0]).shape.clone();
        let dtype = cx.ty(ins[0]).dtype;
        let dimension = self.dimension;
        let ins: Vec<Buf> = ins.iter().copied().filter(|&buf| cx.ty(buf).shape[dimension] > 0).collect();
        let extents: Vec<usize> = ins.iter().map(|&buf| cx.ty(buf).shape[dimension]).collect();
        shape[dimension] = extents.iter().sum();
        if shape.contains(&0) {
            return vec![cx.fill(Scalar::zero(dtype), &shape)];
        }
        cx.map(&shape, &ins, |body, point| {
            let axes = point.axes(body);
            let mut end = 0;
            let mut parts = Vec::with_capacity(extents.len());
            for (input, &extent) in extents.iter().enumerate() {
                let start = body.index(end);
                end += extent as i64;
                let within = body.binary(Binary::Sub, axes[dimension], start);
                let within = if extents.len() == 1 { within } else { body.clamp_index(within, extent) };
                let mut index = axes.clone();
                index[dimension] = within;
                let limit = body.index(end);
                let here = body.binary(Binary::Lt, axes[dimension], limit);
                parts.push((here, point.load(body, input, index)));
            }
            let result =
                parts.into_iter().rev().reduce(|(_, rest), (here, value)| (here, body.select(here, value, rest)));
            result.map(|(_, value)| value).into_iter().collect()
        })
    }
}

/// The pieces of these extents along an axis.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Split {
    /// The extents of the pieces.
    pub sizes: Vec<usize>,
    /// The axis.
    pub axis: usize,
}

/// The pieces of these extents along an axis.
#[track_caller]
pub fn split(x: &Array, sizes: &[usize], axis: usize) -> Vec<Array> {
    bind(Prim::new(Split { sizes: sizes.to_vec(), axis }), &[x]).into_vec()
}

impl Split {
    fn shapes(&self, aval: &Aval) -> Vec<Aval> {
        let piece = |&size: &usize| {
            let mut piece = aval.clone();
            piece.shape[self.axis] = size;
            piece
        };
        self.sizes.iter().map(piece).collect()
    }
}

impl Primitive for Split {
    fn name(&self) -> &'static str {
        "split"
    }

    fn params(&self) -> Params {
        vec![("axis", Param::Int(self.axis as i64)), ("sizes", Param::ints(&self.sizes))]
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        let axis = self.axis;
        if axis >= ins[0].ndim() {
            let message = format!("axis {axis} is out of bounds for array of dimension {}", ins[0].ndim());
            return Err(Error::new(ErrorKind::Axis, "split", message));
        }
        let total: usize = self.sizes.iter().sum();
        if ins[0].shape[axis] != total {
            let message = format!(
                "Sum of sizes {total} must be equal to dimension {axis} of the operand shape {}",
                Param::list(&ins[0].shape)
            );
            return Err(value_error("split", message));
        }
        Ok(self.shapes(&ins[0]))
    }

    fn derivative(&self) -> Derivative<'_> {
        Derivative::Linear(Box::new(|cts, operands| {
            let Operand::Linear(aval) = &operands[0] else { return vec![None] };
            let full = cts.iter().zip(self.shapes(aval)).map(|(ct, aval)| ct.clone().unwrap_or_else(|| zeros(&aval)));
            let full: Vec<Array> = full.collect();
            vec![Some(concatenate(&full.iter().collect::<Vec<_>>(), self.axis))]
        }))
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], _: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        let dim = dims[0].unwrap_or(0);
        let parts = split(&args[0], &self.sizes, self.axis + usize::from(self.axis >= dim));
        let dims = vec![Some(dim); parts.len()];
        (parts, dims)
    }

    fn simplify(&self, args: &[Array]) -> Option<Vec<Array>> {
        (self.sizes.len() == 1).then(|| vec![args[0].clone()])
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        let mut shape = cx.ty(ins[0]).shape.clone();
        let mut start = 0;
        let mut pieces = Vec::with_capacity(self.sizes.len());
        for &size in &self.sizes {
            shape[self.axis] = size;
            pieces.push(cx.index_map(ins[0], &shape, |body, axes| {
                let mut index = axes.to_vec();
                let start = body.index(start);
                index[self.axis] = body.binary(Binary::Add, axes[self.axis], start);
                index
            }));
            start += size as i64;
        }
        pieces
    }
}

crate::readers! {
    "concatenate", 1..=usize::MAX, |eqn| Concatenate { dimension: eqn.usize("dimension")? };
    "split", 1..=1, |eqn| Split { sizes: eqn.usizes("sizes")?, axis: eqn.usize("axis")? };
}

/// Operands that laws are tested on.
pub(crate) fn samples() -> Vec<Sample> {
    let joined = |dimension| Concatenate { dimension };
    let pieces = |sizes: &[usize], axis| Split { sizes: sizes.to_vec(), axis };
    let integers = Array::from_slice(&[3i32, -1, 4], &[3]);
    let truths = Array::from_bools(&[true, false, true], &[1, 3]);
    vec![
        Sample::new(joined(0), vec![ramp(&[2, 3], 0.5), ramp(&[1, 3], -1.0), ramp(&[4, 3], 0.25)]),
        Sample::new(joined(1), vec![ramp(&[3, 2], 0.5), ramp(&[3, 0], 1.0), ramp(&[3, 1], -2.0)]),
        Sample::new(joined(0), vec![ramp(&[0], 0.5), ramp(&[0], 1.0)]),
        Sample::new(joined(0), vec![integers.clone(), integers]),
        Sample::new(joined(1), vec![truths.clone(), truths]),
        Sample::new(pieces(&[1, 3, 1], 1), vec![ramp(&[3, 5], 0.5)]),
        Sample::new(pieces(&[0, 3], 0), vec![ramp(&[3, 2], 0.5)]),
        Sample::new(pieces(&[2, 1], 0), vec![Array::from_slice(&[3i32, -1, 4], &[3])]),
    ]
}
