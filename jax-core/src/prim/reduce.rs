//! Reductions over axes.

use crate::array::{Array, bind_one};
use crate::base::dtype::Kind;
use crate::base::error::ErrorKind;
use crate::base::{DType, Error, Result, Scalar, Shape};
use crate::ir::primitive::Jvp;
use crate::ir::{Aval, Derivative, Lower, Operand, Param, Params, Primitive, Sample};
use crate::kernel::{Binary, Buf};
use crate::prim::arith::{add_any, div, mul};
use crate::prim::compare::eq;
use crate::prim::convert::convert_element_type;
use crate::prim::elementwise::{bits, numeric, real_or_bool, tuple};
use crate::prim::pad::{Padding, pad};
use crate::prim::rule::{full, zeros};
use crate::prim::shape::{broadcast_in_dim, reshape, squeeze, transpose};
use crate::prim::slice::{ramp, slice_in_dim};

/// The shape left when these axes are reduced.
pub(crate) fn reduced_shape(op: &'static str, aval: &Aval, axes: &[usize]) -> Result<Shape> {
    for (position, &axis) in axes.iter().enumerate() {
        if axis >= aval.ndim() {
            let message = format!("{op} got axis {axis} out of bounds for array of shape {}", tuple(&aval.shape));
            return Err(Error::new(ErrorKind::Axis, op, message));
        }
        if axes[..position].contains(&axis) {
            return Err(Error::new(ErrorKind::Axis, op, format!("{op}: duplicate value in 'axes': {axes:?}")));
        }
    }
    Ok((0..aval.ndim()).filter(|axis| !axes.contains(axis)).map(|axis| aval.shape[axis]).collect())
}

/// The axes of a batched operand that correspond to `axes`, and the batch axis of the result.
pub(crate) fn batch_axes(axes: &[usize], dim: usize) -> (Vec<usize>, usize) {
    let shifted: Vec<usize> = axes.iter().map(|&axis| axis + usize::from(axis >= dim)).collect();
    let before = shifted.iter().filter(|&&axis| axis < dim).count();
    (shifted, dim - before)
}

/// The sum over `axes`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ReduceSum {
    /// The axes, in increasing order.
    pub axes: Vec<usize>,
}

/// The sum over `axes`.
#[track_caller]
pub fn reduce_sum(x: &Array, axes: &[usize]) -> Array {
    if axes.is_empty() {
        return x.clone();
    }
    bind_one(ReduceSum { axes: axes.to_vec() }, &[x])
}

impl Primitive for ReduceSum {
    fn name(&self) -> &'static str {
        "reduce_sum"
    }

    fn params(&self) -> Params {
        vec![("axes", Param::ints(&self.axes)), ("out_sharding", Param::None)]
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        if ins[0].dtype == DType::Bool {
            let message = "reduce_sum does not accept dtype bool. It accepts numbers.";
            return Err(Error::new(ErrorKind::DType, "reduce_sum", message));
        }
        Ok(vec![Aval { shape: reduced_shape("reduce_sum", &ins[0], &self.axes)?, ..ins[0].clone() }])
    }

    fn derivative(&self) -> Derivative<'_> {
        Derivative::Linear(Box::new(|cts, operands| match (&operands[0], &cts[0]) {
            (Operand::Linear(aval), Some(ct)) => {
                let kept: Vec<usize> = (0..aval.ndim()).filter(|axis| !self.axes.contains(axis)).collect();
                vec![Some(broadcast_in_dim(ct, &aval.shape, &kept))]
            }
            _ => vec![None],
        }))
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], _: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        let (axes, dim) = batch_axes(&self.axes, dims[0].unwrap_or(0));
        (vec![reduce_sum(&args[0], &axes)], vec![Some(dim)])
    }

    fn simplify(&self, args: &[Array]) -> Option<Vec<Array>> {
        self.axes.is_empty().then(|| vec![args[0].clone()])
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        let zero = Scalar::zero(cx.ty(ins[0]).dtype);
        vec![cx.reduce(ins[0], &self.axes, zero, Binary::Add)]
    }
}

crate::readers! { "reduce_sum", 1..=1, |eqn| ReduceSum { axes: eqn.usizes("axes")? }; }

/// The least value of a dtype.
pub(crate) fn lowest(dtype: DType) -> Scalar {
    match dtype.kind() {
        Kind::Bool | Kind::Unsigned => Scalar::zero(dtype),
        _ => Scalar::from_f64(dtype, f64::NEG_INFINITY),
    }
}

