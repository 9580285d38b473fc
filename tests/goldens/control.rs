//! Control flow: scan, cond, while and fori.

use jax::{Array, numpy as jnp};
use jax_core::api::{jvp, make_jaxpr};
use jax_core::lax::{self, control::ScanOptions, control::scan_with};

use crate::Case;
use crate::inputs::*;

pub const CASES: &[Case] = &[
    ("scan_cumsum", || make_jaxpr(cumsum_scan)(x())),
    ("scan_rnn", || make_jaxpr(rnn)(s(), x())),
    ("scan_length", || {
        let options = ScanOptions { length: Some(4), ..ScanOptions::default() };
        make_jaxpr(move |c: Array| scan_with(options, |c: Array, ()| (c * 2.0, ()), c, ()))(s())
    }),
    ("scan_reverse", || {
        let options = ScanOptions { reverse: true, ..ScanOptions::default() };
        make_jaxpr(move |x: Array| scan_with(options, |c: Array, a: Array| (&c + a, c), strong(0.0), x))(x())
    }),
    ("scan_matrix", || {
        let f = |w: Array, h: Array, xs: Array| {
            lax::scan(move |h: Array, x: Array| ((jnp::matmul(&w, &h) + x).tanh(), jnp::sum(h)), h, xs)
        };
        make_jaxpr(f)(ones(&[3, 3]), x(), m())
    }),
    ("scan_no_carry", || make_jaxpr(|xs: Array| lax::map(|x: Array| x.sin() * 2, xs))(x())),
    ("scan_jvp", || make_jaxpr(|x: Array, t: Array| jvp(cumsum_scan, (x,), (t,)))(x(), x())),
    ("scan_jvp_rnn", || {
        let f = |h: Array, x: Array, t: Array| jvp(move |x: Array| rnn(h.clone(), x), (x,), (t,));
        make_jaxpr(f)(s(), x(), x())
    }),
    ("cond_two", || make_jaxpr(branch)(truth(), s())),
    ("cond_traced", || make_jaxpr(pos)(s())),
    ("cond_int_index", || {
        let f = |i: Array, x: Array| {
            let functions: [&dyn Fn(Array) -> Array; 3] =
                [&|x: Array| x.sin(), &|x: Array| x.cos(), &|x: Array| x * 2.0];
            lax::switch(i, &functions, x)
        };
        make_jaxpr(f)(n(1), s())
    }),
    ("cond_two_operands", || {
        let f = |p: Array, x: Array, y: Array| {
            lax::cond(p, |(x, y): (Array, Array)| x + y, |(x, y): (Array, Array)| x * y, (x, y))
        };
        make_jaxpr(f)(truth(), x(), y())
    }),
    ("cond_closure", || {
        let f = |p: Array, x: Array, y: Array| lax::cond(p, |()| &x + &y, |()| &x * 2.0, ());
        make_jaxpr(f)(truth(), x(), y())
    }),
    ("cond_pytree", || {
        let f = |p: Array, x: Array| lax::cond(p, |x: Array| (x.clone(), jnp::sum(x)), |x: Array| (x * 2.0, f(0.0)), x);
        make_jaxpr(f)(truth(), x())
    }),
    ("cond_jvp", || make_jaxpr(|x: Array, t: Array| jvp(pos, (x,), (t,)))(s(), s())),
    ("cond_jvp_operand", || {
        let f = |p: Array, x: Array, t: Array| jvp(move |x: Array| branch(p.clone(), x), (x,), (t,));
        make_jaxpr(f)(truth(), x(), x())
    }),
    ("while_halve", || make_jaxpr(halve)(s())),
    ("while_count", || make_jaxpr(count)(s())),
    ("while_closure", || {
        let f =
            |x: Array, y: Array| lax::while_loop(|c: Array| jnp::less(jnp::sum(c), 10.0), move |c: Array| c + &y, x);
        make_jaxpr(f)(x(), y())
    }),
    ("while_cond_consts", || {
        let f = |x: Array, n: Array| lax::while_loop(move |c: Array| jnp::less(jnp::sum(c), &n), |c: Array| c * 2.0, x);
        make_jaxpr(f)(x(), s())
    }),
    ("while_jvp", || make_jaxpr(|x: Array, t: Array| jvp(|x: Array| count(x).1, (x,), (t,)))(s(), s())),
    ("while_jvp_halve", || make_jaxpr(|x: Array, t: Array| jvp(halve, (x,), (t,)))(s(), s())),
    ("fori_newton", || make_jaxpr(newton)(s())),
    ("fori_dynamic", || make_jaxpr(powers)(n(5), s())),
    ("fori_index_used", || make_jaxpr(|x: Array| lax::fori_loop(0, 4, |i, c: Array| c + i, x))(x())),
    ("fori_weak_carry", || make_jaxpr(|(): ()| lax::fori_loop(0, 4, |_, c: Array| c + 1.0, 0.0f32))(())),
    ("fori_descend", || make_jaxpr(descend)(x(), y())),
    ("fori_jvp_newton", || make_jaxpr(|a: Array, t: Array| jvp(newton, (a,), (t,)))(s(), s())),
];

fn strong(value: f64) -> Array {
    Array::scalar(jax_core::base::Scalar::from_f64(jax_core::base::DType::F32, value))
}
