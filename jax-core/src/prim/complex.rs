//! Complex numbers from and to their parts.

use crate::array::{Array, bind_one};
use crate::base::{DType, Result};
use crate::ir::{Aval, Derivative, Lower, Primitive, Sample};
use crate::kernel::{Binary, Buf, Unary};
use crate::prim::arith::neg;
use crate::prim::elementwise::{batch, result_shape, same_dtype, unbroadcast};
use crate::prim::rule::zeros;
use crate::prim::sample;

/// Declares primitives from complex numbers to one of their parts.
macro_rules! parts {
    ($($(#[$doc:meta])* $name:ident $function:ident $op:ident |$ct:ident, $zero:ident| $transpose:expr;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, PartialEq, Eq, Hash, Debug)]
            pub struct $name;

            $(#[$doc])*
            #[track_caller]
            pub fn $function(x: &Array) -> Array {
                bind_one($name, &[x])
            }

            impl Primitive for $name {
                fn name(&self) -> &'static str {
                    stringify!($function)
                }

                fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
                    same_dtype(stringify!($function), ins, DType::is_complex, "complex numbers")?;
                    Ok(vec![ins[0].with_dtype(ins[0].dtype.component())])
                }

                fn derivative(&self) -> Derivative<'_> {
                    Derivative::Linear(Box::new(|cts, _| {
                        vec![cts[0].as_ref().map(|$ct| {
                            let $zero = &zeros($ct.aval());
                            $transpose
                        })]
                    }))
                }

                fn batch(&self, args: &[Array], dims: &[Option<usize>], _: usize) -> (Vec<Array>, Vec<Option<usize>>) {
                    batch(self.clone(), args, dims)
                }

                fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
                    vec![cx.elementwise(ins, |b, args| b.unary(Unary::$op, args[0]))]
                }
            }

            crate::readers! { stringify!($function), 1..=1, |_| $name; }
        )*
    };
}

parts! {
    /// The real part, elementwise.
    Real real Real |ct, zero| complex(ct, zero);
    /// The imaginary part, elementwise.
    Imag imag Imag |ct, zero| complex(zero, &neg(ct));
}

/// Complex numbers of two floats, elementwise.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Complex;

/// Complex numbers of two floats, elementwise.
#[track_caller]
pub fn complex(re: &Array, im: &Array) -> Array {
    bind_one(Complex, &[re, im])
}

/// The complex conjugate, elementwise.
#[track_caller]
pub fn conj(x: &Array) -> Array {
    if x.dtype().is_complex() { complex(&real(x), &neg(&imag(x))) } else { x.clone() }
}

impl Primitive for Complex {
    fn name(&self) -> &'static str {
        "complex"
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        let component = |dtype| matches!(dtype, DType::F32 | DType::F64);
        let dtype = match same_dtype("complex", ins, component, "float32 and float64")? {
            DType::F32 => DType::C64,
            _ => DType::C128,
        };
        Ok(vec![Aval::new(dtype, &result_shape("complex", ins)?)])
    }

    fn derivative(&self) -> Derivative<'_> {
        Derivative::Linear(Box::new(|cts, operands| {
            let Some(ct) = &cts[0] else { return vec![None, None] };
            let parts = [real(ct), neg(&imag(ct))];
            parts
                .iter()
                .zip(operands)
                .map(|(part, operand)| match operand {
                    crate::ir::Operand::Linear(aval) => Some(unbroadcast(part, aval)),
                    crate::ir::Operand::Known(_) => None,
                })
                .collect()
        }))
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], _: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        batch(self.clone(), args, dims)
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        vec![cx.elementwise(ins, |b, args| b.binary(Binary::Complex, args[0], args[1]))]
    }
}

crate::readers! { "complex", 2..=2, |_| Complex; }

/// Operands that laws are tested on.
pub(crate) fn samples() -> Vec<Sample> {
    let component = |dtype| matches!(dtype, DType::F32 | DType::F64);
    let values = [0.3, -2.5, 7.0, -0.2, 1.1];
    let mut samples = Vec::new();
    samples.extend(sample::unary(Real, DType::is_complex, &values));
    samples.extend(sample::unary(Imag, DType::is_complex, &values));
    samples.extend(sample::binary(Complex, component, &values, &[0.4, -1.0, -3.0]));
    samples
}
