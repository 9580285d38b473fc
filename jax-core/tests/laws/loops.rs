//! Reverse mode through loops whose trip count is known only at run time: against closed forms, finite differences
//! and the same loop unrolled, to order 3, nested in and around every other transform.

use jax_core::api::{grad, hessian, jit, linear_transpose, vjp, vmap};
use jax_core::array::{Array, builder};
use jax_core::base::{DType, Scalar};
use jax_core::lax::{self, WhileOptions};
use jax_core::prim::compare::{gt, lt};

use super::check::*;
use super::composed::{BOTH, above, obeys, vector};

fn number(value: f64) -> Array {
    vector(&[], &[value])
}

fn count(value: i32) -> Array {
    Array::scalar(Scalar::from_i128(DType::I32, value as i128))
}

/// xⁿ by n multiplications, n being known only at run time.
fn power(x: &Array, n: &Array) -> Array {
    let (x, n) = (x.clone(), n.clone());
    let one = &x * 0.0 + 1.0;
    lax::while_loop(
        move |(i, _): (Array, Array)| lt(&i, &n),
        move |(i, y): (Array, Array)| (i + 1, &y * &x),
        (count(0), one),
    )
    .1
}

/// Doubles and squares until it passes a limit: the trip count depends on the argument.
fn grow(x: Array) -> Array {
    lax::while_loop(|x: Array| lt(&x, &number(9.0)), |x: Array| &x * &x + &x * 0.5, x)
}

/// The square root by Newton's iteration, to convergence.
fn newton(a: Array) -> Array {
    let target = a.clone();
    let close = move |y: Array| gt(&(&y * &y - &target).abs(), &number(1e-12));
    lax::while_loop(close, move |y: Array| (&y + &a / &y) * 0.5, number(1.0))
}

#[test]
fn powers_to_order_three() {
    for n in [0, 1, 5] {
        obeys("power", 3, &[number(1.3)], BOTH, |args| vec![power(&args[0], &count(n))]);
        let f = |x: Array| power(&x, &count(n));
        let n = f64::from(n);
        let want = [n * 1.3f64.powf(n - 1.0), n * (n - 1.0) * 1.3f64.powf(n - 2.0)];
        assert_close(&number(want[0]), &grad(f)(number(1.3)), 1e-14, || format!("order 1 of {n}"));
        assert_close(&number(want[1]), &grad(grad(f))(number(1.3)), 1e-14, || format!("order 2 of {n}"));
        let third = n * (n - 1.0) * (n - 2.0) * 1.3f64.powf(n - 3.0);
        assert_close(&number(third), &grad(grad(grad(f)))(number(1.3)), 1e-13, || format!("order 3 of {n}"));
        assert_close(&number(want[1]), &hessian(f)(number(1.3)), 1e-14, || format!("hessian of {n}"));
    }
}

#[test]
fn the_predicate_may_depend_on_the_argument() {
    obeys("grow", 3, &[number(1.7)], BOTH, |args| vec![grow(args[0].clone())]);
    obeys("newton", 1, &[number(2.5)], BOTH, |args| vec![newton(args[0].clone())]);
    let root = |a: f64| (grad(newton)(number(a)), 0.5 / a.sqrt());
    for a in [0.3, 2.0, 49.0] {
        let (found, want) = root(a);
        assert_close(&number(want), &found, 1e-9, || format!("the slope of the root of {a}"));
    }
}

#[test]
fn under_jit_and_vmap() {
    let xs = vector(&[4], &[1.7, 2.5, 20.0, 1.1]);
    let each: Vec<f64> = (0..4).map(|i| grad(grow)(number(xs.to_vec::<f64>()[i])).item_f64()).collect();
    let each = Array::from_slice(&each, &[4]);
    assert_close(&each, &vmap(grad(grow))(xs.clone()), 0.0, || "vmap of grad".into());
    assert_close(&each, &jit(vmap(grad(grow)))(xs.clone()), 0.0, || "jit of vmap of grad".into());
    assert_close(&each, &grad(|x: Array| vmap(grow)(x).sum(None))(xs.clone()), 0.0, || "grad of vmap".into());
    let second: Vec<f64> = (0..4).map(|i| grad(grad(grow))(number(xs.to_vec::<f64>()[i])).item_f64()).collect();
    let all = vmap(grad(grad(grow)))(xs.clone());
    assert_close(&Array::from_slice(&second, &[4]), &all, 1e-14, || "vmap of grad of grad".into());
    obeys("vmap of grow", 2, std::slice::from_ref(&xs), BOTH, |args| vec![vmap(grow)(args[0].clone())]);
    obeys("vmap of grad of grow", 1, &[xs], BOTH, |args| vec![vmap(grad(grow))(args[0].clone())]);
    let grid = vector(&[2, 2], &[1.7, 2.5, 20.0, 1.1]);
    obeys("vmap of vmap", 1, &[grid], BOTH, |args| vec![vmap(vmap(grow))(args[0].clone())]);
    // One trip count for all lanes, and arrays carried.
    obeys("vmap over one factor", 2, &[vector(&[3], &[0.5, 1.2, -0.7])], BOTH, |args| {
        vec![vmap(|x: Array| power(&x, &count(3)))(args[0].clone())]
    });
}

