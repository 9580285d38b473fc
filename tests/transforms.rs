//! Transforms of functions: closed forms, every pair in both orders, structure, axes, threads and what is traced when.
#![allow(missing_docs, clippy::unwrap_used)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jax::prelude::*;

/// An elementwise function of vectors.
type Fun = Arc<dyn Fn(Array) -> Array + Send + Sync>;

/// A transform of elementwise functions, and how many times it differentiates.
struct Transform {
    name: &'static str,
    order: usize,
    apply: fn(Fun) -> Fun,
}

fn transforms() -> Vec<Transform> {
    let entry = |name, order, apply| Transform { name, order, apply };
    vec![
        entry("jit", 0, |f| Arc::new(jit(move |x: Array| f(x)).into_fun())),
        entry("checkpoint", 0, |f| Arc::new(checkpoint(move |x: Array| f(x)).into_fun())),
        entry("vmap", 0, |f| {
            let batched = vmap(move |x: Array| f(x)).in_axes(-1).out_axes(0);
            Arc::new(move |x: Array| batched(jnp::stack_with(&[x.clone(), x], -1)).mean(0))
        }),
        entry("custom_jvp", 0, |f| {
            let g = f.clone();
            let rule = move |(x,): (Array,), (t,): (Array,)| {
                let g = g.clone();
                jvp(move |x: Array| g(x), (x,), (t,))
            };
            Arc::new(custom_jvp("f", move |x: Array| f(x), rule).into_fun())
        }),
        entry("grad", 1, |f| Arc::new(grad(move |x: Array| f(x).sum(None)).into_fun())),
        entry("value_and_grad", 1, |f| {
            let g = value_and_grad(move |x: Array| f(x).sum(None));
            Arc::new(move |x: Array| g(x).1)
        }),
        entry("jvp", 1, |f| {
            Arc::new(move |x: Array| {
                let f = f.clone();
                let ones = jnp::ones_like(&x);
                jvp(move |x: Array| f(x), (x,), (ones,)).1
            })
        }),
        entry("vjp", 1, |f| {
            Arc::new(move |x: Array| {
                let f = f.clone();
                let (y, back) = vjp(move |x: Array| f(x), (x,));
                back.call(jnp::ones_like(&y)).0
            })
        }),
        entry("linearize", 1, |f| {
            Arc::new(move |x: Array| {
                let f = f.clone();
                let ones = jnp::ones_like(&x);
                linearize(move |x: Array| f(x), (x,)).1.call((ones,))
            })
        }),
        entry("jacfwd", 1, |f| {
            let j = jacfwd(move |x: Array| f(x));
            Arc::new(move |x: Array| j(x).sum(0))
        }),
        entry("jacrev", 1, |f| {
            let j = jacrev(move |x: Array| f(x));
            Arc::new(move |x: Array| j(x).sum(1))
        }),
        entry("hessian", 2, |f| {
            let h = hessian(move |x: Array| f(x).sum(None));
            Arc::new(move |x: Array| h(x).sum(0))
        }),
    ]
}

/// A transform's result as a plain closure.
trait IntoFun {
    fn into_fun(self) -> impl Fn(Array) -> Array + Send + Sync + 'static;
}

impl<T> IntoFun for T
where
    T: std::ops::Deref<Target = dyn Fn(Array) -> Array + Send + Sync> + Send + Sync + 'static,
{
    fn into_fun(self) -> impl Fn(Array) -> Array + Send + Sync + 'static {
        move |x| self(x)
    }
}

/// A function's derivatives in closed form, from the function itself on.
type Derivatives = Vec<fn(f64) -> f64>;

