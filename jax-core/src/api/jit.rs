//! Staging closures: `jit`, `make_jaxpr`, `eval_shape`, `checkpoint`, `custom_jvp`, `custom_vjp`, `stop_gradient`.

use std::sync::Arc;

use super::fun::{Args, FlatFun, Fun, Starts, Transformed, flatten_fun, program, trace_flat};
use crate::array::Array;
use crate::array::bind::in_rule;
use crate::array::fail::{at_call, raise};
use crate::base::Error;
use crate::base::error::ErrorKind;
use crate::control::custom::{CustomJvpCall, CustomVjpCall, Rule, custom_jvp_call, custom_vjp_call};
use crate::control::remat::{Remat, remat};
use crate::ir::{Aval, ClosedJaxpr};
use crate::prim::convert;
use crate::tree::{Flat, Leaves, PyTree, Ret};

/// A staged closure: traced and compiled once for each signature of its arguments. What it captures is fixed at
/// the first call of a signature, as in JAX.
///
/// ```
/// use jax_core::api::jit::jit;
/// use jax_core::array::{Array, IntoArray};
/// let double = jit(|x: Array| x * 2.0);
/// assert_eq!(double([1.0f32, 2.0].into_array()).to_vec::<f32>(), [2.0, 4.0]);
/// ```
#[track_caller]
pub fn jit<'f, A, F>(f: F) -> Transformed<'f, A, F::Out>
where
    A: Args,
    F: Fun<A> + 'f,
    F::Out: 'f,
{
    Transformed::with_compiler(flatten_fun(f), |traced| traced.optimize().lower().compile())
}

/// The jaxpr of a function for arguments of these types.
///
/// ```
/// use jax_core::api::jit::make_jaxpr;
/// use jax_core::array::{Array, IntoArray};
/// let jaxpr = make_jaxpr(|x: Array| x.sin())([1.0f32].into_array());
/// assert_eq!(jaxpr.to_string(), "{ lambda ; a:f32[1]. let b:f32[1] = sin a in (b,) }");
/// ```
pub fn make_jaxpr<'f, A, F>(f: F) -> Transformed<'f, A, ClosedJaxpr>
where
    A: Args,
    F: Fun<A> + 'f,
{
    let flat = flatten_fun(f);
    Transformed::question(move |args, starts| trace_flat(&flat, args, starts).closed)
}

/// The types of a function's results for arguments of these types, without running it.
///
/// ```
/// use jax_core::api::jit::eval_shape;
/// use jax_core::array::{Array, IntoArray};
/// let types = eval_shape(|x: Array| x.sum(None), ([1.0f32, 2.0].into_array(),));
/// assert_eq!(types[0].to_string(), "f32[]");
/// ```
pub fn eval_shape<A: Args, F: Fun<A>>(f: F, args: A) -> Vec<Aval> {
    A::call(&make_jaxpr(f), args).out_avals()
}

/// The operand, whose derivative is taken to be zero.
///
/// ```
/// use jax_core::api::{grad, stop_gradient};
/// use jax_core::array::{Array, IntoArray};
/// let g = grad(|x: Array| (stop_gradient(&x) * x).sum(None))([3.0f32].into_array());
/// assert_eq!(g.to_vec::<f32>(), [3.0]);
/// ```
#[track_caller]
pub fn stop_gradient(x: &Array) -> Array {
    if x.dtype().is_inexact() { convert::stop_gradient(x) } else { x.clone() }
}

/// The function, whose intermediate values reverse mode computes again instead of keeping.
///
/// ```
/// use jax_core::api::{grad, checkpoint};
/// use jax_core::array::{Array, IntoArray};
/// let f = checkpoint(|x: Array| x.sin().sin());
/// let g = grad(move |x: Array| f(x).sum(None))([0.0f32].into_array());
/// assert_eq!(g.to_vec::<f32>(), [1.0]);
/// ```
#[track_caller]
pub fn checkpoint<'f, A, F>(f: F) -> Transformed<'f, A, F::Out>
where
    A: Args,
    F: Fun<A> + 'f,
    F::Out: 'f,
{
    let flat = flatten_fun(f);
    Transformed::new(Arc::new(move |args: &Flat, starts: &Starts| {
        let (closed, out) = program(&flat, args, starts);
        let (jaxpr, consts) = closed.convert_consts();
        let operands: Vec<Array> = consts.iter().chain(&args.leaves).cloned().collect();
        let primitive = Remat { jaxpr: Arc::new(jaxpr), differentiated: false };
        Flat { leaves: at_call(|| remat(primitive, &operands)).into(), tokens: out.tokens }
    }))
}

fn flatten_tree<T: PyTree>(tree: T) -> Vec<Array> {
    let mut flat = Flat::new();
    tree.flatten(&mut flat);
    flat.leaves.into_vec()
}

#[track_caller]
fn rule_error(op: &'static str, message: &str) -> ! {
    raise(Error::new(ErrorKind::Transform, op, message))
}

