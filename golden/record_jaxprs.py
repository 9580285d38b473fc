"""Records golden/jaxprs.txt: jaxprs as JAX prints them, with inner `jit` calls inlined.

    python golden/record_jaxprs.py > golden/jaxprs.txt

The format is described in golden/README.md. The prelude below is copied into the file's header,
so that the `## src` lines can be read on their own.
"""

import sys

import jax
import jax.numpy as jnp
import numpy as np
from jax import grad, hessian, jvp, lax, make_jaxpr, value_and_grad, vmap
from jax._src import core  # the printer's own context, to lay the text out one equation a line
from jax._src.core import JaxprPpContext, JaxprPpSettings

PRELUDE = '''
i3 = jnp.arange(3, dtype=jnp.int32)         # i32[3]
i43 = jnp.zeros((4, 3), jnp.int32)
x = jnp.array([1.2, 3.2, 4.0])              # f32[3]
y = jnp.array([0.0, 5.0, 10.0])             # f32[3]
x4 = jnp.ones(4)
x10 = jnp.arange(10, dtype=jnp.float32)
m = jnp.ones((4, 3))                        # f32[4,3]
m34 = jnp.ones((3, 4))
m54 = jnp.ones((5, 4))
b3 = jnp.ones(3)
m33 = jnp.ones((3, 3))
s = jnp.float32(0.5)                        # f32[]
labels = jnp.array([0, 2, 1, 0])            # i32[4]
f1 = 1.0                                    # a Python float: f32[] weakly typed

def selu(x, alpha, lambda_): return lambda_ * jnp.where(x > 0, x, alpha * jnp.exp(x) - alpha)
def selu0(x): return 1.05 * jnp.where(x > 0, x, 1.67 * jnp.exp(x) - 1.67)
def rms_error(x, y): return jnp.sqrt(jnp.mean((x - y) ** 2))
def single_linear(x, w, b): return (x[:, None] * w).sum(axis=0) + b
def sq_linear(w, x, b): return jnp.sum(single_linear(x, w, b) ** 2)
def logsumexp(x): m = lax.stop_gradient(jnp.max(x)); return jnp.log(jnp.sum(jnp.exp(x - m))) + m
def log_softmax(z): m = lax.stop_gradient(z.max(-1, keepdims=True)); return z - m - jnp.log(jnp.sum(jnp.exp(z - m), -1, keepdims=True))
def xent(z, onehot): return -jnp.mean(jnp.sum(onehot * log_softmax(z), axis=1))
def mlp(p, x): return jnp.tanh(x @ p[0] + p[1]) @ p[2] + p[3]
def mlp_loss(p, x, y): return jnp.mean((mlp(p, x) - y) ** 2)
def relu_mlp_loss(p, x, y): return jnp.mean((jnp.maximum(x @ p[0] + p[1], 0) @ p[2] + p[3] - y) ** 2)
def cumsum_scan(x): return lax.scan(lambda c, a: (c + a, c * a), 0.0, x)
def rnn(h, xs): return lax.scan(lambda h, x: (jnp.tanh(h + x), h), h, xs)
def rnn_loss(h, xs): return jnp.sum(rnn(h, xs)[0])
def branch(p, x): return lax.cond(p, lambda x: jnp.sin(x), lambda x: x * 2.0, x)
def pos(x): return lax.cond(x > 0, lambda x: jnp.sin(x), lambda x: x * 2.0, x)
def halve(x): return lax.while_loop(lambda c: c > 1.0, lambda c: c * 0.5, x)
def count(x): return lax.while_loop(lambda c: c[0] < 5, lambda c: (c[0] + 1, c[1] * 2.0), (0, x))
def newton(a): return lax.fori_loop(0, 5, lambda i, x: 0.5 * (x + a / x), a)
def powers(n, x): return lax.fori_loop(0, n, lambda i, a: a * x, 1.0)
def descend(x, y): return lax.fori_loop(0, 200, lambda i, x: x - 0.05 * grad(rms_error)(x, y), x)
'''.strip()

