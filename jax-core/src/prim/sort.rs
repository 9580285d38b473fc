//! Sorting along an axis.

use crate::array::{Array, bind};
use crate::base::error::ErrorKind;
use crate::base::{DType, Error, Result};
use crate::ir::primitive::Jvp;
use crate::ir::{Aval, Derivative, Lower, Param, Params, Prim, Primitive, Sample};
use crate::kernel::{self, Buf, Step};
use crate::prim::elementwise::tuple;
use crate::prim::gather::{Gather, GatherDimensionNumbers, gather};
use crate::prim::iota::iota;
use crate::prim::shape::{broadcast_in_dim, move_axis};
use crate::prim::slice::{ramp, shape_error};

/// Operands of one shape, permuted together along an axis so that the first ones are in order.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Sort {
    /// The axis.
    pub dimension: usize,
    /// Whether equal elements keep their order. (They always do.)
    pub is_stable: bool,
    /// How many of the first operands are compared, the first one first.
    pub num_keys: usize,
}

/// Operands of one shape, permuted together along an axis so that the first `num_keys` are in order.
#[track_caller]
pub fn sort(operands: &[&Array], dimension: usize, is_stable: bool, num_keys: usize) -> Vec<Array> {
    bind(Prim::new(Sort { dimension, is_stable, num_keys }), operands).into_vec()
}

impl Primitive for Sort {
    fn name(&self) -> &'static str {
        "sort"
    }

    fn params(&self) -> Params {
        vec![
            ("dimension", Param::Int(self.dimension as i64)),
            ("is_stable", Param::Bool(self.is_stable)),
            ("num_keys", Param::Int(self.num_keys as i64)),
        ]
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        let Some(first) = ins.first() else {
            return Err(shape_error("sort", "sort requires at least one operand"));
        };
        if ins.iter().any(|aval| aval.shape != first.shape) {
            let shapes = ins.iter().map(|aval| tuple(&aval.shape)).collect::<Vec<_>>().join(" ");
            return Err(shape_error("sort", format!("Arguments to sort must have equal shapes, got: {shapes}")));
        }
        if self.dimension >= first.ndim() {
            let message = format!("axis {} is out of bounds for array of dimension {}", self.dimension, first.ndim());
            return Err(Error::new(ErrorKind::Axis, "sort", message));
        }
        if !(1..=ins.len()).contains(&self.num_keys) {
            let message = format!("num_keys={} must be between 1 and len(operand)={}", self.num_keys, ins.len());
            return Err(crate::array::fail::value_error("sort", message));
        }
        Ok(ins.to_vec())
    }

    fn derivative(&self) -> Derivative<'_> {
        let jvp: Jvp<'_> = Box::new(|args, tangents| {
            let shape = args[0].shape();
            // The places that elements come from ride along.
            let places = iota(DType::U32, shape, self.dimension);
            let operands: Vec<&Array> = args.iter().chain([&places]).collect();
            let mut sorted = sort(&operands, self.dimension, self.is_stable, self.num_keys);
            let places = sorted.pop().unwrap_or(places);
            let others: Vec<usize> = (0..shape.len()).filter(|&axis| axis != self.dimension).collect();
            let numbers = GatherDimensionNumbers {
                offset_dims: Vec::new(),
                collapsed_slice_dims: vec![self.dimension],
                start_index_map: vec![self.dimension],
                operand_batching_dims: others.clone(),
                start_indices_batching_dims: others,
            };
            let vectors: Vec<usize> = shape.iter().copied().chain([1]).collect();
            let axes: Vec<usize> = (0..shape.len()).collect();
            let indices = broadcast_in_dim(&places, &vectors, &axes);
            let permute = |g: &Array| gather(g, &indices, Gather::new(numbers.clone(), &vec![1; shape.len()]));
            (sorted, tangents.iter().map(|t| t.as_ref().map(permute)).collect())
        });
        Derivative::Rule(jvp, None)
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], _: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        let first = args.iter().zip(dims).find_map(|(arg, dim)| dim.map(|dim| (arg.shape().to_vec(), dim)));
        let Some((shape, dim)) = first else { crate::bug!("sort is batched without a batched operand") };
        let others: Vec<usize> = (0..shape.len()).filter(|&axis| axis != dim).collect();
        let aligned = args.iter().zip(dims).map(|(arg, from)| match from {
            Some(from) => move_axis(arg, *from, dim),
            None => broadcast_in_dim(arg, &shape, &others),
        });
        let aligned: Vec<Array> = aligned.collect();
        let operands: Vec<&Array> = aligned.iter().collect();
        let dimension = self.dimension + usize::from(dim <= self.dimension);
        let sorted = sort(&operands, dimension, self.is_stable, self.num_keys);
        let dims = vec![Some(dim); sorted.len()];
        (sorted, dims)
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        let outs: Vec<Buf> = ins
            .iter()
            .map(|&buf| {
                let ty = cx.ty(buf).clone();
                cx.buffer(ty)
            })
            .collect();
        cx.push(Step::Sort(kernel::Sort {
            ins: ins.to_vec(),
            outs: outs.clone(),
            axis: self.dimension,
            keys: self.num_keys,
        }));
        outs
    }
}

crate::readers! {
    "sort", 1..=usize::MAX, |eqn| Sort {
        dimension: eqn.usize("dimension")?,
        is_stable: eqn.bool("is_stable")?,
        num_keys: eqn.usize("num_keys")?,
    };
}

/// Operands that laws are tested on.
pub(crate) fn samples() -> Vec<Sample> {
    let by = |dimension, num_keys| Sort { dimension, is_stable: true, num_keys };
    let floats = || Array::from_slice(&[3.0f32, -1.0, 4.0, 1.5, -5.0, 9.0], &[2, 3]);
    let integers = || Array::from_slice(&[1i32, 0, 1, 2, 2, 0], &[2, 3]);
    vec![
        Sample::new(by(1, 1), vec![floats()]),
        Sample::new(by(0, 1), vec![floats()]),
        Sample::new(by(1, 1), vec![integers(), floats()]),
        Sample::new(by(1, 2), vec![integers(), floats(), ramp(&[2, 3], 0.5)]),
        Sample::new(by(0, 1), vec![ramp(&[0], 1.0)]),
        Sample::new(by(0, 1), vec![Array::from_bools(&[true, false, true], &[3])]),
    ]
}
