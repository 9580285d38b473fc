//! Derivatives: `grad`, `value_and_grad`, `jvp`, `vjp`, `linearize`, `linear_transpose`, `jacfwd`, `jacrev`,
//! `hessian`.

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use super::fun::{Args, FlatFun, Fun, Starts, Transformed, call_flat, flatten_fun, program};
use crate::array::fail::{at_call, called_from, here, raise, raise_call};
use crate::array::{Array, bind_one, builder};
use crate::base::error::ErrorKind;
use crate::base::{DType, Error};
use crate::ir::{Aval, ClosedJaxpr, Jaxpr, Tangent};
use crate::prim::arith::add;
use crate::prim::compare::eq;
use crate::prim::concatenate::split;
use crate::prim::convert::{ConvertElementType, convert_element_type};
use crate::prim::elementwise::constant_like;
use crate::prim::iota::iota;
use crate::prim::rule::{materialize, zeros};
use crate::prim::shape::reshape;
use crate::stage::compiled::{Compiled, Traced};
use crate::stage::gradient::{check_inputs, staged_gradient};
use crate::transform::batch::batch;
use crate::transform::linearize::linearize as linearize_jaxpr;
use crate::transform::transpose::backward;
use crate::tree::{Arg, Flat, Leaves, Ret};

fn error(op: &'static str, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Transform, op, message)
}

/// The arguments that a derivative is taken with respect to: [`ARG0`] to [`ARG5`], or a tuple of them.
pub trait Select<A> {
    /// The type of the gradient.
    type Grad: Ret;
    /// The positions.
    fn positions(&self) -> Vec<usize>;
}

macro_rules! selectors {
    ($($name:ident $index:literal $constant:ident;)*) => {
        $(
            #[doc = concat!("Argument number ", $index, ", counted from 0.")]
            #[derive(Clone, Copy, Debug)]
            pub struct $name;

            #[doc = concat!("Argument number ", $index, ", counted from 0.")]
            pub const $constant: $name = $name;
        )*
    };
}

selectors! {
    Arg0 0 ARG0;
    Arg1 1 ARG1;
    Arg2 2 ARG2;
    Arg3 3 ARG3;
    Arg4 4 ARG4;
    Arg5 5 ARG5;
}

macro_rules! select {
    ($($selector:ident $index:literal $ty:ident of ($($name:ident),*);)*) => {
        $(impl<$($name: Arg),*> Select<($($name,)*)> for $selector
        where
            $ty::Grad: Ret,
        {
            type Grad = $ty::Grad;

            fn positions(&self) -> Vec<usize> {
                vec![$index]
            }
        })*
    };
}

select! {
    Arg0 0 A of (A);
    Arg0 0 A of (A, B);
    Arg0 0 A of (A, B, C);
    Arg0 0 A of (A, B, C, D);
    Arg0 0 A of (A, B, C, D, E);
    Arg0 0 A of (A, B, C, D, E, F);
    Arg1 1 B of (A, B);
    Arg1 1 B of (A, B, C);
    Arg1 1 B of (A, B, C, D);
    Arg1 1 B of (A, B, C, D, E);
    Arg1 1 B of (A, B, C, D, E, F);
    Arg2 2 C of (A, B, C);
    Arg2 2 C of (A, B, C, D);
    Arg2 2 C of (A, B, C, D, E);
    Arg2 2 C of (A, B, C, D, E, F);
    Arg3 3 D of (A, B, C, D);
    Arg3 3 D of (A, B, C, D, E);
    Arg3 3 D of (A, B, C, D, E, F);
    Arg4 4 E of (A, B, C, D, E);
    Arg4 4 E of (A, B, C, D, E, F);
    Arg5 5 F of (A, B, C, D, E, F);
}

impl<A, S: Select<A>, T: Select<A>> Select<A> for (S, T) {
    type Grad = (S::Grad, T::Grad);

    fn positions(&self) -> Vec<usize> {
        [self.0.positions(), self.1.positions()].concat()
    }
}

impl<A, S: Select<A>, T: Select<A>, U: Select<A>> Select<A> for (S, T, U) {
    type Grad = (S::Grad, T::Grad, U::Grad);