CASES = '''
plain_selu: make_jaxpr(selu)(x, 1.67, 1.05)
plain_selu_closed: make_jaxpr(selu0)(x)
plain_selu_int: make_jaxpr(selu)(i3, 1.67, 1.05)
plain_rms_error: make_jaxpr(rms_error)(x, y)
plain_single_linear: make_jaxpr(single_linear)(x4, m, b3)
plain_sin: make_jaxpr(jnp.sin)(x)
plain_sin_weak: make_jaxpr(jnp.sin)(f1)
plain_sin_int: make_jaxpr(jnp.sin)(i3)
plain_mul_add_mixed: make_jaxpr(lambda x, a, n: x * a + n)(x, 2.0, 3)
plain_mul_add_scalars: make_jaxpr(lambda a, n: a * n + 1)(2.0, 3)
plain_int_float: make_jaxpr(lambda n, x: n + x)(i3, x)
plain_int_weak_float: make_jaxpr(lambda n: n * 2.5)(i3)
plain_where: make_jaxpr(lambda x, y: jnp.where(x > y, x, 0.0))(x, y)
plain_mean: make_jaxpr(jnp.mean)(m)
plain_mean_axis: make_jaxpr(lambda m: jnp.mean(m, axis=0))(m)
plain_sum: make_jaxpr(jnp.sum)(m)
plain_sum_axis: make_jaxpr(lambda m: m.sum(axis=1))(m)
plain_sum_keepdims: make_jaxpr(lambda m: m.sum(axis=-1, keepdims=True))(m)
plain_sum_int: make_jaxpr(jnp.sum)(i3)
plain_sum_bool: make_jaxpr(lambda x: jnp.sum(x > 0))(x)
plain_max: make_jaxpr(jnp.max)(m)
plain_min_axis: make_jaxpr(lambda m: m.min(axis=0))(m)
plain_prod: make_jaxpr(jnp.prod)(x)
plain_broadcast_add: make_jaxpr(lambda b, m: b + m)(b3, m)
plain_broadcast_to: make_jaxpr(lambda b: jnp.broadcast_to(b, (4, 3)))(b3)
plain_transpose: make_jaxpr(lambda m: m.T)(m)
plain_reshape: make_jaxpr(lambda m: m.reshape(2, 6))(m)
plain_ravel: make_jaxpr(jnp.ravel)(m)
plain_concatenate: make_jaxpr(lambda x, y: jnp.concatenate([x, y]))(x, y)
plain_stack: make_jaxpr(lambda x, y: jnp.stack([x, y]))(x, y)
plain_slice: make_jaxpr(lambda x: x[1:3])(x)
plain_slice_step: make_jaxpr(lambda x: x[1:9:2])(x10)
plain_slice_rows: make_jaxpr(lambda m: m[1:3, :2])(m)
plain_lax_slice: make_jaxpr(lambda x: lax.slice(x, (1,), (3,)))(x)
plain_index_static: make_jaxpr(lambda x: x[1])(x)
plain_index_row: make_jaxpr(lambda m: m[0])(m)
plain_index_array: make_jaxpr(lambda x, i: x[i])(x10, i3)
plain_index_scalar: make_jaxpr(lambda m, i: m[i])(m, 1)
plain_expand_dims: make_jaxpr(lambda x: jnp.expand_dims(x, 1))(x)
plain_squeeze: make_jaxpr(lambda m: jnp.squeeze(m, 1))(jnp.ones((4, 1)))
plain_dot: make_jaxpr(jnp.dot)(x, y)
plain_matmul: make_jaxpr(jnp.matmul)(m, m34)
plain_matvec: make_jaxpr(lambda m, x: m @ x)(m, x)
plain_vecmat: make_jaxpr(lambda x, m: x @ m)(x4, m)
plain_lax_dot_general: make_jaxpr(lambda a, b: lax.dot_general(a, b, (((0,), (0,)), ((), ()))))(m, m)
plain_square: make_jaxpr(lambda x: x ** 2)(x)
plain_cube: make_jaxpr(lambda x: x ** 3)(x)
plain_pow_half: make_jaxpr(lambda x: x ** 0.5)(x)
plain_pow_array: make_jaxpr(lambda x, y: x ** y)(x, y)
plain_pow_traced_scalar: make_jaxpr(lambda x, a: x ** a)(x, 2.5)
plain_jnp_square: make_jaxpr(jnp.square)(x)
plain_exp: make_jaxpr(jnp.exp)(x)
plain_log: make_jaxpr(jnp.log)(x)
plain_tanh: make_jaxpr(jnp.tanh)(x)
plain_logistic: make_jaxpr(jax.nn.sigmoid)(x)
plain_lax_logistic: make_jaxpr(lax.logistic)(x)
plain_sqrt_rsqrt_abs_sign: make_jaxpr(lambda x: (jnp.sqrt(x), lax.rsqrt(x), jnp.abs(x), jnp.sign(x)))(x)
plain_floor_ceil_round: make_jaxpr(lambda x: (jnp.floor(x), jnp.ceil(x), jnp.round(x), jnp.trunc(x)))(x)
plain_neg_not: make_jaxpr(lambda x, n: (-x, ~n, ~(x > 0), jnp.logical_not(n)))(x, i3)
plain_take_fill: make_jaxpr(lambda x, i: jnp.take(x, i))(x10, i3)
plain_take_clip: make_jaxpr(lambda x, i: jnp.take(x, i, mode="clip"))(x10, i3)
plain_take_axis: make_jaxpr(lambda m, i: jnp.take(m, i, axis=1, mode="clip"))(m, i3)
plain_dynamic_slice: make_jaxpr(lambda x, i: lax.dynamic_slice(x, (i,), (4,)))(x10, 2)
plain_dynamic_slice_strong: make_jaxpr(lambda x, i: lax.dynamic_slice(x, (i,), (4,)))(x10, jnp.int32(2))
plain_dynamic_update_slice: make_jaxpr(lambda x, u, i: lax.dynamic_update_slice(x, u, (i,)))(x10, x, jnp.int32(2))
plain_at_set: make_jaxpr(lambda x, i: x.at[i].set(1.0))(x10, jnp.int32(2))
plain_at_add: make_jaxpr(lambda x, i, u: x.at[i].add(u))(x10, i3, x)
plain_astype: make_jaxpr(lambda x: x.astype(jnp.int32))(x)
plain_astype_bf16: make_jaxpr(lambda x: x.astype(jnp.bfloat16))(x)
plain_compare: make_jaxpr(lambda x, y: (x < y, x <= y, x > y, x >= y, x == y, x != y))(x, y)
plain_logical: make_jaxpr(lambda x, y: ((x > 0) & (y > 0)) | ((x > 1) ^ (y > 1)))(x, y)
plain_any_all: make_jaxpr(lambda x: (jnp.any(x > 0), jnp.all(x > 0)))(x)
plain_argmax: make_jaxpr(jnp.argmax)(x)
plain_argmin_axis: make_jaxpr(lambda m: jnp.argmin(m, axis=1))(m)
plain_stop_gradient: make_jaxpr(lambda x: lax.stop_gradient(x) * x)(x)
plain_relu: make_jaxpr(jax.nn.relu)(x)
plain_relu_max: make_jaxpr(lambda x: jnp.maximum(x, 0))(x)
plain_silu: make_jaxpr(jax.nn.silu)(x)
plain_gelu: make_jaxpr(jax.nn.gelu)(x)
plain_softmax: make_jaxpr(jax.nn.softmax)(m)
plain_log_softmax: make_jaxpr(log_softmax)(m)
plain_nn_log_softmax: make_jaxpr(jax.nn.log_softmax)(m)
plain_logsumexp: make_jaxpr(logsumexp)(x)
plain_nn_logsumexp: make_jaxpr(jax.nn.logsumexp)(x)
plain_xent: make_jaxpr(xent)(m, m)
plain_one_hot: make_jaxpr(lambda l: jax.nn.one_hot(l, 3))(labels)
plain_int_ops: make_jaxpr(lambda a, b: (a + b, a - b, a * b, a // b, a % b, a & b, a | b, a ^ b))(i3, i3)
plain_shifts: make_jaxpr(lambda a, b: (a << b, a >> b))(i3, i3)
plain_lax_div_rem: make_jaxpr(lambda a, b: (lax.div(a, b), lax.rem(a, b)))(i3, i3)
plain_true_div: make_jaxpr(lambda a, b: a / b)(i3, i3)
plain_mod_float: make_jaxpr(lambda x, y: (x % y, x // y))(x, y)
plain_min_max: make_jaxpr(lambda x, y: (jnp.minimum(x, y), jnp.maximum(x, 2.0)))(x, y)
plain_clip: make_jaxpr(lambda x: jnp.clip(x, 0.0, 1.0))(x)
plain_lax_clamp: make_jaxpr(lambda x: lax.clamp(0.0, x, 1.0))(s)
plain_arange: make_jaxpr(lambda: jnp.arange(5))()
plain_lax_iota: make_jaxpr(lambda: lax.iota(jnp.float32, 5))()
plain_broadcasted_iota: make_jaxpr(lambda: lax.broadcasted_iota(jnp.int32, (4, 3), 1))()
plain_zeros_ones_full: make_jaxpr(lambda: (jnp.zeros((2, 5)), jnp.ones(3, jnp.int32), jnp.full((3,), 2.5)))()
plain_zeros_like: make_jaxpr(jnp.zeros_like)(m)
plain_array_const: make_jaxpr(lambda x: x + jnp.array([1.0, 2.0, 3.0]))(x)
plain_closed_over: make_jaxpr(lambda a: a + y)(x)
plain_identity_and_const: make_jaxpr(lambda x: (x, 1.0, 2, x))(x)
plain_unused_argument: make_jaxpr(lambda x, y: x * x)(x, y)
plain_pytree: make_jaxpr(lambda d: {"s": d["a"] + d["b"], "p": d["a"] * d["b"]})({"b": x, "a": y})
plain_cumsum: make_jaxpr(jnp.cumsum)(x)
plain_sort: make_jaxpr(jnp.sort)(x)
plain_sort_key_val: make_jaxpr(lambda x, n: lax.sort((x, n), num_keys=1))(x, i3)
plain_argsort: make_jaxpr(jnp.argsort)(x)
plain_pad: make_jaxpr(lambda x: jnp.pad(x, (1, 2)))(x)
plain_rev: make_jaxpr(lambda x: x[::-1])(x)
plain_var: make_jaxpr(jnp.var)(x)
plain_norm: make_jaxpr(lambda x: jnp.sqrt(jnp.sum(x * x)))(x)
plain_outer: make_jaxpr(jnp.outer)(x, x4)
plain_einsum: make_jaxpr(lambda a, b: jnp.einsum("ij,jk->ik", a, b))(m, m34)
plain_lax_expm1_log1p_erf: make_jaxpr(lambda x: (lax.expm1(x), lax.log1p(x), lax.erf(x)))(x)
plain_isnan_isfinite: make_jaxpr(lambda x: (jnp.isnan(x), jnp.isfinite(x)))(x)
plain_complex: make_jaxpr(lambda x, y: jnp.abs(lax.complex(x, y)))(x, y)
plain_mlp: make_jaxpr(mlp)((m34, x4, m, b3), x)
plain_relu_mlp: make_jaxpr(relu_mlp_loss)((m34, x4, m, b3), m, m)
vmap_sin: make_jaxpr(vmap(jnp.sin))(m)
vmap_selu: make_jaxpr(vmap(selu, in_axes=(0, None, None)))(m, 1.67, 1.05)
vmap_selu_alpha: make_jaxpr(vmap(selu, in_axes=(None, 0, None)))(x, x4, 1.05)
vmap_single_linear: make_jaxpr(vmap(single_linear, in_axes=(0, None, None)))(m54, m, b3)
vmap_single_linear_out1: make_jaxpr(vmap(single_linear, in_axes=(0, None, None), out_axes=1))(m54, m, b3)
vmap_single_linear_w: make_jaxpr(vmap(single_linear, in_axes=(None, 2, None)))(x4, jnp.ones((4, 3, 5)), b3)
vmap_rms_error: make_jaxpr(vmap(rms_error))(m, m)
vmap_rms_error_mixed: make_jaxpr(vmap(rms_error, in_axes=(1, 0)))(m34, m)
vmap_add_none: make_jaxpr(vmap(lambda x, y: x + y, in_axes=(0, None)))(m, x)
vmap_add_scalar: make_jaxpr(vmap(lambda x, a: x * a))(m, x4)
vmap_in1_out1: make_jaxpr(vmap(lambda x: x * 2.0, in_axes=1, out_axes=1))(m)
vmap_out_last: make_jaxpr(vmap(jnp.sin, out_axes=-1))(m)
vmap_const_out: make_jaxpr(vmap(lambda x: (x, y)))(m)
vmap_dot: make_jaxpr(vmap(jnp.dot))(m, m)
vmap_dot_none: make_jaxpr(vmap(jnp.dot, in_axes=(0, None)))(m, x)
vmap_dot_rhs: make_jaxpr(vmap(jnp.dot, in_axes=(None, 0)))(x, m)
vmap_matmul: make_jaxpr(vmap(jnp.matmul))(jnp.ones((5, 4, 3)), jnp.ones((5, 3, 4)))
vmap_matmul_lhs: make_jaxpr(vmap(jnp.matmul, in_axes=(0, None)))(jnp.ones((5, 4, 3)), m34)
vmap_matmul_in1: make_jaxpr(vmap(jnp.matmul, in_axes=(1, 2)))(jnp.ones((4, 5, 3)), jnp.ones((3, 4, 5)))
vmap_sum: make_jaxpr(vmap(jnp.sum, in_axes=1))(m)
vmap_max: make_jaxpr(vmap(jnp.max))(m)
vmap_transpose: make_jaxpr(vmap(jnp.transpose))(jnp.ones((5, 4, 3)))
vmap_reshape: make_jaxpr(vmap(lambda m: m.reshape(6), in_axes=2))(jnp.ones((2, 3, 4)))
vmap_concatenate: make_jaxpr(vmap(lambda x, y: jnp.concatenate([x, y]), in_axes=(0, None)))(m, y)
vmap_broadcast: make_jaxpr(vmap(lambda x: jnp.broadcast_to(x, (2, 3))))(m)
vmap_slice: make_jaxpr(vmap(lambda x: lax.slice(x, (1,), (3,))))(m)
vmap_where: make_jaxpr(vmap(lambda p, x, y: jnp.where(p, x, y), in_axes=(0, 0, None)))(x4 > 0, m, y)
vmap_gather: make_jaxpr(vmap(lambda x, i: x[i]))(m, labels)
vmap_gather_index: make_jaxpr(vmap(lambda x, i: x[i], in_axes=(None, 0)))(x10, labels)
vmap_gather_operand: make_jaxpr(vmap(lambda x, i: x[i], in_axes=(0, None)))(m, i3)
vmap_dynamic_slice: make_jaxpr(vmap(lambda x, i: lax.dynamic_slice(x, (i,), (2,))))(m, labels)
vmap_cond_pred: make_jaxpr(vmap(pos))(x)
vmap_cond_operand: make_jaxpr(vmap(branch, in_axes=(None, 0)))(True, x)
vmap_while: make_jaxpr(vmap(count))(x)
vmap_while_pred: make_jaxpr(vmap(halve))(x)
vmap_scan: make_jaxpr(vmap(cumsum_scan))(m)
vmap_scan_carry: make_jaxpr(vmap(rnn, in_axes=(0, None)))(x, x4)
vmap_fori: make_jaxpr(vmap(newton))(x)
vmap_relu: make_jaxpr(vmap(jax.nn.relu))(m)
vmap_vmap_mul: make_jaxpr(vmap(vmap(lambda a, b: a * b, in_axes=(None, 0)), in_axes=(0, None)))(x4, x)
vmap_softmax: make_jaxpr(vmap(log_softmax))(m)
vmap_argmax: make_jaxpr(vmap(jnp.argmax))(m)
vmap_iota: make_jaxpr(vmap(lambda x: x + jnp.arange(3)))(m)
vmap_grad_rms_error: make_jaxpr(vmap(grad(rms_error), in_axes=(0, None)))(m, y)
jvp_sin: make_jaxpr(lambda x, t: jvp(jnp.sin, (x,), (t,)))(x, x)
jvp_cos_exp_log_tanh: make_jaxpr(lambda x, t: jvp(lambda x: jnp.cos(jnp.exp(x)) + jnp.log(jnp.tanh(x)), (x,), (t,)))(x, x)
jvp_mul: make_jaxpr(lambda x, y, t, u: jvp(lambda x, y: x * y, (x, y), (t, u)))(x, y, x, y)
jvp_div: make_jaxpr(lambda x, y, t, u: jvp(lambda x, y: x / y, (x, y), (t, u)))(x, y, x, y)
jvp_mul_sin: make_jaxpr(lambda x, t: jvp(lambda x: jnp.sin(x) * x, (x,), (t,)))(x, x)
jvp_cube: make_jaxpr(lambda x, t: jvp(lambda x: x ** 3, (x,), (t,)))(x, x)
jvp_square: make_jaxpr(lambda x, t: jvp(lambda x: x ** 2, (x,), (t,)))(x, x)
jvp_sqrt: make_jaxpr(lambda x, t: jvp(jnp.sqrt, (x,), (t,)))(x, x)
jvp_logistic: make_jaxpr(lambda x, t: jvp(lax.logistic, (x,), (t,)))(x, x)
jvp_selu: make_jaxpr(lambda x, t: jvp(selu0, (x,), (t,)))(x, x)
jvp_rms_error: make_jaxpr(lambda x, y, t: jvp(lambda x: rms_error(x, y), (x,), (t,)))(x, y, x)
jvp_single_linear_w: make_jaxpr(lambda x, w, b, t: jvp(lambda w: single_linear(x, w, b), (w,), (t,)))(x4, m, b3, m)
jvp_dot: make_jaxpr(lambda x, y, t, u: jvp(jnp.dot, (x, y), (t, u)))(x, y, x, y)
jvp_matmul: make_jaxpr(lambda a, b, t, u: jvp(jnp.matmul, (a, b), (t, u)))(m, m34, m, m34)
jvp_max: make_jaxpr(lambda x, t: jvp(jnp.max, (x,), (t,)))(x, x)
jvp_maximum: make_jaxpr(lambda x, t: jvp(lambda x: jnp.maximum(x, 0.0), (x,), (t,)))(x, x)
jvp_maximum_two: make_jaxpr(lambda x, y, t, u: jvp(jnp.maximum, (x, y), (t, u)))(x, y, x, y)
jvp_abs: make_jaxpr(lambda x, t: jvp(jnp.abs, (x,), (t,)))(x, x)
jvp_where: make_jaxpr(lambda x, t: jvp(lambda x: jnp.where(x > 0, x, x * x), (x,), (t,)))(x, x)
jvp_gather: make_jaxpr(lambda x, i, t: jvp(lambda x: x[i], (x,), (t,)))(x10, i3, x10)
jvp_relu: make_jaxpr(lambda x, t: jvp(jax.nn.relu, (x,), (t,)))(x, x)
jvp_concatenate: make_jaxpr(lambda x, y, t: jvp(lambda x: jnp.concatenate([x, y]), (x,), (t,)))(x, y, x)
jvp_stop_gradient: make_jaxpr(lambda x, t: jvp(lambda x: lax.stop_gradient(x) * x, (x,), (t,)))(x, x)
jvp_pow: make_jaxpr(lambda x, y, t, u: jvp(lambda x, y: x ** y, (x, y), (t, u)))(x, y, x, y)
jvp_jvp_sin: make_jaxpr(lambda x, t: jvp(lambda x: jvp(jnp.sin, (x,), (t,))[1], (x,), (t,)))(x, x)
jvp_vmap_selu: make_jaxpr(lambda x, t: jvp(vmap(selu0), (x,), (t,)))(m, m)
scan_cumsum: make_jaxpr(cumsum_scan)(x)
scan_rnn: make_jaxpr(rnn)(s, x)
scan_length: make_jaxpr(lambda c: lax.scan(lambda c, _: (c * 2.0, None), c, None, length=4))(s)
scan_reverse: make_jaxpr(lambda x: lax.scan(lambda c, a: (c + a, c), jnp.float32(0), x, reverse=True))(x)
scan_matrix: make_jaxpr(lambda w, h, xs: lax.scan(lambda h, x: (jnp.tanh(w @ h + x), jnp.sum(h)), h, xs))(m33, x, m)
scan_no_carry: make_jaxpr(lambda xs: lax.map(lambda x: jnp.sin(x) * 2, xs))(x)
scan_jvp: make_jaxpr(lambda x, t: jvp(cumsum_scan, (x,), (t,)))(x, x)
scan_jvp_rnn: make_jaxpr(lambda h, x, t: jvp(lambda x: rnn(h, x), (x,), (t,)))(s, x, x)
cond_two: make_jaxpr(branch)(True, s)
cond_traced: make_jaxpr(pos)(s)
cond_int_index: make_jaxpr(lambda i, x: lax.switch(i, [jnp.sin, jnp.cos, lambda x: x * 2.0], x))(1, s)
cond_two_operands: make_jaxpr(lambda p, x, y: lax.cond(p, lambda x, y: x + y, lambda x, y: x * y, x, y))(jnp.bool_(True), x, y)
cond_closure: make_jaxpr(lambda p, x, y: lax.cond(p, lambda: x + y, lambda: x * 2.0))(jnp.bool_(True), x, y)
cond_pytree: make_jaxpr(lambda p, x: lax.cond(p, lambda x: (x, jnp.sum(x)), lambda x: (x * 2.0, 0.0), x))(jnp.bool_(True), x)
cond_jvp: make_jaxpr(lambda x, t: jvp(pos, (x,), (t,)))(s, s)
cond_jvp_operand: make_jaxpr(lambda p, x, t: jvp(lambda x: branch(p, x), (x,), (t,)))(jnp.bool_(True), x, x)
while_halve: make_jaxpr(halve)(s)
while_count: make_jaxpr(count)(s)
while_closure: make_jaxpr(lambda x, y: lax.while_loop(lambda c: jnp.sum(c) < 10.0, lambda c: c + y, x))(x, y)
while_cond_consts: make_jaxpr(lambda x, n: lax.while_loop(lambda c: jnp.sum(c) < n, lambda c: c * 2.0, x))(x, s)
while_jvp: make_jaxpr(lambda x, t: jvp(lambda x: count(x)[1], (x,), (t,)))(s, s)
while_jvp_halve: make_jaxpr(lambda x, t: jvp(halve, (x,), (t,)))(s, s)
fori_newton: make_jaxpr(newton)(s)
fori_dynamic: make_jaxpr(powers)(5, s)
fori_index_used: make_jaxpr(lambda x: lax.fori_loop(0, 4, lambda i, c: c + i, x))(x)
fori_weak_carry: make_jaxpr(lambda: lax.fori_loop(0, 4, lambda i, c: c + 1.0, 0.0))()
fori_descend: make_jaxpr(descend)(x, y)
fori_jvp_newton: make_jaxpr(lambda a, t: jvp(newton, (a,), (t,)))(s, s)
grad_sin: make_jaxpr(grad(jnp.sin))(s)
grad_sin_weak: make_jaxpr(grad(jnp.sin))(1.0)
grad_sin_sum: make_jaxpr(grad(lambda x: jnp.sum(jnp.sin(x))))(x)
grad_cube: make_jaxpr(grad(lambda x: x ** 3))(s)
grad_sin_mul: make_jaxpr(grad(lambda x: jnp.sin(x) * x))(s)
grad_exp_tanh: make_jaxpr(grad(lambda x: jnp.sum(jnp.tanh(jnp.exp(x)))))(x)
grad_div: make_jaxpr(grad(lambda x, y: x / y, argnums=(0, 1)))(s, s)
grad_rms_error: make_jaxpr(grad(rms_error))(x, y)
grad_rms_error_both: make_jaxpr(grad(rms_error, argnums=(0, 1)))(x, y)
grad_selu: make_jaxpr(grad(lambda x, a, l: jnp.sum(selu(x, a, l))))(x, 1.67, 1.05)
grad_selu_closed: make_jaxpr(grad(lambda x: jnp.sum(selu0(x))))(x)
grad_single_linear: make_jaxpr(grad(sq_linear))(m, x4, b3)
grad_single_linear_all: make_jaxpr(grad(sq_linear, argnums=(0, 1, 2)))(m, x4, b3)
grad_dot: make_jaxpr(grad(jnp.dot, argnums=(0, 1)))(x, y)
grad_matmul_sum: make_jaxpr(grad(lambda a, b: jnp.sum(a @ b), argnums=(0, 1)))(m, m34)
grad_xent: make_jaxpr(grad(xent))(m, m)
grad_scan: make_jaxpr(grad(rnn_loss))(s, x)
grad_scan_xs: make_jaxpr(grad(rnn_loss, argnums=1))(s, x)
grad_cond: make_jaxpr(grad(pos))(s)
grad_cond_operand: make_jaxpr(grad(lambda p, x: jnp.sum(branch(p, x)), argnums=1))(jnp.bool_(True), x)
grad_fori: make_jaxpr(grad(newton))(s)
grad_gather: make_jaxpr(grad(lambda x, i: jnp.sum(x[i] ** 2)))(x10, i3)
grad_dynamic_slice: make_jaxpr(grad(lambda x, i: jnp.sum(lax.dynamic_slice(x, (i,), (4,)) ** 2)))(x10, jnp.int32(2))
grad_slice: make_jaxpr(grad(lambda x: jnp.sum(lax.slice(x, (1,), (3,)) ** 2)))(x)
grad_concatenate: make_jaxpr(grad(lambda x, y: jnp.sum(jnp.concatenate([x, y]) ** 2)))(x, y)
grad_broadcast: make_jaxpr(grad(lambda b, m: jnp.sum((b + m) ** 2)))(b3, m)
grad_max: make_jaxpr(grad(jnp.max))(x)
grad_maximum: make_jaxpr(grad(lambda x: jnp.sum(jnp.maximum(x, 0.0))))(x)
grad_where: make_jaxpr(grad(lambda x: jnp.sum(jnp.where(x > 0, x, x * x))))(x)
grad_relu: make_jaxpr(grad(lambda x: jnp.sum(jax.nn.relu(x))))(x)
grad_mlp: make_jaxpr(grad(mlp_loss))((m34, x4, m, b3), m, m)
grad_relu_mlp: make_jaxpr(grad(relu_mlp_loss))((m34, x4, m, b3), m, m)
grad_checkpoint: make_jaxpr(grad(jax.checkpoint(lambda x: jnp.sum(jnp.sin(jnp.sin(x))))))(x)
grad_vmap_selu: make_jaxpr(grad(lambda x: jnp.sum(vmap(selu0)(x))))(m)
grad_value_and_grad: make_jaxpr(value_and_grad(rms_error))(x, y)
grad_value_and_grad_mlp: make_jaxpr(value_and_grad(mlp_loss))((m34, x4, m, b3), m, m)
grad_jacfwd_sin: make_jaxpr(jax.jacfwd(jnp.sin))(x)
grad_jacrev_sin: make_jaxpr(jax.jacrev(jnp.sin))(x)
grad_vjp: make_jaxpr(lambda x, ct: jax.vjp(jnp.sin, x)[1](ct))(x, x)
grad_grad_sin: make_jaxpr(grad(grad(jnp.sin)))(s)
grad_grad_grad_cube: make_jaxpr(grad(grad(grad(lambda x: x ** 3))))(s)
hessian_cube: make_jaxpr(hessian(lambda x: x ** 3))(s)
hessian_cube_sum: make_jaxpr(hessian(lambda x: jnp.sum(x ** 3)))(x)
hessian_sin_mul: make_jaxpr(hessian(lambda x: jnp.sum(jnp.sin(x) * x)))(x)
hessian_sin_mul_scalar: make_jaxpr(hessian(lambda x: jnp.sin(x) * x))(s)
hessian_rms_error: make_jaxpr(hessian(rms_error))(x, y)
hessian_mlp: make_jaxpr(hessian(lambda b: mlp_loss((m34, b, m, b3), m, m)))(x4)
'''


