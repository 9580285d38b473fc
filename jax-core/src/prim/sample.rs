//! Operands that laws are tested on: makers that the families share.
//!
//! Finite floating-point operands keep away from points where an operation is not differentiable. Those points and
//! the special values stand in samples of their own, each of which holds an infinity or a NaN, by which laws of
//! derivatives know them.

use crate::array::Array;
use crate::base::dtype::Kind;
use crate::base::{DType, Scalar};
use crate::ir::{Primitive, Sample};
use num_complex::Complex;

/// Integers of both signs, with the extremes of 8 bits among them.
const INTEGERS: [i128; 7] = [3, -2, 7, 0, -128, 127, 1];

/// Shapes of one operand: every rank to 3, and nothing at all.
const SHAPES: [&[usize]; 5] = [&[], &[0], &[5], &[2, 3], &[2, 1, 3]];

/// Shapes of two operands that go together.
const PAIRS: [[&[usize]; 2]; 8] = [
    [&[], &[]],
    [&[3], &[]],
    [&[], &[2, 3]],
    [&[2, 3], &[2, 3]],
    [&[2, 1], &[1, 3]],
    [&[0, 2], &[0, 2]],
    [&[0, 2], &[]],
    [&[2, 1, 3], &[2, 4, 3]],
];

/// Special values: zeros of both signs, infinities, a NaN, halves to round, large and small ones.
pub(crate) const SPECIAL: [f64; 12] =
    [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 0.5, -0.5, 2.5, -1.5, 1.0, -1.0, 65504.0];

/// An array whose elements go round `values`; an imaginary part is half of the value after.
pub(crate) fn cycle(dtype: DType, shape: &[usize], values: &[f64]) -> Array {
    let at = |i: usize| values[i % values.len()];
    let element = |i: usize| match dtype.kind() {
        Kind::Complex => Scalar::from_complex(dtype, Complex::new(at(i), at(i + 1) / 2.0)),
        _ => Scalar::from_f64(dtype, at(i)),
    };
    from_scalars(dtype, shape, element)
}

/// An array whose elements go round small integers, from the `first` of them on.
pub(crate) fn integers(dtype: DType, shape: &[usize], first: usize) -> Array {
    from_scalars(dtype, shape, |i| match dtype {
        DType::Bool => Scalar::bool((i + first).is_multiple_of(3)),
        _ => Scalar::from_i128(dtype, INTEGERS[(i + first) % INTEGERS.len()]),
    })
}

fn from_scalars(dtype: DType, shape: &[usize], element: impl Fn(usize) -> Scalar) -> Array {
    let bytes: Vec<u8> = (0..crate::base::shape::size(shape)).flat_map(|i| element(i).to_bytes()).collect();
    if shape.is_empty() { Array::scalar(element(0)) } else { Array::from_bytes(dtype, shape, &bytes) }
}

fn operand(dtype: DType, shape: &[usize], values: &[f64], first: usize) -> Array {
    if dtype.is_inexact() { cycle(dtype, shape, values) } else { integers(dtype, shape, first) }
}

/// Samples of an operation on one operand, over every dtype that it takes; floats go round `values`.
pub(crate) fn unary(
    prim: impl Primitive + Clone,
    accepts: impl Fn(DType) -> bool,
    values: &[f64],
) -> impl Iterator<Item = Sample> {
    let dtypes = DType::ALL.into_iter().filter(|&dtype| accepts(dtype));
    let samples: Vec<Sample> = dtypes
        .flat_map(|dtype| {
            let shapes =
                if matches!(dtype, DType::F32 | DType::I32 | DType::Bool) { &SHAPES[..] } else { &SHAPES[3..4] };
            shapes.iter().map(move |shape| (dtype, *shape))
        })
        .map(|(dtype, shape)| Sample::new(prim.clone(), vec![operand(dtype, shape, values, 0)]))
        .collect();
    samples.into_iter()
}

/// Samples of an operation on special values, for each float that it takes.
pub(crate) fn special(prim: impl Primitive + Clone) -> impl Iterator<Item = Sample> {
    let floats = [DType::F16, DType::BF16, DType::F32, DType::F64].into_iter();
    floats.map(move |dtype| Sample::new(prim.clone(), vec![cycle(dtype, &[SPECIAL.len()], &SPECIAL)]))
}

/// Samples of an operation on two operands, over every dtype that it takes; floats go round `left` and `right`,
/// whose numbers should have no common factor.
pub(crate) fn binary(
    prim: impl Primitive + Clone,
    accepts: impl Fn(DType) -> bool,
    left: &[f64],
    right: &[f64],
) -> impl Iterator<Item = Sample> {
    let dtypes = DType::ALL.into_iter().filter(|&dtype| accepts(dtype));
    let samples: Vec<Sample> = dtypes
        .flat_map(|dtype| {
            let pairs = if matches!(dtype, DType::F32 | DType::I32) { &PAIRS[..] } else { &PAIRS[3..5] };
            pairs.iter().map(move |shapes| (dtype, *shapes))
        })
        .map(|(dtype, [x, y])| Sample::new(prim.clone(), vec![operand(dtype, x, left, 0), operand(dtype, y, right, 2)]))
        .collect();
    samples.into_iter()
}

/// Samples of an operation on all pairs of special values.
pub(crate) fn special_pairs(prim: impl Primitive + Clone) -> impl Iterator<Item = Sample> {
    let count = SPECIAL.len();
    [DType::F32, DType::F64].into_iter().map(move |dtype| {
        let (rows, columns) = (cycle(dtype, &[count, 1], &SPECIAL), cycle(dtype, &[1, count], &SPECIAL));
        Sample::new(prim.clone(), vec![rows, columns])
    })
}