    fn positions(&self) -> Vec<usize> {
        [self.0.positions(), self.1.positions(), self.2.positions()].concat()
    }
}

/// The gradient of a function, a builder and a callable: see [`grad`] and [`value_and_grad`].
pub struct Grad<'f, A: Args, R: Ret, Out: Ret> {
    f: FlatFun<'f>,
    wrt: Vec<usize>,
    value: bool,
    has_aux: bool,
    call: Transformed<'f, A, Out>,
    result: PhantomData<fn() -> R>,
}

impl<'f, A: Args, R: Ret + 'f, Out: Ret + 'f> Grad<'f, A, R, Out> {
    #[track_caller]
    fn new(f: FlatFun<'f>, wrt: Vec<usize>, value: bool, has_aux: bool) -> Grad<'f, A, R, Out> {
        let (inner, positions) = (f.clone(), wrt.clone());
        let gradient: FlatFun<'f> = Arc::new(move |args: &Flat, starts: &Starts| {
            staged_gradient(args, starts, &positions, value, has_aux, |args| inner(args, starts))
        });
        Grad { f, wrt, value, has_aux, call: Transformed::new(gradient), result: PhantomData }
    }
}

impl<'f, A: Args, R: Ret + 'f, Out: Ret + 'f> Deref for Grad<'f, A, R, Out> {
    type Target = A::Dyn<'f, Out>;

    fn deref(&self) -> &Self::Target {
        &self.call
    }
}

impl<'f, A: Args, R: Ret + 'f, Out: Ret + 'f> Fun<A> for Grad<'f, A, R, Out> {
    type Out = Out;

    fn apply(&self, args: A) -> Out {
        self.call.apply(args)
    }

    fn stage(&self, args: &Flat, starts: &Starts) -> Flat {
        self.call.stage(args, starts)
    }
}

impl<'f, A: Args, R: Ret + 'f, G: Ret + 'f> Grad<'f, A, R, G> {
    /// The gradient with respect to other arguments: `ARG1`, `(ARG0, ARG2)`.
    #[track_caller]
    pub fn argnums<S: Select<A>>(self, wrt: S) -> Grad<'f, A, R, S::Grad>
    where
        S::Grad: 'f,
    {
        Grad::new(self.f, wrt.positions(), self.value, self.has_aux)
    }
}

impl<'f, A: Args, L: Ret + 'f, X: Ret + 'f, G: Ret + 'f> Grad<'f, A, (L, X), G> {
    /// The gradient of a function that gives `(loss, auxiliary)`: gives `(gradient, auxiliary)`.
    #[track_caller]
    pub fn has_aux(self) -> Grad<'f, A, (L, X), (G, X)> {
        Grad::new(self.f, self.wrt, self.value, true)
    }
}

/// The value and the gradient of a function: see [`value_and_grad`].
pub struct ValueAndGrad<'f, A: Args, R: Ret, G: Ret>(Grad<'f, A, R, (R, G)>, PhantomData<fn() -> G>);

impl<'f, A: Args, R: Ret + 'f, G: Ret + 'f> Deref for ValueAndGrad<'f, A, R, G> {
    type Target = A::Dyn<'f, (R, G)>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<'f, A: Args, R: Ret + 'f, G: Ret + 'f> Fun<A> for ValueAndGrad<'f, A, R, G> {
    type Out = (R, G);

    fn apply(&self, args: A) -> (R, G) {
        self.0.apply(args)
    }

    fn stage(&self, args: &Flat, starts: &Starts) -> Flat {
        self.0.stage(args, starts)
    }
}

impl<'f, A: Args, R: Ret + 'f, G: Ret + 'f> ValueAndGrad<'f, A, R, G> {
    /// The gradient with respect to other arguments: `ARG1`, `(ARG0, ARG2)`.
    #[track_caller]
    pub fn argnums<S: Select<A>>(self, wrt: S) -> ValueAndGrad<'f, A, R, S::Grad>
    where
        S::Grad: 'f,
    {
        ValueAndGrad(Grad::new(self.0.f, wrt.positions(), true, self.0.has_aux), PhantomData)
    }