/// Powers and a quotient: their derivatives in closed form, from the function itself on.
fn functions() -> Vec<(&'static str, Fun, Derivatives)> {
    let quintic: Derivatives = vec![
        |x| x.powi(5) - 2.0 * x,
        |x| 5.0 * x.powi(4) - 2.0,
        |x| 20.0 * x.powi(3),
        |x| 60.0 * x.powi(2),
        |x| 120.0 * x,
        |_| 120.0,
        |_| 0.0,
    ];
    let quotient: Vec<fn(f64) -> f64> = vec![
        |x| 1.0 / (x + 1.0),
        |x| -1.0 / (x + 1.0).powi(2),
        |x| 2.0 / (x + 1.0).powi(3),
        |x| -6.0 / (x + 1.0).powi(4),
        |x| 24.0 / (x + 1.0).powi(5),
        |x| -120.0 / (x + 1.0).powi(6),
        |x| 720.0 / (x + 1.0).powi(7),
    ];
    vec![
        ("x^5 - 2x", Arc::new(|x: Array| x.powi(5) - x * 2.0), quintic),
        ("1/(x + 1) where x > 0", Arc::new(|x: Array| jnp::where_(x.greater(0.0), 1.0 / (x + 1.0), 0.0)), quotient),
    ]
}

const AT: [f64; 3] = [0.5, 1.25, 2.0];

fn check(name: &str, f: &Fun, derivatives: &[fn(f64) -> f64], order: usize) {
    let got = f(jnp::array(AT)).to_vec::<f32>();
    for (x, got) in AT.into_iter().zip(got) {
        let want = derivatives[order](x);
        assert!((f64::from(got) - want).abs() <= 2e-5 * want.abs().max(1.0), "{name} at {x}: {got}, not {want}");
    }
}

#[test]
fn every_pair_of_transforms_composes_in_both_orders() {
    for (function, f, derivatives) in functions() {
        for outer in transforms() {
            check(&format!("{}({function})", outer.name), &(outer.apply)(f.clone()), &derivatives, outer.order);
            for inner in transforms() {
                let composed = (outer.apply)((inner.apply)(f.clone()));
                let name = format!("{}({}({function}))", outer.name, inner.name);
                check(&name, &composed, &derivatives, outer.order + inner.order);
            }
        }
    }
}

#[test]
fn triples_of_transforms_compose() {
    let (function, f, derivatives) = functions().swap_remove(1);
    let some =
        |name: &Transform| ["jit", "vmap", "custom_jvp", "checkpoint", "grad", "jvp", "jacrev"].contains(&name.name);
    for outer in transforms().into_iter().filter(some) {
        for middle in transforms().into_iter().filter(some) {
            for inner in transforms().into_iter().filter(some) {
                let composed = (outer.apply)((middle.apply)((inner.apply)(f.clone())));
                let name = format!("{}({}({}({function})))", outer.name, middle.name, inner.name);
                check(&name, &composed, &derivatives, outer.order + middle.order + inner.order);
            }
        }
    }
}

/// `f` with a reverse rule that says three times its derivative, so that the rule is seen to be used.
fn tripled(f: Fun) -> Fun {
    let (forward, derivative) = (f.clone(), f.clone());
    let fwd = move |(x,): (Array,)| (forward(x.clone()), x);
    let bwd = move |x: Array, ct: Array| {
        let f = derivative.clone();
        let (_, back) = vjp(move |x: Array| f(x), (x,));
        (back.call(ct).0 * 3.0,)
    };
    Arc::new(custom_vjp("tripled", move |x: Array| f(x), fwd, bwd).into_fun())
}

