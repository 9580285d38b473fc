//! Methods of [`Array`]: NumPy's, and those of Rust's floats under their own names, so that a function on `f32`
//! stages unchanged.

use super::axes::{IntoAxes, axes_of, axis_of};
use super::{operators, promote};
use crate::array::fail::raise;
use crate::array::{Array, IntoArray};
use crate::base::error::ErrorKind;
use crate::base::{DType, Error};
use crate::prim::round::RoundingMethod;
use crate::prim::{arith, complex, convert, exp_log, reduce, round, shape, trig};

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

impl Array {
    /// The array in another dtype: floats truncate to integers, integers wrap.
    #[track_caller]
    pub fn astype(&self, dtype: DType) -> Array {
        convert::convert_element_type(self, dtype, false)
    }

    /// The magnitude of each element.
    #[track_caller]
    pub fn abs(&self) -> Array {
        arith::abs(self)
    }

    /// The largest integer not above each element.
    #[track_caller]
    pub fn floor(&self) -> Array {
        round::floor(&promote::inexact(self))
    }

    /// The smallest integer not below each element.
    #[track_caller]
    pub fn ceil(&self) -> Array {
        round::ceil(&promote::inexact(self))
    }

    /// The nearest integer to each element: ties away from zero for Rust scalars, to even otherwise, as NumPy's.
    #[track_caller]
    pub fn round(&self) -> Array {
        let method = if self.weak_type() { RoundingMethod::AwayFromZero } else { RoundingMethod::ToNearestEven };
        round::round(&promote::inexact(self), method)
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
            0 => crate::transform::jvp::full(x.aval(), 1.0),
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

    /// The sum over axes: `0`, `-1`, `(0, 1)`, or `None` for all. Truth values count as integers.
    #[track_caller]
    pub fn sum(&self, axis: impl IntoAxes) -> Array {
        let x = if self.dtype() == DType::Bool { self.astype(DType::I32) } else { self.clone() };
        reduce::reduce_sum(&x, &axes_of("sum", axis, x.ndim()))
    }

    /// The mean over axes, a float.
    #[track_caller]
    pub fn mean(&self, axis: impl IntoAxes) -> Array {
        let x = promote::inexact(self);
        let axes = axes_of("mean", axis, x.ndim());
        let count: usize = axes.iter().map(|&axis| x.shape()[axis]).product();
        let sum = reduce::reduce_sum(&x, &axes);
        operators::div(&sum, &(count as f64).into_array())
    }

    /// The largest element over axes.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn max(&self, axis: impl IntoAxes) -> Array {
        reduce::reduce_max(self, &nonempty_axes(self, "max", axis))
    }

    /// The smallest element over axes.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn min(&self, axis: impl IntoAxes) -> Array {
        reduce::reduce_min(self, &nonempty_axes(self, "min", axis))
    }

    /// Whether all elements over axes hold.
    #[track_caller]
    pub fn all(&self, axis: impl IntoAxes) -> Array {
        reduce::reduce_and(&self.astype(DType::Bool), &axes_of("all", axis, self.ndim()))
    }

    /// Whether any element over axes holds.
    #[track_caller]
    pub fn any(&self, axis: impl IntoAxes) -> Array {
        reduce::reduce_or(&self.astype(DType::Bool), &axes_of("any", axis, self.ndim()))
    }

    /// The same elements in another shape; one extent may be -1 and is then found from the others.
    #[track_caller]
    pub fn reshape(&self, shape: impl IntoShape) -> Array {
        let wanted = shape.into_shape();
        let known: i64 = wanted.iter().filter(|&&extent| extent >= 0).product();
        let unknown = wanted.iter().filter(|&&extent| extent < 0).count();
        let fill = |extent: i64| match extent {
            extent if extent >= 0 => extent as usize,
            _ => self.size().checked_div(known.unsigned_abs() as usize).unwrap_or(0),
        };
        if unknown > 1 {
            raise(Error::new(ErrorKind::Shape, "reshape", "can only specify one unknown dimension"));
        }
        shape::reshape(self, &wanted.iter().map(|&extent| fill(extent)).collect::<Vec<_>>())
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
                let axes: Vec<usize> = axes.iter().map(|&axis| axis_of("transpose", axis, self.ndim())).collect();
                shape::transpose(self, &axes)
            }
        }
    }

    /// The array with a new axis of extent 1 at this place of the result.
    #[track_caller]
    pub fn expand_dims(&self, axis: i32) -> Array {
        let axis = axis_of("expand_dims", axis as i64, self.ndim() + 1);
        let mut shape = self.shape().to_vec();
        shape.insert(axis, 1);
        let dims: Vec<usize> = (0..shape.len()).filter(|&a| a != axis).collect();
        shape::broadcast_in_dim(self, &shape, &dims)
    }

    /// The real part.
    #[track_caller]
    pub fn real(&self) -> Array {
        if self.dtype().is_complex() { complex::real(self) } else { self.clone() }
    }

    /// The imaginary part.
    #[track_caller]
    pub fn imag(&self) -> Array {
        if self.dtype().is_complex() { complex::imag(self) } else { crate::transform::jvp::zeros(self.aval()) }
    }
}

#[track_caller]
fn nonempty_axes(x: &Array, op: &'static str, axis: impl IntoAxes) -> Vec<usize> {
    let axes = axes_of(op, axis, x.ndim());
    if axes.iter().any(|&axis| x.shape()[axis] == 0) {
        let message = format!("zero-size array to reduction operation {op} which has no identity");
        raise(Error::new(ErrorKind::Value, op, message));
    }
    axes
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

tuple_shapes! {
    ();
    (A 0);
    (A 0, B 1);
    (A 0, B 1, C 2);
    (A 0, B 1, C 2, D 3);
    (A 0, B 1, C 2, D 3, E 4);
    (A 0, B 1, C 2, D 3, E 4, F 5);
}