    /// For a function that gives `(loss, auxiliary)`: gives `((loss, auxiliary), gradient)`.
    #[track_caller]
    pub fn has_aux(self) -> ValueAndGrad<'f, A, R, G> {
        ValueAndGrad(Grad::new(self.0.f, self.0.wrt, true, true), PhantomData)
    }
}

/// The gradient of a function that gives a scalar, with respect to its first argument; `argnums` chooses others.
///
/// The gradient has the structure of the argument.
///
/// # Panics
/// When called, if the function does not give one real scalar or the argument is not of floats.
///
/// ```
/// use jax_core::api::grad::grad;
/// use jax_core::array::{Array, IntoArray};
/// let df = grad(|x: Array| (&x * &x * &x).sum(None));
/// assert_eq!(df([2.0f32].into_array()).to_vec::<f32>(), [12.0]);
/// ```
#[track_caller]
pub fn grad<'f, A, F>(f: F) -> Grad<'f, A, F::Out, <Arg0 as Select<A>>::Grad>
where
    A: Args,
    F: Fun<A> + 'f,
    F::Out: 'f,
    Arg0: Select<A>,
    <Arg0 as Select<A>>::Grad: 'f,
{
    Grad::new(flatten_fun(f), vec![0], false, false)
}

/// The value and the gradient of a function that gives a scalar: `(value, gradient)`. See [`grad`].
///
/// ```
/// use jax_core::api::grad::value_and_grad;
/// use jax_core::array::{Array, IntoArray};
/// let f = value_and_grad(|x: Array| (&x * &x).sum(None));
/// let (value, gradient) = f([3.0f32].into_array());
/// assert_eq!((value.item_f32(), gradient.to_vec::<f32>()), (9.0, vec![6.0]));
/// ```
#[track_caller]
pub fn value_and_grad<'f, A, F>(f: F) -> ValueAndGrad<'f, A, F::Out, <Arg0 as Select<A>>::Grad>
where
    A: Args,
    F: Fun<A> + 'f,
    F::Out: 'f,
    Arg0: Select<A>,
    <Arg0 as Select<A>>::Grad: 'f,
{
    ValueAndGrad(Grad::new(flatten_fun(f), vec![0], true, false), PhantomData)
}

/// Splits the leaves of results and tangents.
fn split_result<R: Ret>(out: &Flat, tokens: &Flat, count: usize) -> (R, R) {
    let read = |leaves: &[Array]| R::rebuild(&mut Leaves::new(leaves, &tokens.tokens));
    (read(&out.leaves[..count]), read(&out.leaves[count..]))
}

#[track_caller]
fn check_same_structure(op: &'static str, primals: &Flat, tangents: &Flat) {
    let same = |(p, t): (&Array, &Array)| p.shape() == t.shape() && (p.dtype() == t.dtype() || !p.dtype().is_inexact());
    if primals.tokens != tangents.tokens || !primals.leaves.iter().zip(&tangents.leaves).all(same) {
        let list = |flat: &Flat| flat.avals().iter().map(Aval::to_string).collect::<Vec<_>>().join(", ");
        raise(error(
            op,
            format!(
                "primal and tangent arguments to {op} must have the same structure, shapes and dtypes, but got ({}) \
                 and ({}).",
                list(primals),
                list(tangents)
            ),
        ));
    }
}