def inline(jaxpr, consts=()):
    """The same program with fresh variables and every `jit` equation replaced by its body."""
    env = {}

    def read(atom):
        return atom if isinstance(atom, core.Literal) else env[atom]

    def bind(var):
        env[var] = (core.DropVar if isinstance(var, core.DropVar) else core.Var)(var.aval)
        return env[var]

    eqns = []

    def walk(body):
        for eqn in body.eqns:
            if eqn.primitive.name in ("jit", "pjit"):
                inner = eqn.params["jaxpr"]
                assert not inner.consts
                env.update(zip(inner.jaxpr.invars, [read(a) for a in eqn.invars]))
                walk(inner.jaxpr)
                env.update(zip(eqn.outvars, [read(a) for a in inner.jaxpr.outvars]))
                continue
            invars = [read(a) for a in eqn.invars]
            params = {k: inline_param(v) for k, v in eqn.params.items()}
            eqns.append(eqn.replace(invars=invars, outvars=[bind(v) for v in eqn.outvars], params=params))

    constvars, invars = [bind(v) for v in jaxpr.constvars], [bind(v) for v in jaxpr.invars]
    walk(jaxpr)
    outvars = [read(a) for a in jaxpr.outvars]
    return core.Jaxpr(constvars, invars, outvars, eqns, jaxpr.effects, jaxpr.debug_info)