#[test]
fn a_custom_vjp_works_under_every_reverse_transform_and_refuses_forward_mode() {
    let (_, f, derivatives) = functions().swap_remove(0);
    let thrice: Vec<fn(f64) -> f64> = vec![derivatives[0], |x| 3.0 * (5.0 * x.powi(4) - 2.0)];
    for outer in transforms() {
        let rule = tripled(f.clone());
        match outer.name {
            "grad" | "value_and_grad" | "vjp" | "jacrev" => {
                for middle in
                    transforms().into_iter().filter(|middle| ["jit", "vmap", "checkpoint"].contains(&middle.name))
                {
                    let composed = (outer.apply)((middle.apply)(rule.clone()));
                    check(&format!("{}({}(custom_vjp))", outer.name, middle.name), &composed, &thrice, 1);
                    let composed = (middle.apply)((outer.apply)(rule.clone()));
                    check(&format!("{}({}(custom_vjp))", middle.name, outer.name), &composed, &thrice, 1);
                }
            }
            "jvp" | "jacfwd" => {
                let refused = catch_unwind(AssertUnwindSafe(|| (outer.apply)(rule)(jnp::array(AT)))).unwrap_err();
                let text = refused.downcast_ref::<String>().unwrap();
                assert!(text.contains("forward-mode") && text.contains("custom_vjp"), "{}: {text}", outer.name);
            }
            "jit" | "vmap" | "checkpoint" => check(outer.name, &(outer.apply)(rule), &thrice, 0),
            _ => {}
        }
    }
}

#[test]
fn a_custom_jvp_is_used_by_both_modes_and_batches() {
    let double = custom_jvp("f", |x: Array| x.powi(2), |(x,): (Array,), (t,): (Array,)| (x.powi(2), x * t * 20.0));
    let double: Fun = Arc::new(double.into_fun());
    let f = |double: &Fun| {
        let double = double.clone();
        move |x: Array| double(x)
    };
    let x = jnp::array([1.0, 2.0]);
    assert_eq!(jvp(f(&double), (x.clone(),), (jnp::ones(2),)).1.to_vec::<f32>(), [20.0, 40.0]);
    let g = f(&double);
    assert_eq!(grad(move |x: Array| g(x).sum(None))(x.clone()).to_vec::<f32>(), [20.0, 40.0]);
    let g = f(&double);
    let batched = vmap(grad(move |x: Array| g(x).sum(None)));
    assert_eq!(batched(jnp::array([[1.0, 2.0], [3.0, 4.0]])).to_vec::<f32>(), [20.0, 40.0, 60.0, 80.0]);
    assert_eq!(hessian(f(&double))(jnp::array(1.0)).item_f32(), 20.0);
}

#[test]
fn auxiliary_results_go_with_every_gradient() {
    let f = |x: Array, y: Array| ((&x * &x * &y).sum(None), (x + 1.0, vec![y]));
    let (x, y) = (jnp::array([1.0, 2.0]), jnp::array([3.0, 4.0]));
    let (slope, (plus, kept)) = grad(f).has_aux()(x.clone(), y.clone());
    assert_eq!((slope.to_vec::<f32>(), plus.to_vec::<f32>()), (vec![6.0, 16.0], vec![2.0, 3.0]));
    assert_eq!(kept[0].to_vec::<f32>(), [3.0, 4.0]);
    let ((dx, dy), _) = grad(f).argnums((ARG0, ARG1)).has_aux()(x.clone(), y.clone());
    assert_eq!((dx.to_vec::<f32>(), dy.to_vec::<f32>()), (vec![6.0, 16.0], vec![1.0, 4.0]));
    let ((value, (plus, _)), slope) = value_and_grad(f).argnums(ARG1).has_aux()(x.clone(), y.clone());
    assert_eq!((value.item_f32(), slope.to_vec::<f32>(), plus.size()), (19.0, vec![1.0, 4.0], 2));
    // Under jit and vmap, and with gradients of gradients that have auxiliary results.
    let batched = vmap(grad(f).has_aux()).in_axes((0, None));
    let (slope, (plus, kept)) = batched(jnp::array([[1.0, 2.0], [5.0, 6.0]]), y.clone());
    assert_eq!(slope.to_vec::<f32>(), [6.0, 16.0, 30.0, 48.0]);
    assert_eq!((plus.shape(), kept[0].shape()), (&[2, 2][..], &[2, 2][..]));
    let inner = grad(f).has_aux();
    let twice = jit(grad(move |x: Array, y: Array| {
        let (slope, (plus, _)) = inner(x, y);
        (slope.sum(None), plus)
    })
    .has_aux());
    let (second, plus) = twice(x, y);
    assert_eq!((second.to_vec::<f32>(), plus.to_vec::<f32>()), (vec![6.0, 8.0], vec![2.0, 3.0]));
}

