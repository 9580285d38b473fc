//! Methods of Rust's numbers that NumPy has not, or has under other names: so that a function on `f32` stages unchanged.

use super::axes::{AxisList, IntoAxes};
use super::reduce::{self, Over};
use super::{operators, promote};
use crate::array::{Array, IntoArray};
use crate::base::{DType, Scalar};
use crate::prim::elementwise::constant_like;
use crate::prim::{arith, compare, convert, logic, round, select};

/// What `max` and `min` take: axes, as NumPy's on arrays, or another operand, as Rust's on numbers.
#[derive(Debug)]
pub enum AxesOrOperand {
    /// The axes to reduce over.
    Axes(AxisList),
    /// The other operand.
    Operand(Array),
}

/// Axes, or a number or array to compare with.
pub trait IntoAxesOrOperand {
    /// What it means to a method of `x`.
    fn for_array(self, x: &Array) -> AxesOrOperand;
}

impl<T: IntoAxes> IntoAxesOrOperand for T {
    fn for_array(self, x: &Array) -> AxesOrOperand {
        match self.into_axes() {
            // A Rust integer has no axes: its method takes another integer.
            Some(axes) if axes.len() == 1 && x.ndim() == 0 && x.weak_type() => {
                AxesOrOperand::Operand(axes[0].into_array())
            }
            axes => AxesOrOperand::Axes(AxisList(axes)),
        }
    }
}

macro_rules! operands {
    ($($ty:ty),*) => {
        $(impl IntoAxesOrOperand for $ty {
            fn for_array(self, _: &Array) -> AxesOrOperand {
                AxesOrOperand::Operand(self.into_array())
            }
        })*
    };
}

operands!(Array, &Array, f32, f64, i64, u32, u64);

/// Of two operands the one that `choose` finds; if one is NaN, the other.
#[track_caller]
fn extreme(x: &Array, y: &Array, choose: fn(&Array, &Array) -> Array) -> Array {
    let (x, y) = promote::binary(x, y);
    let chosen = choose(&x, &y);
    if !x.dtype().is_inexact() {
        return chosen;
    }
    let chosen = select::select(&compare::ne(&x, &x), &y, &chosen);
    select::select(&compare::ne(&y, &y), &x, &chosen)
}

#[track_caller]
fn logarithm(x: &Array, base: f64) -> Array {
    let x = promote::inexact(x);
    let base = Array::scalar(Scalar::from_f64(x.dtype(), base));
    operators::div(&x.log(), &base.log())
}

impl Array {
    /// The largest element over axes, NaN if one is; given a number or an array, the larger of each pair of elements, as
    /// Rust's `max`: of a NaN and a number, the number.
    ///
    /// # Panics
    /// If there is no element.
    #[track_caller]
    pub fn max(&self, axis_or_other: impl IntoAxesOrOperand) -> Array {
        match axis_or_other.for_array(self) {
            AxesOrOperand::Axes(axis) => reduce::max(self, &Over::new("max", self, axis, false)),
            AxesOrOperand::Operand(other) => extreme(self, &other, arith::max),
        }
    }

    /// The smallest element over axes, NaN if one is; given a number or an array, the smaller of each pair of elements,
    /// as Rust's `min`: of a NaN and a number, the number.
    ///
    /// # Panics
    /// If there is no element.
    #[track_caller]
    pub fn min(&self, axis_or_other: impl IntoAxesOrOperand) -> Array {
        match axis_or_other.for_array(self) {
            AxesOrOperand::Axes(axis) => reduce::min(self, &Over::new("min", self, axis, false)),
            AxesOrOperand::Operand(other) => extreme(self, &other, arith::min),
        }
    }

    /// Each element without its fraction: rounded towards zero.
    #[track_caller]
    pub fn trunc(&self) -> Array {
        let x = promote::inexact(self);
        let negative = compare::lt(&x, &constant_like(&x, 0.0));
        select::select(&negative, &round::ceil(&x), &round::floor(&x))
    }

    /// The fraction of each element, with its sign.
    #[track_caller]
    pub fn fract(&self) -> Array {
        let x = promote::inexact(self);
        operators::sub(&x, &x.trunc())
    }

    /// Whether each element is NaN.
    #[track_caller]
    pub fn is_nan(&self) -> Array {
        compare::ne(self, self)
    }

    /// Whether each element is neither infinite nor NaN.
    #[track_caller]
    pub fn is_finite(&self) -> Array {
        round::is_finite(&promote::inexact(self))
    }

    /// 1 or -1 by the sign of each float, that of a zero included, as Rust's `signum`; of integers, -1, 0 or 1.
    #[track_caller]
    pub fn signum(&self) -> Array {
        if !self.dtype().is_float() {
            return arith::sign(self);
        }
        let constant = |value| constant_like(self, value);
        let zero = constant(0.0);
        let reciprocal = arith::div(&constant(1.0), self);
        // A negative zero is seen by its reciprocal, minus infinity by itself.
        let negative = logic::or(&compare::lt(self, &zero), &compare::lt(&reciprocal, &zero));
        let sign = select::select(&negative, &constant(-1.0), &constant(1.0));
        select::select(&self.is_nan(), self, &sign)
    }

    /// The logarithm to base 2.
    #[track_caller]
    pub fn log2(&self) -> Array {
        logarithm(self, 2.0)
    }

    /// The logarithm to base 10.
    #[track_caller]
    pub fn log10(&self) -> Array {
        logarithm(self, 10.0)
    }

    /// Whether the sign of each element is minus, that of a zero included.
    #[track_caller]
    pub fn is_sign_negative(&self) -> Array {
        let bits = match self.dtype() {
            DType::F16 | DType::BF16 => DType::I16,
            DType::F32 => DType::I32,
            DType::F64 => DType::I64,
            _ => return self.less(0),
        };
        convert::bitcast_convert_type(self, bits).less(0)
    }

    /// The magnitude of each element with the sign of the other's.
    #[track_caller]
    pub fn copysign(&self, sign: impl IntoArray) -> Array {
        let (x, sign) = promote::binary_inexact(self, &sign.into_array());
        let magnitude = x.abs();
        operators::where_(&sign.is_sign_negative(), &arith::neg(&magnitude), &magnitude)
    }

    /// `sqrt(x^2 + y^2)`, with the larger side taken out of the root, so that no square overflows.
    #[track_caller]
    pub fn hypot(&self, other: impl IntoArray) -> Array {
        let (x, y) = promote::binary_inexact(self, &other.into_array());
        let infinite = |side: &Array| side.abs().equal(f64::INFINITY);
        let (x, y) = (x.abs(), y.abs());
        let (long, short) = (x.maximum(&y), x.minimum(&y));
        let none = long.equal(0);
        let ratio = short / operators::where_(&none, &constant_like(&long, 1.0), &long);
        let side = &long * arith::sqrt(&(1.0 + &ratio * &ratio));
        let side = operators::where_(&none, &long, &side);
        operators::where_(&(infinite(&x) | infinite(&y)), &constant_like(&long, f64::INFINITY), &side)
    }

    /// Radians of degrees.
    #[track_caller]
    pub fn to_radians(&self) -> Array {
        operators::mul(&promote::inexact(self), &(std::f64::consts::PI / 180.0).into_array())
    }

    /// Degrees of radians.
    #[track_caller]
    pub fn to_degrees(&self) -> Array {
        operators::mul(&promote::inexact(self), &(180.0 / std::f64::consts::PI).into_array())
    }
}
