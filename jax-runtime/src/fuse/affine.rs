//! Index expressions as affine functions of a nest's axes.

use jax_core::base::{DType, Scalar, shape};
use jax_core::kernel::{Binary, Body, Id, Nest, Op};
use smallvec::{SmallVec, smallvec};

/// `constant + Σ coefficients[k] * axis k`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Affine {
    /// The value at the origin.
    pub constant: i64,
    /// The step along each axis of the nest.
    pub coefficients: SmallVec<[i64; 4]>,
}

impl Affine {
    /// The affine function that an `i64` node of a body over `rank` axes is, if it is one.
    pub fn of(body: &Body, id: Id, rank: usize) -> Option<Affine> {
        let node = body.node(id);
        if node.dtype != DType::I64 {
            return None;
        }
        match node.op {
            Op::Const(value) => Some(Affine::constant(value, rank)),
            Op::Axis(axis) => {
                let mut coefficients = smallvec![0; rank];
                coefficients[axis as usize] = 1;
                Some(Affine { constant: 0, coefficients })
            }
            Op::Binary(op @ (Binary::Add | Binary::Sub), a, b) => {
                let sign = if op == Binary::Add { 1 } else { -1 };
                Affine::of(body, a, rank)?.plus(&Affine::of(body, b, rank)?, sign)
            }
            Op::Binary(Binary::Mul, a, b) => {
                let (factor, other) = match (body.as_const(a), body.as_const(b)) {
                    (_, Some(factor)) => (factor, a),
                    (Some(factor), None) => (factor, b),
                    (None, None) => return None,
                };
                let other = Affine::of(body, other, rank)?;
                Affine::constant(Scalar::zero(DType::I64), rank).plus(&other, factor.as_i128() as i64)
            }
            _ => None,
        }
    }

    /// The position in memory of the element that a load reads, counted in elements of the input.
    pub fn of_load(nest: &Nest, input: u32, index: &[Id]) -> Option<Affine> {
        let rank = nest.extents.len();
        let strides = shape::strides(&nest.inputs.get(input as usize)?.shape);
        let start = Affine::constant(Scalar::zero(DType::I64), rank);
        index.iter().zip(&strides).try_fold(start, |sum, (&index, &stride)| {
            sum.plus(&Affine::of(&nest.body, index, rank)?, i64::try_from(stride).ok()?)
        })
    }

    fn constant(value: Scalar, rank: usize) -> Affine {
        Affine { constant: value.as_i128() as i64, coefficients: smallvec![0; rank] }
    }

    fn plus(mut self, other: &Affine, factor: i64) -> Option<Affine> {
        self.constant = self.constant.checked_add(other.constant.checked_mul(factor)?)?;
        for (mine, &theirs) in self.coefficients.iter_mut().zip(&other.coefficients) {
            *mine = mine.checked_add(theirs.checked_mul(factor)?)?;
        }
        Some(self)
    }
}