#[derive(Clone, PyTree)]
struct Params {
    w: Array,
    b: Option<Array>,
}

#[test]
fn trees_go_through_every_transform() {
    let p = Params { w: jnp::array([1.0, 2.0]), b: Some(jnp::array([0.5, 0.5])) };
    let x = jnp::array([3.0, 4.0]);
    let scaled = |p: Params, x: Array| {
        let Params { w, b } = p;
        let y = w * x;
        match b {
            Some(b) => (y + b).sum(None),
            None => y.sum(None),
        }
    };
    let slope = grad(scaled)(p.clone(), x.clone());
    assert_eq!((slope.w.to_vec::<f32>(), slope.b.unwrap().to_vec::<f32>()), (vec![3.0, 4.0], vec![1.0, 1.0]));
    let slope = grad(scaled)(Params { b: None, ..p.clone() }, x.clone());
    assert!(slope.b.is_none());
    let (y, back) = vjp(scaled, (p.clone(), x.clone()));
    let (dp, dx) = back.call(jnp::array(2.0));
    assert_eq!((y.item_f32(), dp.w.to_vec::<f32>(), dx.to_vec::<f32>()), (12.0, vec![6.0, 8.0], vec![2.0, 4.0]));
    let (_, dy) = jvp(scaled, (p.clone(), x.clone()), (p.clone(), jnp::zeros(2)));
    assert_eq!(dy.item_f32(), 12.0);
    let slopes = vmap(grad(scaled)).in_axes((None, 0))(p.clone(), jnp::array([[3.0, 4.0], [5.0, 6.0]]));
    assert_eq!(slopes.w.to_vec::<f32>(), [3.0, 4.0, 5.0, 6.0]);
    assert_eq!(slopes.b.unwrap().shape(), [2, 2]);
    let both = |x: Array| (x.powi(2), vec![x.clone() * 3.0, x]);
    let ((square, _), (dsquare, rest)) = jvp(both, (x.clone(),), (jnp::ones(2),));
    assert_eq!((square.to_vec::<f32>(), dsquare.to_vec::<f32>()), (vec![9.0, 16.0], vec![6.0, 8.0]));
    assert_eq!(rest[0].to_vec::<f32>(), [3.0, 3.0]);
    let shapes = eval_shape(both, (x.clone(),));
    assert_eq!(shapes.iter().map(ToString::to_string).collect::<Vec<_>>(), ["f32[2]"; 3]);
    assert_eq!(
        make_jaxpr(|x: Array| x * 2.0)(x).to_string(),
        "{ lambda ; a:f32[2]. let b:f32[2] = mul a 2.0:f32[] in (b,) }"
    );
}

