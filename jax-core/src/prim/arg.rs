//! Where extremes are: argmax, argmin.

use crate::array::fail::value_error;
use crate::array::{Array, bind_one};
use crate::base::error::ErrorKind;
use crate::base::{DType, Error, Result};
use crate::ir::read::{Read, ReadError, Reading};
use crate::ir::{Aval, Derivative, Lower, Param, Params, Primitive, Sample};
use crate::kernel::{Binary, Body, Buf, Combine, Id, Op, Reduction};
use crate::prim::elementwise::tuple;
use crate::prim::reduce::{batch_axes, highest, lowest};

/// The position of the greatest or least element along an axis.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ArgExtreme {
    /// Whether it is the greatest.
    pub max: bool,
    /// The axis.
    pub axis: usize,
    /// The dtype of the result.
    pub index_dtype: DType,
}

/// The position of the greatest element along an axis: the first of several, and the first NaN if there is one.
#[track_caller]
pub fn argmax(x: &Array, axis: usize, index_dtype: DType) -> Array {
    bind_one(ArgExtreme { max: true, axis, index_dtype }, &[x])
}

/// The position of the least element along an axis: the first of several, and the first NaN if there is one.
#[track_caller]
pub fn argmin(x: &Array, axis: usize, index_dtype: DType) -> Array {
    bind_one(ArgExtreme { max: false, axis, index_dtype }, &[x])
}

impl ArgExtreme {
    /// The better of two pairs of a value and its position.
    fn combine(&self, dtype: DType) -> Combine {
        let mut body = Body::new();
        let b = &mut body;
        let value = [b.push(dtype, Op::Arg(0)), b.push(dtype, Op::Arg(2))];
        let position = [b.push(self.index_dtype, Op::Arg(1)), b.push(self.index_dtype, Op::Arg(3))];
        let better = b.binary(if self.max { Binary::Gt } else { Binary::Lt }, value[1], value[0]);
        let equal = b.binary(Binary::Eq, value[1], value[0]);
        let (better, equal) = if dtype.is_float() {
            let nan: Vec<Id> = value.iter().map(|&v| b.binary(Binary::Ne, v, v)).collect();
            let number = b.binary(Binary::Eq, value[0], value[0]);
            let over_number = b.binary(Binary::And, nan[1], number);
            let both = b.binary(Binary::And, nan[0], nan[1]);
            (b.binary(Binary::Or, better, over_number), b.binary(Binary::Or, equal, both))
        } else {
            (better, equal)
        };
        let earlier = b.binary(Binary::Lt, position[1], position[0]);
        let tie = b.binary(Binary::And, equal, earlier);
        let second = b.binary(Binary::Or, better, tie);
        let results = vec![b.select(second, value[1], value[0]), b.select(second, position[1], position[0])];
        Combine::Body { body, results }
    }
}

impl Primitive for ArgExtreme {
    fn name(&self) -> &'static str {
        if self.max { "argmax" } else { "argmin" }
    }

    fn params(&self) -> Params {
        vec![("axes", Param::ints(&[self.axis])), ("index_dtype", Param::DType(self.index_dtype))]
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        let (aval, axis) = (&ins[0], self.axis);
        if axis >= aval.ndim() {
            let message = format!("Invalid axis {axis} for operand shape {}", tuple(&aval.shape));
            return Err(Error::new(ErrorKind::Axis, self.name(), message));
        }
        if aval.shape[axis] < 1 {
            let message = format!(
                "argmin and argmax require non-empty reduced dimension. operand.shape={} axis={axis}",
                tuple(&aval.shape)
            );
            return Err(value_error(self.name(), message));
        }
        if !self.index_dtype.is_integer() {
            let message = format!("index_dtype must be an integer type, but got {}", self.index_dtype);
            return Err(Error::new(ErrorKind::DType, self.name(), message));
        }
        if aval.dtype.is_complex() {
            let message =
                format!("{} does not accept dtype {}. It accepts real numbers and bool.", self.name(), aval.dtype);
            return Err(Error::new(ErrorKind::DType, self.name(), message));
        }
        let mut shape = aval.shape.clone();
        shape.remove(axis);
        Ok(vec![Aval::new(self.index_dtype, &shape)])
    }

    fn derivative(&self) -> Derivative<'_> {
        Derivative::Zero
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], _: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        let (axes, dim) = batch_axes(&[self.axis], dims[0].unwrap_or(0));
        (vec![bind_one(ArgExtreme { axis: axes[0], ..self.clone() }, &[&args[0]])], vec![Some(dim)])
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        let dtype = cx.ty(ins[0]).dtype;
        let worst = if self.max { lowest(dtype) } else { highest(dtype) };
        let outs = cx.reduce_with(ins, &[self.axis], |body, axes, values| Reduction {
            values: vec![values[0], body.convert(self.index_dtype, axes[self.axis])],
            // Every position comes before the greatest one, so the pair is neutral.
            init: vec![worst, highest(self.index_dtype)],
            combine: self.combine(dtype),
        });
        outs.into_iter().skip(1).collect()
    }
}

crate::readers! {
    "argmax", 1..=1, |eqn| ArgExtreme::read(true, eqn)?;
    "argmin", 1..=1, |eqn| ArgExtreme::read(false, eqn)?;
}

impl ArgExtreme {
    fn read(max: bool, eqn: &Reading<'_>) -> Read<ArgExtreme> {
        match eqn.usizes("axes")?[..] {
            [axis] => Ok(ArgExtreme { max, axis, index_dtype: eqn.dtype("index_dtype")? }),
            _ => Err(ReadError("there must be one axis".into())),
        }
    }
}

/// Operands that laws are tested on.
pub(crate) fn samples() -> Vec<Sample> {
    let of = |max, axis| ArgExtreme { max, axis, index_dtype: DType::I32 };
    let floats = || Array::from_slice(&[3.0f32, -1.0, 4.0, 4.0, -5.0, -5.0], &[2, 3]);
    let nans = Array::from_slice(&[1.0f32, f32::NAN, 2.0, f32::NAN], &[4]);
    let lowest = Array::from_slice(&[f32::NEG_INFINITY; 3], &[3]);
    let integers = Array::from_slice(&[2i32, 7, 7, -1, -1], &[5]);
    vec![
        Sample::new(of(true, 1), vec![floats()]),
        Sample::new(of(false, 0), vec![floats()]),
        Sample::new(of(true, 0), vec![nans.clone()]),
        Sample::new(of(false, 0), vec![nans]),
        Sample::new(of(true, 0), vec![lowest]),
        Sample::new(of(true, 0), vec![integers.clone()]),
        Sample::new(of(false, 0), vec![integers]),
        Sample::new(of(true, 0), vec![Array::from_bools(&[false, true, true], &[3])]),
        Sample::new(of(false, 1), vec![Array::from_slice(&[1.0f32], &[1, 1])]),
    ]
}
