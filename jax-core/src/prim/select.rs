//! Choosing between arrays: select_n and clamp.

use crate::array::{Array, bind, bind_one};
use crate::base::error::ErrorKind;
use crate::base::{DType, Error, Result, Scalar};
use crate::ir::primitive::{Jvp, Transpose};
use crate::ir::{Aval, Derivative, Lower, Operand, Prim, Primitive, Sample, Tangent};
use crate::kernel::{Binary, Buf};
use crate::prim::compare::{gt, lt};
use crate::prim::elementwise::{batch, real_or_bool, result_shape, same_dtype, tuple};
use crate::prim::logic::and;
use crate::prim::rule::zeros;
use crate::prim::sample::{SPECIAL, cycle, integers};
use crate::prim::shape::{broadcast_in_dim, broadcast_to_rank_and_shape, move_axis};

/// The case that `which` says, elementwise: `bool` chooses between two, `i32` between any number. `which` has the
/// cases' shape or is a scalar.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct SelectN;

/// The case that `which` says, elementwise: `bool` chooses between two (false is the first), `i32` between any
/// number. `which` has the cases' shape or is a scalar.
#[track_caller]
pub fn select_n(which: &Array, cases: &[&Array]) -> Array {
    let operands: Vec<&Array> = std::iter::once(which).chain(cases.iter().copied()).collect();
    match bind(Prim::new(SelectN), &operands).into_iter().next() {
        Some(result) => result,
        None => crate::bug!("select_n gave no result"),
    }
}

/// `on_true` where `pred` holds, else `on_false`.
#[track_caller]
pub fn select(pred: &Array, on_true: &Array, on_false: &Array) -> Array {
    select_n(pred, &[on_false, on_true])
}

impl Primitive for SelectN {
    fn name(&self) -> &'static str {
        "select_n"
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        let (which, cases) = (&ins[0], &ins[1..]);
        let fail = |kind, message: String| Err(Error::new(kind, "select_n", message));
        let Some(first) = cases.first() else {
            return fail(ErrorKind::Value, "select must have at least one case".into());
        };
        same_dtype("select", cases, |_| true, "any dtype")?;
        if let Some(other) = cases.iter().find(|case| case.shape != first.shape) {
            let (a, b) = (tuple(&first.shape), tuple(&other.shape));
            return fail(ErrorKind::Shape, format!("select cases must have the same shapes, got [{a}, {b}]."));
        }
        if which.ndim() > 0 && which.shape != first.shape {
            return fail(
                ErrorKind::Shape,
                format!(
                    "select `which` must be scalar or have the same shape as cases, got `which` shape {} but case \
                     shape {}.",
                    tuple(&which.shape),
                    tuple(&first.shape)
                ),
            );
        }
        match which.dtype {
            DType::Bool if cases.len() <= 2 => {}
            DType::I32 => {}
            DType::Bool => {
                let message = "select with boolean `which` cannot have more than 2 cases.";
                return fail(ErrorKind::Value, message.into());
            }
            other => {
                let message = format!("select `which` must be boolean or int32 type, got {other}.");
                return fail(ErrorKind::DType, message);
            }
        }
        let weak = cases.iter().all(|case| case.weak);
        Ok(vec![first.clone().with_weak(weak)])
    }

    fn derivative(&self) -> Derivative<'_> {
        let jvp: Jvp<'_> = Box::new(|args, tangents| {
            let cases: Vec<&Array> = args[1..].iter().collect();
            let ans = select_n(&args[0], &cases);
            let tangent = tangents[1..].iter().any(Option::is_some).then(|| {
                let zero = zeros(ans.aval());
                let full: Vec<Array> =
                    tangents[1..].iter().map(|t| t.clone().unwrap_or_else(|| zero.clone())).collect();
                select_n(&args[0], &full.iter().collect::<Vec<_>>())
            });
            (vec![ans], vec![tangent])
        });
        let transpose: Transpose<'_> = Box::new(|cts, operands| {
            let (Operand::Known(which), Some(ct)) = (&operands[0], &cts[0]) else {
                return vec![None; operands.len()];
            };
            let zero = zeros(ct.aval());
            let cotangent = |position: usize| -> Tangent {
                matches!(operands[position], Operand::Linear(_)).then(|| {
                    let cases: Vec<&Array> =
                        (1..operands.len()).map(|case| if case == position { ct } else { &zero }).collect();
                    select_n(which, &cases)
                })
            };
            std::iter::once(None).chain((1..operands.len()).map(cotangent)).collect()
        });
        Derivative::Rule(jvp, Some(transpose))
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], size: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        let operands: Vec<&Array> = args.iter().collect();
        let same_dim = dims[1..].iter().all(|dim| *dim == dims[1]);
        let same_shape = args[1..].iter().all(|case| case.shape() == args[1].shape());
        if same_dim && same_shape && dims[0].is_none() && args[0].ndim() == 0 {
            return (vec![select_n(&args[0], &operands[1..])], vec![dims[1]]);
        }
        if let Some(dim) = dims[0]
            && same_dim
            && dims[1] == dims[0]
        {
            // One choice for each lane, or one for each element.
            let alike = args[0].shape() == args[1].shape();
            let which = if alike { args[0].clone() } else { broadcast_in_dim(&args[0], args[1].shape(), &[dim]) };
            return (vec![select_n(&which, &operands[1..])], vec![dims[0]]);
        }
        let front = |arg: &Array, dim: Option<usize>| match dim {
            Some(dim) => move_axis(arg, dim, 0),
            None => crate::prim::rule::materialize(arg, None, 0, size),
        };
        let which = if args[0].ndim() == 0 { args[0].clone() } else { front(&args[0], dims[0]) };
        let cases: Vec<Array> = args[1..].iter().zip(&dims[1..]).map(|(arg, dim)| front(arg, *dim)).collect();
        // A choice for each lane is repeated over the cases; a single one stays a scalar.
        let which = if which.ndim() == 1 { broadcast_in_dim(&which, cases[0].shape(), &[0]) } else { which };
        (vec![select_n(&which, &cases.iter().collect::<Vec<_>>())], vec![Some(0)])
    }

    fn simplify(&self, args: &[Array]) -> Option<Vec<Array>> {
        let last = args.len().checked_sub(2)? as i128;
        let which = args[0].as_constant()?.as_i128().clamp(0, last);
        Some(vec![args[1 + which as usize].clone()])
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        let boolean = cx.ty(ins[0]).dtype == DType::Bool;
        vec![cx.elementwise(ins, |b, args| {
            let (which, cases) = (args[0], &args[1..]);
            match cases {
                [only] => *only,
                [on_false, on_true] if boolean => b.select(which, *on_true, *on_false),
                _ => {
                    let last = cases.len() - 1;
                    (0..last).rev().fold(cases[last], |rest, case| {
                        let case_id = b.constant(Scalar::from_i128(DType::I32, case as i128));
                        let here = b.binary(Binary::Le, which, case_id);
                        b.select(here, cases[case], rest)
                    })
                }
            }
        })]
    }
}

