//! Reductions over axes.

use crate::array::{Array, bind_one};
use crate::base::error::ErrorKind;
use crate::base::{DType, Error, Result, Scalar, Shape};
use crate::ir::{Aval, Derivative, Lower, Operand, Param, Params, Primitive};
use crate::kernel::{Binary, Buf};
use crate::prim::elementwise::tuple;
use crate::prim::shape::broadcast_in_dim;

/// The shape left when these axes are reduced.
pub(crate) fn reduced_shape(op: &'static str, aval: &Aval, axes: &[usize]) -> Result<Shape> {
    for (position, &axis) in axes.iter().enumerate() {
        if axis >= aval.ndim() {
            let message = format!("{op} got axis {axis} out of bounds for array of shape {}", tuple(&aval.shape));
            return Err(Error::new(ErrorKind::Axis, op, message));
        }
        if axes[..position].contains(&axis) {
            return Err(Error::new(ErrorKind::Axis, op, format!("{op}: duplicate value in 'axes': {axes:?}")));
        }
    }
    Ok((0..aval.ndim()).filter(|axis| !axes.contains(axis)).map(|axis| aval.shape[axis]).collect())
}

/// The axes of a batched operand that correspond to `axes`, and the batch axis of the result.
pub(crate) fn batch_axes(axes: &[usize], dim: usize) -> (Vec<usize>, usize) {
    let shifted: Vec<usize> = axes.iter().map(|&axis| axis + usize::from(axis >= dim)).collect();
    let before = shifted.iter().filter(|&&axis| axis < dim).count();
    (shifted, dim - before)
}

/// The sum over `axes`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ReduceSum {
    /// The axes, in increasing order.
    pub axes: Vec<usize>,
}

/// The sum over `axes`.
#[track_caller]
pub fn reduce_sum(x: &Array, axes: &[usize]) -> Array {
    if axes.is_empty() {
        return x.clone();
    }
    bind_one(ReduceSum { axes: axes.to_vec() }, &[x])
}

impl Primitive for ReduceSum {
    fn name(&self) -> &'static str {
        "reduce_sum"
    }

    fn params(&self) -> Params {
        vec![("axes", Param::ints(&self.axes)), ("out_sharding", Param::None)]
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        if ins[0].dtype == DType::Bool {
            let message = "reduce_sum does not accept dtype bool. It accepts numbers.";
            return Err(Error::new(ErrorKind::DType, "reduce_sum", message));
        }
        Ok(vec![Aval { shape: reduced_shape("reduce_sum", &ins[0], &self.axes)?, ..ins[0].clone() }])
    }

    fn derivative(&self) -> Derivative<'_> {
        Derivative::Linear(Box::new(|cts, operands| match (&operands[0], &cts[0]) {
            (Operand::Linear(aval), Some(ct)) => {
                let kept: Vec<usize> = (0..aval.ndim()).filter(|axis| !self.axes.contains(axis)).collect();
                vec![Some(broadcast_in_dim(ct, &aval.shape, &kept))]
            }
            _ => vec![None],
        }))
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], _: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        let (axes, dim) = batch_axes(&self.axes, dims[0].unwrap_or(0));
        (vec![reduce_sum(&args[0], &axes)], vec![Some(dim)])
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        let zero = Scalar::zero(cx.ty(ins[0]).dtype);
        vec![cx.reduce(ins[0], &self.axes, zero, Binary::Add)]
    }
}
