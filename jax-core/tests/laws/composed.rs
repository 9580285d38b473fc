//! Transforms of transforms: what composition gives is differentiated again, forwards and backwards, to order 3,
//! against finite differences; and a few closed forms.

use jax_core::api::{checkpoint, custom_jvp, custom_vjp, grad, jacfwd, jit, jvp, vmap};
use jax_core::array::{Array, builder};
use jax_core::base::{DType, Scalar};
use jax_core::ir::Aval;
use jax_core::lax;
use jax_core::prim::compare::gt;
use jax_core::prim::dot_general::{DotDimensionNumbers, dot_general};

use super::check::*;
use super::derivative::{Modes, check};

pub const BOTH: Modes = Modes { forward: true, reverse: true };

pub fn vector(shape: &[usize], values: &[f64]) -> Array {
    let size: usize = shape.iter().product();
    Array::from_slice(&values.iter().copied().cycle().take(size).collect::<Vec<f64>>(), shape)
}

type Function<'a> = dyn Fn(Array) -> Array + Send + Sync + 'a;

pub fn above(x: &Array, limit: f64) -> Array {
    gt(x, &Array::scalar(Scalar::from_f64(x.dtype(), limit)))
}

fn matmul(x: &Array, y: &Array) -> Array {
    dot_general(x, y, DotDimensionNumbers::contracting(&[x.ndim() - 1], &[0]), None)
}

/// The function of these arguments obeys the laws of derivatives to this order, whole and compiled.
pub fn obeys(name: &str, order: usize, args: &[Array], want: Modes, f: impl Fn(&[Array]) -> Vec<Array>) {
    let closed = builder::trace(&avals(args), f);
    assert_eq!(check(&closed, args, order, &mut Rng(11), name), want, "{name}");
}

/// tanh(w c + x) over the slices of x, from c; gives the last c and the sum of squares of all.
fn recur(w: &Array, c: &Array, x: &Array) -> (Array, Array) {
    let w = w.clone();
    let turn = move |c: Array, x: Array| {
        let next = (&w * &c + &x).tanh();
        (next.clone(), &next * &next)
    };
    let (last, squares) = lax::scan(turn, c.clone(), x.clone());
    (last, squares.sum(None))
}

#[test]
fn grad_of_vmap_of_scan() {
    let args = [vector(&[2], &[0.7, -0.4]), vector(&[2], &[0.1, 0.3]), vector(&[3, 2], &[0.3, -0.5, 0.2, 0.8, -0.1])];
    obeys("grad of vmap of scan", 2, &args, BOTH, |args| {
        let loss = |w: Array, c: Array, x: Array| {
            let each = vmap(|w: Array, c: Array, x: Array| recur(&w, &c, &x).1).in_axes((0, 0, 1));
            each(w, c, x).sum(None)
        };
        vec![grad(loss)(args[0].clone(), args[1].clone(), args[2].clone())]
    });
}

#[test]
fn third_order_through_scan() {
    let args = [vector(&[], &[0.7]), vector(&[], &[0.2]), vector(&[3], &[0.3, -0.5, 0.8])];
    obeys("scan", 3, &args, BOTH, |args| {
        let (last, sum) = recur(&args[0], &args[1], &args[2]);
        vec![last, sum]
    });
    // Twice by reverse mode, and once more by differences.
    obeys("grad of grad of scan", 1, &args, BOTH, |args| {
        let (c, x) = (args[1].clone(), args[2].clone());
        let once = grad(move |w: Array| recur(&w, &c, &x).1);
        vec![grad(move |w: Array| once(w))(args[0].clone())]
    });
}

#[test]
fn vmap_of_grad_of_cond_with_batched_predicate() {
    let piece = |x: Array| lax::cond(above(&x, 0.0), |x: Array| x.sin(), |x: Array| &x * &x * x.exp(), x.clone());
    let args = [vector(&[4], &[0.5, -0.3, 1.2, -2.0])];
    obeys("vmap of grad of cond", 2, &args, BOTH, |args| vec![vmap(grad(piece))(args[0].clone())]);
    obeys("vmap of cond", 3, &args, BOTH, |args| vec![vmap(piece)(args[0].clone())]);
    let slopes = vmap(grad(piece))(args[0].clone());
    let want = [0.5f64.cos(), exact_slope(-0.3), 1.2f64.cos(), exact_slope(-2.0)];
    assert_close(&Array::from_slice(&want, &[4]), &slopes, 1e-14, || "closed form".into());
    // A branch that is not taken must not spoil a derivative, whatever it gives.
    let root = |x: Array| lax::cond(above(&x, 0.0), |x: Array| x.sqrt(), |x: Array| x.clone() * 0.0, x.clone());
    let at = vector(&[2], &[4.0, 0.0]);
    assert_close(&vector(&[2], &[0.25, 0.0]), &vmap(grad(root))(at), 0.0, || "a guarded root".into());
}

