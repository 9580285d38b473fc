//! Forward mode.

use jax::{Array, nn, numpy as jnp};
use jax_core::api::{jvp, make_jaxpr, stop_gradient, vmap};
use jax_core::prim;

use crate::Case;
use crate::inputs::*;

/// The primal and the tangent of a function of one array.
fn push(f: impl Fn(Array) -> Array + Send + Sync + 'static) -> impl Fn(Array, Array) -> (Array, Array) {
    move |x, t| jvp(|x: Array| f(x), (x,), (t,))
}

/// The primal and the tangent of a function of two arrays.
fn push2(
    f: impl Fn(Array, Array) -> Array + Send + Sync + 'static,
) -> impl Fn(Array, Array, Array, Array) -> (Array, Array) {
    move |x, y, t, u| jvp(|x: Array, y: Array| f(x, y), (x, y), (t, u))
}

pub const CASES: &[Case] = &[
    ("jvp_relu", || make_jaxpr(push(|x| nn::relu(x)))(x(), x())),
    ("jvp_sin", || make_jaxpr(push(|x| x.sin()))(x(), x())),
    ("jvp_cos_exp_log_tanh", || make_jaxpr(push(|x| x.exp().cos() + x.tanh().log()))(x(), x())),
    ("jvp_mul", || make_jaxpr(push2(|x, y| x * y))(x(), y(), x(), y())),
    ("jvp_div", || make_jaxpr(push2(|x, y| x / y))(x(), y(), x(), y())),
    ("jvp_mul_sin", || make_jaxpr(push(|x| x.sin() * x))(x(), x())),
    ("jvp_cube", || make_jaxpr(push(|x| x.powi(3)))(x(), x())),
    ("jvp_square", || make_jaxpr(push(|x| x.powi(2)))(x(), x())),
    ("jvp_sqrt", || make_jaxpr(push(|x| x.sqrt()))(x(), x())),
    ("jvp_logistic", || make_jaxpr(push(|x| prim::exp_log::logistic(&x)))(x(), x())),
    ("jvp_selu", || make_jaxpr(push(selu0))(x(), x())),
    ("jvp_rms_error", || {
        make_jaxpr(|x: Array, y: Array, t: Array| push(move |x| rms_error(x, y.clone()))(x, t))(x(), y(), x())
    }),
    ("jvp_single_linear_w", || {
        let f = |x: Array, w: Array, b: Array, t: Array| push(move |w| single_linear(x.clone(), w, b.clone()))(w, t);
        make_jaxpr(f)(x4(), m(), b3(), m())
    }),
    ("jvp_dot", || make_jaxpr(push2(jnp::dot))(x(), y(), x(), y())),
    ("jvp_matmul", || make_jaxpr(push2(jnp::matmul))(m(), m34(), m(), m34())),
    ("jvp_max", || make_jaxpr(push(|x| x.max(None)))(x(), x())),
    ("jvp_maximum", || make_jaxpr(push(|x| x.maximum(0.0)))(x(), x())),
    ("jvp_maximum_two", || make_jaxpr(push2(|x, y| x.maximum(y)))(x(), y(), x(), y())),
    ("jvp_abs", || make_jaxpr(push(|x| x.abs()))(x(), x())),
    ("jvp_where", || make_jaxpr(push(|x| jnp::where_(jnp::greater(&x, 0), &x, &x * &x)))(x(), x())),
    ("jvp_concatenate", || {
        let f = |x: Array, y: Array, t: Array| push(move |x| jnp::concatenate(&[x, y.clone()]))(x, t);
        make_jaxpr(f)(x(), y(), x())
    }),
    ("jvp_stop_gradient", || make_jaxpr(push(|x| stop_gradient(&x) * x))(x(), x())),
    ("jvp_gather", || make_jaxpr(|x: Array, i: Array, t: Array| push(move |x| x.index(&i))(x, t))(x10(), i3(), x10())),
    ("jvp_pow", || make_jaxpr(push2(|x, y| x.powf(y)))(x(), y(), x(), y())),
    ("jvp_jvp_sin", || {
        make_jaxpr(|x: Array, t: Array| {
            let tangent = t.clone();
            push(move |x| push(|x| x.sin())(x, tangent.clone()).1)(x, t)
        })(x(), x())
    }),
    ("jvp_vmap_selu", || make_jaxpr(push(|x| vmap(selu0)(x)))(m(), m())),
];