/// The greatest value of a dtype.
pub(crate) fn highest(dtype: DType) -> Scalar {
    Scalar::from_f64(dtype, f64::INFINITY)
}

/// All bits one.
fn ones(dtype: DType) -> Scalar {
    Scalar::from_i128(dtype, -1)
}

/// Declares reductions of one operand by one operation with a neutral element.
macro_rules! reductions {
    ($($(#[$doc:meta])* $name:ident $function:ident, $accepts:ident $what:literal, $op:ident from $init:path,
       $derivative:expr;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, PartialEq, Eq, Hash, Debug)]
            pub struct $name {
                /// The axes, in increasing order.
                pub axes: Vec<usize>,
            }

            $(#[$doc])*
            #[track_caller]
            pub fn $function(x: &Array, axes: &[usize]) -> Array {
                if axes.is_empty() {
                    return x.clone();
                }
                bind_one($name { axes: axes.to_vec() }, &[x])
            }

            impl Primitive for $name {
                fn name(&self) -> &'static str {
                    stringify!($function)
                }

                fn params(&self) -> Params {
                    vec![("axes", Param::ints(&self.axes))]
                }

                fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
                    if !$accepts(ins[0].dtype) {
                        let op = stringify!($function);
                        let message = format!("{op} does not accept dtype {}. It accepts {}.", ins[0].dtype, $what);
                        return Err(Error::new(ErrorKind::DType, op, message));
                    }
                    let shape = reduced_shape(stringify!($function), &ins[0], &self.axes)?;
                    Ok(vec![Aval { shape, ..ins[0].clone() }])
                }

                fn derivative(&self) -> Derivative<'_> {
                    let derivative: fn(&[usize]) -> Derivative<'_> = $derivative;
                    derivative(&self.axes)
                }

                fn batch(&self, args: &[Array], dims: &[Option<usize>], _: usize) -> (Vec<Array>, Vec<Option<usize>>) {
                    let (axes, dim) = batch_axes(&self.axes, dims[0].unwrap_or(0));
                    (vec![$function(&args[0], &axes)], vec![Some(dim)])
                }

                fn simplify(&self, args: &[Array]) -> Option<Vec<Array>> {
                    self.axes.is_empty().then(|| vec![args[0].clone()])
                }

                fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
                    let init = $init(cx.ty(ins[0]).dtype);
                    vec![cx.reduce(ins[0], &self.axes, init, Binary::$op)]
                }
            }

            crate::readers! { stringify!($function), 1..=1, |eqn| $name { axes: eqn.usizes("axes")? }; }
        )*
    };
}

reductions! {
    /// The greatest element over `axes`; NaN if one is.
    ReduceMax reduce_max, real_or_bool "real numbers and bool", Max from lowest,
        |axes| Derivative::Rule(extreme_jvp(reduce_max, axes), None);
    /// The least element over `axes`; NaN if one is.
    ReduceMin reduce_min, real_or_bool "real numbers and bool", Min from highest,
        |axes| Derivative::Rule(extreme_jvp(reduce_min, axes), None);
    /// The product over `axes`.
    ReduceProd reduce_prod, numeric "numbers", Mul from Scalar::one,
        |axes| Derivative::Rule(product_jvp(axes), None);
    /// Logical or bitwise and over `axes`.
    ReduceAnd reduce_and, bits "integers and bool", And from ones, |_| Derivative::Zero;
    /// Logical or bitwise or over `axes`.
    ReduceOr reduce_or, bits "integers and bool", Or from Scalar::zero, |_| Derivative::Zero;
    /// Logical or bitwise exclusive or over `axes`.
    ReduceXor reduce_xor, bits "integers and bool", Xor from Scalar::zero, |_| Derivative::Zero;
}

/// The tangent of an extreme: the mean of the tangents of the elements that attain it.
fn extreme_jvp(extreme: fn(&Array, &[usize]) -> Array, axes: &[usize]) -> Jvp<'_> {
    Box::new(move |args, tangents| {
        let x = &args[0];
        let ans = extreme(x, axes);
        let tangent = tangents[0].as_ref().map(|g| {
            let extents = x.shape().iter().enumerate();
            let shape: Vec<usize> = extents.map(|(axis, &e)| if axes.contains(&axis) { 1 } else { e }).collect();
            let attained = convert_element_type(&eq(x, &reshape(&ans, &shape)), g.dtype(), false);
            let counts = reduce_sum(&attained, axes);
            div(&reduce_sum(&mul(g, &attained), axes), &counts)
        });
        (vec![ans], vec![tangent])
    })
}

