//! Methods of [`Array`]: NumPy's, and those of Rust's floats under their own names, so that a function on `f32`
//! stages unchanged.

use super::axes::{AxisList, IntoAxes, axes_of, axis_of};
use super::reduce::Over;
use super::{operators, promote, reduce};
use crate::array::fail::{here, raise};
use crate::array::{Array, IntoArray};
use crate::base::error::ErrorKind;
use crate::base::tuples::for_tuples;
use crate::base::{DType, Error, Kind};
use crate::prim::elementwise::tuple;
use crate::prim::round::RoundingMethod;
use crate::prim::{arith, compare, complex, convert, exp_log, round, shape, trig};

macro_rules! float_methods {
    ($($(#[$doc:meta])* $method:ident => $prim:path;)*) => {
        impl Array {
            $(
                $(#[$doc])*
                ///
                /// Elementwise; the shape stays, integers become floats.
                #[track_caller]
                pub fn $method(&self) -> Array {
                    $prim(&promote::inexact(self))
                }
            )*
        }
    };
}

float_methods! {
    /// Sine of radians.
    sin => trig::sin;
    /// Cosine of radians.
    cos => trig::cos;
    /// Tangent of radians.
    tan => trig::tan;
    /// Arc sine in radians.
    asin => trig::asin;
    /// Arc cosine in radians.
    acos => trig::acos;
    /// Arc tangent in radians.
    atan => trig::atan;
    /// Hyperbolic sine.
    sinh => trig::sinh;
    /// Hyperbolic cosine.
    cosh => trig::cosh;
    /// Hyperbolic tangent.
    tanh => trig::tanh;
    /// Inverse hyperbolic sine.
    asinh => trig::asinh;
    /// Inverse hyperbolic cosine.
    acosh => trig::acosh;
    /// Inverse hyperbolic tangent.
    atanh => trig::atanh;
    /// e to the power of each element.
    exp => exp_log::exp;
    /// 2 to the power of each element.
    exp2 => exp_log::exp2;
    /// `exp(x) - 1`, accurate near 0 (Rust's name).
    exp_m1 => exp_log::expm1;
    /// The natural logarithm (Rust's name).
    ln => exp_log::log;
    /// The natural logarithm.
    log => exp_log::log;
    /// `ln(1 + x)`, accurate near 0 (Rust's name).
    ln_1p => exp_log::log1p;
    /// The square root.
    sqrt => arith::sqrt;
    /// The cube root.
    cbrt => arith::cbrt;
}

macro_rules! comparisons {
    ($($method:ident $prim:ident $what:literal;)*) => {
        impl Array {
            $(
                #[doc = concat!("Whether each element ", $what, " the other's, with promotion and broadcasting.")]
                #[track_caller]
                pub fn $method(&self, other: impl IntoArray) -> Array {
                    let (x, y) = promote::binary(self, &other.into_array());
                    compare::$prim(&x, &y)
                }
            )*
        }
    };
}

comparisons! {
    equal eq "equals";
    not_equal ne "differs from";
    less lt "is less than";
    less_equal le "is at most";
    greater gt "is greater than";
    greater_equal ge "is at least";
}

impl Array {
    /// The array in another dtype: floats truncate to integers, integers wrap.
    #[track_caller]
    pub fn astype(&self, dtype: DType) -> Array {
        convert::convert_element_type(self, dtype, false)
    }

    /// The magnitude of each element.
    #[track_caller]
    pub fn abs(&self) -> Array {
        if matches!(self.dtype().kind(), Kind::Bool | Kind::Unsigned) { self.clone() } else { arith::abs(self) }
    }

    /// The largest integer not above each element.
    #[track_caller]
    pub fn floor(&self) -> Array {
        if self.dtype().is_inexact() { round::floor(self) } else { self.clone() }
    }

    /// The smallest integer not below each element.
    #[track_caller]
    pub fn ceil(&self) -> Array {
        if self.dtype().is_inexact() { round::ceil(self) } else { self.clone() }
    }

    /// The nearest integer to each element: ties away from zero for Rust scalars, to even otherwise, as NumPy's.
    #[track_caller]
    pub fn round(&self) -> Array {
        let method = if self.weak_type() { RoundingMethod::AwayFromZero } else { RoundingMethod::ToNearestEven };
        if self.dtype().is_inexact() { round::round(self, method) } else { self.clone() }
    }

    /// `1 / x` for each element.
    #[track_caller]
    pub fn recip(&self) -> Array {
        operators::div(&1.0f64.into_array(), &promote::inexact(self))
    }

    /// Each element to an integer power.
    #[track_caller]
    pub fn powi(&self, exponent: i32) -> Array {
        let x = if exponent < 0 { promote::inexact(self) } else { self.clone() };
        match exponent {
            0 => crate::prim::rule::full(x.aval(), 1.0),
            _ => arith::integer_pow(&x, exponent),
        }
    }

    /// Each element to a power, an array or a number.
    #[track_caller]
    pub fn powf(&self, exponent: impl IntoArray) -> Array {
        let (x, y) = promote::binary_inexact(self, &exponent.into_array());
        arith::pow(&x, &y)
    }

    /// `self * a + b`.
    #[track_caller]
    pub fn mul_add(&self, a: impl IntoArray, b: impl IntoArray) -> Array {
        operators::add(&operators::mul(self, &a.into_array()), &b.into_array())
    }

    /// The larger of each pair of elements; NaN if either is.
    #[track_caller]
    pub fn maximum(&self, other: impl IntoArray) -> Array {
        let (x, y) = promote::binary(self, &other.into_array());
        arith::max(&x, &y)
    }

    /// The smaller of each pair of elements; NaN if either is.
    #[track_caller]
    pub fn minimum(&self, other: impl IntoArray) -> Array {
        let (x, y) = promote::binary(self, &other.into_array());
        arith::min(&x, &y)
    }

    /// The angle of the point (`x`, `self`), from -π to π.
    #[track_caller]
    pub fn atan2(&self, x: impl IntoArray) -> Array {
        let (y, x) = promote::binary_inexact(self, &x.into_array());
        trig::atan2(&y, &x)
    }

    /// The sum over axes: `0`, `-1`, `(0, 1)`, or `None` for all. Truth values and small integers count in 32 bits.
    #[track_caller]
    pub fn sum(&self, axis: impl IntoAxes) -> Array {
        reduce::sum(self, &Over::new("sum", self, axis, false), None)
    }

    /// The product over axes. Truth values and small integers count in 32 bits.
    #[track_caller]
    pub fn prod(&self, axis: impl IntoAxes) -> Array {
        reduce::prod(self, &Over::new("prod", self, axis, false), None)
    }

    /// The mean over axes, a float.
    #[track_caller]
    pub fn mean(&self, axis: impl IntoAxes) -> Array {
        reduce::mean(self, &Over::new("mean", self, axis, false), None)
    }

    /// The variance over axes, a float.
    #[track_caller]
    pub fn var(&self, axis: impl IntoAxes) -> Array {
        reduce::var(self, &Over::new("var", self, axis, false), 0.0)
    }

    /// The standard deviation over axes, a float.
    #[track_caller]
    pub fn std(&self, axis: impl IntoAxes) -> Array {
        reduce::std(self, &Over::new("std", self, axis, false), 0.0)
    }

    /// Whether all elements over axes hold: are not zero.
    #[track_caller]
    pub fn all(&self, axis: impl IntoAxes) -> Array {
        reduce::all(self, &Over::new("all", self, axis, false))
    }

    /// Whether any element over axes holds: is not zero.
    #[track_caller]
    pub fn any(&self, axis: impl IntoAxes) -> Array {
        reduce::any(self, &Over::new("any", self, axis, false))
    }

    /// The position of the largest element along an axis, the first of several; with `None` that among all elements
    /// in row-major order.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn argmax(&self, axis: impl Into<Option<i32>>) -> Array {
        reduce::arg_extreme(self, axis.into().map(i64::from), false, true)
    }

    /// The position of the smallest element along an axis, the first of several; with `None` that among all elements
    /// in row-major order.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn argmin(&self, axis: impl Into<Option<i32>>) -> Array {
        reduce::arg_extreme(self, axis.into().map(i64::from), false, false)
    }

    /// Each element kept between two bounds, which are arrays or numbers.
    #[track_caller]
    pub fn clip(&self, low: impl IntoArray, high: impl IntoArray) -> Array {
        let (low, x) = promote::binary(&low.into_array(), self);
        let raised = arith::max(&low, &x);
        let (high, raised) = promote::binary(&high.into_array(), &raised);
        arith::min(&high, &raised)
    }

    /// Each element kept between two bounds (Rust's name for [`clip`](Array::clip)).
    #[track_caller]
    pub fn clamp(&self, low: impl IntoArray, high: impl IntoArray) -> Array {
        self.clip(low, high)
    }

    /// The same elements in another shape; one extent may be -1 and is then found from the others.
    #[track_caller]
    pub fn reshape(&self, shape: impl IntoShape) -> Array {
        shape::reshape(self, &fill_extents(self, &shape.into_shape()))
    }

    /// All elements in one axis, in row-major order.
    #[track_caller]
    pub fn ravel(&self) -> Array {
        shape::reshape(self, &[self.size()])
    }

    /// The axes in reverse order.
    #[track_caller]
    pub fn t(&self) -> Array {
        shape::transpose(self, &(0..self.ndim()).rev().collect::<Vec<_>>())
    }

    /// The axes in another order: axis `i` of the result is axis `axes[i]`.
    #[track_caller]
    pub fn transpose(&self, axes: impl IntoAxes) -> Array {
        match axes.into_axes() {
            None => self.t(),
            Some(axes) => {
                let mut counted = Vec::new();
                for axis in axes {
                    counted.push(axis_of("transpose", axis, self.ndim()));
                }
                shape::transpose(self, &counted)
            }
        }
    }

    /// The array with new axes of extent 1 at these places of the result: `1`, `(0, -1)`.
    ///
    /// # Panics
    /// If an axis is out of bounds, or named twice.
    #[track_caller]
    pub fn expand_dims(&self, axis: impl IntoAxes) -> Array {
        let Some(new) = axis.into_axes() else { return self.clone() };
        let rank = self.ndim() + new.len();
        let new = axes_of("expand_dims", AxisList(Some(new)), rank);
        let dims: Vec<usize> = (0..rank).filter(|axis| !new.contains(axis)).collect();
        let mut shape = vec![1; rank];
        dims.iter().zip(self.shape()).for_each(|(&axis, &extent)| shape[axis] = extent);
        shape::broadcast_in_dim(self, &shape, &dims)
    }

    /// The array without these axes, of extent 1; with `None` without all such axes.
    ///
    /// # Panics
    /// If an axis is out of bounds, or its extent is not 1.
    #[track_caller]
    pub fn squeeze(&self, axis: impl IntoAxes) -> Array {
        let axes = match axis.into_axes() {
            None => (0..self.ndim()).filter(|&axis| self.shape()[axis] == 1).collect(),
            axes => axes_of("squeeze", AxisList(axes), self.ndim()),
        };
        shape::squeeze(self, &axes)
    }

    /// Two axes exchanged.
    ///
    /// # Panics
    /// If one is out of bounds.
    #[track_caller]
    pub fn swapaxes(&self, axis1: i32, axis2: i32) -> Array {
        let first = axis_of("swapaxes", axis1 as i64, self.ndim());
        let second = axis_of("swapaxes", axis2 as i64, self.ndim());
        let mut permutation: Vec<usize> = (0..self.ndim()).collect();
        permutation.swap(first, second);
        shape::transpose(self, &permutation)
    }

    /// All elements in one axis, in row-major order.
    #[track_caller]
    pub fn flatten(&self) -> Array {
        self.ravel()
    }

    /// The real part.
    #[track_caller]
    pub fn real(&self) -> Array {
        if self.dtype().is_complex() { complex::real(self) } else { self.clone() }
    }

    /// The imaginary part.
    #[track_caller]
    pub fn imag(&self) -> Array {
        if self.dtype().is_complex() { complex::imag(self) } else { crate::prim::rule::zeros(self.aval()) }
    }
}

/// The extents asked of `reshape`, -1 replaced by the extent that fits.
#[track_caller]
fn fill_extents(x: &Array, wanted: &[i64]) -> Vec<usize> {
    let list: Vec<String> = wanted.iter().map(i64::to_string).collect();
    let wanted_tuple = if list.len() == 1 { format!("({},)", list[0]) } else { format!("({})", list.join(", ")) };
    let here = here();
    let fail = |message: String| raise(Error::new(ErrorKind::Shape, "reshape", message).at(here));
    let unknown = wanted.iter().filter(|&&extent| extent == -1).count();
    if unknown > 1 {
        fail(format!("reshape: can only specify one unknown axis size with a `-1` value, got {wanted_tuple}"));
    }
    let known: i64 = wanted.iter().filter(|&&extent| extent != -1).product();
    let have = format!("cannot reshape array of shape {} (size {})", tuple(x.shape()), x.size());
    if unknown == 0 && known != x.size() as i64 || wanted.iter().any(|&extent| extent < -1) {
        fail(format!("{have} into shape {wanted_tuple} (size {known})"));
    }
    if unknown == 1 && (known == 0 || x.size() as i64 % known != 0) {
        fail(format!(
            "{have} into shape {wanted_tuple} because the product of specified axis sizes ({known}) does not evenly \
             divide {}",
            x.size()
        ));
    }
    let fill = |&extent: &i64| usize::try_from(extent).unwrap_or(x.size() / known.unsigned_abs().max(1) as usize);
    wanted.iter().map(fill).collect()
}

/// A shape: an extent, or a tuple, array or slice of them; in `reshape`, -1 stands for the extent that fits.
pub trait IntoShape {
    /// The extents.
    fn into_shape(self) -> Vec<i64>;
}

macro_rules! shapes {
    ($($ty:ty),*) => {
        $(
            impl IntoShape for $ty {
                fn into_shape(self) -> Vec<i64> {
                    vec![self as i64]
                }
            }

            impl<const N: usize> IntoShape for [$ty; N] {
                fn into_shape(self) -> Vec<i64> {
                    self.iter().map(|&extent| extent as i64).collect()
                }
            }

            impl IntoShape for &[$ty] {
                fn into_shape(self) -> Vec<i64> {
                    self.iter().map(|&extent| extent as i64).collect()
                }
            }

            impl IntoShape for &Vec<$ty> {
                fn into_shape(self) -> Vec<i64> {
                    self.as_slice().into_shape()
                }
            }

            impl IntoShape for Vec<$ty> {
                fn into_shape(self) -> Vec<i64> {
                    self.as_slice().into_shape()
                }
            }
        )*
    };
}

shapes!(usize, i32);

/// An extent within a tuple.
pub trait Extent {
    /// The extent.
    fn extent(self) -> i64;
}

impl Extent for usize {
    fn extent(self) -> i64 {
        self as i64
    }
}

impl Extent for i32 {
    fn extent(self) -> i64 {
        self as i64
    }
}

macro_rules! tuple_shapes {
    ($(($($name:ident $index:tt),*);)*) => {
        $(impl<$($name: Extent),*> IntoShape for ($($name,)*) {
            fn into_shape(self) -> Vec<i64> {
                vec![$(self.$index.extent()),*]
            }
        })*
    };
}

tuple_shapes! { (); }
for_tuples!(tuple_shapes);
