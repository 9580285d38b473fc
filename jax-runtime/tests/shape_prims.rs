//! Slices, gathers, scatters, products, sorts and reductions: values worked out by hand, and the laws of
//! batching, forward and reverse mode over every sample.

use jax_core::array::{Array, bind, builder};
use jax_core::base::{DType, Scalar};
use jax_core::ir::{Aval, ClosedJaxpr, Sample, Tangent};
use jax_core::machine::Installed;
use jax_core::prim::arg::{argmax, argmin};
use jax_core::prim::concatenate::{concatenate, split};
use jax_core::prim::dot_general::{DotDimensionNumbers, dot_general};
use jax_core::prim::dynamic_slice::{dynamic_slice, dynamic_update_slice};
use jax_core::prim::gather::{Gather, GatherDimensionNumbers, GatherScatterMode, gather};
use jax_core::prim::iota::iota;
use jax_core::prim::pad::pad;
use jax_core::prim::reduce::{reduce_max, reduce_prod};
use jax_core::prim::scatter::{Scatter, ScatterDimensionNumbers, scatter, scatter_add};
use jax_core::prim::slice::{rev, slice};
use jax_core::prim::sort::sort;
use jax_core::transform::{backward, batch, jvp, linearize};
use jax_runtime::CpuMachine;

inventory::submit! {
    Installed { make: || Box::new(CpuMachine::new()) }
}

fn floats(elements: &[f32], shape: &[usize]) -> Array {
    Array::from_slice(elements, shape)
}

fn ints(elements: &[i32], shape: &[usize]) -> Array {
    Array::from_slice(elements, shape)
}

fn at(index: i32) -> Array {
    Array::scalar(Scalar::from_i128(DType::I32, index as i128))
}

fn counting(shape: &[usize]) -> Array {
    let size: usize = shape.iter().product();
    floats(&(0..size).map(|i| i as f32).collect::<Vec<f32>>(), shape)
}

#[track_caller]
fn assert_floats(array: &Array, shape: &[usize], expected: &[f32]) {
    assert_eq!(array.shape(), shape);
    assert_eq!(array.to_vec::<f32>(), expected);
}

#[test]
fn pieces_and_orders() {
    let x = counting(&[3, 4]);
    assert_floats(&slice(&x, &[1, 0], &[3, 4], Some(&[1, 3])), &[2, 2], &[4.0, 7.0, 8.0, 11.0]);
    assert_floats(&rev(&counting(&[2, 2]), &[1]), &[2, 2], &[1.0, 0.0, 3.0, 2.0]);
    let parts = split(&x, &[1, 3], 1);
    assert_floats(&parts[0], &[3, 1], &[0.0, 4.0, 8.0]);
    let turned = [1.0, 2.0, 3.0, 0.0, 5.0, 6.0, 7.0, 4.0, 9.0, 10.0, 11.0, 8.0];
    assert_floats(&concatenate(&[&parts[1], &parts[0]], 1), &[3, 4], &turned);
    let padding = Array::scalar(Scalar::from_f64(DType::F32, -1.0));
    let padded = pad(&floats(&[1.0, 2.0, 3.0], &[3]), &padding, &[(-1, 2, 1)]);
    assert_floats(&padded, &[6], &[-1.0, 2.0, -1.0, 3.0, -1.0, -1.0]);
    assert_eq!(iota(DType::I32, &[2, 3], 1).to_vec::<i32>(), [0, 1, 2, 0, 1, 2]);
}

#[test]
fn windows_at_run_time_are_clamped() {
    let x = counting(&[3, 4]);
    assert_floats(&dynamic_slice(&x, &[&at(9), &at(-1)], &[2, 2]), &[2, 2], &[4.0, 5.0, 8.0, 9.0]);
    let updated = dynamic_update_slice(&counting(&[4]), &floats(&[-1.0, -2.0], &[2]), &[&at(3)]);
    assert_floats(&updated, &[4], &[0.0, 1.0, -1.0, -2.0]);
}

fn rows() -> GatherDimensionNumbers {
    GatherDimensionNumbers {
        offset_dims: vec![1],
        collapsed_slice_dims: vec![0],
        start_index_map: vec![0],
        ..GatherDimensionNumbers::default()
    }
}

fn scattered_rows() -> Scatter {
    Scatter::new(ScatterDimensionNumbers {
        update_window_dims: vec![1],
        inserted_window_dims: vec![0],
        scatter_dims_to_operand_dims: vec![0],
        ..ScatterDimensionNumbers::default()
    })
}

