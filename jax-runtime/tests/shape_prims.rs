//! Slices, gathers, scatters, products, sorts and reductions on the CPU: values worked out by hand. The laws over every
//! sample are in `jax-core/tests/laws`.

use jax_core::array::{Array, builder};
use jax_core::base::{DType, Scalar};
use jax_core::ir::Aval;
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
use jax_core::transform::jvp;
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
