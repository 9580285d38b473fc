//! Cumulations: what the elements up to each, along an axis, amount to.
//!
//! They lower to rounds that double how many elements each result covers, so that all elements of a round are
//! independent: Hillis and Steele, "Data parallel algorithms" (CACM 29, 1986). Rounding errors grow with the logarithm
//! of the extent.

use crate::array::{Array, bind_one, builder};
use crate::base::error::ErrorKind;
use crate::base::{DType, Error, Result, Scalar};
use crate::ir::primitive::Jvp;
use crate::ir::{Aval, ClosedJaxpr, Derivative, Lower, Param, Params, Primitive, Sample};
use crate::kernel::Buf;
use crate::prim::arith::{add, max, min, mul};
use crate::prim::elementwise::{numeric, real, same_dtype};
use crate::prim::pad::{Padding, pad};
use crate::prim::reduce::{highest, lowest};
use crate::prim::slice::ramp;
use crate::transform::jvp::jvp;

/// How elements combine.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Monoid {
    /// By their sum.
    Sum,
    /// By their product.
    Prod,
    /// By the larger one.
    Max,
    /// By the smaller one.
    Min,
}

/// What the elements up to each amount to, along an axis.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Cumulative {
    /// How elements combine.
    pub monoid: Monoid,
    /// The axis.
    pub axis: usize,
    /// Whether it is the elements from each to the last instead.
    pub reverse: bool,
}

/// The sums of the elements up to each along an axis; with `reverse` from each to the last.
#[track_caller]
pub fn cumsum(x: &Array, axis: usize, reverse: bool) -> Array {
    bind_one(Cumulative { monoid: Monoid::Sum, axis, reverse }, &[x])
}

/// The products of the elements up to each along an axis; with `reverse` from each to the last.
#[track_caller]
pub fn cumprod(x: &Array, axis: usize, reverse: bool) -> Array {
    bind_one(Cumulative { monoid: Monoid::Prod, axis, reverse }, &[x])
}

/// The largest of the elements up to each along an axis; with `reverse` from each to the last.
#[track_caller]
pub fn cummax(x: &Array, axis: usize, reverse: bool) -> Array {
    bind_one(Cumulative { monoid: Monoid::Max, axis, reverse }, &[x])
}

/// The smallest of the elements up to each along an axis; with `reverse` from each to the last.
#[track_caller]
pub fn cummin(x: &Array, axis: usize, reverse: bool) -> Array {
    bind_one(Cumulative { monoid: Monoid::Min, axis, reverse }, &[x])
}

impl Cumulative {
    /// The rounds as a program.
    fn rounds(&self, x: &Aval) -> ClosedJaxpr {
        let (combine, neutral): (fn(&Array, &Array) -> Array, Scalar) = match self.monoid {
            Monoid::Sum => (add, Scalar::zero(x.dtype)),
            Monoid::Prod => (mul, Scalar::one(x.dtype)),
            Monoid::Max => (max, lowest(x.dtype)),
            Monoid::Min => (min, highest(x.dtype)),
        };
        let extent = x.shape[self.axis] as i64;
        builder::trace(std::slice::from_ref(x), |args| {
            let (mut result, mut covered) = (args[0].clone(), 1);
            while covered < extent {
                let shift = if self.reverse { (-covered, covered, 0) } else { (covered, -covered, 0) };
                let mut config: Vec<Padding> = vec![(0, 0, 0); x.ndim()];
                config[self.axis] = shift;
                result = combine(&pad(&result, &Array::scalar(neutral), &config), &result);
                covered *= 2;
            }
            vec![result]
        })
    }
}

impl Primitive for Cumulative {
    fn name(&self) -> &'static str {
        match self.monoid {
            Monoid::Sum => "cumsum",
            Monoid::Prod => "cumprod",
            Monoid::Max => "cummax",
            Monoid::Min => "cummin",
        }
    }

    fn params(&self) -> Params {
        vec![("axis", Param::Int(self.axis as i64)), ("reverse", Param::Bool(self.reverse))]
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        let (accepts, what): (fn(DType) -> bool, _) = match self.monoid {
            Monoid::Sum | Monoid::Prod => (numeric, "numbers"),
            Monoid::Max | Monoid::Min => (real, "real numbers"),
        };
        same_dtype(self.name(), ins, accepts, what)?;
        if self.axis >= ins[0].ndim() {
            let message = format!("axis {} is out of bounds for array of dimension {}", self.axis, ins[0].ndim());
            return Err(Error::new(ErrorKind::Axis, self.name(), message));
        }
        Ok(ins.to_vec())
    }

    fn derivative(&self) -> Derivative<'_> {
        if self.monoid == Monoid::Sum {
            // An element goes into the sums from it on.
            let turned = Cumulative { reverse: !self.reverse, ..self.clone() };
            return Derivative::Linear(Box::new(move |cts, _| {
                vec![cts[0].as_ref().map(|ct| bind_one(turned.clone(), &[ct]))]
            }));
        }
        let rule: Jvp<'_> = Box::new(|args, tangents| jvp(&self.rounds(args[0].aval()), args, tangents));
        Derivative::Rule(rule, None)
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], _: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        let axis = self.axis + usize::from(dims[0].is_some_and(|dim| dim <= self.axis));
        (vec![bind_one(Cumulative { axis, ..self.clone() }, &[&args[0]])], vec![dims[0]])
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        let ty = cx.ty(ins[0]);
        let rounds = self.rounds(&Aval::new(ty.dtype, &ty.shape));
        cx.jaxpr(&rounds.jaxpr, ins)
    }
}

crate::readers! {
    "cumsum", 1..=1, |eqn| Cumulative { monoid: Monoid::Sum, axis: eqn.usize("axis")?, reverse: eqn.bool("reverse")? };
    "cumprod", 1..=1, |eqn| Cumulative { monoid: Monoid::Prod, axis: eqn.usize("axis")?, reverse: eqn.bool("reverse")? };
    "cummax", 1..=1, |eqn| Cumulative { monoid: Monoid::Max, axis: eqn.usize("axis")?, reverse: eqn.bool("reverse")? };
    "cummin", 1..=1, |eqn| Cumulative { monoid: Monoid::Min, axis: eqn.usize("axis")?, reverse: eqn.bool("reverse")? };
}

/// Operands that laws are tested on.
pub(crate) fn samples() -> Vec<Sample> {
    let of = |monoid, axis, reverse| Cumulative { monoid, axis, reverse };
    let floats = || Array::from_slice(&[0.5f32, -1.25, 2.0, 1.5, -0.75, 3.0, 0.25, -2.0, 1.0, 1.75], &[2, 5]);
    let integers = || Array::from_slice(&[3i32, 1, -2, 4, 1, 5], &[3, 2]);
    let monoids = [Monoid::Sum, Monoid::Prod, Monoid::Max, Monoid::Min];
    let each = monoids.into_iter().flat_map(|monoid| {
        [
            Sample::new(of(monoid, 1, false), vec![floats()]),
            Sample::new(of(monoid, 0, true), vec![floats()]),
            Sample::new(of(monoid, 0, false), vec![integers()]),
        ]
    });
    each.chain([
        Sample::new(of(Monoid::Sum, 0, true), vec![ramp(&[7], -1.0)]),
        Sample::new(of(Monoid::Max, 0, false), vec![ramp(&[0], 1.0)]),
        Sample::new(of(Monoid::Min, 0, false), vec![Array::from_slice(&[3u8, 2, 7], &[3])]),
    ])
    .collect()
}