/// `x` limited to between `min` and `max`, elementwise; the limits have `x`'s shape or are scalars.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Clamp;

/// `x` limited to between `min` and `max`, elementwise; the limits have `x`'s shape or are scalars.
#[track_caller]
pub fn clamp(min: &Array, x: &Array, max: &Array) -> Array {
    bind_one(Clamp, &[min, x, max])
}

impl Primitive for Clamp {
    fn name(&self) -> &'static str {
        "clamp"
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        same_dtype("clamp", ins, real_or_bool, "real numbers and bool")?;
        let shape = result_shape("clamp", ins)?;
        let weak = ins.iter().all(|aval| aval.weak);
        Ok(vec![Aval { weak, shape, ..ins[1].clone() }])
    }

    fn derivative(&self) -> Derivative<'_> {
        let jvp: Jvp<'_> = Box::new(|args, tangents| {
            let (min, x, max) = (&args[0], &args[1], &args[2]);
            let ans = clamp(min, x, max);
            let zero = zeros(ans.aval());
            let pass = |pred: Array, g: &Array| {
                let pred = broadcast_to_rank_and_shape(&pred, ans.shape());
                select(&pred, &broadcast_to_rank_and_shape(g, ans.shape()), &zero)
            };
            let parts = [
                tangents[0].as_ref().map(|g| pass(gt(min, x), g)),
                tangents[1].as_ref().map(|g| pass(and(&gt(x, min), &lt(x, max)), g)),
                tangents[2].as_ref().map(|g| pass(lt(max, x), g)),
            ];
            let tangent = parts.into_iter().fold(None, crate::prim::rule::add_tangents);
            (vec![ans], vec![tangent])
        });
        Derivative::Rule(jvp, None)
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], _: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        batch(self.clone(), args, dims)
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        vec![cx.elementwise(ins, |b, args| {
            let low = b.binary(Binary::Max, args[1], args[0]);
            b.binary(Binary::Min, low, args[2])
        })]
    }
}

crate::readers! {
    "select_n", 2..=usize::MAX, |_| SelectN;
    "clamp", 3..=3, |_| Clamp;
}

/// Operands that laws are tested on.
pub(crate) fn samples() -> Vec<Sample> {
    let (left, right) = ([0.3, -2.5, 7.0, -0.2, 1.1], [0.7, -1.0, -3.0]);
    let truths = |shape: &[usize]| integers(DType::Bool, shape, 0);
    let mut samples = Vec::new();
    for dtype in DType::ALL {
        let case = |shape: &[usize], values: &[f64]| {
            if dtype.is_inexact() { cycle(dtype, shape, values) } else { integers(dtype, shape, values.len()) }
        };
        for shape in [&[2, 3][..], &[], &[0, 2]] {
            let cases = [case(shape, &left), case(shape, &right)];
            samples.push(Sample::new(SelectN, [&[truths(shape)], &cases[..]].concat()));
            samples.push(Sample::new(SelectN, [&[truths(&[])], &cases[..]].concat()));
        }
        let which = Array::from_slice(&[2i32, 0, 1, 1, 0, 2], &[2, 3]);
        let three = [case(&[2, 3], &left), case(&[2, 3], &right), case(&[2, 3], &left[1..])];
        samples.push(Sample::new(SelectN, [&[which], &three[..]].concat()));
        let which = Array::scalar(Scalar::from_i128(DType::I32, 1));
        samples.push(Sample::new(SelectN, [&[which], &three[..]].concat()));
        samples.push(Sample::new(SelectN, vec![integers(DType::Bool, &[3], 1), case(&[3], &left)]));
        if real_or_bool(dtype) {
            let limited = |limits: &[usize], shape: &[usize]| {
                let (low, high) = (cycle(dtype, limits, &[-1.0, -0.5]), cycle(dtype, limits, &[2.0, 0.5]));
                Sample::new(Clamp, vec![low, case(shape, &left), high])
            };
            samples.extend([limited(&[], &[2, 3]), limited(&[2, 3], &[2, 3]), limited(&[], &[]), limited(&[], &[0])]);
        }
    }
    let special = cycle(DType::F32, &[SPECIAL.len()], &SPECIAL);
    let limit = |value| cycle(DType::F32, &[], &[value]);
    samples.push(Sample::new(Clamp, vec![limit(-1.0), special, limit(0.5)]));
    samples
}
