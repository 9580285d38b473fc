//! [`Tracer`]: a number that is staged, for code that is generic over the traits of `num-traits`.
//!
//! Here is what it is made of, how it is made of arrays and read again, how it prints, and what it says when its value
//! is asked for before it exists. Operators are in `operators`, the traits of `num-traits` in `num` and `float`.

mod float;
mod num;
mod operators;

use std::fmt;

use num_traits::{ConstOne, ConstZero, Float, FloatConst, FromPrimitive, NumAssign, Signed};

use crate::array::data::{self, Array, Repr};
use crate::array::fail::raise;
use crate::array::{Element, IntoArray};
use crate::base::error::ErrorKind;
use crate::base::{Error, Scalar, Span};
use crate::ir::{Aval, Var};
use crate::tree::{Flat, Leaves, PyTree, Reusable};

/// A Rust float that a [`Tracer`] stands for: `f32` or `f64`.
pub trait FloatElement:
    Element
    + Float
    + FloatConst
    + FromPrimitive
    + NumAssign
    + Signed
    + ConstZero
    + ConstOne
    + Default
    + fmt::Display
    + fmt::LowerExp
{
    /// The number in this type, rounded.
    fn of_f64(value: f64) -> Self;

    /// The number, exactly.
    fn exact(self) -> f64;
}

impl FloatElement for f32 {
    fn of_f64(value: f64) -> f32 {
        value as f32
    }

    fn exact(self) -> f64 {
        self as f64
    }
}

impl FloatElement for f64 {
    fn of_f64(value: f64) -> f64 {
        value
    }

    fn exact(self) -> f64 {
        self
    }
}

/// A float that is `Copy` and implements the traits of `num-traits`, so that functions generic over them stage,
/// differentiate, vectorize and compile unchanged: code in crates that never heard of this one, too.
///
/// It is either a number that is known, on which operations are Rust's, or a value of a function being staged, on which
/// they add equations as they do on a rank-0 [`Array`]. A known number that meets a staged value is a literal of the
/// jaxpr. What needs the number itself, `<`, `is_nan`, `to_f64`, is an error for a staged value.
///
/// It holds no memory: a staged value is the name of a variable of the jaxpr under construction. One that outlives its
/// function is found out when it is used.
///
/// ```
/// use jax_core::api::{grad, make_jaxpr};
/// use jax_core::lax::Tracer;
/// use num_traits::Float;
///
/// fn softplus<T: Float>(x: T) -> T {
///     (x.exp() + T::one()).ln()
/// }
///
/// assert_eq!(softplus(0.0f64), std::f64::consts::LN_2);
/// let slope = grad(|x: Tracer<f64>| softplus(x));
/// assert_eq!(slope(0.0.into()).number(), 0.5);
/// assert_eq!(
///     make_jaxpr(|x: Tracer| softplus(x))(1.0.into()).to_string(),
///     "{ lambda ; a:f32[]. let
///     b:f32[] = exp a
///     c:f32[] = add b 1.0:f32[]
///     d:f32[] = log c
///   in (d,) }",
/// );
/// ```
#[derive(Clone, Copy)]
pub struct Tracer<T = f32>(Value<T>);

#[derive(Clone, Copy)]
enum Value<T> {
    /// A number, and whether its dtype yields in promotion.
    Known(T, bool),
    /// A variable of a builder.
    Staged { builder: u64, var: Var, weak: bool, made: Span },
}

use Value::{Known, Staged};

impl<T: FloatElement> Tracer<T> {
    /// A known number.
    pub const fn known(value: T) -> Tracer<T> {
        Tracer(Known(value, true))
    }

    /// The number, if it is known; a staged value has none yet.
    ///
    /// ```
    /// use jax_core::lax::Tracer;
    /// assert_eq!(Tracer::known(2.0).value(), Some(2.0));
    /// ```
    pub fn value(self) -> Option<T> {
        match self.0 {
            Known(value, _) => Some(value),
            Staged { .. } => None,
        }
    }

    /// The number.
    ///
    /// # Panics
    /// If it is a value of a function being staged, which does not exist yet.
    ///
    /// ```
    /// use jax_core::lax::Tracer;
    /// assert_eq!((Tracer::known(2.0f32) * 3.0).number(), 6.0);
    /// ```
    #[track_caller]
    pub fn number(self) -> T {
        self.host("number")
    }

    /// The rank-0 array that it is, for what only arrays have.
    ///
    /// ```
    /// use jax_core::lax::Tracer;
    /// assert_eq!(Tracer::known(2.0f32).array().greater(1.0).to_string(), "True");
    /// ```
    pub fn array(self) -> Array {
        match self.0 {
            Known(value, weak) => {
                let exact = Scalar::from_f64(T::DTYPE, value.exact());
                Array(Repr::Scalar(Aval::new(T::DTYPE, &[]).with_weak(weak), exact.bits(), exact))
            }
            Staged { builder, var, weak, made } => {
                let aval = Aval::new(T::DTYPE, &[]).with_weak(weak);
                Array(Repr::Traced(data::Tracer { aval, builder, var, made }))
            }
        }
    }

