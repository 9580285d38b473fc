//! Reductions over axes.

use crate::array::{Array, bind_one};
use crate::base::error::ErrorKind;
use crate::base::{DType, Error, Result, Scalar, Shape};
use crate::ir::{Aval, Derivative, Lower, Operand, Param, Params, Primitive, Tangent};
use crate::kernel::{Binary, Buf};
use crate::prim::arith::{div, mul};
use crate::prim::compare::eq;
use crate::prim::convert::convert_element_type;
use crate::prim::elementwise::{same_dtype, tuple};
use crate::prim::shape::broadcast_in_dim;

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

/// Declares reductions whose derivative is zero or undefined: `(type, function, operation, neutral, accepts)`.
macro_rules! reductions {
    ($($(#[$doc:meta])* $name:ident $function:ident $op:ident |$dtype:ident| $neutral:expr, $accepts:ident $what:literal, |$this:ident| $derivative:expr;)*) => {
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
                    vec![("axes", Param::ints(&self.axes)), ("out_sharding", Param::None)]
                }

                fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
                    same_dtype(stringify!($function), ins, crate::prim::elementwise::$accepts, $what)?;
                    Ok(vec![Aval { shape: reduced_shape(stringify!($function), &ins[0], &self.axes)?, ..ins[0].clone() }])
                }

                fn derivative(&self) -> Derivative<'_> {
                    let $this = self;
                    $derivative
                }

                fn batch(&self, args: &[Array], dims: &[Option<usize>], _: usize) -> (Vec<Array>, Vec<Option<usize>>) {
                    let (axes, dim) = batch_axes(&self.axes, dims[0].unwrap_or(0));
                    (vec![$function(&args[0], &axes)], vec![Some(dim)])
                }

                fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
                    let $dtype = cx.ty(ins[0]).dtype;
                    vec![cx.reduce(ins[0], &self.axes, $neutral, Binary::$op)]
                }
            }
        )*
    };
}

reductions! {
    /// Whether all hold along `axes`; the bitwise and of integers.
    ReduceAnd reduce_and And |dtype| ones(dtype), bits "integers and bool", |_this| Derivative::Zero;
    /// Whether any holds along `axes`; the bitwise or of integers.
    ReduceOr reduce_or Or |dtype| Scalar::zero(dtype), bits "integers and bool", |_this| Derivative::Zero;
    /// The exclusive or along `axes`, bitwise for integers.
    ReduceXor reduce_xor Xor |dtype| Scalar::zero(dtype), bits "integers and bool", |_this| Derivative::Zero;
    /// The largest along `axes`; NaN if any is.
    ReduceMax reduce_max Max |dtype| lowest(dtype), real_or_bool "real numbers and bool",
        |this| Derivative::Rule(Box::new(|args, tangents| chooser_jvp(&args[0], &tangents[0], &this.axes, reduce_max)), None);
    /// The smallest along `axes`; NaN if any is.
    ReduceMin reduce_min Min |dtype| highest(dtype), real_or_bool "real numbers and bool",
        |this| Derivative::Rule(Box::new(|args, tangents| chooser_jvp(&args[0], &tangents[0], &this.axes, reduce_min)), None);
}

fn ones(dtype: DType) -> Scalar {
    if dtype == DType::Bool { Scalar::bool(true) } else { Scalar::from_i128(dtype, -1) }
}

/// The smallest value of a dtype.
pub(crate) fn lowest(dtype: DType) -> Scalar {
    extreme(dtype, f64::NEG_INFINITY)
}

/// The largest value of a dtype.
pub(crate) fn highest(dtype: DType) -> Scalar {
    extreme(dtype, f64::INFINITY)
}

/// Infinity, or what it saturates to.
fn extreme(dtype: DType, infinity: f64) -> Scalar {
    if dtype == DType::Bool { Scalar::bool(infinity > 0.0) } else { Scalar::from_f64(dtype, infinity) }
}

/// The forward mode of a maximum or minimum: the mean of the tangents at the places that attain it.
fn chooser_jvp(
    x: &Array,
    tangent: &Tangent,
    axes: &[usize],
    f: fn(&Array, &[usize]) -> Array,
) -> (Vec<Array>, Vec<Tangent>) {
    let ans = f(x, axes);
    let tangent = tangent.as_ref().map(|g| {
        let mut shape = x.shape().to_vec();
        axes.iter().for_each(|&axis| shape[axis] = 1);
        let kept: Vec<usize> = (0..x.ndim()).filter(|axis| !axes.contains(axis)).collect();
        let location = eq(x, &broadcast_in_dim(&ans, &shape, &kept));
        let location = convert_element_type(&location, g.dtype(), false);
        let counts = reduce_sum(&location, axes);
        div(&reduce_sum(&mul(g, &location), axes), &counts)
    });
    (vec![ans], vec![tangent])
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

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        let zero = Scalar::zero(cx.ty(ins[0]).dtype);
        vec![cx.reduce(ins[0], &self.axes, zero, Binary::Add)]
    }
}
