//! Primitives that rearrange, reduce and contract.

use jax_core::array::Array;
use jax_core::base::dtype::Kind;
use jax_core::base::{DType, Scalar};
use jax_core::ir::{Param, Prim, Sample};
use jax_core::prim::arg::ArgExtreme;
use jax_core::prim::concatenate::{Concatenate, Split};
use jax_core::prim::cumulative::{Cumulative, Monoid};
use jax_core::prim::dot_general::DotGeneral;
use jax_core::prim::empty::Empty;
use jax_core::prim::iota::Iota;
use jax_core::prim::pad::Pad;
use jax_core::prim::shape::{BroadcastInDim, Reshape, Squeeze, Transpose};
use jax_core::prim::slice::{Rev, Slice};
use jax_core::prim::sort::Sort;
use num_complex::Complex;

use super::super::check::*;
use super::{build, coordinates, flat};

/// The results of a sample; `None` for other families.
pub fn results(sample: &Sample) -> Option<Vec<Array>> {
    let (prim, args) = (&sample.prim, &sample.args);
    let outs = prim.type_rule(&avals(args)).ok()?;
    let (out, dtype) = (&outs[0].shape, outs[0].dtype);
    let elements: Vec<Vec<Scalar>> = args.iter().map(Array::scalars).collect();
    let at = |i: usize, index: &[usize]| elements[i][flat(args[i].shape(), index)];
    let from_first = |place: &dyn Fn(&[usize]) -> Vec<usize>| build(dtype, out, |index| at(0, &place(&index)));
    let result = if let Some(p) = prim.downcast::<BroadcastInDim>() {
        let extents = args[0].shape();
        from_first(&|index| p.dims.iter().zip(extents).map(|(&d, &e)| if e == 1 { 0 } else { index[d] }).collect())
    } else if prim.downcast::<Reshape>().is_some() || prim.downcast::<Squeeze>().is_some() {
        array(dtype, out, elements[0].iter().copied())
    } else if let Some(p) = prim.downcast::<Transpose>() {
        from_first(&|index| {
            let mut moved = vec![0; index.len()];
            p.permutation.iter().zip(index).for_each(|(&axis, &at)| moved[axis] = at);
            moved
        })
    } else if let Some(p) = prim.downcast::<Slice>() {
        let step = |axis: usize| p.strides.as_ref().map_or(1, |s| s[axis]);
        from_first(&|index| index.iter().enumerate().map(|(i, &at)| p.start_indices[i] + at * step(i)).collect())
    } else if let Some(p) = prim.downcast::<Rev>() {
        let turn = |axis: usize, at: usize| if p.dimensions.contains(&axis) { out[axis] - 1 - at } else { at };
        from_first(&|index| index.iter().enumerate().map(|(axis, &at)| turn(axis, at)).collect())
    } else if let Some(p) = prim.downcast::<Iota>() {
        build(dtype, out, |index| Scalar::from_i128(dtype, index[p.dimension] as i128))
    } else if prim.downcast::<Empty>().is_some() {
        array(dtype, out, [Scalar::zero(dtype)])
    } else if let Some(p) = prim.downcast::<Pad>() {
        let mut padded = vec![elements[1][0]; out.iter().product()];
        for (element, index) in elements[0].iter().zip(coordinates(args[0].shape())) {
            let moved =
                p.padding_config.iter().zip(&index).map(|(&(low, _, inner), &at)| low + at as i64 * (inner + 1));
            let moved: Vec<i64> = moved.collect();
            if moved.iter().zip(out).all(|(&at, &extent)| (0..extent as i64).contains(&at)) {
                padded[flat(out, &moved.iter().map(|&at| at as usize).collect::<Vec<_>>())] = *element;
            }
        }
        array(dtype, out, padded)
    } else if let Some(p) = prim.downcast::<Concatenate>() {
        build(dtype, out, |mut index| {
            let mut piece = 0;
            while index[p.dimension] >= args[piece].shape()[p.dimension] {
                index[p.dimension] -= args[piece].shape()[p.dimension];
                piece += 1;
            }
            at(piece, &index)
        })
    } else if let Some(p) = prim.downcast::<Split>() {
        let starts = p.sizes.iter().scan(0, |end, size| {
            *end += size;
            Some(*end - size)
        });
        let piece = |(start, aval): (usize, &jax_core::ir::Aval)| {
            build(dtype, &aval.shape, |mut index| {
                index[p.axis] += start;
                at(0, &index)
            })
        };
        return Some(starts.zip(&outs).map(piece).collect());
    } else if let Some(p) = prim.downcast::<DotGeneral>() {
        let numbers = &p.dimension_numbers;
        let kept = |rank: usize, gone: [&[usize]; 2]| -> Vec<usize> {
            (0..rank).filter(|axis| !gone[0].contains(axis) && !gone[1].contains(axis)).collect()
        };
        let left = kept(args[0].ndim(), [&numbers.lhs_contracting, &numbers.lhs_batch]);
        let right = kept(args[1].ndim(), [&numbers.rhs_contracting, &numbers.rhs_batch]);
        let summed: Vec<usize> = numbers.lhs_contracting.iter().map(|&axis| args[0].shape()[axis]).collect();
        build(dtype, out, |index| {
            let (batch, rest) = index.split_at(numbers.lhs_batch.len());
            let (rows, columns) = rest.split_at(left.len());
            let sum = coordinates(&summed).map(|turn| {
                let (mut x, mut y) = (vec![0; args[0].ndim()], vec![0; args[1].ndim()]);
                numbers.lhs_batch.iter().zip(batch).for_each(|(&axis, &at)| x[axis] = at);
                numbers.rhs_batch.iter().zip(batch).for_each(|(&axis, &at)| y[axis] = at);
                left.iter().zip(rows).for_each(|(&axis, &at)| x[axis] = at);
                right.iter().zip(columns).for_each(|(&axis, &at)| y[axis] = at);
                numbers.lhs_contracting.iter().zip(&turn).for_each(|(&axis, &at)| x[axis] = at);
                numbers.rhs_contracting.iter().zip(&turn).for_each(|(&axis, &at)| y[axis] = at);
                at(0, &x).as_complex() * at(1, &y).as_complex()
            });
            number(dtype, sum.sum())
        })
    } else if let Some(p) = prim.downcast::<ArgExtreme>() {
        let extent = args[0].shape()[p.axis];
        build(dtype, out, |index| {
            let value = |k: usize| {
                let mut index = index.clone();
                index.insert(p.axis, k);
                at(0, &index).as_f64()
            };
            let better = |k: usize, best: usize| {
                let (new, old) = (value(k), value(best));
                !old.is_nan() && (new.is_nan() || if p.max { new > old } else { new < old })
            };
            Scalar::from_i128(dtype, (1..extent).fold(0, |best, k| if better(k, best) { k } else { best }) as i128)
        })
    } else if let Some(p) = prim.downcast::<Cumulative>() {
        build(dtype, out, |index| {
            let along = if p.reverse { index[p.axis]..out[p.axis] } else { 0..index[p.axis] + 1 };
            let values = along.map(|k| {
                let mut index = index.clone();
                index[p.axis] = k;
                at(0, &index).as_f64()
            });
            Scalar::from_f64(
                dtype,
                match p.monoid {
                    Monoid::Sum => values.sum(),
                    Monoid::Prod => values.product(),
                    Monoid::Max => values.fold(f64::NEG_INFINITY, f64::max),
                    Monoid::Min => values.fold(f64::INFINITY, f64::min),
                },
            )
        })
    } else if let Some(p) = prim.downcast::<Sort>() {
        return Some(sorted(p, args));
    } else {
        reduced(prim, args.first()?, dtype, out, elements.first()?)?
    };
    Some(vec![result])
}

