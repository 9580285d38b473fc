//! Attributes on generic functions, on methods, and stacked.

use jax::prelude::*;
use num_complex::Complex;
use num_traits::{Float, FloatConst};

use crate::{close, difference};

#[jit]
#[grad]
fn softplus<T: Float>(x: T) -> T {
    (x.exp() + T::one()).ln()
}

fn plain_softplus(x: f64) -> f64 {
    x.exp().ln_1p()
}

/// One staged function that calls another, and one that is not staged.
#[jit]
fn mixed<T>(x: T, scale: T) -> (T, Complex<T>)
where
    T: Float + FloatConst + std::fmt::Debug,
{
    let y = softplus(x) * scale;
    let z = Complex::new(y, x) * Complex::new(T::PI(), x);
    (y + twice(y), z)
}

fn twice<T: std::ops::Add<Output = T> + Copy>(x: T) -> T {
    x + x
}

#[jit(static(n))]
fn power<T: Float, const N: usize>(x: [T; N], n: i32, rest: &Array) -> (Vec<T>, Array) {
    let powers: Vec<T> = x.iter().map(|x| x.powi(n)).collect();
    (powers, rest * 2.0)
}

#[jit]
fn square<T: std::ops::Mul<Output = T> + Clone>(x: T) -> T {
    x.clone() * x
}

/// Generic, and not staged: it says what it needs of the staged one.
fn through<T: Float + Traceable>(x: T) -> T
where
    T::Tracer: Float,
{
    softplus(x) + T::one()
}

#[test]
fn generic_functions() {
    assert_eq!(softplus(0.0f32), std::f32::consts::LN_2);
    close("f64", softplus(0.5), plain_softplus(0.5), 1e-15);
    close("Tracer", softplus(Tracer::known(0.5)).number(), plain_softplus(0.5), 1e-15);
    assert_eq!((softplus::<f32>::compile_count(), softplus::<f64>::compile_count()), (1, 1));
    softplus(0.75f32);
    assert_eq!((softplus::<f32>::compile_count(), softplus::<Tracer<f64>>::compile_count()), (1, 1));
    close("grad", softplus_grad(0.5), difference(plain_softplus, 0.5), 1e-9);
    let (value, slope) = softplus_value_and_grad(0.5f32);
    close("value", value as f64, plain_softplus(0.5), 1e-6);
    close("slope", slope as f64, softplus_grad(0.5), 1e-6);
    let second = grad(grad(softplus::<f64>));
    close("grad of grad", second(0.5), difference(|x| softplus_grad(x), 0.5), 1e-9);
    assert_eq!(
        softplus::jaxpr(1.0f64).to_string(),
        make_jaxpr(|x: Tracer<f64>| (x.exp() + 1.0).ln())(1.0.into()).to_string()
    );
    assert!(softplus::try_call(1.0f32).is_ok());
    let vectorized = vmap(grad(|x: Array| {
        let x: Tracer<f64> = x.into();
        softplus(x).array()
    }));
    close("vmap of grad", vectorized(jnp::array(vec![0.5])).to_vec::<f64>()[0], softplus_grad(0.5), 1e-15);
    close("through", through(0.5), plain_softplus(0.5) + 1.0, 1e-15);
    close("jvp", jvp(softplus::<f64>, (0.5,), (2.0,)).1, 2.0 * softplus_grad(0.5), 1e-15);
}

#[test]
fn generic_functions_call_each_other() {
    let (x, scale) = (0.5, 3.0);
    let y = plain_softplus(x) * scale;
    let (sum, z) = mixed(x, scale);
    close("sum", sum, 3.0 * y, 1e-15);
    close("re", z.re, y * std::f64::consts::PI - x * x, 1e-15);
    close("im", z.im, y * x + x * std::f64::consts::PI, 1e-15);
    let (powers, rest) = power([2.0f32, 3.0], 3, &jnp::array([1.0, 2.0]));
    assert_eq!((powers, rest.to_string()), (vec![8.0, 27.0], "[2. 4.]".to_owned()));
    assert_eq!(square(3.0f64), 9.0);
    assert_eq!(square(jnp::array([3.0, 4.0])).to_string(), "[ 9. 16.]");
    assert_eq!(square(Tracer::known(3.0f32)).number(), 9.0);
}