/// The derivative of x² eˣ.
fn exact_slope(x: f64) -> f64 {
    (2.0 * x + x * x) * x.exp()
}

#[test]
fn jvp_of_while() {
    // Doubles until it passes a limit; lanes stop by themselves.
    let grow = |x: Array| lax::while_loop(|x: Array| above(&(-&x), -9.0), |x: Array| &x * &x + &x * 0.5, x);
    obeys("while", 3, &[vector(&[], &[1.7])], BOTH, |args| vec![grow(args[0].clone())]);
    obeys("vmap of while", 3, &[vector(&[3], &[1.7, 2.5, 20.0])], BOTH, |args| vec![vmap(grow)(args[0].clone())]);
    let slope = |x: Array| jvp(grow, (x,), (Array::from_slice(&[1.0f64], &[]),)).1;
    obeys("jvp of while", 2, &[vector(&[], &[1.7])], BOTH, |args| vec![slope(args[0].clone())]);
}

#[test]
fn custom_jvp_under_every_transform() {
    let scale = vector(&[], &[3.0]);
    let sine = move || {
        let scale = scale.clone();
        custom_jvp(
            "sine",
            |x: Array| (x * 3.0).sin(),
            move |(x,): (Array,), (t,): (Array,)| ((&x * 3.0).sin(), (&x * &scale).cos() * t * &scale),
        )
    };
    let args = [vector(&[3], &[0.3, -1.1, 0.6])];
    obeys("custom_jvp", 3, &args, BOTH, |args| vec![sine()(args[0].clone())]);
    obeys("vmap of custom_jvp", 3, &args, BOTH, |args| vec![vmap(sine())(args[0].clone())]);
    obeys("grad of vmap of custom_jvp", 2, &args, BOTH, |args| {
        let all = vmap(sine());
        vec![grad(move |x: Array| (&all(x.clone()) * &x).sum(None))(args[0].clone())]
    });
    obeys("vmap of grad of custom_jvp", 2, &args, BOTH, |args| vec![vmap(grad(sine()))(args[0].clone())]);
    obeys("jit of grad of custom_jvp", 2, &args, BOTH, |args| {
        let f = sine();
        vec![jit(grad(move |x: Array| f(x).sum(None)))(args[0].clone())]
    });
    obeys("scan of custom_jvp", 2, &args, BOTH, |args| {
        let f = sine();
        let (last, sums) = lax::scan(move |c: Array, x: Array| (f(&c * &x), c), args[0].sum(None), args[0].clone());
        vec![last, sums]
    });
    let slope = jit(grad(sine()))(vector(&[], &[0.3]));
    assert_close(&vector(&[], &[3.0 * 0.9f64.cos()]), &slope, 1e-14, || "closed form".into());
}

#[test]
fn custom_vjp_under_every_transform() {
    let product = || {
        custom_vjp(
            "product",
            |x: Array, y: Array| x.sin() * y,
            |(x, y): (Array, Array)| (x.sin() * &y, (x, y)),
            |(x, y): (Array, Array), ct: Array| (x.cos() * &y * &ct, x.sin() * ct),
        )
    };
    let args = [vector(&[3], &[0.3, -1.1, 0.6]), vector(&[3], &[0.9, 0.2, -0.7])];
    let reverse = Modes { forward: false, reverse: true };
    let call = |args: &[Array]| (args[0].clone(), args[1].clone());
    obeys("custom_vjp", 2, &args, reverse, |args| {
        let (x, y) = call(args);
        vec![product()(x, y)]
    });
    obeys("vmap of custom_vjp", 2, &args, reverse, |args| {
        let (x, y) = call(args);
        vec![vmap(product())(x, y)]
    });
    obeys("vmap of custom_vjp along one operand", 2, &[args[0].clone(), vector(&[], &[0.4])], reverse, |args| {
        let (x, y) = call(args);
        vec![vmap(product()).in_axes((0, None))(x, y)]
    });
    // What the backward rule does is differentiable like anything else.
    obeys("vmap of grad of custom_vjp", 2, &args, BOTH, |args| {
        let (x, y) = call(args);
        vec![vmap(grad(product()))(x, y)]
    });
    obeys("jit of grad of scan of custom_vjp", 1, &args, BOTH, |args| {
        let (x, y) = call(args);
        let loss = |x: Array, y: Array| {
            let f = product();
            lax::scan(move |c: Array, x: Array| (f(c, x.clone()), x), y.sum(None), x).0
        };
        vec![jit(grad(loss))(x, y)]
    });
}

