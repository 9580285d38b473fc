//! Rounding and classification. The derivative is zero wherever it exists.

use crate::array::{Array, bind_one};
use crate::base::{DType, Result};
use crate::ir::read::ReadError;
use crate::ir::{Aval, Derivative, Lower, Param, Params, Primitive, Sample};
use crate::kernel::{Binary, Buf, Unary};
use crate::prim::elementwise::{batch, float, same_dtype, truth, unary};
use crate::prim::sample::{special, unary};

unary! {
    /// The largest integer not above `x`, elementwise.
    Floor floor, float "floats", lower |b, x| b.unary(Unary::Floor, x), zero;
    /// The smallest integer not below `x`, elementwise.
    Ceil ceil, float "floats", lower |b, x| b.unary(Unary::Ceil, x), zero;
}

/// How [`round`] resolves ties.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RoundingMethod {
    /// Away from zero.
    AwayFromZero,
    /// To the even neighbour.
    ToNearestEven,
}

/// The nearest integer, elementwise.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Round {
    /// What happens half way.
    pub rounding_method: RoundingMethod,
}

/// The nearest integer, elementwise.
#[track_caller]
pub fn round(x: &Array, rounding_method: RoundingMethod) -> Array {
    bind_one(Round { rounding_method }, &[x])
}

impl Primitive for Round {
    fn name(&self) -> &'static str {
        "round"
    }

    fn params(&self) -> Params {
        vec![("rounding_method", Param::Int(self.rounding_method as i64))]
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        same_dtype("round", ins, DType::is_float, "floats")?;
        Ok(vec![ins[0].clone()])
    }

    fn derivative(&self) -> Derivative<'_> {
        Derivative::Zero
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], _: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        batch(self.clone(), args, dims)
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        vec![cx.elementwise(ins, |b, args| {
            let x = args[0];
            match self.rounding_method {
                RoundingMethod::ToNearestEven => b.unary(Unary::RoundEven, x),
                RoundingMethod::AwayFromZero => {
                    // trunc(x) plus the sign of x where the fraction is at least one half.
                    let dtype = b.dtype(x);
                    let (zero, half) = (b.float(dtype, 0.0), b.float(dtype, 0.5));
                    let (one, minus) = (b.float(dtype, 1.0), b.float(dtype, -1.0));
                    let truncated = b.unary(Unary::Trunc, x);
                    let fraction = b.binary(Binary::Sub, x, truncated);
                    let fraction = b.unary(Unary::Abs, fraction);
                    let away = b.binary(Binary::Ge, fraction, half);
                    let negative = b.binary(Binary::Lt, x, zero);
                    let step = b.select(negative, minus, one);
                    let further = b.binary(Binary::Add, truncated, step);
                    b.select(away, further, truncated)
                }
            }
        })]
    }
}

/// Whether `x` is neither infinite nor NaN, elementwise.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct IsFinite;

/// Whether `x` is neither infinite nor NaN, elementwise.
#[track_caller]
pub fn is_finite(x: &Array) -> Array {
    bind_one(IsFinite, &[x])
}

impl Primitive for IsFinite {
    fn name(&self) -> &'static str {
        "is_finite"
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        same_dtype("is_finite", ins, DType::is_float, "floats")?;
        Ok(vec![truth(ins[0].clone())])
    }

    fn derivative(&self) -> Derivative<'_> {
        Derivative::Zero
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], _: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        batch(self.clone(), args, dims)
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        vec![cx.elementwise(ins, |b, args| {
            let magnitude = b.unary(Unary::Abs, args[0]);
            let infinity = b.float(b.dtype(args[0]), f64::INFINITY);
            b.binary(Binary::Lt, magnitude, infinity)
        })]
    }
}

crate::readers! {
    "round", 1..=1, |eqn| Round {
        rounding_method: match eqn.int("rounding_method")? {
            0 => RoundingMethod::AwayFromZero,
            1 => RoundingMethod::ToNearestEven,
            other => return Err(ReadError(format!("there is no rounding method {other}"))),
        },
    };
    "is_finite", 1..=1, |_| IsFinite;
}

/// Operands that laws are tested on.
pub(crate) fn samples() -> Vec<Sample> {
    let values = [0.3, -2.4, 7.7, -0.2, 1.1];
    let round = |rounding_method| Round { rounding_method };
    let (away, even) = (round(RoundingMethod::AwayFromZero), round(RoundingMethod::ToNearestEven));
    let mut samples = Vec::new();
    samples.extend(unary(Floor, float, &values).chain(special(Floor)));
    samples.extend(unary(Ceil, float, &values).chain(special(Ceil)));
    samples.extend(unary(away.clone(), float, &values).chain(special(away)));
    samples.extend(unary(even.clone(), float, &values).chain(special(even)));
    samples.extend(unary(IsFinite, float, &values).chain(special(IsFinite)));
    samples
}
