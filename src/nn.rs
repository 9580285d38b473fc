//! Functions of neural networks: activations, softmax and its kin, with derivatives that are right everywhere.

use std::sync::LazyLock;

use jax_core::api::stop_gradient;
use jax_core::array::builder::trace;
use jax_core::array::fail::raise;
use jax_core::array::{Array, IntoArray, at_caller};
use jax_core::base::error::ErrorKind;
use jax_core::base::{DType, Error, Scalar};
use jax_core::control::custom::{CustomJvpCall, Rule, custom_jvp_call};
use jax_core::lax::axes::axis_of;
use jax_core::lax::promote;
use jax_core::lax::reduce::{self, Over};
use jax_core::prim;

use crate::numpy::{logaddexp, where_, zeros_like};

/// Declares functions of each element of a float array, with an example `name(input)` that prints `output`.
macro_rules! activations {
    ($($(#[$doc:meta])* $name:ident($in:literal => $out:literal) |$x:ident| $body:expr;)*) => {
        $(
            $(#[$doc])*
            ///
            /// ```
            /// use jax::prelude::*;
            #[doc = concat!("assert_eq!(nn::", stringify!($name), "(", $in, ").to_string(), \"", $out, "\");")]
            /// ```
            #[track_caller]
            pub fn $name(x: impl IntoArray) -> Array {
                let $x = &x.into_array();
                $body
            }
        )*
    };
}

#[track_caller]
fn number(x: &Array, value: f64) -> Array {
    Array::scalar(Scalar::from_f64(x.dtype(), value))
}

activations! {
    /// `max(x, 0)`, elementwise. Its derivative at 0 is 0.
    relu("[-1.0, 2.0]" => "[0. 2.]") |x| rectify(x);
    /// `min(max(x, 0), 6)`, elementwise. Its derivatives at 0 and 6 are 0.
    relu6("[-1.0, 2.0, 9.0]" => "[0. 2. 6.]") |x| where_(x.greater(0) & x.less(6), x, x.clip(0, 6));
    /// `1 / (1 + exp(-x))`, elementwise.
    sigmoid("[0.0, jnp::inf]" => "[0.5 1. ]") |x| prim::exp_log::logistic(&promote::inexact(x));
    /// `log(sigmoid(x))`, elementwise, without cancellation.
    log_sigmoid("jnp::inf" => "-0.0") |x| -softplus(-x);
    /// `log(1 + exp(x))`, elementwise, without overflow on the way.
    softplus("[-jnp::inf, 1000.0]" => "[   0. 1000.]") |x| logaddexp(x, 0.0);
    /// `x / (1 + |x|)`, elementwise.
    soft_sign("[-1.0, 0.0]" => "[-0.5  0. ]") |x| x / (1.0 + x.abs());
    /// `x sigmoid(x)`, elementwise.
    silu("[0.0, 1000.0]" => "[   0. 1000.]") |x| { let x = promote::inexact(x); &x * prim::exp_log::logistic(&x) };
    /// `x sigmoid(x)`, elementwise.
    swish("0.0" => "0.0") |x| silu(x);
    /// `x` times the probability that a normal variable is below it, elementwise, by the approximation
    /// `x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2`.
    gelu("[-1000.0, 0.0, 1000.0]" => "[  -0.    0. 1000.]") |x| {
        let x = promote::inexact(x);
        let cubed = prim::arith::integer_pow(&x, 3);
        let inner = number(&x, (2.0 / std::f64::consts::PI).sqrt()) * (&x + number(&x, 0.044715) * cubed);
        &x * (number(&x, 0.5) * (number(&x, 1.0) + inner.tanh()))
    };
    /// `x` times the probability that a normal variable is below it, elementwise, by the error function.
    gelu_exact("[0.0, 1000.0]" => "[   0. 1000.]") |x| {
        let x = promote::inexact(x);
        let below = prim::special::erfc(&(-&x * number(&x, std::f64::consts::FRAC_1_SQRT_2)));
        0.5 * &x * below
    };
    /// `x` where positive, else `exp(x) - 1`, elementwise.
    elu("[-jnp::inf, 2.0]" => "[-1.  2.]") |x| exponential(x, 1.0);
    /// The self-normalizing `1.0507 * (x where positive, else 1.67326 (exp(x) - 1))`, elementwise.
    selu("0.0" => "0.0") |x| 1.050_700_987_355_480_5 * exponential(x, 1.673_263_242_354_377_2);
    /// `x` where positive, else `x / 100`, elementwise.
    leaky_relu("[-1.0, 2.0]" => "[-0.01  2.  ]") |x| where_(x.greater_equal(0), x, 0.01 * x);
    /// `x` kept between -1 and 1, elementwise.
    hard_tanh("[-3.0, 0.5]" => "[-1.   0.5]") |x| where_(x.greater(1), 1, where_(x.less(-1), -1, x));
}

/// `x` where positive, else `alpha * (exp(x) - 1)`.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(nn::elu_with([-jnp::inf, 2.0], 3.0).to_string(), "[-3.  2.]");
/// ```
#[track_caller]
pub fn elu_with(x: impl IntoArray, alpha: f64) -> Array {
    exponential(&x.into_array(), alpha)
}

/// With a rule of its own for the derivative: that of `exp_m1` adds 1 to what was `exp(x) - 1`, and is 0 before
/// `exp(x)` is. The exponential is taken of negative elements only, so that no derivative is NaN.
#[track_caller]
fn exponential(x: &Array, alpha: f64) -> Array {
    static DERIVATIVE: LazyLock<Rule> = LazyLock::new(|| {
        Rule::new(|args| {
            let [x, alpha, tangent, of_alpha] = args else {
                jax_core::bug!("the rule of elu has {} operands", args.len());
            };
            let positive = x.greater(0.0);
            let negative = where_(&positive, 0.0, x);
            let slope = where_(&positive, 1.0, alpha * negative.exp());
            let along_alpha = where_(&positive, 0.0, negative.exp_m1() * of_alpha);
            vec![elu_of(x, alpha), slope * tangent + along_alpha]
        })
    });
    let x = &promote::inexact(x);
    let alpha = number(x, alpha);
    let closed = trace(&[x.aval().clone(), alpha.aval().clone()], |args| vec![elu_of(&args[0], &args[1])]);
    let call =
        CustomJvpCall { name: "elu".to_owned(), call_jaxpr: closed.jaxpr, jvp: DERIVATIVE.clone(), num_consts: 0 };
    custom_jvp_call(call, &[x.clone(), alpha]).swap_remove(0)
}

#[track_caller]
fn elu_of(x: &Array, alpha: &Array) -> Array {
    let positive = x.greater(0.0);
    where_(&positive, x, alpha * where_(&positive, 0.0, x).exp_m1())
}

/// `max(x, 0)` with a rule of its own for the derivative, which plain `max` would halve at 0.
#[track_caller]
fn rectify(x: &Array) -> Array {
    static DERIVATIVE: LazyLock<Rule> = LazyLock::new(|| {
        Rule::new(|args| {
            let (x, tangent) = (&args[0], &args[1]);
            vec![rectify(x), where_(x.greater(0), tangent, zeros_like(tangent))]
        })
    });
    if !x.dtype().is_inexact() {
        return x.maximum(0);
    }
    let closed = at_caller(|| trace(&[x.aval().clone()], |args| vec![args[0].maximum(0)]));
    let call =
        CustomJvpCall { name: "relu".to_owned(), call_jaxpr: closed.jaxpr, jvp: DERIVATIVE.clone(), num_consts: 0 };
    custom_jvp_call(call, std::slice::from_ref(x)).swap_remove(0)
}

/// The largest elements along axes that go away.
#[track_caller]
fn largest(x: &Array, gone: &Over) -> Array {
    prim::arith::max(&number(x, f64::NEG_INFINITY), &reduce::max(x, gone))
}

/// The array less its largest elements along an axis, which is kept: what an exponential does not overflow for. They
/// are taken for constants in derivatives, in which they cancel.
#[track_caller]
fn shifted(op: &'static str, x: &Array, axis: i32) -> (Array, Over) {
    let (gone, kept) = (Over::new(op, x, axis, false), Over::new(op, x, axis, true));
    (x - stop_gradient(&kept.restore(x, largest(x, &gone))), kept)
}

/// `exp(x) / sum(exp(x))` along the last axis.
///
/// # Panics
/// If there is no element.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(nn::softmax([1000.0, 1000.0]).to_string(), "[0.5 0.5]");
/// ```
#[track_caller]
pub fn softmax(x: impl IntoArray) -> Array {
    softmax_with(x, -1)
}

/// `exp(x) / sum(exp(x))` along an axis.
///
/// # Panics
/// If the axis is out of bounds, or there is no element.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(nn::softmax_with([[1.0], [1.0]], 0).to_string(), "[[0.5]\n [0.5]]");
/// ```
#[track_caller]
pub fn softmax_with(x: impl IntoArray, axis: i32) -> Array {
    let x = promote::inexact(&x.into_array());
    let (shifted, over) = shifted("softmax", &x, axis);
    let exponential = shifted.exp();
    let total = reduce::sum(&exponential, &over, None);
    exponential / total
}

/// `log(softmax(x))` along the last axis, without cancellation.
///
/// # Panics
/// If there is no element.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(nn::log_softmax([1000.0, -1000.0]).to_string(), "[    0. -2000.]");
/// ```
#[track_caller]
pub fn log_softmax(x: impl IntoArray) -> Array {
    log_softmax_with(x, -1)
}

/// `log(softmax(x))` along an axis, without cancellation.
///
/// # Panics
/// If the axis is out of bounds, or there is no element.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(nn::log_softmax_with([[1000.0], [-1000.0]], 0).to_string(), "[[    0.]\n [-2000.]]");
/// ```
#[track_caller]
pub fn log_softmax_with(x: impl IntoArray, axis: i32) -> Array {
    let x = promote::inexact(&x.into_array());
    let (shifted, over) = shifted("log_softmax", &x, axis);
    let total = reduce::sum(&shifted.exp(), &over, None);
    shifted - total.log()
}

/// `log(sum(exp(x)))` over all elements, without overflow on the way.
///
/// # Panics
/// If there is no element.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(nn::logsumexp([1000.0, -jnp::inf]).to_string(), "1000.0");
/// ```
#[track_caller]
pub fn logsumexp(x: impl IntoArray) -> Array {
    logsumexp_with(x, crate::numpy::ReduceOptions::default())
}

/// [`logsumexp`] along axes.
///
/// # Panics
/// If an axis is out of bounds, or there is no element.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(nn::logsumexp_with([[1000.0], [-5.0]], jnp::axis(1)).to_string(), "[1000.   -5.]");
/// ```
#[track_caller]
pub fn logsumexp_with(x: impl IntoArray, options: crate::numpy::ReduceOptions) -> Array {
    let x = promote::inexact(&x.into_array());
    let over = |keepdims| Over::new("logsumexp", &x, options.axis.clone(), keepdims);
    let (gone, kept) = (over(false), over(true));
    let largest = largest(&x, &gone);
    let largest = stop_gradient(&where_(prim::round::is_finite(&largest), &largest, zeros_like(&largest)));
    let total = reduce::sum(&(&x - kept.restore(&x, largest.clone())).exp(), &gone, None);
    over(options.keepdims).restore(&x, total.log() + largest)
}

/// Rows of an identity matrix: 1 at each index along a new last axis, `float32`. Indices out of range give zeros.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(nn::one_hot([0, 2, 5], 3).to_string(), "[[1. 0. 0.]\n [0. 0. 1.]\n [0. 0. 0.]]");
/// ```
#[track_caller]
pub fn one_hot(x: impl IntoArray, num_classes: usize) -> Array {
    one_hot_with(x, num_classes, OneHotOptions::default())
}

/// The optional arguments of [`one_hot_with`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OneHotOptions {
    /// The dtype.
    pub dtype: DType,
    /// Where the new axis is in the result.
    pub axis: i32,
}

impl Default for OneHotOptions {
    fn default() -> OneHotOptions {
        OneHotOptions { dtype: DType::F32, axis: -1 }
    }
}

impl OneHotOptions {
    /// Of this dtype.
    pub fn dtype(self, dtype: DType) -> OneHotOptions {
        OneHotOptions { dtype, ..self }
    }

    /// With the new axis here.
    pub fn axis(self, axis: i32) -> OneHotOptions {
        OneHotOptions { axis, ..self }
    }
}

/// [`one_hot`] with a dtype, or along another axis.
///
/// # Panics
/// If the axis is out of bounds.
///
/// ```
/// use jax::prelude::*;
/// let options = nn::OneHotOptions::default().dtype(DType::I32).axis(0);
/// assert_eq!(nn::one_hot_with([0, 1], 3, options).to_string(), "[[1 0]\n [0 1]\n [0 0]]");
/// ```
#[track_caller]
pub fn one_hot_with(x: impl IntoArray, num_classes: usize, options: OneHotOptions) -> Array {
    let x = x.into_array();
    if x.dtype().is_complex() || x.dtype() == DType::Bool {
        let message = format!("one_hot: indices must be numbers, got dtype {}", x.dtype());
        raise(Error::new(ErrorKind::DType, "one_hot", message));
    }
    let rank = x.ndim() + 1;
    let axis = axis_of("one_hot", options.axis as i64, rank);
    let mut shape = vec![1; rank];
    shape[axis] = num_classes;
    let indices = x.expand_dims(axis as i32);
    indices.equal(prim::iota::iota(x.dtype(), &shape, axis)).astype(options.dtype)
}
