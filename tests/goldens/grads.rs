//! Reverse mode, and forward over reverse.

use jax::{Array, nn, numpy as jnp};
use jax_core::api::{ARG1, checkpoint, grad, hessian, jacfwd, jacrev, make_jaxpr, value_and_grad, vjp, vmap};
use jax_core::ir::ClosedJaxpr;
use jax_core::{lax, prim};

use crate::Case;
use crate::inputs::*;

/// The jaxpr of the gradient of a function of one array.
fn gradient(f: impl Fn(Array) -> Array + Send + Sync, at: Array) -> ClosedJaxpr {
    make_jaxpr(|x: Array| grad(|x: Array| f(x))(x))(at)
}

/// The jaxpr of the gradient of a function of two arrays with respect to the first.
fn gradient2(f: impl Fn(Array, Array) -> Array + Send + Sync, x: Array, y: Array) -> ClosedJaxpr {
    make_jaxpr(|x: Array, y: Array| grad(|x: Array, y: Array| f(x, y))(x, y))(x, y)
}

/// The jaxpr of the gradient of a function of two arrays with respect to both.
fn both(f: impl Fn(Array, Array) -> Array + Send + Sync, x: Array, y: Array) -> ClosedJaxpr {
    make_jaxpr(|x: Array, y: Array| grad(|x: Array, y: Array| f(x, y)).argnums((jax_core::api::ARG0, ARG1))(x, y))(x, y)
}

pub const CASES: &[Case] = &[
    ("grad_relu", || gradient(|x| nn::relu(x).sum(None), x())),
    ("grad_sin", || gradient(|x| x.sin(), s())),
    ("grad_sin_weak", || gradient(|x| x.sin(), f(1.0))),
    ("grad_sin_sum", || gradient(|x| x.sin().sum(None), x())),
    ("grad_cube", || gradient(|x| x.powi(3), s())),
    ("grad_sin_mul", || gradient(|x| x.sin() * x, s())),
    ("grad_exp_tanh", || gradient(|x| x.exp().tanh().sum(None), x())),
    ("grad_div", || both(|x, y| x / y, s(), s())),
    ("grad_rms_error", || gradient2(rms_error, x(), y())),
    ("grad_rms_error_both", || both(rms_error, x(), y())),
    ("grad_selu", || {
        make_jaxpr(|x: Array, a: Array, l: Array| grad(|x: Array, a: Array, l: Array| selu(x, a, l).sum(None))(x, a, l))(
            x(),
            f(1.67),
            f(1.05),
        )
    }),
    ("grad_selu_closed", || gradient(|x| selu0(x).sum(None), x())),
    ("grad_single_linear", || make_jaxpr(|w: Array, x: Array, b: Array| grad(sq_linear)(w, x, b))(m(), x4(), b3())),
    ("grad_single_linear_all", || {
        let all = (jax_core::api::ARG0, ARG1, jax_core::api::ARG2);
        make_jaxpr(move |w: Array, x: Array, b: Array| grad(sq_linear).argnums(all)(w, x, b))(m(), x4(), b3())
    }),
    ("grad_dot", || both(jnp::dot, x(), y())),
    ("grad_matmul_sum", || both(|a, b| jnp::matmul(a, b).sum(None), m(), m34())),
    ("grad_xent", || gradient2(xent, m(), m())),
    ("grad_scan", || gradient2(rnn_loss, s(), x())),
    ("grad_scan_xs", || make_jaxpr(|h: Array, x: Array| grad(rnn_loss).argnums(ARG1)(h, x))(s(), x())),
    ("grad_cond", || gradient(pos, s())),
    ("grad_cond_operand", || {
        make_jaxpr(|p: Array, x: Array| grad(|p: Array, x: Array| branch(p, x).sum(None)).argnums(ARG1)(p, x))(
            truth(),
            x(),
        )
    }),
    ("grad_fori", || gradient(newton, s())),
    ("grad_dynamic_slice", || {
        let f = |x: Array, i: Array| lax::dynamic_slice(&x, &[&i], &[4]).powi(2).sum(None);
        gradient2(f, x10(), i32_(2))
    }),
    ("grad_gather", || gradient2(|x, i| x.index(i).powi(2).sum(None), x10(), i3())),
    ("grad_slice", || gradient(|x| prim::slice::slice(&x, &[1], &[3], None).powi(2).sum(None), x())),
    ("grad_concatenate", || gradient2(|x, y| jnp::concatenate(&[x, y]).powi(2).sum(None), x(), y())),
    ("grad_broadcast", || gradient2(|b, m| (b + m).powi(2).sum(None), b3(), m())),
    ("grad_max", || gradient(|x| x.max(None), x())),
    ("grad_maximum", || gradient(|x| x.maximum(0.0).sum(None), x())),
    ("grad_where", || gradient(|x| jnp::where_(jnp::greater(&x, 0), &x, &x * &x).sum(None), x())),
    ("grad_mlp", || make_jaxpr(|p: Mlp, x: Array, y: Array| grad(mlp_loss)(p, x, y))(parameters(), m(), m())),
    ("grad_relu_mlp", || make_jaxpr(|p: Mlp, x: Array, y: Array| grad(relu_mlp_loss)(p, x, y))(parameters(), m(), m())),
    ("grad_checkpoint", || make_jaxpr(|x: Array| grad(checkpoint(|x: Array| x.sin().sin().sum(None)))(x))(x())),
    ("grad_vmap_selu", || gradient(|x| vmap(selu0)(x).sum(None), m())),
    ("grad_value_and_grad", || make_jaxpr(|x: Array, y: Array| value_and_grad(rms_error)(x, y))(x(), y())),
    ("grad_value_and_grad_mlp", || {
        make_jaxpr(|p: Mlp, x: Array, y: Array| value_and_grad(mlp_loss)(p, x, y))(parameters(), m(), m())
    }),
    ("grad_jacfwd_sin", || make_jaxpr(|x: Array| jacfwd(|x: Array| x.sin())(x))(x())),
    ("grad_jacrev_sin", || make_jaxpr(|x: Array| jacrev(|x: Array| x.sin())(x))(x())),
    ("grad_vjp", || make_jaxpr(|x: Array, ct: Array| vjp(|x: Array| x.sin(), (x,)).1.call(ct).0)(x(), x())),
    ("grad_grad_sin", || gradient(|x| grad(|x: Array| x.sin())(x), s())),
    ("grad_grad_grad_cube", || gradient(|x| grad(|x: Array| grad(|x: Array| x.powi(3))(x))(x), s())),
    ("hessian_cube", || make_jaxpr(|x: Array| hessian(|x: Array| x.powi(3))(x))(s())),
    ("hessian_cube_sum", || make_jaxpr(|x: Array| hessian(|x: Array| x.powi(3).sum(None))(x))(x())),
    ("hessian_sin_mul", || make_jaxpr(|x: Array| hessian(|x: Array| (x.sin() * x).sum(None))(x))(x())),
    ("hessian_sin_mul_scalar", || make_jaxpr(|x: Array| hessian(|x: Array| x.sin() * x)(x))(s())),
    ("hessian_rms_error", || make_jaxpr(|x: Array, y: Array| hessian(rms_error)(x, y))(x(), y())),
    ("hessian_mlp", || {
        // What is one array there is one here.
        let (w, m, c) = (m34(), m(), b3());
        make_jaxpr(move |b: Array| {
            let (w, m, c) = (w.clone(), m.clone(), c.clone());
            hessian(move |b: Array| mlp_loss((w.clone(), b, m.clone(), c.clone()), m.clone(), m.clone()))(b)
        })(x4())
    }),
];