    /// The number that a rank-0 array of `T` is.
    fn of(array: &Array) -> Tracer<T> {
        match (&array.0, array.as_constant()) {
            (Repr::Traced(data::Tracer { aval, builder, var, made }), _) => {
                Tracer(Staged { builder: *builder, var: *var, weak: aval.weak, made: *made })
            }
            (_, Some(value)) => Tracer(Known(T::of_f64(value.as_f64()), array.weak_type())),
            (_, None) => crate::bug!("an array of type {} as a number", array.aval()),
        }
    }

    /// The number, for an operation of the host: an error that names it, if the number is not known.
    #[track_caller]
    fn host(self, operation: &str) -> T {
        match self.0 {
            Known(value, _) => value,
            Staged { .. } => raise(self.concretization(operation, "the number")),
        }
    }

    /// The error of a host operation on a staged value.
    fn concretization(self, operation: &str, needed: &str) -> Error {
        let Staged { made, .. } = self.0 else { crate::bug!("a known number is concrete") };
        Error::new(
            ErrorKind::Concretization,
            "tracer",
            format!(
                "Abstract tracer value encountered where concrete value is expected: `{operation}` needs {needed} of a \
                 traced {}[], which does not exist while its function is traced; the value was made at {made}. Choose \
                 between values with `jnp::where_` or `lax::cond`, let the body of a `#[jit]` function compare, or make \
                 the operand a static argument.",
                T::DTYPE.short_name()
            ),
        )
    }
}

/// A known number.
impl<T: FloatElement> From<T> for Tracer<T> {
    fn from(value: T) -> Tracer<T> {
        Tracer::known(value)
    }
}

/// A known number, rounded.
impl From<f64> for Tracer<f32> {
    fn from(value: f64) -> Tracer<f32> {
        Tracer::known(value as f32)
    }
}

/// A known number.
impl From<f32> for Tracer<f64> {
    fn from(value: f32) -> Tracer<f64> {
        Tracer::known(value as f64)
    }
}

/// A known number.
impl<T: FloatElement> From<i32> for Tracer<T> {
    fn from(value: i32) -> Tracer<T> {
        Tracer::known(T::of_f64(value as f64))
    }
}

/// The element of a rank-0 array, known or staged.
///
/// # Panics
/// If the array has axes, or another dtype.
impl<T: FloatElement> From<Array> for Tracer<T> {
    #[track_caller]
    fn from(array: Array) -> Tracer<T> {
        Tracer::from(&array)
    }
}

/// The element of a rank-0 array, known or staged.
///
/// # Panics
/// If the array has axes, or another dtype.
impl<T: FloatElement> From<&Array> for Tracer<T> {
    #[track_caller]
    fn from(array: &Array) -> Tracer<T> {
        if array.ndim() != 0 || array.dtype() != T::DTYPE {
            let kind = if array.ndim() == 0 { ErrorKind::DType } else { ErrorKind::Shape };
            let number = T::DTYPE.short_name();
            raise(Error::new(
                kind,
                "tracer",
                format!("a Tracer<{number}> is of type {number}[], but an array of type {} was given", array.aval()),
            ));
        }
        Tracer::of(array)
    }
}

impl<T: FloatElement> From<Tracer<T>> for Array {
    fn from(tracer: Tracer<T>) -> Array {
        tracer.array()
    }
}

impl<T: FloatElement> IntoArray for Tracer<T> {
    fn into_array(self) -> Array {
        self.array()
    }
}

impl<T: FloatElement> IntoArray for &Tracer<T> {
    fn into_array(self) -> Array {
        self.array()
    }
}

impl<T: FloatElement> Default for Tracer<T> {
    fn default() -> Tracer<T> {
        Tracer::known(T::default())
    }
}

/// Implements a way of formatting: that of a known number; a staged value prints its type.
macro_rules! formats {
    ($($trait:ident),*) => {
        $(impl<T: FloatElement> fmt::$trait for Tracer<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.0 {
                    Known(value, _) => fmt::$trait::fmt(&value, f),
                    Staged { .. } => write!(f, "JitTracer({}[])", T::DTYPE.short_name()),
                }
            }
        })*
    };
}

formats!(Debug, Display, LowerExp);

impl<T: FloatElement> Reusable for Tracer<T> {}

impl<T: FloatElement> PyTree for Tracer<T> {
    fn flatten(self, flat: &mut Flat) {
        flat.leaf(self.array());
    }

    #[track_caller]
    fn unflatten(leaves: &mut Leaves<'_>) -> Tracer<T> {
        Tracer::from(leaves.leaf())
    }
}

crate::tree_argument! {
    [T: FloatElement] Tracer<T>;
}