/// A staged function with plain scalars that calls generic ones.
#[jit]
fn bigger(x: f32, shift: Array) -> Array {
    let y: Tracer = x.into();
    let z = softplus::<Tracer>(y) * twice::<Tracer>(y);
    shift + z
}

#[test]
fn generic_functions_in_bigger_ones() {
    let got = bigger(0.5, jnp::array([0.0, 1.0])).to_vec::<f32>();
    close("first", got[0] as f64, plain_softplus(0.5), 1e-6);
    close("second", got[1] as f64, plain_softplus(0.5) + 1.0, 1e-6);
}

#[vmap(in_axes = (0, None))]
#[grad]
fn loss<T: Float>(x: T, w: T) -> T {
    (x * w).tanh()
}

#[vmap(in_axes = (0, None, None), out_axes = 1)]
#[jit]
fn rows(x: Array, w: Array, n: usize) -> Array {
    (x * w).sum(0) + jnp::arange(n)
}

#[jit]
#[vmap(in_axes = (0, None))]
#[vmap(in_axes = (None, 0))]
fn outer(x: f32, y: f32) -> f32 {
    x * y
}

#[grad]
#[vmap(out_axes = None, in_axes = None, axis_size = 3)]
fn same(x: f32) -> f32 {
    x * x
}

#[test]
fn attributes_apply_like_decorators() {
    let xs = jnp::array(vec![0.1, 0.2, 0.3]);
    let got = loss::<f64>(xs.clone(), 2.0).to_vec::<f64>();
    let slopes = loss_grad::<f64>(xs, 2.0).to_vec::<f64>();
    for (i, x) in [0.1f64, 0.2, 0.3].into_iter().enumerate() {
        close("vmap", got[i], (2.0 * x).tanh(), 1e-15);
        close("vmap of grad", slopes[i], difference(|x| (2.0 * x).tanh(), x), 1e-9);
    }
    let products = outer(jnp::array([1.0, 2.0]), jnp::array([3.0, 4.0, 5.0]));
    assert_eq!(products.to_string(), "[[ 3.  4.  5.]\n [ 6.  8. 10.]]");
    assert_eq!(outer::compile_count(), 1);
    // The gradient of what the batch is, which is one number here.
    assert_eq!((same(3.0), same_grad(3.0)), (9.0, 6.0));
}

#[derive(Clone, PyTree)]
struct Model {
    w: Array,
    b: Array,
}

impl Model {
    #[jit]
    fn forward(&self, x: Array) -> Array {
        x * self.w + self.b
    }

    #[grad]
    fn loss(&self, x: Array, y: Array) -> Array {
        let error = self.forward(x) - y;
        (error * error).mean(None)
    }

    #[grad(wrt = x)]
    fn energy<T: Float>(&self, x: T) -> T {
        x * x * T::from(3.0).unwrap()
    }

    #[jit]
    fn step(self, gradient: Model, rate: f32) -> Self {
        let Model { w, b } = self;
        Model { w: w - rate * gradient.w, b: b - rate * gradient.b }
    }

    #[vmap(in_axes = (None, 0))]
    fn each(&self, x: Array) -> Array {
        (x * self.w).sum(0)
    }

    #[jit(method)]
    fn zero(like: Array) -> Array {
        jnp::zeros_like(like)
    }
}

#[derive(Clone, PyTree)]
struct Pair<A>(A, A);

impl<A: PyTree + 'static> Pair<A> {
    #[jit]
    fn swap(self) -> Self {
        let Pair(first, second) = self;
        Pair(second, first)
    }
}

