//! Arithmetic: add, sub, mul, div, neg and their kin.

use crate::array::{Array, bind_one};
use crate::base::{DType, Result, Scalar};
use crate::ir::primitive::{Jvp, Transpose};
use crate::ir::{Aval, Derivative, Lower, Operand, Primitive, Tangent};
use crate::kernel::{Binary, Buf, Unary};
use crate::prim::elementwise::{batch, result_shape, same_dtype, unbroadcast};

/// Declares elementwise primitives of two operands of one numeric dtype.
macro_rules! binary {
    ($($(#[$doc:meta])* $name:ident $function:ident $accepts:expr, $what:literal, $op:expr, $derivative:expr;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, PartialEq, Eq, Hash, Debug)]
            pub struct $name;

            $(#[$doc])*
            #[track_caller]
            pub fn $function(x: &Array, y: &Array) -> Array {
                bind_one($name, &[x, y])
            }

            impl Primitive for $name {
                fn name(&self) -> &'static str {
                    stringify!($function)
                }

                fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
                    let dtype = same_dtype(self.name(), ins, $accepts, $what)?;
                    let weak = ins.iter().all(|aval| aval.weak);
                    Ok(vec![Aval { dtype, weak, shape: result_shape(self.name(), ins)? }])
                }

                fn derivative(&self) -> Derivative<'_> {
                    $derivative
                }

                fn batch(&self, args: &[Array], dims: &[Option<usize>], _: usize) -> (Vec<Array>, Vec<Option<usize>>) {
                    batch(self.clone(), args, dims)
                }

                fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
                    vec![cx.elementwise(ins, |body, args| body.binary($op, args[0], args[1]))]
                }
            }
        )*
    };
}

fn numeric(dtype: DType) -> bool {
    dtype != DType::Bool
}

binary! {
    /// `x + y`, elementwise.
    Add add numeric, "numbers", Binary::Add, Derivative::Rule(add_jvp(), Some(add_transpose(false)));
    /// `x - y`, elementwise.
    Sub sub numeric, "numbers", Binary::Sub, Derivative::Rule(sub_jvp(), Some(add_transpose(true)));
    /// `x * y`, elementwise.
    Mul mul numeric, "numbers", Binary::Mul, Derivative::Multilinear(mul_transpose());
    /// `x + y` of two cotangents of one value.
    AddAny add_any |_| true, "any dtype", Binary::Add, Derivative::Rule(add_jvp(), Some(add_transpose(false)));
}

/// `-x`, elementwise.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Neg;

/// `-x`, elementwise.
#[track_caller]
pub fn neg(x: &Array) -> Array {
    bind_one(Neg, &[x])
}

impl Primitive for Neg {
    fn name(&self) -> &'static str {
        "neg"
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        same_dtype("neg", ins, numeric, "numbers")?;
        Ok(vec![ins[0].clone()])
    }

    fn derivative(&self) -> Derivative<'_> {
        Derivative::Linear(Box::new(|cts, _| vec![cts[0].as_ref().map(neg)]))
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], _: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        batch(self.clone(), args, dims)
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        vec![cx.elementwise(ins, |body, args| body.unary(Unary::Neg, args[0]))]
    }
}

/// The tangent repeated to the result's shape, when the operand was.
fn broadcast_tangent(tangent: &Tangent, out: &Array) -> Tangent {
    tangent.as_ref().map(|t| crate::prim::shape::broadcast_to_rank_and_shape(t, out.shape()))
}

fn add_jvp<'a>() -> Jvp<'a> {
    Box::new(|args, tangents| {
        let out = add(&args[0], &args[1]);
        let tangent = match (&tangents[0], &tangents[1]) {
            (Some(x), Some(y)) => Some(add_any_broadcast(x, y)),
            (x, None) => broadcast_tangent(x, &out),
            (None, y) => broadcast_tangent(y, &out),
        };
        (vec![out], vec![tangent])
    })
}

fn add_any_broadcast(x: &Array, y: &Array) -> Array {
    if x.shape() == y.shape() { add_any(x, y) } else { add(x, y) }
}

fn sub_jvp<'a>() -> Jvp<'a> {
    Box::new(|args, tangents| {
        let out = sub(&args[0], &args[1]);
        let tangent = match (&tangents[0], &tangents[1]) {
            (Some(x), Some(y)) => Some(sub(x, y)),
            (x, None) => broadcast_tangent(x, &out),
            (None, Some(y)) => broadcast_tangent(&Some(neg(y)), &out),
        };
        (vec![out], vec![tangent])
    })
}

fn add_transpose<'a>(negate_second: bool) -> Transpose<'a> {
    Box::new(move |cts, operands| {
        let cotangent = |position: usize, operand: &Operand| match (operand, &cts[0]) {
            (Operand::Linear(aval), Some(ct)) => {
                let ct = if position == 1 && negate_second { neg(ct) } else { ct.clone() };
                Some(unbroadcast(&ct, aval))
            }
            _ => None,
        };
        operands.iter().enumerate().map(|(position, operand)| cotangent(position, operand)).collect()
    })
}

fn mul_transpose<'a>() -> Transpose<'a> {
    Box::new(|cts, operands| match (&operands[0], &operands[1], &cts[0]) {
        (Operand::Linear(aval), Operand::Known(y), Some(ct)) => vec![Some(unbroadcast(&mul(ct, y), aval)), None],
        (Operand::Known(x), Operand::Linear(aval), Some(ct)) => vec![None, Some(unbroadcast(&mul(x, ct), aval))],
        _ => vec![None, None],
    })
}

/// A weakly typed constant of an array's dtype: what rules multiply and add by.
pub(crate) fn constant_like(x: &Array, value: f64) -> Array {
    Array::scalar(Scalar::from_f64(x.dtype(), value)).with_weak(x.weak_type())
}