#[test]
fn checkpoint_under_every_transform() {
    let layer = || checkpoint(|w: Array, x: Array| matmul(&x, &w).tanh().sin());
    let args = [vector(&[2, 2], &[0.5, -0.3, 0.8]), vector(&[3, 2], &[0.4, 0.9, -0.6, 0.1, 0.7])];
    obeys("checkpoint", 2, &args, BOTH, |args| vec![layer()(args[0].clone(), args[1].clone())]);
    obeys("grad of vmap of checkpoint", 2, &args, BOTH, |args| {
        let each = vmap(layer()).in_axes((None, 0));
        let loss = move |w: Array, x: Array| each(w, x).sum(None);
        vec![grad(loss)(args[0].clone(), args[1].clone())]
    });
    obeys("jacfwd of grad of checkpoint", 1, &args, BOTH, |args| {
        let x = args[1].clone();
        let loss = move |w: Array| layer()(w, x.clone()).sum(None);
        let jacobian = jacfwd::<(Array,), _>(grad(loss));
        vec![jacobian(args[0].clone())]
    });
}

#[test]
fn third_order_of_a_scalar() {
    // The third derivative of x³ sin x, by every order of forward and reverse mode.
    let f = |x: Array| &x * &x * &x * x.sin();
    let one = || Array::from_slice(&[1.0f64], &[]);
    let forward = move |g: &Function<'_>, x: Array| jvp(|x: Array| g(x), (x,), (one(),)).1;
    let reverse = |g: &Function<'_>, x: Array| grad(|x: Array| g(x))(x);
    let x = 0.8f64;
    let want = 6.0 * x.sin() + 18.0 * x * x.cos() - 9.0 * x * x * x.sin() - x.powi(3) * x.cos();
    for choice in 0..8 {
        let step = |level: u32, g: &Function<'_>, x: Array| {
            if choice >> level & 1 == 0 { forward(g, x) } else { reverse(g, x) }
        };
        let third = step(2, &|x| step(1, &|x| step(0, &f, x), x), vector(&[], &[x]));
        assert_close(&vector(&[], &[want]), &third, 1e-13, || format!("choice {choice:03b}"));
    }
}

#[test]
fn indexing_and_selection_to_third_order() {
    let args = [vector(&[4, 3], &[0.5, -0.3, 0.8, 0.1, -0.9]), vector(&[3], &[1.1, -0.4, 0.6])];
    obeys("gather, select, dot and sum", 3, &args, BOTH, |args| {
        use jax_core::prim::gather::{Gather, GatherDimensionNumbers, gather};
        let numbers = GatherDimensionNumbers {
            offset_dims: vec![1],
            collapsed_slice_dims: vec![0],
            start_index_map: vec![0],
            ..GatherDimensionNumbers::default()
        };
        let indices = Array::from_slice(&[3i32, 0, 3], &[3, 1]);
        let rows = gather(&args[0], &indices, Gather::new(numbers, &[1, 3]));
        let chosen = jax_core::prim::select::select(&above(&rows, 0.0), &rows.sin(), &(&rows * &rows));
        vec![matmul(&chosen, &args[1]), chosen.sum(0)]
    });
}

/// What batching gives for the derivative is the derivative of what batching gives.
#[test]
fn jvp_of_vmap_is_vmap_of_jvp() {
    let f = |x: Array| recur(&x.sin(), &x, &vector(&[3], &[0.3, -0.5, 0.8])).1;
    let (x, t) = (vector(&[4], &[0.2, 0.9, -0.4]), vector(&[4], &[1.0, -0.5, 0.3, 0.8]));
    let outer = jvp(vmap(f), (x.clone(),), (t.clone(),));
    let inner = vmap(move |x: Array, t: Array| jvp(f, (x,), (t,)).1)(x, t);
    assert_close(&outer.1, &inner, 1e-14, || "jvp of vmap".into());
    assert_eq!(outer.1.aval(), &Aval::new(DType::F64, &[4]));
}
