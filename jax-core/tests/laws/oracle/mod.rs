//! What each primitive computes, said once more in plain Rust, to compare with.

mod control;
mod scalar;
mod shape;
mod window;

use jax_core::array::Array;
use jax_core::base::{DType, Scalar};
use jax_core::ir::Sample;

use super::check::*;

/// The results of a sample.
fn results(sample: &Sample) -> Option<Vec<Array>> {
    elementwise(sample)
        .or_else(|| threefry(sample))
        .or_else(|| shape::results(sample))
        .or_else(|| window::results(sample))
        .or_else(|| control::results(sample))
}

/// Every coordinate of a shape, in row-major order.
fn coordinates(shape: &[usize]) -> impl Iterator<Item = Vec<usize>> {
    let (shape, count) = (shape.to_vec(), shape.iter().product::<usize>());
    (0..count).map(move |mut flat| {
        let mut index = vec![0; shape.len()];
        for axis in (0..shape.len()).rev() {
            index[axis] = flat % shape[axis];
            flat /= shape[axis];
        }
        index
    })
}

/// Where an element is in row-major order.
fn flat(shape: &[usize], index: &[usize]) -> usize {
    shape.iter().zip(index).fold(0, |flat, (extent, at)| flat * extent + at)
}

/// An array by its elements' coordinates.
fn build(dtype: DType, shape: &[usize], element: impl FnMut(Vec<usize>) -> Scalar) -> Array {
    array(dtype, shape, coordinates(shape).map(element))
}

/// The operands' elements at each coordinate of a shape, axes of extent 1 being repeated.
fn operands(args: &[Array], shape: &[usize]) -> Vec<Vec<Scalar>> {
    let elements: Vec<Vec<Scalar>> = args.iter().map(Array::scalars).collect();
    let at = |i: usize, index: &[usize]| {
        let own = args[i].shape();
        let index: Vec<usize> = own.iter().zip(index).map(|(&e, &at)| if e == 1 { 0 } else { at }).collect();
        elements[i][flat(own, &index)]
    };
    coordinates(shape).map(|index| (0..args.len()).map(|i| at(i, &index)).collect()).collect()
}

fn elementwise(sample: &Sample) -> Option<Vec<Array>> {
    if !scalar::knows(&sample.prim) {
        return None;
    }
    let out = sample.prim.type_rule(&avals(&sample.args)).ok()?.pop()?;
    let operands = operands(&sample.args, &out.shape);
    let computed: Option<Vec<Scalar>> =
        operands.iter().map(|args| scalar::result(&sample.prim, out.dtype, args)).collect();
    Some(vec![array(out.dtype, &out.shape, computed?)])
}

fn threefry(sample: &Sample) -> Option<Vec<Array>> {
    if sample.prim.name() != "threefry2x32" {
        return None;
    }
    let out = sample.prim.type_rule(&avals(&sample.args)).ok()?.pop()?;
    let words: Vec<[u32; 2]> = operands(&sample.args, &out.shape)
        .iter()
        .map(|args| scalar::threefry(std::array::from_fn(|i| args[i].bits() as u32)))
        .collect();
    let result = |word: usize| {
        let scalars = words.iter().map(|words| Scalar::from_i128(DType::U32, words[word] as i128));
        array(DType::U32, &out.shape, scalars)
    };
    Some(vec![result(0), result(1)])
}

/// How far two ways to a value may be apart, relative to it: some units in the last place.
fn tolerance(dtype: DType) -> f64 {
    match dtype.component() {
        DType::F16 => 4.0 * f64::from(half::f16::EPSILON),
        DType::BF16 => 4.0 * f64::from(half::bf16::EPSILON),
        DType::F32 => 8.0 * f64::from(f32::EPSILON),
        DType::F64 => 16.0 * f64::EPSILON,
        _ => 0.0,
    }
}

#[test]
fn values_agree_with_plain_rust() {
    let held = for_all(|sample| {
        let Some(want) = results(sample) else { panic!("no oracle for {}", describe(sample)) };
        let got = jax_core::array::bind(sample.prim.clone(), &sample.args.iter().collect::<Vec<_>>()).into_vec();
        assert_eq!(want.len(), got.len());
        for (want, got) in want.iter().zip(&got) {
            assert_close(want, got, tolerance(want.dtype()), || describe(sample));
        }
        true
    });
    assert!(held > 1000, "{held}");
}