#[test]
fn vmap_takes_axes_of_every_kind() {
    let matrix = jnp::array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    let dot = |x: Array, y: Array| (x * y).sum(None);
    let y = jnp::array([1.0, 10.0]);
    assert_eq!(vmap(dot).in_axes((1, None))(matrix.clone(), y.clone()).to_vec::<f32>(), [41.0, 52.0, 63.0]);
    assert_eq!(vmap(dot).in_axes((-1, None))(matrix.clone(), y.clone()).to_vec::<f32>(), [41.0, 52.0, 63.0]);
    let pairs = |(x, ys): (Array, Vec<Array>), z: Array| (x + &ys[0], ys[1].clone() * z);
    let tree = ((matrix.clone(), vec![matrix.clone(), y.clone()]), jnp::array([1.0, 2.0, 3.0]));
    let (sums, products) =
        vmap(pairs).in_axes(((1, vec![Some(1), None]), 0)).out_axes((1, -1))(tree.0.clone(), tree.1.clone());
    assert_eq!((sums.shape(), sums.to_vec::<f32>()), (&[2, 3][..], vec![2.0, 4.0, 6.0, 8.0, 10.0, 12.0]));
    assert_eq!((products.shape(), products.to_vec::<f32>()[..3].to_vec()), (&[2, 3][..], vec![1.0, 2.0, 3.0]));
    // One part may stand for several arrays.
    let tree = ((vec![matrix.clone(), matrix.clone()], y.clone()), jnp::array([1.0, 2.0, 3.0]));
    let shared = vmap(|(xs, y): (Vec<Array>, Array), z: Array| (&xs[0] + &xs[1] + y) * z);
    let shared = shared.in_axes(((1, None), 0));
    assert_eq!(shared(tree.0, tree.1).to_vec::<f32>(), [3.0, 18.0, 10.0, 40.0, 21.0, 66.0]);
    // Outer products by nesting; over a function that gives what has no batch axis.
    let outer = vmap(vmap(|x: Array, y: Array| x * y).in_axes((None, 0))).in_axes((0, None));
    let table = outer(y.clone(), jnp::array([1.0, 2.0, 3.0]));
    assert_eq!((table.shape(), table.to_vec::<f32>()), (&[2, 3][..], vec![1.0, 2.0, 3.0, 10.0, 20.0, 30.0]));
    let constant = vmap(|_: Array| jnp::ones(2))(jnp::zeros(3));
    assert_eq!((constant.shape(), constant.to_vec::<f32>()), (&[3, 2][..], vec![1.0; 6]));
    assert_eq!(vmap(|x: Array| x * 2.0).in_axes(None).axis_size(3)(y).shape(), [3, 2]);

    let refused = |f: &dyn Fn()| *catch_unwind(AssertUnwindSafe(f)).unwrap_err().downcast::<String>().unwrap();
    let sizes = refused(&|| drop(vmap(dot)(jnp::ones((2, 3)), jnp::ones((4, 3)))));
    assert!(sizes.contains("vmap got inconsistent sizes for array axes to be mapped"), "{sizes}");
    let axis = refused(&|| drop(vmap(dot).in_axes((2, 0))(jnp::ones((2, 3)), jnp::ones((2, 3)))));
    assert!(axis.contains("axis 2") && axis.contains("(2, 3)"), "{axis}");
}

#[test]
fn jacobians_and_hessians_have_their_closed_forms() {
    let a = jnp::array([[1.0, 2.0, 0.5], [3.0, 4.0, -1.0]]);
    let b = a.clone();
    let f = move |x: Array| (&b * &x).sum(1).powi(2);
    let x = jnp::array([1.0, -1.0, 2.0]);
    let y = [0.0f32, -3.0];
    let want: Vec<f32> = (0..6).map(|i| 2.0 * y[i / 3] * a.to_vec::<f32>()[i]).collect();
    for jacobian in [jacfwd(f.clone())(x.clone()), jacrev(f.clone())(x.clone()), jacobian(f.clone())(x.clone())] {
        assert_eq!((jacobian.shape(), jacobian.to_vec::<f32>()), (&[2, 3][..], want.clone()));
    }
    let hessians = hessian(f)(x.clone());
    let entry = |i: usize, j: usize, k: usize| 2.0 * a.to_vec::<f32>()[3 * i + j] * a.to_vec::<f32>()[3 * i + k];
    let want: Vec<f32> = (0..18).map(|n| entry(n / 9, n / 3 % 3, n % 3)).collect();
    assert_eq!((hessians.shape(), hessians.to_vec::<f32>()), (&[2, 3, 3][..], want));
    let transposed = linear_transpose(|x: Array| &x * 3.0 - x.sum(0), (x,));
    assert_eq!(transposed.call(jnp::array([1.0, 2.0, 3.0])).0.to_vec::<f32>(), [-3.0, 0.0, 3.0]);
    let stopped = grad(|x: Array| (stop_gradient(&x) * x).sum(None));
    assert_eq!(stopped(jnp::array([3.0, 4.0])).to_vec::<f32>(), [3.0, 4.0]);
}

