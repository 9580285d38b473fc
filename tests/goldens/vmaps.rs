//! Batched programs.

use jax::{Array, nn, numpy as jnp};
use jax_core::api::{grad, make_jaxpr, vmap};
use jax_core::base::DType;
use jax_core::{lax, prim};

use crate::Case;
use crate::inputs::*;

pub const CASES: &[Case] = &[
    ("vmap_relu", || make_jaxpr(|m: Array| vmap(|x: Array| nn::relu(x))(m))(m())),
    ("vmap_sin", || make_jaxpr(|m: Array| vmap(|x: Array| x.sin())(m))(m())),
    ("vmap_selu", || {
        make_jaxpr(|x: Array, a: Array, l: Array| vmap(selu).in_axes((0, None, None))(x, a, l))(m(), f(1.67), f(1.05))
    }),
    ("vmap_selu_alpha", || {
        make_jaxpr(|x: Array, a: Array, l: Array| vmap(selu).in_axes((None, 0, None))(x, a, l))(x(), x4(), f(1.05))
    }),
    ("vmap_single_linear", || {
        make_jaxpr(|x: Array, w: Array, b: Array| vmap(single_linear).in_axes((0, None, None))(x, w, b))(
            m54(),
            m(),
            b3(),
        )
    }),
    ("vmap_single_linear_out1", || {
        make_jaxpr(|x: Array, w: Array, b: Array| vmap(single_linear).in_axes((0, None, None)).out_axes(1)(x, w, b))(
            m54(),
            m(),
            b3(),
        )
    }),
    ("vmap_single_linear_w", || {
        make_jaxpr(|x: Array, w: Array, b: Array| vmap(single_linear).in_axes((None, 2, None))(x, w, b))(
            x4(),
            ones(&[4, 3, 5]),
            b3(),
        )
    }),
    ("vmap_rms_error", || make_jaxpr(|x: Array, y: Array| vmap(rms_error)(x, y))(m(), m())),
    ("vmap_rms_error_mixed", || make_jaxpr(|x: Array, y: Array| vmap(rms_error).in_axes((1, 0))(x, y))(m34(), m())),
    ("vmap_add_none", || {
        make_jaxpr(|x: Array, y: Array| vmap(|x: Array, y: Array| x + y).in_axes((0, None))(x, y))(m(), x())
    }),
    ("vmap_add_scalar", || make_jaxpr(|x: Array, a: Array| vmap(|x: Array, a: Array| x * a)(x, a))(m(), x4())),
    ("vmap_in1_out1", || make_jaxpr(|x: Array| vmap(|x: Array| x * 2.0).in_axes(1).out_axes(1)(x))(m())),
    ("vmap_out_last", || make_jaxpr(|x: Array| vmap(|x: Array| x.sin()).out_axes(-1)(x))(m())),
    ("vmap_const_out", || {
        let y = y();
        make_jaxpr(move |x: Array| {
            let y = y.clone();
            vmap(move |x: Array| (x, y.clone()))(x)
        })(m())
    }),
    ("vmap_dot", || make_jaxpr(|x: Array, y: Array| vmap(|x: Array, y: Array| jnp::dot(x, y))(x, y))(m(), m())),
    ("vmap_dot_none", || {
        make_jaxpr(|x: Array, y: Array| vmap(|x: Array, y: Array| jnp::dot(x, y)).in_axes((0, None))(x, y))(m(), x())
    }),
    ("vmap_dot_rhs", || {
        make_jaxpr(|x: Array, y: Array| vmap(|x: Array, y: Array| jnp::dot(x, y)).in_axes((None, 0))(x, y))(x(), m())
    }),
    ("vmap_matmul", || {
        make_jaxpr(|x: Array, y: Array| vmap(|x: Array, y: Array| jnp::matmul(x, y))(x, y))(
            ones(&[5, 4, 3]),
            ones(&[5, 3, 4]),
        )
    }),
    ("vmap_matmul_lhs", || {
        make_jaxpr(|x: Array, y: Array| vmap(|x: Array, y: Array| jnp::matmul(x, y)).in_axes((0, None))(x, y))(
            ones(&[5, 4, 3]),
            m34(),
        )
    }),
    ("vmap_matmul_in1", || {
        make_jaxpr(|x: Array, y: Array| vmap(|x: Array, y: Array| jnp::matmul(x, y)).in_axes((1, 2))(x, y))(
            ones(&[4, 5, 3]),
            ones(&[3, 4, 5]),
        )
    }),
    ("vmap_sum", || make_jaxpr(|x: Array| vmap(|x: Array| x.sum(None)).in_axes(1)(x))(m())),
    ("vmap_max", || make_jaxpr(|x: Array| vmap(|x: Array| x.max(None))(x))(m())),
    ("vmap_transpose", || make_jaxpr(|x: Array| vmap(|x: Array| jnp::transpose(x))(x))(ones(&[5, 4, 3]))),
    ("vmap_reshape", || make_jaxpr(|x: Array| vmap(|x: Array| x.reshape(6)).in_axes(2)(x))(ones(&[2, 3, 4]))),
    ("vmap_concatenate", || {
        let f = |x: Array, y: Array| vmap(|x: Array, y: Array| jnp::concatenate(&[x, y])).in_axes((0, None))(x, y);
        make_jaxpr(f)(m(), y())
    }),
    ("vmap_broadcast", || make_jaxpr(|x: Array| vmap(|x: Array| jnp::broadcast_to(x, (2, 3)))(x))(m())),
    ("vmap_slice", || make_jaxpr(|x: Array| vmap(|x: Array| prim::slice::slice(&x, &[1], &[3], None))(x))(m())),
    ("vmap_where", || {
        let f = |p: Array, x: Array, y: Array| {
            vmap(|p: Array, x: Array, y: Array| jnp::where_(p, x, y)).in_axes((0, 0, None))(p, x, y)
        };
        make_jaxpr(f)(Array::from_bools(&[true; 4], &[4]), m(), y())
    }),
    ("vmap_gather", || make_jaxpr(|x: Array, i: Array| vmap(|x: Array, i: Array| x.index(i))(x, i))(m(), labels())),
    ("vmap_gather_index", || {
        make_jaxpr(|x: Array, i: Array| vmap(|x: Array, i: Array| x.index(i)).in_axes((None, 0))(x, i))(x10(), labels())
    }),
    ("vmap_gather_operand", || {
        make_jaxpr(|x: Array, i: Array| vmap(|x: Array, i: Array| x.index(i)).in_axes((0, None))(x, i))(m(), i3())
    }),
    ("vmap_dynamic_slice", || {
        let f = |x: Array, i: Array| vmap(|x: Array, i: Array| lax::dynamic_slice(&x, &[&i], &[2]))(x, i);
        make_jaxpr(f)(m(), labels())
    }),
    ("vmap_cond_pred", || make_jaxpr(|x: Array| vmap(pos)(x))(x())),
    ("vmap_cond_operand", || make_jaxpr(|p: Array, x: Array| vmap(branch).in_axes((None, 0))(p, x))(truth(), x())),
    ("vmap_while", || make_jaxpr(|x: Array| vmap(count)(x))(x())),
    ("vmap_while_pred", || make_jaxpr(|x: Array| vmap(halve)(x))(x())),
    ("vmap_scan", || make_jaxpr(|x: Array| vmap(cumsum_scan)(x))(m())),
    ("vmap_scan_carry", || make_jaxpr(|h: Array, x: Array| vmap(rnn).in_axes((0, None))(h, x))(x(), x4())),
    ("vmap_fori", || make_jaxpr(|x: Array| vmap(newton)(x))(x())),
    ("vmap_vmap_mul", || {
        let f = |a: Array, b: Array| {
            let inner = |a: Array, b: Array| vmap(|a: Array, b: Array| a * b).in_axes((None, 0))(a, b);
            vmap(inner).in_axes((0, None))(a, b)
        };
        make_jaxpr(f)(x4(), x())
    }),
    ("vmap_softmax", || make_jaxpr(|x: Array| vmap(log_softmax)(x))(m())),
    ("vmap_argmax", || make_jaxpr(|x: Array| vmap(|x: Array| prim::arg::argmax(&x, 0, DType::I32))(x))(m())),
    ("vmap_iota", || make_jaxpr(|x: Array| vmap(|x: Array| x + prim::iota::iota(DType::I32, &[3], 0))(x))(m())),
    ("vmap_grad_rms_error", || {
        let f = |x: Array, y: Array| vmap(|x: Array, y: Array| grad(rms_error)(x, y)).in_axes((0, None))(x, y);
        make_jaxpr(f)(m(), y())
    }),
];
