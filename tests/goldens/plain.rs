//! Programs as traced.

use jax::{Array, nn, numpy as jnp};
use jax_core::api::{make_jaxpr, stop_gradient};
use jax_core::base::DType;
use jax_core::lax::index::take;
use jax_core::prim::dot_general::{DotDimensionNumbers, dot_general};
use jax_core::prim::gather::GatherScatterMode;
use jax_core::prim::round::RoundingMethod;
use jax_core::{lax, prim};

use crate::Case;
use crate::inputs::*;

pub const CASES: &[Case] = &[
    ("plain_selu", || make_jaxpr(selu)(x(), f(1.67), f(1.05))),
    ("plain_selu_closed", || make_jaxpr(selu0)(x())),
    ("plain_selu_int", || make_jaxpr(selu)(i3(), f(1.67), f(1.05))),
    ("plain_rms_error", || make_jaxpr(rms_error)(x(), y())),
    ("plain_single_linear", || make_jaxpr(single_linear)(x4(), m(), b3())),
    ("plain_sin", || make_jaxpr(|x: Array| x.sin())(x())),
    ("plain_sin_weak", || make_jaxpr(|x: Array| x.sin())(f(1.0))),
    ("plain_sin_int", || make_jaxpr(|x: Array| x.sin())(i3())),
    ("plain_mul_add_mixed", || make_jaxpr(|x: Array, a: Array, n: Array| x * a + n)(x(), f(2.0), n(3))),
    ("plain_mul_add_scalars", || make_jaxpr(|a: Array, n: Array| a * n + 1)(f(2.0), n(3))),
    ("plain_int_float", || make_jaxpr(|n: Array, x: Array| n + x)(i3(), x())),
    ("plain_int_weak_float", || make_jaxpr(|n: Array| n * 2.5)(i3())),
    ("plain_where", || make_jaxpr(|x: Array, y: Array| jnp::where_(jnp::greater(&x, y), &x, 0.0))(x(), y())),
    ("plain_mean", || make_jaxpr(|m: Array| m.mean(None))(m())),
    ("plain_mean_axis", || make_jaxpr(|m: Array| m.mean(0))(m())),
    ("plain_sum", || make_jaxpr(|m: Array| m.sum(None))(m())),
    ("plain_sum_axis", || make_jaxpr(|m: Array| m.sum(1))(m())),
    ("plain_sum_int", || make_jaxpr(|n: Array| n.sum(None))(i3())),
    ("plain_sum_bool", || make_jaxpr(|x: Array| jnp::greater(x, 0).sum(None))(x())),
    ("plain_max", || make_jaxpr(|m: Array| m.max(None))(m())),
    ("plain_min_axis", || make_jaxpr(|m: Array| m.min(0))(m())),
    ("plain_broadcast_add", || make_jaxpr(|b: Array, m: Array| b + m)(b3(), m())),
    ("plain_broadcast_to", || make_jaxpr(|b: Array| jnp::broadcast_to(b, (4, 3)))(b3())),
    ("plain_transpose", || make_jaxpr(|m: Array| m.t())(m())),
    ("plain_reshape", || make_jaxpr(|m: Array| m.reshape((2, 6)))(m())),
    ("plain_ravel", || make_jaxpr(|m: Array| m.ravel())(m())),
    ("plain_concatenate", || make_jaxpr(|x: Array, y: Array| jnp::concatenate(&[x, y]))(x(), y())),
    ("plain_lax_slice", || make_jaxpr(|x: Array| prim::slice::slice(&x, &[1], &[3], None))(x())),
    ("plain_expand_dims", || make_jaxpr(|x: Array| x.expand_dims(1))(x())),
    ("plain_squeeze", || make_jaxpr(|m: Array| jnp::squeeze(m))(ones(&[4, 1]))),
    ("plain_dot", || make_jaxpr(|x: Array, y: Array| jnp::dot(x, y))(x(), y())),
    ("plain_matmul", || make_jaxpr(|x: Array, y: Array| jnp::matmul(x, y))(m(), m34())),
    ("plain_matvec", || make_jaxpr(|m: Array, x: Array| jnp::matmul(m, x))(m(), x())),
    ("plain_vecmat", || make_jaxpr(|x: Array, m: Array| jnp::matmul(x, m))(x4(), m())),
    ("plain_lax_dot_general", || {
        let product = |a: Array, b: Array| dot_general(&a, &b, DotDimensionNumbers::contracting(&[0], &[0]), None);
        make_jaxpr(product)(m(), m())
    }),
    ("plain_square", || make_jaxpr(|x: Array| x.powi(2))(x())),
    ("plain_cube", || make_jaxpr(|x: Array| x.powi(3))(x())),
    ("plain_pow_array", || make_jaxpr(|x: Array, y: Array| x.powf(y))(x(), y())),
    ("plain_pow_half", || make_jaxpr(|x: Array| x.powf(0.5))(x())),
    ("plain_pow_traced_scalar", || make_jaxpr(|x: Array, a: Array| x.powf(a))(x(), f(2.5))),
    ("plain_exp", || make_jaxpr(|x: Array| x.exp())(x())),
    ("plain_log", || make_jaxpr(|x: Array| x.log())(x())),
    ("plain_tanh", || make_jaxpr(|x: Array| x.tanh())(x())),
    ("plain_lax_logistic", || make_jaxpr(|x: Array| prim::exp_log::logistic(&x))(x())),
    ("plain_sqrt_rsqrt_abs_sign", || {
        make_jaxpr(|x: Array| (x.sqrt(), prim::arith::rsqrt(&x), x.abs(), prim::arith::sign(&x)))(x())
    }),
    ("plain_dynamic_slice_strong", || {
        make_jaxpr(|x: Array, i: Array| lax::dynamic_slice(&x, &[&i], &[4]))(x10(), i32_(2))
    }),
    ("plain_dynamic_slice", || make_jaxpr(|x: Array, i: Array| lax::dynamic_slice(&x, &[&i], &[4]))(x10(), n(2))),
    ("plain_dynamic_update_slice", || {
        make_jaxpr(|x: Array, u: Array, i: Array| lax::dynamic_update_slice(&x, &u, &[&i]))(x10(), x(), i32_(2))
    }),
    ("plain_astype", || make_jaxpr(|x: Array| x.astype(DType::I32))(x())),
    ("plain_astype_bf16", || make_jaxpr(|x: Array| x.astype(DType::BF16))(x())),
    ("plain_logical", || {
        let f = |x: Array, y: Array| {
            (jnp::greater(&x, 0) & jnp::greater(&y, 0)) | (jnp::greater(&x, 1) ^ jnp::greater(&y, 1))
        };
        make_jaxpr(f)(x(), y())
    }),
    ("plain_any_all", || make_jaxpr(|x: Array| (jnp::greater(&x, 0).any(None), jnp::greater(&x, 0).all(None)))(x())),
    ("plain_argmax", || make_jaxpr(|x: Array| prim::arg::argmax(&x, 0, DType::I32))(x())),
    ("plain_argmin_axis", || make_jaxpr(|m: Array| prim::arg::argmin(&m, 1, DType::I32))(m())),
    ("plain_stop_gradient", || make_jaxpr(|x: Array| stop_gradient(&x) * x)(x())),
    ("plain_relu_max", || make_jaxpr(|x: Array| x.maximum(0))(x())),
    ("plain_log_softmax", || make_jaxpr(log_softmax)(m())),
    ("plain_logsumexp", || make_jaxpr(logsumexp)(x())),
    ("plain_xent", || make_jaxpr(xent)(m(), m())),
    ("plain_lax_div_rem", || {
        make_jaxpr(|a: Array, b: Array| (prim::arith::div(&a, &b), prim::arith::rem(&a, &b)))(i3(), i3())
    }),
    ("plain_shifts", || make_jaxpr(|a: Array, b: Array| (&a << &b, &a >> &b))(i3(), i3())),
    ("plain_true_div", || make_jaxpr(|a: Array, b: Array| a / b)(i3(), i3())),
    ("plain_min_max", || make_jaxpr(|x: Array, y: Array| (x.minimum(y), x.maximum(2.0)))(x(), y())),
    ("plain_lax_iota", || make_jaxpr0(|| prim::iota::iota(DType::F32, &[5], 0))),
    ("plain_broadcasted_iota", || make_jaxpr0(|| prim::iota::iota(DType::I32, &[4, 3], 1))),
    ("plain_array_const", || make_jaxpr(|x: Array| x + Array::from_slice(&[1.0f32, 2.0, 3.0], &[3]))(x())),
    ("plain_closed_over", || {
        let y = y();
        make_jaxpr(move |a: Array| a + &y)(x())
    }),
    ("plain_identity_and_const", || make_jaxpr(|x: Array| (x.clone(), f(1.0), n(2), x))(x())),
    ("plain_unused_argument", || make_jaxpr(|x: Array, _: Array| &x * &x)(x(), y())),
    ("plain_pytree", || {
        // JAX orders the keys of a dict: a, b go in; p, s come out.
        make_jaxpr(|(a, b): (Array, Array)| {
            let s = &a + &b;
            (a * b, s)
        })((y(), x()))
    }),
    ("plain_sort_key_val", || make_jaxpr(|x: Array, n: Array| prim::sort::sort(&[&x, &n], 0, true, 1))(x(), i3())),
    ("plain_arange", || make_jaxpr0(|| jnp::arange(5))),
    ("plain_zeros_ones_full", || {
        make_jaxpr(|(): ()| (jnp::zeros((2, 5)), jnp::ones_with(3, jnp::dtype(DType::I32)), jnp::full(3, 2.5)))(())
    }),
    ("plain_zeros_like", || make_jaxpr(|m: Array| jnp::zeros_like(m))(m())),
    ("plain_at_set", || make_jaxpr(|x: Array, i: Array| x.at(i).set(1.0))(x10(), i32_(2))),
    ("plain_at_add", || make_jaxpr(|x: Array, i: Array, u: Array| x.at(i).add(u))(x10(), i3(), x())),
    ("plain_clip", || make_jaxpr(|x: Array| jnp::clip(x, 0.0, 1.0))(x())),
    ("plain_compare", || {
        make_jaxpr(|x: Array, y: Array| {
            (x.less(&y), x.less_equal(&y), x.greater(&y), x.greater_equal(&y), x.equal(&y), x.not_equal(&y))
        })(x(), y())
    }),
    ("plain_index_static", || make_jaxpr(|x: Array| x.index(1))(x())),
    ("plain_index_row", || make_jaxpr(|m: Array| m.index(0))(m())),
    ("plain_index_array", || make_jaxpr(|x: Array, i: Array| x.index(i))(x10(), i3())),
    ("plain_index_scalar", || make_jaxpr(|m: Array, i: Array| m.index(i))(m(), n(1))),
    ("plain_slice", || make_jaxpr(|x: Array| x.index(1..3))(x())),
    ("plain_slice_step", || make_jaxpr(|x: Array| x.index(jax::step(1..9, 2)))(x10())),
    ("plain_slice_rows", || make_jaxpr(|m: Array| m.index((1..3, ..2)))(m())),
    ("plain_rev", || make_jaxpr(|x: Array| x.index(jax::step(.., -1)))(x())),
    ("plain_take_fill", || {
        make_jaxpr(|x: Array, i: Array| take(&x, &i, None, GatherScatterMode::FillOrDrop))(x10(), i3())
    }),
    ("plain_take_clip", || make_jaxpr(|x: Array, i: Array| take(&x, &i, None, GatherScatterMode::Clip))(x10(), i3())),
    ("plain_take_axis", || make_jaxpr(|m: Array, i: Array| take(&m, &i, Some(1), GatherScatterMode::Clip))(m(), i3())),
    ("plain_int_ops", || {
        make_jaxpr(|a: Array, b: Array| {
            let (add, sub, mul, div) = (&a + &b, &a - &b, &a * &b, jnp::floor_divide(&a, &b));
            let rest = &a % &b;
            (add, sub, mul, div, rest, (&a & &b, &a | &b, &a ^ &b))
        })(i3(), i3())
    }),
    ("plain_isnan_isfinite", || make_jaxpr(|x: Array| (jnp::isnan(&x), jnp::isfinite(&x)))(x())),
    ("plain_jnp_square", || make_jaxpr(|x: Array| jnp::square(x))(x())),
    ("plain_mod_float", || make_jaxpr(|x: Array, y: Array| (&x % &y, jnp::floor_divide(&x, &y)))(x(), y())),
    ("plain_neg_not", || make_jaxpr(|x: Array, n: Array| (-&x, !&n, !x.greater(0), jnp::logical_not(&n)))(x(), i3())),
    ("plain_prod", || make_jaxpr(|x: Array| x.prod(None))(x())),
    ("plain_stack", || make_jaxpr(|x: Array, y: Array| jnp::stack(&[x, y]))(x(), y())),
    ("plain_sum_keepdims", || make_jaxpr(|m: Array| jnp::sum_with(m, jnp::axis(-1).keepdims()))(m())),
    ("plain_var", || make_jaxpr(|x: Array| x.var(None))(x())),
    ("plain_pad", || make_jaxpr(|x: Array| jnp::pad(x, (1, 2)))(x())),
    ("plain_norm", || make_jaxpr(|x: Array| (&x * &x).sum(None).sqrt())(x())),
    ("plain_lax_expm1_log1p_erf", || make_jaxpr(|x: Array| (x.exp_m1(), x.ln_1p(), prim::special::erf(&x)))(x())),
    ("plain_complex", || make_jaxpr(|x: Array, y: Array| prim::complex::complex(&x, &y).abs())(x(), y())),
    ("plain_mlp", || make_jaxpr(mlp)(parameters(), x())),
    ("plain_relu_mlp", || make_jaxpr(relu_mlp_loss)(parameters(), m(), m())),
    ("plain_floor_ceil_round", || {
        make_jaxpr(|x: Array| {
            let (floor, ceil) = (x.floor(), x.ceil());
            let rounded = prim::round::round(&x, RoundingMethod::ToNearestEven);
            (floor, ceil, rounded, jnp::where_(jnp::less(&x, 0), x.ceil(), x.floor()))
        })(x())
    }),
    ("plain_cumsum", || make_jaxpr(|x: Array| jnp::cumsum(x))(x())),
    ("plain_argsort", || make_jaxpr(|x: Array| jnp::argsort(x))(x())),
    ("plain_sort", || make_jaxpr(|x: Array| jnp::sort(x))(x())),
    ("plain_einsum", || make_jaxpr(|a: Array, b: Array| jnp::einsum("ij,jk->ik", &[a, b]))(m(), m34())),
    ("plain_outer", || make_jaxpr(|x: Array, y: Array| jnp::outer(x, y))(x(), x4())),
    ("plain_gelu", || make_jaxpr(|x: Array| nn::gelu(x))(x())),
    ("plain_logistic", || make_jaxpr(|x: Array| nn::sigmoid(x))(x())),
    ("plain_nn_log_softmax", || make_jaxpr(|m: Array| nn::log_softmax(m))(m())),
    ("plain_nn_logsumexp", || make_jaxpr(|x: Array| nn::logsumexp(x))(x())),
    ("plain_one_hot", || make_jaxpr(|l: Array| nn::one_hot(l, 3))(labels())),
    ("plain_relu", || make_jaxpr(|x: Array| nn::relu(x))(x())),
    ("plain_silu", || make_jaxpr(|x: Array| nn::silu(x))(x())),
    ("plain_softmax", || make_jaxpr(|m: Array| nn::softmax(m))(m())),
    ("plain_lax_clamp", || make_jaxpr(|x: Array| prim::select::clamp(&strong(0.0), &x, &strong(1.0)))(s())),
];

/// A strongly typed number.
fn strong(value: f64) -> Array {
    Array::scalar(jax_core::base::Scalar::from_f64(DType::F32, value))
}

/// The jaxpr of a function without arguments.
fn make_jaxpr0(f: impl Fn() -> Array + Send + Sync) -> jax_core::ir::ClosedJaxpr {
    make_jaxpr(|(): ()| f())(())
}