/// The value of a function and its derivative in a direction: `(f(x), f'(x) t)`.
///
/// # Panics
/// If the tangents do not have the structure, shapes and dtypes of the primals.
///
/// ```
/// use jax_core::api::grad::jvp;
/// use jax_core::array::{Array, IntoArray};
/// let x = [2.0f32].into_array();
/// let (y, dy) = jvp(|x: Array| &x * &x, (x,), ([1.0f32].into_array(),));
/// assert_eq!((y.to_vec::<f32>(), dy.to_vec::<f32>()), (vec![4.0], vec![4.0]));
/// ```
#[track_caller]
pub fn jvp<A, F>(f: F, primals: A, tangents: A) -> (F::Out, F::Out)
where
    A: Args,
    F: Fun<A>,
{
    let flat = flatten_fun(f);
    let (mut args, mut dots) = (Flat::new(), Flat::new());
    let starts = primals.flatten_all(&mut args);
    tangents.flatten_all(&mut dots);
    check_same_structure("jvp", &args, &dots);
    let count = args.leaves.len();
    let mut outs = Flat::new();
    let both: FlatFun<'_> = Arc::new(|both: &Flat, starts: &Starts| {
        let (primals, tangents) = both.leaves.split_at(count);
        let args = Flat { leaves: primals.iter().cloned().collect(), tokens: both.tokens.clone() };
        let (closed, out) = program(&flat, &args, starts);
        let tangents: Vec<Tangent> = tangents.iter().map(|t| t.dtype().is_inexact().then(|| t.clone())).collect();
        let (results, tangents) = crate::transform::jvp(&closed, primals, &tangents);
        let zeros = |aval: &Aval| at_call(|| zeros(aval));
        let full = results.iter().zip(tangents).map(|(r, t)| t.unwrap_or_else(|| zeros(r.aval())));
        let leaves = results.iter().cloned().chain(full.collect::<Vec<_>>()).collect();
        Flat { leaves, tokens: out.tokens }
    });
    args.leaves.extend(dots.leaves);
    let result = match called_from(here(), || call_flat(&both, args, &starts)) {
        Ok(result) => result,
        Err(error) => raise(error),
    };
    outs.tokens = result.tokens.clone();
    let half = result.leaves.len() / 2;
    split_result(&result, &outs, half)
}

/// A function's derivative at a point, transposed: from a cotangent of the result to cotangents of the arguments.
#[derive(Clone, Debug)]
pub struct Vjp<A, R> {
    linear: Linear,
    types: PhantomData<fn(R) -> A>,
}

/// A function's derivative at a point: from tangents of the arguments to the tangent of the result.
#[derive(Clone, Debug)]
pub struct Linearized<A, R> {
    linear: Linear,
    types: PhantomData<fn(A) -> R>,
}

/// A linear program with what it needs from the point.
#[derive(Clone, Debug)]
struct Linear {
    jaxpr: Jaxpr,
    residuals: Vec<Array>,
    has_tangent: Vec<bool>,
    marks: Vec<bool>,
    in_avals: Vec<Aval>,
    out_avals: Vec<Aval>,
    in_tokens: Flat,
    out_tokens: Flat,
}

/// The value at a point, and the linear program there.
#[track_caller]
fn linearize_at<A: Args, F: Fun<A>>(f: F, primals: A) -> (F::Out, Linear) {
    let flat = flatten_fun(f);
    let mut args = Flat::new();
    let starts = primals.flatten_all(&mut args);
    let (closed, out) = program(&flat, &args, &starts);
    let marks: Vec<bool> = args.leaves.iter().map(|leaf| leaf.dtype().is_inexact()).collect();
    // The value and the residuals are one program, compiled as one.
    let mut kept = None;
    let avals = args.avals();
    let (closed_known, ()) = builder::trace_with(&avals, |leaves| {
        let at = linearize_jaxpr(&closed, leaves, &marks);
        let outs = at.primals.iter().chain(&at.residuals).cloned().collect();
        kept = Some((at.linear, at.has_tangent));
        (outs, ())
    });
    let Some((jaxpr, has_tangent)) = kept else {
        crate::bug!("linearization gave nothing");
    };
    let mut values = run_leaves(&closed_known, &args.leaves);
    let residuals = values.split_off(has_tangent.len());
    let value = F::Out::rebuild(&mut Leaves::new(&values, &out.tokens));
    let linear = Linear {
        jaxpr,
        residuals,
        has_tangent,
        marks,
        in_avals: avals,
        out_avals: closed.out_avals(),
        in_tokens: Flat { leaves: Default::default(), tokens: args.tokens },
        out_tokens: out,
    };
    (value, linear)
}

/// The results of a program: staged, or compiled and run.
#[track_caller]
fn run_leaves(closed: &ClosedJaxpr, args: &[Array]) -> Vec<Array> {
    if builder::is_tracing() {
        return crate::transform::eval(closed, args);
    }
    let traced = Traced { closed: closed.clone(), out_tokens: Default::default() };
    let run = |compiled: Compiled| compiled.run(args.iter().cloned().collect());
    match traced.compile_shared().and_then(run) {
        Ok(out) => out.leaves.into_vec(),
        Err(error) => raise(error),
    }
}