#[test]
fn gathers_outside_fill_or_clip() {
    let (x, indices) = (counting(&[3, 2]), ints(&[2, -1, 3], &[3, 1]));
    let take = |mode| gather(&x, &indices, Gather { mode, ..Gather::new(rows(), &[1, 2]) });
    assert_floats(&take(GatherScatterMode::Clip), &[3, 2], &[4.0, 5.0, 0.0, 1.0, 4.0, 5.0]);
    let filled = take(GatherScatterMode::FillOrDrop).to_vec::<f32>();
    assert_eq!(filled[..2], [4.0, 5.0]);
    assert!(filled[2..].iter().all(|x| x.is_nan()));
    let fill = Gather { mode: GatherScatterMode::FillOrDrop, ..Gather::new(rows(), &[1, 1]) };
    let integers = gather(&ints(&[1, 2], &[2, 1]), &ints(&[7], &[1, 1]), fill);
    assert_eq!(integers.to_vec::<i32>(), [i32::MIN]);
}

#[test]
fn scatters_outside_are_dropped() {
    let updates = floats(&[10.0, 20.0, 30.0, 40.0, 50.0, 60.0], &[3, 2]);
    let indices = ints(&[1, 1, 3], &[3, 1]);
    let sums = scatter_add(&counting(&[3, 2]), &indices, &updates, scattered_rows());
    assert_floats(&sums, &[3, 2], &[0.0, 1.0, 42.0, 63.0, 4.0, 5.0]);
    let replaced = scatter(&counting(&[3, 2]), &indices, &updates, scattered_rows());
    assert_floats(&replaced, &[3, 2], &[0.0, 1.0, 30.0, 40.0, 4.0, 5.0]);
}

#[test]
fn overlapping_replacements_differentiate_as_the_winner() {
    let avals = [Aval::new(DType::F32, &[3, 1]), Aval::new(DType::F32, &[2, 1])];
    let indices = ints(&[1, 1], &[2, 1]);
    let closed = builder::trace(&avals, |args| vec![scatter(&args[0], &indices, &args[1], scattered_rows())]);
    let primals = [counting(&[3, 1]), floats(&[5.0, 6.0], &[2, 1])];
    let tangents = [floats(&[1.0, 2.0, 3.0], &[3, 1]), floats(&[10.0, 20.0], &[2, 1])];
    let (ans, derivative) = jvp(&closed, &primals, &tangents.map(Some));
    assert_floats(&ans[0], &[3, 1], &[0.0, 6.0, 2.0]);
    assert_eq!(derivative[0].as_ref().map(Array::to_vec::<f32>), Some(vec![1.0, 20.0, 3.0]));
}

#[test]
fn products() {
    let (a, b) = (counting(&[2, 3]), counting(&[3, 2]));
    let product = dot_general(&a, &b, DotDimensionNumbers::contracting(&[1], &[0]), None);
    assert_floats(&product, &[2, 2], &[10.0, 13.0, 28.0, 40.0]);
    let batched =
        DotDimensionNumbers { lhs_batch: vec![1], rhs_batch: vec![0], ..DotDimensionNumbers::contracting(&[0], &[1]) };
    assert_floats(&dot_general(&a, &b, batched, None), &[3], &[3.0, 14.0, 33.0]);
}

#[test]
fn sorts_and_extremes() {
    let keys = floats(&[2.0, f32::NAN, -1.0, 2.0], &[4]);
    let sorted = sort(&[&keys, &ints(&[0, 1, 2, 3], &[4])], 0, true, 1);
    assert_eq!(sorted[0].to_vec::<f32>()[..3], [-1.0, 2.0, 2.0]);
    assert_eq!(sorted[1].to_vec::<i32>(), [2, 0, 3, 1]);
    assert_eq!(argmax(&keys, 0, DType::I32).to_vec::<i32>(), [1]);
    assert_eq!(argmin(&floats(&[3.0, 1.0, 1.0], &[3]), 0, DType::U8).to_vec::<u8>(), [1]);
    assert_floats(&reduce_max(&counting(&[2, 3]), &[1]), &[2], &[2.0, 5.0]);
}