#[test]
fn inside_other_loops_and_branches() {
    let args = [number(1.2), vector(&[3], &[0.9, 0.4, 1.3])];
    obeys("while in scan", 2, &args, BOTH, |args| {
        let turn = |c: Array, x: Array| {
            let next = power(&(&c * &x), &count(2)).sin();
            (next.clone(), power(&next, &count(3)))
        };
        let (last, powers) = lax::scan(turn, args[0].clone(), args[1].clone());
        vec![last, powers]
    });
    for sign in [1.0, -1.0] {
        obeys("while in cond", 2, &[number(1.2), number(sign)], BOTH, |args| {
            let branch = |x: Array| power(&x, &count(3)).sin();
            vec![lax::cond(above(&args[1], 0.0), branch, |x: Array| x.cos(), args[0].clone())]
        });
    }
    // As many inner turns as outer ones, squared by each.
    let nested = |x: Array| {
        let body = |(i, y): (Array, Array)| {
            let n = i.clone() + 1;
            let inner = move |(k, y): (Array, Array)| (k + 1, y.sin() * 1.1 + &y * &y * 0.1);
            (i + 1, lax::while_loop(move |(k, _): (Array, Array)| lt(&k, &n), inner, (count(0), y)).1)
        };
        lax::while_loop(|(i, _): (Array, Array)| lt(&i, &count(3)), body, (count(0), x)).1
    };
    let unrolled = |x: Array| (0..6).fold(x, |y, _| y.sin() * 1.1 + &y * &y * 0.1);
    let (found, want) = (grad(nested)(number(0.8)), grad(unrolled)(number(0.8)));
    assert_close(&want, &found, 1e-14, || "nested loops".into());
    obeys("while in while", 3, &[number(0.8)], BOTH, |args| vec![nested(args[0].clone())]);
    let lanes = vector(&[2], &[0.8, 0.3]);
    obeys("vmap of while in while", 1, &[lanes], BOTH, |args| vec![vmap(nested)(args[0].clone())]);
    // A loop that differentiates a loop.
    let descend = |x: Array| {
        let slope = |x: Array| grad(|x: Array| power(&x, &count(4)))(x);
        let step = move |(i, x): (Array, Array)| (i + 1, &x - slope(x.clone()) * 0.01);
        lax::while_loop(|(i, _): (Array, Array)| lt(&i, &count(3)), step, (count(0), x)).1
    };
    obeys("while of grad of while", 2, &[number(0.8)], BOTH, |args| vec![descend(args[0].clone())]);
}

#[test]
fn what_turns_share_and_what_they_carry() {
    // A matrix that does not change, and a function of it that is computed in each turn.
    let args = [vector(&[2, 2], &[0.5, -0.3, 0.8, 0.1]), vector(&[2], &[0.4, -0.9])];
    obeys("a matrix", 2, &args, BOTH, |args| {
        let (w, x) = (args[0].clone(), args[1].clone());
        let turn = move |(i, x): (Array, Array)| {
            let scaled = w.sin() * w.cos();
            let next = (&scaled * &x).sum(1).tanh() + &x * 0.5;
            (i + 1, next)
        };
        vec![lax::while_loop(|(i, _): (Array, Array)| lt(&i, &count(3)), turn, (count(0), x)).1]
    });
    // Much more is needed of a turn than it carries: the turn runs again.
    obeys("a wide turn", 2, &[number(0.3)], BOTH, |args| {
        let turn = |(i, x): (Array, Array)| {
            let wide = &x * &vector(&[16], &[0.1, 0.2, 0.3]);
            (i + 1, (wide.sin() * wide.exp()).sum(None) * 0.1 + &x)
        };
        vec![lax::while_loop(|(i, _): (Array, Array)| lt(&i, &count(3)), turn, (count(0), args[0].clone())).1]
    });
    // A value that only later turns make depend on the argument, and one that nobody differentiates.
    obeys("a detour", 2, &[number(0.7)], BOTH, |args| {
        let turn = |(i, a, b): (Array, Array, Array)| (i + 1, b.clone(), &a * &b + b.sin());
        let (_, a, b) = lax::while_loop(
            |(i, _, _): (Array, Array, Array)| lt(&i, &count(4)),
            turn,
            (count(0), number(0.2), args[0].clone()),
        );
        vec![a, b]
    });
}

#[test]
fn a_pullback_is_used_twice_and_later() {
    let (value, pullback) = vjp(grow, (number(1.7),));
    assert_close(&grow(number(1.7)), &value, 0.0, || "the value".into());
    let slope = grad(grow)(number(1.7));
    let (one,) = pullback.call(number(1.0));
    let (two,) = pullback.call(number(2.0));
    assert_close(&slope, &one, 0.0, || "once".into());
    assert_close(&(&slope + &slope), &two, 0.0, || "twice".into());
}