impl Linear {
    #[track_caller]
    fn transpose(&self, op: &'static str, cotangents: &Flat) -> Vec<Array> {
        let given: Vec<Aval> = cotangents.avals();
        let fits = |(a, b): (&Aval, &Aval)| a.shape == b.shape && (a.dtype == b.dtype || !a.dtype.is_inexact());
        if given.len() != self.out_avals.len() || !self.out_avals.iter().zip(&given).all(fits) {
            let list = |avals: &[Aval]| avals.iter().map(Aval::to_string).collect::<Vec<_>>().join(", ");
            let message = format!(
                "{op}: the cotangent must have the type of the function's result, ({}), but got ({}).",
                list(&self.out_avals),
                list(&given)
            );
            raise(error(op, message));
        }
        let avals: Vec<Aval> = self.residuals.iter().map(|r| r.aval().clone()).chain(given).collect();
        let back = |args: &[Array]| {
            let (residuals, cts) = args.split_at(self.residuals.len());
            let cts = cts.iter().zip(&self.has_tangent).filter(|(_, has)| **has).map(|(ct, _)| Some(ct.clone()));
            let mut back = backward(&self.jaxpr, residuals, &cts.collect::<Vec<_>>()).into_iter();
            let gradient = |(aval, &mark): (&Aval, &bool)| {
                let ct = if mark { back.next().flatten() } else { None };
                ct.unwrap_or_else(|| zeros(aval))
            };
            self.in_avals.iter().zip(&self.marks).map(gradient).collect()
        };
        let place = here();
        let closed = builder::trace(&avals, |args| called_from(place, || at_call(|| back(args))));
        let args: Vec<Array> = self.residuals.iter().chain(&cotangents.leaves).cloned().collect();
        run_leaves(&closed, &args)
    }
}

impl<A: Args, R: Ret> Vjp<A, R> {
    /// The cotangents of the arguments for a cotangent of the result.
    ///
    /// # Panics
    /// If the cotangent does not have the type of the result.
    #[track_caller]
    pub fn call(&self, cotangent: R) -> A {
        let mut flat = Flat::new();
        cotangent.flatten_self(&mut flat);
        let leaves = self.linear.transpose("vjp", &flat);
        A::rebuild_all(&mut Leaves::new(&leaves, &self.linear.in_tokens.tokens))
    }
}

impl<A: Args, R: Ret> Linearized<A, R> {
    /// The tangent of the result for tangents of the arguments.
    ///
    /// # Panics
    /// If the tangents do not have the types of the arguments.
    #[track_caller]
    pub fn call(&self, tangents: A) -> R {
        let mut flat = Flat::new();
        tangents.flatten_all(&mut flat);
        let point = Flat {
            leaves: self.linear.in_avals.iter().map(zeros).collect(),
            tokens: self.linear.in_tokens.tokens.clone(),
        };
        check_same_structure("linearize", &point, &flat);
        let linear = &self.linear;
        let avals: Vec<Aval> = linear.residuals.iter().map(|r| r.aval().clone()).chain(flat.avals()).collect();
        let closed = builder::trace(&avals, |args| {
            let (residuals, tangents) = args.split_at(linear.residuals.len());
            let marked = tangents.iter().zip(&linear.marks).filter(|(_, mark)| **mark).map(|(t, _)| t);
            let inputs: Vec<Array> = residuals.iter().chain(marked).cloned().collect();
            let mut outs = crate::transform::eval(&ClosedJaxpr::new(linear.jaxpr.clone()), &inputs).into_iter();
            let tangent = |(aval, &has): (&Aval, &bool)| {
                let out = if has { outs.next() } else { None };
                out.unwrap_or_else(|| zeros(aval))
            };
            linear.out_avals.iter().zip(&linear.has_tangent).map(tangent).collect()
        });
        let args: Vec<Array> = linear.residuals.iter().chain(&flat.leaves).cloned().collect();
        let outs = run_leaves(&closed, &args);
        R::rebuild(&mut Leaves::new(&outs, &linear.out_tokens.tokens))
    }
}