#[test]
fn products_with_zeros_differentiate() {
    let closed = builder::trace(&[Aval::new(DType::F32, &[3])], |args| vec![reduce_prod(&args[0], &[0])]);
    let tangent = floats(&[1.0, 10.0, 100.0], &[3]);
    let (_, derivative) = jvp(&closed, &[floats(&[0.0, 2.0, 3.0], &[3])], &[Some(tangent)]);
    assert_eq!(derivative[0].as_ref().map(Array::to_vec::<f32>), Some(vec![6.0]));
}

/// The sample as a function, with its operands.
fn program(sample: &Sample) -> ClosedJaxpr {
    let avals: Vec<Aval> = sample.args.iter().map(|arg| arg.aval().clone()).collect();
    builder::trace(&avals, |args| run(sample, args))
}

fn run(sample: &Sample, args: &[Array]) -> Vec<Array> {
    let operands: Vec<&Array> = args.iter().collect();
    bind(sample.prim.clone(), &operands).into_vec()
}

fn values(array: &Array) -> Vec<f64> {
    array.scalars().iter().map(|scalar| scalar.as_f64()).collect()
}

#[track_caller]
fn assert_close(what: &Sample, a: &[f64], b: &[f64], tolerance: f64) {
    assert_eq!(a.len(), b.len(), "{what:?}");
    for (x, y) in a.iter().zip(b) {
        let close = (x - y).abs() <= tolerance * (1.0 + x.abs().max(y.abs()));
        assert!(close || (x.is_nan() && y.is_nan()) || x == y, "{:?}: {a:?} is not {b:?}", what.prim);
    }
}

/// Small whole numbers, different from place to place.
fn direction(like: &Array, seed: usize) -> Array {
    let elements: Vec<f32> = (0..like.size()).map(|i| ((i * 7 + seed * 3) % 11) as f32 - 5.0).collect();
    floats(&elements, like.shape())
}

fn directions(sample: &Sample) -> Vec<Tangent> {
    let tangent = |(seed, arg): (usize, &Array)| (arg.dtype() == DType::F32).then(|| direction(arg, seed));
    sample.args.iter().enumerate().map(tangent).collect()
}

fn dot(a: &Array, b: &Array) -> f64 {
    values(a).iter().zip(values(b)).map(|(x, y)| x * y).sum()
}

fn differentiable() -> impl Iterator<Item = Sample> {
    jax_core::prim::samples().into_iter().filter(|sample| {
        let finite = |arg: &Array| values(arg).iter().all(|x| x.is_finite());
        sample.args.iter().any(|arg| arg.dtype() == DType::F32) && sample.args.iter().all(finite)
    })
}

#[test]
fn forward_mode_agrees_with_differences() {
    for sample in differentiable() {
        let tangents = directions(&sample);
        let (results, derivatives) = jvp(&program(&sample), &sample.args, &tangents);
        let step = 1e-3;
        let moved = |sign: f32| -> Vec<Array> {
            let shifted = |(arg, tangent): (&Array, &Tangent)| match tangent {
                None => arg.clone(),
                Some(tangent) => {
                    let pairs = arg.to_vec::<f32>().into_iter().zip(tangent.to_vec::<f32>());
                    floats(&pairs.map(|(x, t)| x + sign * step * t).collect::<Vec<f32>>(), arg.shape())
                }
            };
            run(&sample, &sample.args.iter().zip(&tangents).map(shifted).collect::<Vec<Array>>())
        };
        let (plain, ahead, behind) = (run(&sample, &sample.args), moved(1.0), moved(-1.0));
        for (i, result) in results.iter().enumerate() {
            assert_close(&sample, &values(result), &values(&plain[i]), 1e-6);
            let pairs = values(&ahead[i]).into_iter().zip(values(&behind[i]));
            let difference: Vec<f64> = pairs.map(|(a, b)| (a - b) / (2.0 * step as f64)).collect();
            match &derivatives[i] {
                Some(derivative) => assert_close(&sample, &values(derivative), &difference, 1e-2),
                // Ties move an argmax, whose results are whole numbers.
                None => assert!(!result.dtype().is_inexact(), "{:?}", sample.prim),
            }
        }
    }
}