/// A number in a dtype: integers wrapped, truth values by whether they are not zero.
fn number(dtype: DType, value: Complex<f64>) -> Scalar {
    match dtype.kind() {
        Kind::Bool | Kind::Signed | Kind::Unsigned | Kind::Opaque => Scalar::from_i128(dtype, value.re as i128),
        Kind::Float | Kind::Complex => Scalar::from_complex(dtype, value),
    }
}

fn reduced(prim: &Prim, x: &Array, dtype: DType, out: &[usize], elements: &[Scalar]) -> Option<Array> {
    let params = prim.params();
    let (_, Param::Tuple(axes)) = params.first().filter(|_| prim.name().starts_with("reduce_"))? else { return None };
    let axes: Vec<usize> = axes.iter().map(|axis| axis.as_int().unwrap() as usize).collect();
    let kept: Vec<usize> = (0..x.ndim()).filter(|axis| !axes.contains(axis)).collect();
    let mut groups: Vec<Vec<Scalar>> = vec![Vec::new(); out.iter().product()];
    for (element, index) in elements.iter().zip(coordinates(x.shape())) {
        groups[flat(out, &kept.iter().map(|&axis| index[axis]).collect::<Vec<_>>())].push(*element);
    }
    let bits = |group: Vec<Scalar>, f: fn(i128, i128) -> i128, neutral: i128| {
        let all = group.iter().fold(neutral, |a, b| f(a, b.as_i128()));
        Scalar::from_i128(dtype, if dtype == DType::Bool { all & 1 } else { all })
    };
    let extreme = |group: Vec<Scalar>, greater: bool| {
        let best = |a: Scalar, b: Scalar| {
            let (x, y) = (a.as_f64(), b.as_f64());
            if x.is_nan() || (!y.is_nan() && (x > y) == greater) { a } else { b }
        };
        let worst = Scalar::from_f64(dtype, if greater { f64::NEG_INFINITY } else { f64::INFINITY });
        group.into_iter().reduce(best).unwrap_or(worst)
    };
    let one = |group: Vec<Scalar>| match prim.name() {
        "reduce_sum" => number(dtype, group.iter().map(|x| x.as_complex()).sum()),
        "reduce_prod" => number(dtype, group.iter().map(|x| x.as_complex()).product()),
        "reduce_max" => extreme(group, true),
        "reduce_min" => extreme(group, false),
        "reduce_and" => bits(group, |a, b| a & b, -1),
        "reduce_or" => bits(group, |a, b| a | b, 0),
        _ => bits(group, |a, b| a ^ b, 0),
    };
    Some(array(dtype, out, groups.into_iter().map(one)))
}

fn sorted(p: &Sort, args: &[Array]) -> Vec<Array> {
    let shape = args[0].shape();
    let mut columns = shape.to_vec();
    columns[p.dimension] = 1;
    let elements: Vec<Vec<Scalar>> = args.iter().map(Array::scalars).collect();
    let mut results = elements.clone();
    for column in coordinates(&columns) {
        let place = |k: usize| {
            let mut index = column.clone();
            index[p.dimension] = k;
            flat(shape, &index)
        };
        let mut order: Vec<usize> = (0..shape[p.dimension]).collect();
        let key = |i: usize, k: usize| elements[i][place(k)].as_f64();
        order.sort_by(|&a, &b| {
            let keys = (0..p.num_keys).map(|i| key(i, a).partial_cmp(&key(i, b)).unwrap());
            keys.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
        });
        for (result, elements) in results.iter_mut().zip(&elements) {
            order.iter().enumerate().for_each(|(k, &from)| result[place(k)] = elements[place(from)]);
        }
    }
    args.iter().zip(results).map(|(arg, result)| array(arg.dtype(), shape, result)).collect()
}