/// The product and its tangent by halves: the elements of the first half times those of the second, until one is
/// left. No quotient appears, so zeros are no special case.
fn product_jvp(axes: &[usize]) -> Jvp<'_> {
    Box::new(move |args, tangents| {
        let Some(g) = &tangents[0] else { return (vec![reduce_prod(&args[0], axes)], vec![None]) };
        let shape = args[0].shape();
        let kept: Vec<usize> = (0..shape.len()).filter(|axis| !axes.contains(axis)).collect();
        let permutation: Vec<usize> = axes.iter().chain(&kept).copied().collect();
        let count: usize = axes.iter().map(|&axis| shape[axis]).product();
        let rows: Vec<usize> = std::iter::once(count).chain(kept.iter().map(|&axis| shape[axis])).collect();
        let mut x = reshape(&transpose(&args[0], &permutation), &rows);
        let mut g = reshape(&transpose(g, &permutation), &rows);
        if count == 0 {
            let aval = x.aval().with_shape(&rows[1..]);
            return (vec![full(&aval, 1.0)], vec![Some(zeros(&aval))]);
        }
        while x.shape()[0] > 1 {
            let all = x.shape()[0];
            let half = all.div_ceil(2);
            let (x1, g1) = (slice_in_dim(&x, 0, half, 0), slice_in_dim(&g, 0, half, 0));
            let (mut x2, mut g2) = (slice_in_dim(&x, half, all, 0), slice_in_dim(&g, half, all, 0));
            if 2 * half != all {
                let config: Vec<Padding> = (0..rows.len()).map(|axis| (0, i64::from(axis == 0), 0)).collect();
                x2 = pad(&x2, &Array::scalar(Scalar::one(x2.dtype())), &config);
                g2 = pad(&g2, &Array::scalar(Scalar::zero(g2.dtype())), &config);
            }
            x = mul(&x1, &x2);
            g = add_any(&mul(&g1, &x2), &mul(&x1, &g2));
        }
        (vec![squeeze(&x, &[0])], vec![Some(squeeze(&g, &[0]))])
    })
}

/// Operands that laws are tested on.
pub(crate) fn samples() -> Vec<Sample> {
    let floats = || Array::from_slice(&[3.0f32, -1.0, 4.0, 1.5, -5.0, 0.5], &[2, 3]);
    let integers = || Array::from_slice(&[3i32, -1, 4, 1, -5, 0], &[2, 3]);
    let truths = || Array::from_bools(&[true, false, true, true, true, true], &[2, 3]);
    let (rows, columns, both) = (|| vec![1], || vec![0], || vec![0, 1]);
    vec![
        Sample::new(ReduceSum { axes: rows() }, vec![floats()]),
        Sample::new(ReduceSum { axes: both() }, vec![ramp(&[3, 5], 0.5)]),
        Sample::new(ReduceSum { axes: columns() }, vec![ramp(&[0, 2], 0.5)]),
        Sample::new(ReduceSum { axes: columns() }, vec![integers()]),
        Sample::new(ReduceMax { axes: rows() }, vec![floats()]),
        Sample::new(ReduceMax { axes: both() }, vec![integers()]),
        Sample::new(ReduceMax { axes: columns() }, vec![truths()]),
        Sample::new(ReduceMin { axes: columns() }, vec![floats()]),
        Sample::new(ReduceMin { axes: rows() }, vec![integers()]),
        Sample::new(ReduceProd { axes: rows() }, vec![floats()]),
        Sample::new(ReduceProd { axes: both() }, vec![floats()]),
        Sample::new(ReduceProd { axes: columns() }, vec![ramp(&[0, 2], 0.5)]),
        Sample::new(ReduceProd { axes: columns() }, vec![integers()]),
        Sample::new(ReduceAnd { axes: rows() }, vec![truths()]),
        Sample::new(ReduceAnd { axes: columns() }, vec![integers()]),
        Sample::new(ReduceOr { axes: rows() }, vec![truths()]),
        Sample::new(ReduceOr { axes: both() }, vec![integers()]),
        Sample::new(ReduceXor { axes: columns() }, vec![truths()]),
        Sample::new(ReduceXor { axes: rows() }, vec![integers()]),
    ]
}
