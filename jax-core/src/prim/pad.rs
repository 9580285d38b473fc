//! Padding: around an array, between its elements, or (negative) cutting off.

use crate::array::fail::value_error;
use crate::array::{Array, bind_one};
use crate::base::error::ErrorKind;
use crate::base::{Error, Result, Scalar, Shape};
use crate::ir::read::{Read, ReadError, Reading};
use crate::ir::{Aval, Derivative, Lower, Operand, Param, Params, Primitive, Sample};
use crate::kernel::{Binary, Body, Buf, Id};
use crate::prim::arith::sub;
use crate::prim::elementwise::tuple;
use crate::prim::reduce::reduce_sum;
use crate::prim::select::select;
use crate::prim::shape::{broadcast, broadcast_in_dim};
use crate::prim::slice::{inserted, ramp, slice, zero_of};

/// How one axis is padded: before it, after it, and between its elements. The first two may be negative, which
/// cuts elements off.
pub type Padding = (i64, i64, i64);

/// The operand among copies of a scalar.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Pad {
    /// How each axis is padded.
    pub padding_config: Vec<Padding>,
}

/// The operand among copies of `padding_value`.
#[track_caller]
pub fn pad(x: &Array, padding_value: &Array, padding_config: &[Padding]) -> Array {
    bind_one(Pad { padding_config: padding_config.to_vec() }, &[x, padding_value])
}

impl Pad {
    /// The extents of the result, which a mistaken configuration makes negative.
    fn extents(&self, shape: &[usize]) -> Vec<i64> {
        let extent = |(&(low, high, interior), &extent): (&Padding, &usize)| {
            let extent = extent as i64;
            low + high + extent + (extent - 1).max(0) * interior
        };
        self.padding_config.iter().zip(shape).map(extent).collect()
    }

    fn config(&self) -> Param {
        Param::Tuple(self.padding_config.iter().map(|&(low, high, inner)| Param::ints(&[low, high, inner])).collect())
    }

    /// The operand's coordinate behind a coordinate of the result, kept in bounds, and whether it is one (`None` if
    /// always).
    fn source(&self, body: &mut Body, axis: usize, at: Id, extent: usize) -> (Id, Option<Id>) {
        let (low, high, interior) = self.padding_config[axis];
        let (first, zero, step) = (body.index(low), body.index(0), body.index(interior + 1));
        let position = body.binary(Binary::Sub, at, first);
        let mut conditions = Vec::new();
        if low > 0 {
            conditions.push(body.binary(Binary::Ge, position, zero));
        }
        if high > 0 {
            let end = body.index((extent as i64 - 1) * (interior + 1) + 1);
            conditions.push(body.binary(Binary::Lt, position, end));
        }
        if interior > 0 {
            let rest = body.binary(Binary::Rem, position, step);
            conditions.push(body.binary(Binary::Eq, rest, zero));
        }
        let element = body.binary(Binary::Div, position, step);
        let element = if conditions.is_empty() { element } else { body.clamp_index(element, extent) };
        (element, conditions.into_iter().reduce(|a, b| body.binary(Binary::And, a, b)))
    }
}