/// The value of a function, and a callable from cotangents of its result to cotangents of its arguments.
///
/// ```
/// use jax_core::api::grad::vjp;
/// use jax_core::array::{Array, IntoArray};
/// let (y, back) = vjp(|x: Array| &x * &x, ([3.0f32].into_array(),));
/// let (dx,) = back.call([1.0f32].into_array());
/// assert_eq!((y.to_vec::<f32>(), dx.to_vec::<f32>()), (vec![9.0], vec![6.0]));
/// ```
#[track_caller]
pub fn vjp<A: Args, F: Fun<A>>(f: F, primals: A) -> (F::Out, Vjp<A, F::Out>) {
    let (value, linear) = linearize_at(f, primals);
    (value, Vjp { linear, types: PhantomData })
}

/// The value of a function, and its derivative there as a callable.
///
/// ```
/// use jax_core::api::grad::linearize;
/// use jax_core::array::{Array, IntoArray};
/// let (y, df) = linearize(|x: Array| &x * &x, ([3.0f32].into_array(),));
/// assert_eq!(df.call(([2.0f32].into_array(),)).to_vec::<f32>(), [12.0]);
/// assert_eq!(y.to_vec::<f32>(), [9.0]);
/// ```
#[track_caller]
pub fn linearize<A: Args, F: Fun<A>>(f: F, primals: A) -> (F::Out, Linearized<A, F::Out>) {
    let (value, linear) = linearize_at(f, primals);
    (value, Linearized { linear, types: PhantomData })
}

/// The transpose of a linear function, whose arguments have the types of `example`.
///
/// ```
/// use jax_core::api::grad::linear_transpose;
/// use jax_core::array::{Array, IntoArray};
/// let back = linear_transpose(|x: Array| x * 3.0, ([1.0f32].into_array(),));
/// assert_eq!(back.call([2.0f32].into_array()).0.to_vec::<f32>(), [6.0]);
/// ```
#[track_caller]
pub fn linear_transpose<A: Args, F: Fun<A>>(f: F, example: A) -> Vjp<A, F::Out> {
    vjp(f, example).1
}

/// The basis vectors of the arrays of this type, stacked: as many as they have elements. With the equations that JAX
/// has for it, of which the optimizer drops those that do nothing.
fn basis(aval: &Aval) -> Array {
    let size = aval.size();
    let rows = iota(DType::I32, &[size, size], 0);
    let columns = iota(DType::I32, &[size, size], 1);
    let rows = add(&rows, &constant_like(&rows, 0.0));
    let eye = convert_element_type(&eq(&rows, &columns), aval.dtype, false);
    let stacked = unravel(&eye, 1, &aval.shape);
    bind_one(ConvertElementType { new_dtype: aval.dtype, weak_type: aval.weak }, &[&stacked])
}

/// The array with one axis made the axes of this shape.
fn unravel(x: &Array, axis: usize, shape: &[usize]) -> Array {
    let pieces = split(x, &[x.shape()[axis]], axis);
    let full: Vec<usize> = [&x.shape()[..axis], shape, &x.shape()[axis + 1..]].concat();
    reshape(&pieces[0], &full)
}

/// One array in, one array out, as the Jacobian functions take them.
#[track_caller]
fn single(op: &'static str, args: &Flat, starts: &Starts) -> Array {
    let end = starts.get(1).map_or(args.leaves.len(), |s| s.0);
    match &args.leaves[..end] {
        [leaf] => leaf.clone(),
        leaves => {
            raise(error(op, format!("{op} takes a function whose first argument is one array, not {}", leaves.len())))
        }
    }
}