def inline_param(value):
    if isinstance(value, core.ClosedJaxpr):
        return core.ClosedJaxpr(inline(value.jaxpr), value.consts)
    if isinstance(value, core.Jaxpr):
        return inline(value)
    if isinstance(value, tuple):  # named tuples, such as gather's dimension numbers, keep their class
        parts = map(inline_param, value)
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return int(value) if isinstance(value, np.integer) else value


def one_equation_per_line(jaxpr):
    """JAX's printer with unlimited width: the program's own equations a line each, inner jaxprs flat.

    Nothing is hoisted: an inner jaxpr is printed where it is used, however long it is."""
    context = JaxprPpContext(core._dropvars(jaxpr))
    settings = JaxprPpSettings()
    flat = lambda doc: doc.format(use_color=False, width=10**9)
    binders = lambda vs: flat(core.pp_vars(vs, context, print_shapes=True, is_binder=True))
    head = f"{{ lambda {binders(jaxpr.constvars)}; {binders(jaxpr.invars)}. let"
    lines = ["    " + flat(core.pp_eqn(e, context, settings)) for e in jaxpr.eqns]
    outs = flat(core.pp_vars(jaxpr.outvars, context, separator=","))
    tail = f"  in ({outs}{',' if len(jaxpr.outvars) == 1 else ''}) }}"
    return "\n".join([head, *lines, tail])


