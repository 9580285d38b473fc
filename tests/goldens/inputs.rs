//! The arguments and functions that the recorded programs share: the prelude of `golden/jaxprs.txt`, in Rust.

use jax::{Array, numpy as jnp};
use jax_core::api::{grad, stop_gradient};
use jax_core::array::IntoArray;
use jax_core::base::{DType, Scalar};
use jax_core::lax;

pub fn ones(shape: &[usize]) -> Array {
    Array::from_slice(&vec![1.0f32; shape.iter().product()], shape)
}

pub fn i3() -> Array {
    Array::from_slice(&[0i32, 1, 2], &[3])
}

pub fn x() -> Array {
    Array::from_slice(&[1.2f32, 3.2, 4.0], &[3])
}

pub fn y() -> Array {
    Array::from_slice(&[0.0f32, 5.0, 10.0], &[3])
}

pub fn x4() -> Array {
    ones(&[4])
}

pub fn x10() -> Array {
    Array::from_slice(&[0.0f32, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0], &[10])
}

pub fn m() -> Array {
    ones(&[4, 3])
}

pub fn m34() -> Array {
    ones(&[3, 4])
}

pub fn m54() -> Array {
    ones(&[5, 4])
}

pub fn b3() -> Array {
    ones(&[3])
}

pub fn s() -> Array {
    Array::scalar(Scalar::from_f64(DType::F32, 0.5))
}

pub fn labels() -> Array {
    Array::from_slice(&[0i32, 2, 1, 0], &[4])
}

pub fn truth() -> Array {
    Array::scalar(Scalar::bool(true))
}

pub fn i32_(value: i32) -> Array {
    Array::scalar(Scalar::from_i128(DType::I32, value.into()))
}

/// A Rust scalar, weakly typed, as Python's.
pub fn f(value: f32) -> Array {
    value.into_array()
}

/// A Rust scalar, weakly typed, as Python's.
pub fn n(value: i32) -> Array {
    value.into_array()
}

pub fn selu(x: Array, alpha: Array, lambda: Array) -> Array {
    lambda * jnp::where_(jnp::greater(&x, 0), &x, &alpha * x.exp() - &alpha)
}

pub fn selu0(x: Array) -> Array {
    1.05 * jnp::where_(jnp::greater(&x, 0), &x, 1.67 * x.exp() - 1.67)
}

pub fn rms_error(x: Array, y: Array) -> Array {
    (x - y).powi(2).mean(None).sqrt()
}

pub fn single_linear(x: Array, w: Array, b: Array) -> Array {
    (x.expand_dims(1) * w).sum(0) + b
}

pub fn sq_linear(w: Array, x: Array, b: Array) -> Array {
    single_linear(x, w, b).powi(2).sum(None)
}

pub fn logsumexp(x: Array) -> Array {
    let m = stop_gradient(&x.max(None));
    (x - &m).exp().sum(None).log() + m
}

fn keepdims(x: &Array) -> Array {
    x.expand_dims(-1)
}

pub fn log_softmax(z: Array) -> Array {
    let m = stop_gradient(&keepdims(&z.max(-1)));
    &z - &m - keepdims(&(&z - &m).exp().sum(-1)).log()
}

pub fn xent(z: Array, onehot: Array) -> Array {
    -(onehot * log_softmax(z)).sum(1).mean(None)
}

pub type Mlp = (Array, Array, Array, Array);

pub fn parameters() -> Mlp {
    (m34(), x4(), m(), b3())
}

pub fn mlp(p: Mlp, x: Array) -> Array {
    jnp::matmul((jnp::matmul(x, p.0) + p.1).tanh(), p.2) + p.3
}

pub fn mlp_loss(p: Mlp, x: Array, y: Array) -> Array {
    (mlp(p, x) - y).powi(2).mean(None)
}

pub fn relu_mlp_loss(p: Mlp, x: Array, y: Array) -> Array {
    let hidden = (jnp::matmul(x, p.0) + p.1).maximum(0);
    (jnp::matmul(hidden, p.2) + p.3 - y).powi(2).mean(None)
}

pub fn cumsum_scan(x: Array) -> (Array, Array) {
    lax::scan(|c: Array, a: Array| (&c + &a, c * a), 0.0f32, x)
}

pub fn rnn(h: Array, xs: Array) -> (Array, Array) {
    lax::scan(|h: Array, x: Array| ((&h + x).tanh(), h), h, xs)
}

pub fn rnn_loss(h: Array, xs: Array) -> Array {
    jnp::sum(rnn(h, xs).0)
}

pub fn branch(p: Array, x: Array) -> Array {
    lax::cond(p, |x: Array| x.sin(), |x: Array| x * 2.0, x)
}

pub fn pos(x: Array) -> Array {
    lax::cond(jnp::greater(&x, 0.0), |x: Array| x.sin(), |x: Array| x * 2.0, x)
}

pub fn halve(x: Array) -> Array {
    lax::while_loop(|c: Array| jnp::greater(c, 1.0), |c: Array| c * 0.5, x)
}

pub fn count(x: Array) -> (Array, Array) {
    lax::while_loop(|(i, _): (Array, Array)| jnp::less(i, 5), |(i, c): (Array, Array)| (i + 1, c * 2.0), (0, x))
}

pub fn newton(a: Array) -> Array {
    let start = a.clone();
    lax::fori_loop(0, 5, move |_, x: Array| 0.5 * (&x + &a / &x), start)
}

pub fn powers(n: Array, x: Array) -> Array {
    lax::fori_loop(0, n, move |_, a: Array| a * &x, 1.0f32)
}

pub fn descend(x: Array, y: Array) -> Array {
    lax::fori_loop(0, 200, move |_, x: Array| &x - 0.05 * grad(rms_error)(x.clone(), y.clone()), x)
}