#[test]
fn snapshots_in_place_of_all_turns() {
    // Two values of which one is linear in the other, a matrix that turns share, and a value that nobody differentiates.
    let run = |w: &Array, x: &Array, checkpoints: Option<usize>, n: i32| {
        let w = w.clone();
        let turn = move |(i, x, y, k): (Array, Array, Array, Array)| {
            let next = (&w * &x).sum(1).tanh() + &x * 0.5;
            (i + 1, next, y * 1.5 + x.sum(None), k * 2)
        };
        let options = WhileOptions { checkpoints };
        let goes_on = move |(i, ..): (Array, Array, Array, Array)| lt(&i, &count(n));
        let (_, x, y, _) = lax::while_loop_with(options, goes_on, turn, (count(0), x.clone(), number(0.1), count(1)));
        (x, y)
    };
    let args = [vector(&[2, 2], &[0.5, -0.3, 0.8, 0.1]), vector(&[2], &[0.4, -0.9])];
    for (checkpoints, n) in [(1, 3), (2, 7), (3, 1), (2, 0)] {
        obeys("snapshots", 1, &args, BOTH, |args| {
            let (x, y) = run(&args[0], &args[1], Some(checkpoints), n);
            vec![x, y]
        });
        let loss = |checkpoints| {
            move |w: Array, x: Array| {
                let (x, y) = run(&w, &x, checkpoints, n);
                (&x * &x).sum(None) + y
            }
        };
        let (w, x) = (args[0].clone(), args[1].clone());
        let want = grad(loss(None))(w.clone(), x.clone());
        assert_close(&want, &grad(loss(Some(checkpoints)))(w, x), 1e-14, || format!("{checkpoints} of {n}"));
    }
    obeys("snapshots to order two", 2, &[number(0.7)], BOTH, |args| {
        let turn = |(i, x): (Array, Array)| (i + 1, x.sin() * 1.2);
        let goes_on = |(i, _): (Array, Array)| lt(&i, &count(5));
        let options = WhileOptions { checkpoints: Some(2) };
        vec![lax::while_loop_with(options, goes_on, turn, (count(0), args[0].clone())).1]
    });
}

#[test]
fn a_linear_loop_transposes() {
    let triple = |x: Array| {
        let turn = |(i, x): (Array, Array)| (i + 1, x * 3.0);
        lax::while_loop(|(i, _): (Array, Array)| lt(&i, &count(4)), turn, (count(0), x)).1
    };
    let (back,) = linear_transpose(triple, (number(1.0),)).call(number(2.0));
    assert_close(&number(162.0), &back, 0.0, || "81 times 2".into());
}

#[test]
fn branches_that_are_not_taken_have_no_derivative() {
    type Function = fn(Array) -> Array;
    let traps: [(&str, Function, f64); 4] = [
        ("sqrt", |x| x.sqrt(), 0.0),
        ("log", |x| x.log(), 0.0),
        ("0/0", |x| &x / &x, 0.0),
        ("a loop to nowhere", |x| lax::while_loop(|x: Array| lt(&x, &number(10.0)), |x: Array| &x * 2.0, x), 0.0),
    ];
    for (name, trap, at) in traps {
        let safe = move |x: Array| lax::cond(gt(&x, &number(0.0)), trap, |x: Array| &x * &x + &x * 3.0, x);
        let three = number(3.0);
        assert_close(&three, &grad(safe)(number(at)), 0.0, || format!("grad of {name}"));
        assert_close(&three, &jit(grad(safe))(number(at)), 0.0, || format!("jit of grad of {name}"));
        assert_close(&number(2.0), &grad(grad(safe))(number(at)), 0.0, || format!("grad of grad of {name}"));
        let tangent = jax_core::api::jvp(safe, (number(at),), (number(1.0),)).1;
        assert_close(&three, &tangent, 0.0, || format!("jvp of {name}"));
        let lanes = vector(&[3], &[at, -1.0, at]);
        let want = vector(&[3], &[3.0, 1.0, 3.0]);
        assert_close(&want, &vmap(grad(safe))(lanes.clone()), 0.0, || format!("vmap of grad of {name}"));
        let sum = move |x: Array| vmap(safe)(x).sum(None);
        assert_close(&want, &grad(sum)(lanes.clone()), 0.0, || format!("grad of vmap of {name}"));
        let seconds = vector(&[3], &[2.0, 2.0, 2.0]);
        assert_close(&seconds, &vmap(grad(grad(safe)))(lanes), 0.0, || format!("vmap of grad of grad of {name}"));
    }
}

#[test]
fn programs_with_stacks_read_back() {
    let closed = builder::trace(&[number(0.5).aval().clone()], |args| {
        vec![grad(|x: Array| power(&x, &count(3)))(args[0].clone())]
    });
    let text = format!("{:#}", closed.jaxpr);
    assert!(text.contains("stack<f64[]>[]"), "{text}");
    assert!(text.contains("length=None"), "{text}");
    let read = text.parse::<jax_core::ir::Jaxpr>().unwrap_or_else(|e| panic!("{e}\n{text}"));
    assert_eq!(format!("{read:#}"), text);
}