def weak(avals):
    return " ".join(a.str_short(short_dtypes=True) + ("*" if a.weak_type else "") for a in avals)


HEADER = f'''
Jaxprs as JAX {jax.__version__} prints them, inner jit calls inlined. Written by record_jaxprs.py; see README.md.
Weak types: neither a binder nor a literal shows whether it is weakly typed: `b:f32[]` is printed for a
Python float argument and for an f32 scalar array alike. The only place where weakness shows is the parameter
`weak_type=` of convert_element_type. The `## types` line of each case gives what the text leaves out: argument types
-> result types, a `*` behind each weakly typed one.
One thing is not as JAX prints it: where its batching rules leave NumPy integers in parameters, which NumPy 2 shows as
`np.int64(1)`, a plain `1` stands here.
'''.strip()


def main():
    scope = dict(globals())
    exec(PRELUDE, scope)
    out = [f"// {line}".rstrip() for line in HEADER.splitlines() + ["Prelude:"] + PRELUDE.splitlines()]
    for line in CASES.strip().splitlines():
        name, src = line.split(": ", 1)
        try:
            closed = eval(src, scope)
        except Exception as e:
            raise RuntimeError(f"case {name}: {src}") from e
        jaxpr = inline(closed.jaxpr)
        core.check_jaxpr(jaxpr)
        out += ["", f"# {name}", f"## src {src}"]
        out += [f"## types {weak(jaxpr.in_avals)} -> {weak(jaxpr.out_avals)}"]
        out += ["## jaxpr", one_equation_per_line(jaxpr)]
        out += ["## pretty", jaxpr.pretty_print(use_color=False)]
    sys.stdout.write("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
