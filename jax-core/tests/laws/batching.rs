//! `vmap` is stacking: what a batched program gives are the stacked results of its lanes.

use jax_core::array::{Array, bind};
use jax_core::base::dtype::Kind;
use jax_core::base::{DType, Scalar};
use jax_core::ir::Sample;
use jax_core::transform::batch;
use jax_core::transform::batch::batch_jaxpr;

use super::check::*;

/// The operand of one lane: the same elements turned round, so that all stay where the operation takes them.
fn lane(array: &Array, lane: usize) -> Array {
    let mut elements = array.scalars();
    let count = elements.len().max(1);
    elements.rotate_left(lane % count);
    if let [only] = &mut elements[..] {
        *only = match only.dtype().kind() {
            Kind::Bool => Scalar::bool(only.as_bool() ^ (lane % 2 == 1)),
            Kind::Opaque => *only,
            Kind::Signed | Kind::Unsigned => Scalar::from_i128(only.dtype(), only.as_i128() + lane as i128),
            Kind::Float | Kind::Complex => {
                Scalar::from_complex(only.dtype(), only.as_complex() * (1.0 - 0.125 * lane as f64))
            }
        };
    }
    self::array(array.dtype(), array.shape(), elements)
}

/// Arrays of one type along a new axis.
pub fn stack(arrays: &[Array], dtype: DType, shape: &[usize], axis: usize) -> Array {
    let outer: usize = shape[..axis].iter().product();
    let inner: usize = shape[axis..].iter().product();
    let elements: Vec<Vec<Scalar>> = arrays.iter().map(Array::scalars).collect();
    let mut stacked = Vec::new();
    for i in 0..outer {
        for lane in &elements {
            stacked.extend_from_slice(&lane[i * inner..(i + 1) * inner]);
        }
    }
    let mut shape = shape.to_vec();
    shape.insert(axis, arrays.len());
    array(dtype, &shape, stacked)
}

/// Batch axes to try: each operand alone along each axis, and all together along the first, the last and mixed axes.
fn choices(sample: &Sample) -> Vec<Vec<Option<usize>>> {
    let ranks: Vec<usize> = sample.args.iter().map(Array::ndim).collect();
    let mut choices = Vec::new();
    for (position, &rank) in ranks.iter().enumerate() {
        for axis in 0..=rank {
            choices.push((0..ranks.len()).map(|i| (i == position).then_some(axis)).collect());
        }
    }
    if ranks.len() > 1 {
        choices.push(vec![Some(0); ranks.len()]);
        choices.push(ranks.iter().map(|&rank| Some(rank)).collect());
        choices.push(ranks.iter().enumerate().map(|(i, &rank)| Some((i + 1) % (rank + 1))).collect());
        choices.push(ranks.iter().enumerate().map(|(i, &rank)| (i > 0).then_some(rank / 2)).collect());
    }
    choices
}

fn check(sample: &Sample, dims: &[Option<usize>], size: usize, staged: bool) {
    let what = || format!("vmap of {} along {dims:?}, {size} lanes", describe(sample));
    let closed = program(sample);
    let lanes: Vec<Vec<Array>> = (0..size)
        .map(|k| sample.args.iter().zip(dims).map(|(arg, dim)| dim.map_or(arg.clone(), |_| lane(arg, k))).collect())
        .collect();
    let arg = |(i, dim): (usize, &Option<usize>)| match dim {
        None => sample.args[i].clone(),
        Some(axis) => {
            let stacked: Vec<Array> = lanes.iter().map(|lane| lane[i].clone()).collect();
            stack(&stacked, sample.args[i].dtype(), sample.args[i].shape(), *axis)
        }
    };
    let args: Vec<Array> = dims.iter().enumerate().map(arg).collect();
    let (outs, out_dims) = if staged {
        let marks: Vec<bool> = dims.iter().map(Option::is_some).collect();
        let (batched, have) = batch_jaxpr(&closed, &marks, None, size);
        (Compiled::new(&batched).run(&args), have.iter().map(|&have| have.then_some(0)).collect())
    } else {
        batch(&closed, &args, dims, size)
    };
    let want: Vec<Vec<Array>> =
        lanes.iter().map(|args| bind(sample.prim.clone(), &args.iter().collect::<Vec<_>>()).into_vec()).collect();
    for (i, aval) in closed.out_avals().iter().enumerate() {
        // Sums may be taken in another order.
        let tolerance = if aval.dtype.is_inexact() { 1e-6 } else { 0.0 };
        match out_dims[i] {
            Some(axis) => {
                let results: Vec<Array> = want.iter().map(|outs| outs[i].clone()).collect();
                assert_close(&stack(&results, aval.dtype, &aval.shape, axis), &outs[i], tolerance, what);
            }
            None => want.iter().for_each(|lane| assert_close(&lane[i], &outs[i], tolerance, what)),
        }
    }
}

#[test]
fn vmap_is_stacking() {
    let held = for_all(|sample| {
        // A scatter that promises unique indices is asked about none else; turned round they stay unique.
        for dims in choices(sample) {
            check(sample, &dims, 3, false);
        }
        if sample.args.is_empty() {
            return false;
        }
        let front = vec![Some(0); sample.args.len()];
        for size in [0, 1, 2] {
            check(sample, &front, size, false);
        }
        check(sample, &front, 2, true);
        true
    });
    assert!(held > 800, "{held}");
}
