//! Reductions with NumPy's meaning: what dtype they compute in, empty arrays, kept axes.

use super::{axes, operators, promote};
use crate::array::fail::raise;
use crate::array::{Array, IntoArray, at_caller};
use crate::base::error::ErrorKind;
use crate::base::promote::default_dtype;
use crate::base::{DType, Error, Kind};
use crate::prim::arith::{abs, div, mul, sqrt, square, sub};
use crate::prim::compare::gt;
use crate::prim::convert::convert_element_type;
use crate::prim::elementwise::constant_like;
use crate::prim::shape::broadcast_in_dim;
use crate::prim::{arg, complex, reduce, select};

/// Over which axes of an array to reduce, and whether they stay with extent 1.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Over {
    axes: Vec<usize>,
    keepdims: bool,
}

impl Over {
    /// Checks the axes against an array's rank.
    ///
    /// # Panics
    /// If one is out of bounds, or named twice.
    #[track_caller]
    pub fn new(op: &'static str, x: &Array, axis: impl axes::IntoAxes, keepdims: bool) -> Over {
        Over { axes: axes::axes_of(op, axis, x.ndim()), keepdims }
    }

    /// The first axis that is reduced.
    pub fn first_axis(&self) -> Option<usize> {
        self.axes.first().copied()
    }

    /// How many elements go into each result.
    fn count(&self, x: &Array) -> usize {
        self.axes.iter().map(|&axis| x.shape()[axis]).product()
    }

    /// What `x` was reduced to, with axes of extent 1 where they are kept.
    #[track_caller]
    pub fn restore(&self, x: &Array, reduced: Array) -> Array {
        if !self.keepdims || self.axes.is_empty() {
            return reduced;
        }
        let kept: Vec<usize> = (0..x.ndim()).filter(|axis| !self.axes.contains(axis)).collect();
        let extents = x.shape().iter().enumerate();
        let shape: Vec<usize> = extents.map(|(axis, &e)| if self.axes.contains(&axis) { 1 } else { e }).collect();
        broadcast_in_dim(&reduced, &shape, &kept)
    }

    #[track_caller]
    fn require_elements(&self, op: &'static str, x: &Array) {
        if self.count(x) == 0 {
            let message = format!("zero-size array to reduction operation {op} which has no identity");
            raise(Error::new(ErrorKind::Value, op, message));
        }
    }
}

/// The dtype that sums and products of integers are taken in: the default one, unless the array's is wider.
fn accumulator(dtype: DType) -> DType {
    match dtype.kind() {
        Kind::Bool => DType::I32,
        kind @ (Kind::Signed | Kind::Unsigned) if dtype.bits() < 32 => default_dtype(kind),
        _ => dtype,
    }
}

/// A reduction in a dtype, half-precision floats in `f32` on the way.
#[track_caller]
fn accumulate(x: &Array, over: &Over, dtype: Option<DType>, f: fn(&Array, &[usize]) -> Array) -> Array {
    let result = dtype.unwrap_or_else(|| accumulator(x.dtype()));
    let weak = x.weak_type() && dtype.is_none();
    let within = if matches!(result, DType::F16 | DType::BF16) { DType::F32 } else { result };
    let reduced = at_caller(|| f(&convert_element_type(x, within, weak), &over.axes));
    over.restore(x, convert_element_type(&reduced, result, weak))
}

/// The sum. Small integers and `bool` are summed in 32 bits.
#[track_caller]
pub fn sum(x: &Array, over: &Over, dtype: Option<DType>) -> Array {
    accumulate(x, over, dtype, reduce::reduce_sum)
}

/// The product. Small integers and `bool` are multiplied in 32 bits.
#[track_caller]
pub fn prod(x: &Array, over: &Over, dtype: Option<DType>) -> Array {
    accumulate(x, over, dtype, reduce::reduce_prod)
}