/// The function with a forward-mode rule of its own: from the primals and the tangents, the result and its tangent.
/// The rule works under every other transform; reverse mode transposes it.
///
/// ```
/// use jax_core::api::{custom_jvp, grad};
/// use jax_core::array::{Array, IntoArray};
/// // log(1 + exp(x)) with a stable derivative.
/// let log1pexp = custom_jvp(
///     "log1pexp",
///     |x: Array| (x.exp() + 1.0).log(),
///     |(x,): (Array,), (t,): (Array,)| {
///         let y = (x.exp() + 1.0).log();
///         (y, (1.0f32 - 1.0f32 / (x.exp() + 1.0)) * t)
///     },
/// );
/// let g = grad(move |x: Array| log1pexp(x).sum(None))([100.0f32].into_array());
/// assert_eq!(g.to_vec::<f32>(), [1.0]);
/// ```
#[track_caller]
pub fn custom_jvp<'f, A, F, R>(name: &str, f: F, rule: R) -> Transformed<'f, A, F::Out>
where
    A: Args + PyTree + 'static,
    F: Fun<A> + 'f,
    F::Out: PyTree + 'f,
    R: Fn(A, A) -> (F::Out, F::Out) + Send + Sync + 'static,
{
    let (flat, name): (FlatFun<'f>, String) = (flatten_fun(f), name.to_owned());
    let rule = Arc::new(rule);
    Transformed::new(Arc::new(move |args: &Flat, starts: &Starts| {
        let (closed, out) = program(&flat, args, starts);
        let (jaxpr, consts) = closed.convert_consts();
        let operands: Vec<Array> = consts.iter().chain(&args.leaves).cloned().collect();
        let (tokens, count, rule) = (args.tokens.clone(), args.leaves.len(), rule.clone());
        let jvp = Rule::new(move |args| {
            let build = |leaves: &[Array]| A::rebuild_all(&mut Leaves::new(leaves, &tokens));
            let (value, tangent) = in_rule(|| rule(build(&args[..count]), build(&args[count..])));
            let (mut value, tangent) = (flatten_tree(value), flatten_tree(tangent));
            if value.len() != tangent.len() {
                rule_error("custom_jvp", "a custom JVP rule must give a result and a tangent of one structure.");
            }
            value.extend(tangent);
            value
        });
        let primitive =
            CustomJvpCall { name: name.clone(), call_jaxpr: Arc::new(jaxpr), jvp, num_consts: consts.len() };
        Flat { leaves: at_call(|| custom_jvp_call(primitive, &operands)).into(), tokens: out.tokens }
    }))
}

/// The function with a reverse-mode rule of its own: `fwd` gives the result and residuals, `bwd` takes the residuals
/// and the result's cotangent to the arguments' cotangents. Forward mode of it is an error, as in JAX.
///
/// ```
/// use jax_core::api::{custom_vjp, grad};
/// use jax_core::array::{Array, IntoArray};
/// // The identity, whose gradient is clipped.
/// let clip = custom_vjp(
///     "clip_gradient",
///     |x: Array| x,
///     |(x,): (Array,)| (x, ()),
///     |(), ct: Array| (ct.minimum(1.0),),
/// );
/// let g = grad(move |x: Array| (clip(x) * 5.0).sum(None))([3.0f32].into_array());
/// assert_eq!(g.to_vec::<f32>(), [1.0]);
/// ```
#[track_caller]
pub fn custom_vjp<'f, A, F, S, Fwd, Bwd>(name: &str, f: F, fwd: Fwd, bwd: Bwd) -> Transformed<'f, A, F::Out>
where
    A: Args + PyTree + 'static,
    F: Fun<A> + 'f,
    F::Out: PyTree + Ret + 'static,
    S: PyTree + 'static,
    Fwd: Fn(A) -> (F::Out, S) + Send + Sync + 'static,
    Bwd: Fn(S, F::Out) -> A + Send + Sync + 'static,
{
    let (flat, name): (FlatFun<'f>, String) = (flatten_fun(f), name.to_owned());
    let (fwd, bwd) = (Arc::new(fwd), Arc::new(bwd));
    Transformed::new(Arc::new(move |args: &Flat, starts: &Starts| {
        let (closed, out) = program(&flat, args, starts);
        let (jaxpr, consts) = closed.convert_consts();
        let operands: Vec<Array> = consts.iter().chain(&args.leaves).cloned().collect();
        let structure = Arc::new(std::sync::OnceLock::new());
        let (tokens, fwd, seen) = (args.tokens.clone(), fwd.clone(), structure.clone());
        let fwd_rule = Rule::new(move |args| {
            let (value, residuals) = in_rule(|| fwd(A::rebuild_all(&mut Leaves::new(args, &tokens))));
            let mut flat = Flat::new();
            PyTree::flatten(residuals, &mut flat);
            let _ = seen.set((flat.tokens, flat.leaves.len()));
            let mut results = flatten_tree(value);
            results.extend(flat.leaves);
            results
        });
        let (out_tokens, bwd) = (out.tokens.clone(), bwd.clone());
        let bwd_rule = Rule::new(move |args| {
            let Some((tokens, count)) = structure.get() else {
                rule_error("custom_vjp", "the backward rule ran before the forward rule.");
            };
            let (residuals, cts) = args.split_at(*count);
            let residuals = S::unflatten(&mut Leaves::new(residuals, tokens));
            let ct = <F::Out as PyTree>::unflatten(&mut Leaves::new(cts, &out_tokens));
            flatten_tree(in_rule(|| bwd(residuals, ct)))
        });
        let primitive = CustomVjpCall {
            name: name.clone(),
            call_jaxpr: Arc::new(jaxpr),
            fwd: fwd_rule,
            bwd: bwd_rule,
            num_consts: consts.len(),
        };
        Flat { leaves: at_call(|| custom_vjp_call(primitive, &operands)).into(), tokens: out.tokens }
    }))
}