#[test]
fn methods() {
    let model = Model { w: jnp::array([2.0, 3.0]), b: jnp::array([1.0, 1.0]) };
    let x = jnp::array([1.0, 2.0]);
    assert_eq!(model.forward(x.clone()).to_string(), "[3. 7.]");
    assert_eq!(Model::forward_compile_count(), 1);
    let jaxpr = model.forward_jaxpr(x.clone()).to_string();
    assert!(jaxpr.contains("mul") && jaxpr.contains("add"), "{jaxpr}");
    let slope = model.loss_grad(x.clone(), jnp::zeros(2));
    assert_eq!((slope.w.to_string(), slope.b.to_string()), ("[ 3. 14.]".to_owned(), "[3. 7.]".to_owned()));
    assert_eq!(model.energy_grad(2.0f64), 12.0);
    let next = model.clone().step(slope, 0.5);
    assert_eq!((next.w.to_string(), next.b.to_string()), ("[ 0.5 -4. ]".to_owned(), "[-0.5 -2.5]".to_owned()));
    assert_eq!(model.each(jnp::ones((4, 2))).to_string(), "[5. 5. 5. 5.]");
    assert_eq!(Model::zero(x.clone()).to_string(), "[0. 0.]");
    let Pair(a, b) = Pair(jnp::array(1.0), jnp::array(2.0)).swap();
    assert_eq!((a.to_string(), b.to_string()), ("2.0".to_owned(), "1.0".to_owned()));
}

/// Control flow on traced numbers, staged where the body itself is.
#[jit]
#[grad]
fn kinked<T: Float>(x: T) -> T {
    let mut y = x;
    if x > T::zero() {
        y = y * x;
    }
    while y < T::one() {
        y = y + T::one();
    }
    if y < x { y } else { y * x }
}

#[test]
fn control_flow_in_generic_bodies() {
    for x in [-1.5f64, 0.5, 2.0] {
        let mut y = if x > 0.0 { x * x } else { x };
        while y < 1.0 {
            y += 1.0;
        }
        let expected = if y < x { y } else { y * x };
        close("value", kinked(x), expected, 1e-15);
        close("grad", kinked_grad(x), difference(|x| kinked(x), x), 1e-8);
    }
    assert_eq!(kinked::<f64>::compile_count(), 1);
}

/// Bounded by a static argument.
#[jit]
fn iterate<T: Float>(x: T, n: usize) -> T {
    if n == 0 { x } else { iterate(x.sin(), n - 1) }
}

/// Bounded by a shape.
#[jit]
fn total(x: Array) -> Array {
    let n = x.shape()[0];
    if n == 1 { x.sum(0) } else { total(x.reshape((2, n / 2)).sum(0)) }
}

/// Not bounded: the condition is an array, which is never `None`.
#[jit]
fn endless(x: Array, more: Option<Array>) -> Array {
    match more {
        Some(more) => endless(x * 2.0, Some(more)),
        None => x,
    }
}

#[test]
fn recursion_has_a_bound_known_while_tracing() {
    close("static", iterate(1.0f64, 3), 1.0f64.sin().sin().sin(), 1e-15);
    assert_eq!(total(jnp::arange(8)).to_string(), "28");
    let error = endless::try_call(jnp::ones(2), Some(jnp::ones(2))).unwrap_err();
    assert!(
        error.message.contains("`endless` calls itself without a bound that is known while it is traced"),
        "{error}"
    );
    let error = iterate::try_call(1.0f64, 1000).unwrap_err();
    assert!(error.message.contains("`iterate` calls itself more than 64 deep"), "{error}");
    assert_eq!(total(jnp::arange(4)).to_string(), "6");
}

#[test]
fn instances_are_kept_apart_and_found_again() {
    let instance = |staged: &'static jax::__private::Staged| std::ptr::from_ref(staged);
    assert_eq!(instance(square::<f64>::staged()), instance(square::<f64>::staged()));
    assert_ne!(instance(square::<f64>::staged()), instance(square::<f32>::staged()));
    let threads = std::array::from_fn::<_, 4, _>(|_| std::thread::spawn(|| softplus(0.25f64)));
    assert!(threads.into_iter().all(|thread| thread.join().unwrap() == softplus(0.25)));
    assert_eq!(softplus::<f64>::compile_count(), 1);
}