#[test]
fn a_checkpoint_computes_again_in_reverse_mode() {
    let count = |text: &str| text.matches("integer_pow").count();
    let chain = |x: Array| x.powi(3).powi(3).powi(3);
    let plain = make_jaxpr(grad(move |x: Array| chain(x).sum(None)))(jnp::ones(2)).to_string();
    let saved = checkpoint(chain);
    let again = make_jaxpr(grad(move |x: Array| saved(x).sum(None)))(jnp::ones(2)).to_string();
    assert!(again.contains("checkpoint") || again.contains("remat"), "{again}");
    assert!(count(&again) > count(&plain), "{plain}\n{again}");
}

#[test]
fn functions_are_traced_once_for_each_signature() {
    let counted = |traces: &Arc<AtomicUsize>| {
        let traces = traces.clone();
        move |x: Array| {
            traces.fetch_add(1, Ordering::Relaxed);
            (x.clone() * x).sum(None)
        }
    };
    let traces = Arc::new(AtomicUsize::new(0));
    let calls = |f: &dyn Fn(Array) -> Array, once: usize| {
        traces.store(0, Ordering::Relaxed);
        (0..3).for_each(|_| drop(f(jnp::ones((2, 2)))));
        assert_eq!(traces.load(Ordering::Relaxed), once);
        (0..3).for_each(|_| drop(f(jnp::ones((3, 2)))));
        assert_eq!(traces.load(Ordering::Relaxed), 2 * once);
    };
    let f = jit(counted(&traces));
    calls(&|x| f(x), 1);
    let f = grad(counted(&traces));
    calls(&|x| f(x), 1);
    let f = vmap(counted(&traces));
    calls(&|x| f(x), 1);
    let f = jit(grad(counted(&traces)));
    calls(&|x| f(x), 1);
}

fn send_and_sync<T: Send + Sync>(value: T) -> T {
    value
}

#[test]
fn transformed_functions_are_shared_by_threads() {
    let offset = jnp::array([1.0, 2.0]);
    let f = move |x: Array| (x * &offset).sum(None);
    let batched = send_and_sync(vmap(send_and_sync(grad(send_and_sync(jit(f.clone()))))));
    let both = send_and_sync(value_and_grad(f.clone()));
    let jacobian = send_and_sync(jacrev(f.clone()));
    let again = send_and_sync(checkpoint(f.clone()));
    let jaxpr = send_and_sync(make_jaxpr(f.clone()));
    let (_, back) = vjp(f.clone(), (jnp::ones(2),));
    let (_, linear) = linearize(f, (jnp::ones(2),));
    let (back, linear) = (send_and_sync(back), send_and_sync(linear));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                assert_eq!(batched(jnp::ones((3, 2))).to_vec::<f32>(), [1.0, 2.0, 1.0, 2.0, 1.0, 2.0]);
                assert_eq!(both(jnp::ones(2)).0.item_f32(), 3.0);
                assert_eq!(jacobian(jnp::ones(2)).to_vec::<f32>(), [1.0, 2.0]);
                assert_eq!(again(jnp::ones(2)).item_f32(), 3.0);
                assert_eq!(jaxpr(jnp::ones(2)).jaxpr.eqns.len(), 2);
                assert_eq!(back.call(jnp::array(2.0)).0.to_vec::<f32>(), [2.0, 4.0]);
                assert_eq!(linear.call((jnp::ones(2),)).item_f32(), 3.0);
            });
        }
    });
}

#[test]
fn threads_that_call_first_trace_once() {
    let traces = Arc::new(AtomicUsize::new(0));
    let seen = traces.clone();
    let f = jit(move |x: Array| {
        seen.fetch_add(1, Ordering::Relaxed);
        (0..50).fold(x, |y, _| y * 0.5 + 1.0)
    });
    let barrier = std::sync::Barrier::new(8);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                barrier.wait();
                assert!((f(jnp::ones(3)).to_vec::<f32>()[0] - 2.0).abs() < 1e-6);
            });
        }
    });
    assert_eq!(traces.load(Ordering::Relaxed), 1);
}