/// The mean, a float.
#[track_caller]
pub fn mean(x: &Array, over: &Over, dtype: Option<DType>) -> Array {
    let result = dtype.unwrap_or_else(|| promote::inexact_dtype(x.dtype(), x.weak_type()));
    let within = if matches!(result, DType::F16 | DType::BF16) { DType::F32 } else { result };
    let weak = x.weak_type() && dtype.is_none();
    let total = reduce::reduce_sum(&convert_element_type(x, within, weak), &over.axes);
    let total = over.restore(x, total);
    let mean = div(&total, &convert_element_type(&(over.count(x) as f64).into_array(), within, weak));
    convert_element_type(&mean, result, weak)
}

/// The variance, a float: the mean of squared distances from the mean, divided by the count less `ddof`.
#[track_caller]
pub fn var(x: &Array, over: &Over, ddof: f64) -> Array {
    let result = promote::inexact_dtype(x.dtype(), x.weak_type());
    let within = if matches!(result, DType::F16 | DType::BF16) { DType::F32 } else { result };
    let weak = x.weak_type();
    let x = convert_element_type(x, within, weak);
    let mean = mean(&x, &Over { axes: over.axes.clone(), keepdims: true }, None);
    let centered = sub(&x, &mean);
    let squares =
        if within.is_complex() { complex::real(&mul(&centered, &complex::conj(&centered))) } else { square(&centered) };
    let count = constant_like(&squares, over.count(&x) as f64);
    let divisor = sub(&count, &constant_like(&squares, ddof));
    let total = reduce::reduce_sum(&squares, &over.axes);
    let total = over.restore(&x, total);
    let var = div(&total, &divisor);
    let nan = promote::broadcast_to("var", &constant_like(&var, f64::NAN), var.shape());
    let var = select::select(&gt(&divisor, &constant_like(&divisor, 0.0)), &var, &nan);
    convert_element_type(&var, result.component(), weak)
}

/// The standard deviation: the square root of [`var`].
#[track_caller]
pub fn std(x: &Array, over: &Over, ddof: f64) -> Array {
    sqrt(&var(x, over, ddof))
}

/// The largest element; NaN if one is.
///
/// # Panics
/// If there is none.
#[track_caller]
pub fn max(x: &Array, over: &Over) -> Array {
    over.require_elements("max", x);
    over.restore(x, reduce::reduce_max(x, &over.axes))
}

/// The smallest element; NaN if one is.
///
/// # Panics
/// If there is none.
#[track_caller]
pub fn min(x: &Array, over: &Over) -> Array {
    over.require_elements("min", x);
    over.restore(x, reduce::reduce_min(x, &over.axes))
}

/// Whether all elements hold.
#[track_caller]
pub fn all(x: &Array, over: &Over) -> Array {
    over.restore(x, reduce::reduce_and(&operators::truth(x), &over.axes))
}

/// Whether any element holds.
#[track_caller]
pub fn any(x: &Array, over: &Over) -> Array {
    over.restore(x, reduce::reduce_or(&operators::truth(x), &over.axes))
}

/// The position of the largest (`greatest`) or smallest element along an axis, or of all elements in row-major order.
///
/// # Panics
/// If there is none, or the axis is out of bounds.
#[track_caller]
pub fn arg_extreme(x: &Array, axis: Option<i64>, keepdims: bool, greatest: bool) -> Array {
    let op = if greatest { "argmax" } else { "argmin" };
    let (flat, axis, rank) = match axis {
        None => (x.ravel(), 0, x.ndim()),
        Some(axis) => (x.clone(), axes::axis_of(op, axis, x.ndim()), 1),
    };
    if flat.shape()[axis] == 0 {
        raise(Error::new(ErrorKind::Value, op, format!("attempt to get {op} of an empty sequence")));
    }
    let position = if greatest { arg::argmax(&flat, axis, DType::I32) } else { arg::argmin(&flat, axis, DType::I32) };
    match keepdims {
        false => position,
        true if rank == 1 => Over { axes: vec![axis], keepdims }.restore(x, position),
        true => position.reshape(vec![1usize; rank]),
    }
}

/// `sqrt(sum(|x|^2))`.
#[track_caller]
pub fn euclidean(x: &Array, over: &Over) -> Array {
    let magnitude = if x.dtype().is_complex() { abs(x) } else { x.clone() };
    sqrt(&sum(&mul(&magnitude, &magnitude), over, None))
}