impl Primitive for Pad {
    fn name(&self) -> &'static str {
        "pad"
    }

    fn params(&self) -> Params {
        vec![("padding_config", self.config())]
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        let (operand, value) = (&ins[0], &ins[1]);
        if operand.dtype != value.dtype {
            let message =
                format!("pad operand and padding_value must be same dtype: got {} and {}.", operand.dtype, value.dtype);
            return Err(Error::new(ErrorKind::DType, "pad", message));
        }
        let fail = |message: String| Err(value_error("pad", message));
        if value.ndim() != 0 {
            return fail(format!(
                "padding_value must be a scalar; got np.shape(padding_value)={}",
                tuple(&value.shape)
            ));
        }
        if self.padding_config.len() != operand.ndim() {
            return fail(format!(
                "length of padding_config must equal the number of axes of operand, got padding_config {} for operand \
                 shape {}",
                self.config(),
                tuple(&operand.shape)
            ));
        }
        if self.padding_config.iter().any(|&(_, _, interior)| interior < 0) {
            return fail(format!(
                "interior padding in padding_config must be nonnegative, got padding_config {}",
                self.config()
            ));
        }
        let extents = self.extents(&operand.shape);
        let Some(shape) = extents.iter().map(|&extent| usize::try_from(extent).ok()).collect::<Option<Shape>>() else {
            return fail(format!(
                "Dimension size after padding is not at least 0, got result shape {}, for padding_config {} and \
                 operand shape {}",
                Param::ints(&extents),
                self.config(),
                tuple(&operand.shape)
            ));
        };
        Ok(vec![Aval { shape, weak: operand.weak && value.weak, ..operand.clone() }])
    }

    fn derivative(&self) -> Derivative<'_> {
        Derivative::Linear(Box::new(|cts, operands| {
            let Some(ct) = &cts[0] else { return vec![None, None] };
            let all = |x: &Array| reduce_sum(x, &(0..x.ndim()).collect::<Vec<usize>>());
            let cut: Vec<Padding> = self.padding_config.iter().map(|&(low, high, _)| (-low, -high, 0)).collect();
            let cut = pad(ct, &zero_of(ct), &cut);
            let steps: Vec<usize> = self.padding_config.iter().map(|&(_, _, inner)| inner as usize + 1).collect();
            let inside = slice(&cut, &vec![0; steps.len()], cut.shape(), Some(&steps));
            let outside = matches!(operands[1], Operand::Linear(_)).then(|| sub(&all(ct), &all(&inside)));
            vec![matches!(operands[0], Operand::Linear(_)).then_some(inside), outside]
        }))
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], size: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        let (operand, dim) = match dims[0] {
            Some(dim) => (args[0].clone(), dim),
            None => (broadcast(&args[0], &[size]), 0),
        };
        let config = inserted(&self.padding_config, dim, (0, 0, 0));
        let result = if dims[1].is_none() {
            pad(&operand, &args[1], &config)
        } else {
            let padded = pad(&operand, &zero_of(&operand), &config);
            let truth = |value| Array::scalar(Scalar::bool(value));
            let mask = pad(&broadcast_in_dim(&truth(true), operand.shape(), &[]), &truth(false), &config);
            select(&mask, &padded, &broadcast_in_dim(&args[1], padded.shape(), &[dim]))
        };
        (vec![result], vec![Some(dim)])
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        let from = cx.ty(ins[0]).shape.clone();
        let shape: Shape = self.extents(&from).iter().map(|&extent| extent.max(0) as usize).collect();
        if from.contains(&0) || shape.contains(&0) {
            return cx.map(&shape, &ins[1..], |body, point| vec![point.load(body, 0, [])]);
        }
        cx.map(&shape, ins, |body, point| {
            let axes = point.axes(body);
            let sources: Vec<(Id, Option<Id>)> =
                (0..axes.len()).map(|axis| self.source(body, axis, axes[axis], from[axis])).collect();
            let value = point.load(body, 0, sources.iter().map(|source| source.0));
            let inside = sources.iter().filter_map(|source| source.1).reduce(|a, b| body.binary(Binary::And, a, b));
            match inside {
                None => vec![value],
                Some(inside) => {
                    let padding = point.load(body, 1, []);
                    vec![body.select(inside, value, padding)]
                }
            }
        })
    }
}

crate::readers! { "pad", 2..=2, |eqn| Pad::read(eqn)?; }

impl Pad {
    fn read(eqn: &Reading<'_>) -> Read<Pad> {
        let axis = |param: &Param| match param {
            Param::Tuple(items) => match items.iter().map(Param::as_int).collect::<Option<Vec<i64>>>()?[..] {
                [low, high, interior] => Some((low, high, interior)),
                _ => None,
            },
            _ => None,
        };
        let axes = match eqn.param("padding_config")? {
            Param::Tuple(axes) => axes.iter().map(axis).collect(),
            _ => None,
        };
        let padding_config = axes.ok_or_else(|| ReadError("`padding_config` must be a tuple of triples".into()))?;
        Ok(Pad { padding_config })
    }
}

/// Operands that laws are tested on.
pub(crate) fn samples() -> Vec<Sample> {
    let config = |padding_config: &[Padding]| Pad { padding_config: padding_config.to_vec() };
    let value = || ramp(&[], -1.5);
    vec![
        Sample::new(config(&[(1, 2, 0), (0, 1, 2)]), vec![ramp(&[3, 5], 0.5), value()]),
        Sample::new(config(&[(-1, 2, 0), (2, -3, 1)]), vec![ramp(&[3, 5], 0.5), value()]),
        Sample::new(config(&[(2, 1, 3)]), vec![ramp(&[0], 1.0), value()]),
        Sample::new(config(&[(-2, -1, 0)]), vec![ramp(&[3], 1.0), value()]),
        Sample::new(
            config(&[(1, 0, 1)]),
            vec![Array::from_slice(&[7i32, 8, 9], &[3]), Array::from_slice(&[1i32], &[])],
        ),
        Sample::new(
            config(&[(0, 2, 0)]),
            vec![Array::from_bools(&[true, false], &[2]), Array::from_bools(&[true], &[])],
        ),
    ]
}