#[test]
fn reverse_mode_is_the_transpose() {
    let mut transposed = 0;
    for sample in differentiable() {
        let wrt: Vec<bool> = sample.args.iter().map(|arg| arg.dtype() == DType::F32).collect();
        let tangents = directions(&sample);
        let (_, derivatives) = jvp(&program(&sample), &sample.args, &tangents);
        let derivatives: Vec<Array> = derivatives.into_iter().flatten().collect();
        if derivatives.is_empty() {
            continue;
        }
        let linearized = linearize(&program(&sample), &sample.args, &wrt);
        let cts: Vec<Array> = derivatives.iter().enumerate().map(|(i, d)| direction(d, i + 5)).collect();
        let known: Vec<Tangent> = cts.iter().cloned().map(Some).collect();
        let back = backward(&linearized.linear, &linearized.residuals, &known);
        let ahead: f64 = derivatives.iter().zip(&cts).map(|(d, ct)| dot(d, ct)).sum();
        let inputs = tangents.iter().flatten().zip(&back);
        let behind: f64 = inputs.map(|(t, ct)| ct.as_ref().map_or(0.0, |ct| dot(t, ct))).sum();
        assert_close(&sample, &[ahead], &[behind], 1e-4);
        transposed += 1;
    }
    assert!(transposed > 40, "only {transposed} samples");
}

#[test]
fn batching_is_stacking() {
    for sample in jax_core::prim::samples().into_iter().filter(|sample| !sample.args.is_empty()) {
        // Every operand alone, then all of them.
        for chosen in (0..sample.args.len()).map(Some).chain([None]) {
            for last in [false, true] {
                check_batching(&sample, |i| chosen.is_none_or(|c| c == i), last);
            }
        }
    }
}

/// Batches the chosen operands, along a first or a last axis, over the operand and a changed one.
fn check_batching(sample: &Sample, chosen: impl Fn(usize) -> bool, last: bool) {
    let variants =
        |i: usize| [sample.args[i].clone(), if chosen(i) { reversed(&sample.args[i]) } else { sample.args[i].clone() }];
    let place = |(i, arg): (usize, &Array)| chosen(i).then_some(if last { arg.ndim() } else { 0 });
    let dims: Vec<Option<usize>> = sample.args.iter().enumerate().map(place).collect();
    let operand = |(i, dim): (usize, &Option<usize>)| match dim {
        None => sample.args[i].clone(),
        Some(dim) => stack(&variants(i), *dim),
    };
    let operands: Vec<Array> = dims.iter().enumerate().map(operand).collect();
    let (results, out_dims) = batch(&program(sample), &operands, &dims, 2);
    for element in 0..2 {
        let args: Vec<Array> = (0..sample.args.len()).map(|i| variants(i)[element].clone()).collect();
        for ((batched, dim), expected) in results.iter().zip(&out_dims).zip(run(sample, &args)) {
            let Some(dim) = *dim else { panic!("{sample:?} gave a result without a batch axis") };
            let alone = pick(batched, dim, element);
            assert_eq!(alone.shape(), expected.shape(), "{sample:?}, batched at {dims:?}");
            assert_close(sample, &values(&alone), &values(&expected), 1e-6);
        }
    }
}

fn from_scalars(dtype: DType, shape: &[usize], elements: impl IntoIterator<Item = Scalar>) -> Array {
    let bytes: Vec<u8> = elements.into_iter().flat_map(|scalar| scalar.to_bytes()).collect();
    Array::from_bytes(dtype, shape, &bytes)
}

/// The elements backwards: other values that are as legal.
fn reversed(array: &Array) -> Array {
    from_scalars(array.dtype(), array.shape(), array.scalars().into_iter().rev())
}

fn stack(arrays: &[Array], dim: usize) -> Array {
    let mut shape = arrays[0].shape().to_vec();
    let (outer, inner): (usize, usize) = (shape[..dim].iter().product(), shape[dim..].iter().product());
    shape.insert(dim, arrays.len());
    let elements: Vec<Vec<Scalar>> = arrays.iter().map(Array::scalars).collect();
    let rows = (0..outer).flat_map(|o| elements.iter().flat_map(move |e| e[o * inner..(o + 1) * inner].to_vec()));
    from_scalars(arrays[0].dtype(), &shape, rows)
}

fn pick(array: &Array, dim: usize, element: usize) -> Array {
    let mut shape = array.shape().to_vec();
    let (outer, inner): (usize, usize) = (shape[..dim].iter().product(), shape[dim + 1..].iter().product());
    let extent = shape.remove(dim);
    let elements = array.scalars();
    let start = |o: usize| (o * extent + element) * inner;
    let rows = (0..outer).flat_map(|o| elements[start(o)..start(o) + inner].to_vec());
    from_scalars(array.dtype(), &shape, rows)
}