fn jacobian_fun<'f>(f: FlatFun<'f>, forward: bool) -> FlatFun<'f> {
    let op = if forward { "jacfwd" } else { "jacrev" };
    Arc::new(move |args: &Flat, starts: &Starts| {
        let x = single(op, args, starts);
        let mut marks = vec![false; args.leaves.len()];
        marks[0] = true;
        check_inputs(op, args, &marks);
        let (closed, _) = program(&f, args, starts);
        let outs = closed.out_avals();
        let [y] = &outs[..] else {
            raise_call(error(op, format!("{op} takes a function that gives one array, not {}", outs.len())));
        };
        let at = at_call(|| linearize_jaxpr(&closed, &args.leaves, &marks));
        let shape: Vec<usize> = y.shape.iter().chain(x.shape()).copied().collect();
        let full = y.with_shape(&shape);
        let jacobian = at_call(|| {
            if !at.has_tangent[0] {
                zeros(&full)
            } else if forward {
                let rows = basis(x.aval());
                let inputs: Vec<Array> = at.residuals.iter().cloned().chain([rows]).collect();
                let mut dims = vec![None; at.residuals.len()];
                dims.push(Some(0));
                let (outs, dims) = batch(&ClosedJaxpr::new(at.linear), &inputs, &dims, x.size());
                let last = materialize(&outs[0], dims[0], y.ndim(), x.size());
                unravel(&last, y.ndim(), x.shape())
            } else {
                let avals: Vec<Aval> = at.residuals.iter().map(|r| r.aval().clone()).chain([y.clone()]).collect();
                let back = builder::trace(&avals, |args| {
                    let (residuals, ct) = args.split_at(at.residuals.len());
                    let ct = backward(&at.linear, residuals, &[Some(ct[0].clone())]).into_iter().next().flatten();
                    vec![ct.unwrap_or_else(|| zeros(x.aval()))]
                });
                let rows = basis(y);
                let inputs: Vec<Array> = at.residuals.iter().cloned().chain([rows]).collect();
                let mut dims = vec![None; at.residuals.len()];
                dims.push(Some(0));
                let (outs, dims) = batch(&back, &inputs, &dims, y.size());
                unravel(&materialize(&outs[0], dims[0], 0, y.size()), 0, &y.shape)
            }
        });
        let mut result = Flat::new();
        result.leaf(jacobian);
        result
    })
}

/// The Jacobian of a function from one array to one array, by forward mode: the result's axes, then the argument's.
///
/// ```
/// use jax_core::api::grad::jacfwd;
/// use jax_core::array::{Array, IntoArray};
/// let j = jacfwd(|x: Array| &x * &x)([1.0f32, 2.0].into_array());
/// assert_eq!(j.to_vec::<f32>(), [2.0, 0.0, 0.0, 4.0]);
/// ```
#[track_caller]
pub fn jacfwd<'f, A: Args, F: Fun<A> + 'f>(f: F) -> Transformed<'f, A, Array> {
    Transformed::new(jacobian_fun(flatten_fun(f), true))
}

/// The Jacobian of a function from one array to one array, by reverse mode: the result's axes, then the argument's.
///
/// ```
/// use jax_core::api::grad::jacrev;
/// use jax_core::array::{Array, IntoArray};
/// let j = jacrev(|x: Array| &x * &x)([1.0f32, 2.0].into_array());
/// assert_eq!(j.to_vec::<f32>(), [2.0, 0.0, 0.0, 4.0]);
/// ```
#[track_caller]
pub fn jacrev<'f, A: Args, F: Fun<A> + 'f>(f: F) -> Transformed<'f, A, Array> {
    Transformed::new(jacobian_fun(flatten_fun(f), false))
}

/// [`jacrev`] by JAX's other name.
#[track_caller]
pub fn jacobian<'f, A: Args, F: Fun<A> + 'f>(f: F) -> Transformed<'f, A, Array> {
    jacrev(f)
}

/// The Hessian of a function from one array to one array: forward mode over reverse mode.
///
/// ```
/// use jax_core::api::grad::hessian;
/// use jax_core::array::{Array, IntoArray};
/// let h = hessian(|x: Array| (&x * &x * &x).sum(None))([1.0f32, 2.0].into_array());
/// assert_eq!(h.to_vec::<f32>(), [6.0, 0.0, 0.0, 12.0]);
/// ```
#[track_caller]
pub fn hessian<'f, A: Args, F: Fun<A> + 'f>(f: F) -> Transformed<'f, A, Array> {
    Transformed::new(jacobian_fun(jacobian_fun(flatten_fun(f), false), true))
}
