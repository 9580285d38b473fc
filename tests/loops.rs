//! Loops whose trip count is known only at run time, compiled: gradients, lanes, memory and compile time.
#![allow(missing_docs, clippy::unwrap_used)]

use std::time::Instant;

use jax::prelude::*;

fn close(found: &Array, want: &[f64], tolerance: f64) {
    let found: Vec<f64> = found.astype(DType::F64).to_vec();
    assert_eq!(found.len(), want.len());
    for (found, want) in found.iter().zip(want) {
        assert!((found - want).abs() <= tolerance * want.abs().max(1.0), "{found} is not {want}");
    }
}

fn number(value: f64) -> Array {
    Array::from_slice(&[value], &[])
}

fn count(value: i32) -> Array {
    Array::from_slice(&[value], &[])
}

/// n turns of `x -> x + x (1 - x) / 1000`.
fn logistic(x: Array, n: Array) -> Array {
    let turn = |(i, x): (Array, Array)| (i + 1, &x + &x * (1.0 - &x) * 1e-3);
    lax::while_loop(move |(i, _): (Array, Array)| i.less(&n), turn, (count(0), x)).1
}

/// The same in Rust, with its first and second derivative.
fn logistic_here(mut x: f64, n: i32) -> [f64; 3] {
    let (mut d, mut dd) = (1.0, 0.0);
    for _ in 0..n {
        let (slope, bend) = (1.0 + (1.0 - 2.0 * x) * 1e-3, -2e-3);
        (x, d, dd) = (x + x * (1.0 - x) * 1e-3, slope * d, slope * dd + bend * d * d);
    }
    [x, d, dd]
}

#[test]
fn gradients_of_long_loops() {
    let value = jit(|x: Array, n: Array| logistic(x, n));
    let first = jit(grad(|x: Array, n: Array| logistic(x, n)));
    let second = jit(grad(|x: Array, n: Array| grad(|x: Array, n: Array| logistic(x, n))(x, n)));
    for n in [0, 1, 2, 3, 100, 5000, 100_000] {
        let want = logistic_here(0.2, n);
        close(&value(number(0.2), count(n)), &want[..1], 1e-12);
        close(&first(number(0.2), count(n)), &want[1..2], 1e-10);
        close(&second(number(0.2), count(n)), &want[2..], 1e-9);
    }
}

#[test]
fn lanes_with_their_own_trip_counts() {
    let ns = [0, 7, 1000, 3, 20_000, 1];
    let xs: Vec<f64> = (0..6).map(|i| 0.1 + 0.1 * f64::from(i)).collect();
    let want: Vec<[f64; 3]> = xs.iter().zip(ns).map(|(&x, n)| logistic_here(x, n)).collect();
    let column = |at: usize| -> Vec<f64> { want.iter().map(|all| all[at]).collect() };
    let (x, n) = (Array::from_slice(&xs, &[6]), Array::from_slice(&ns, &[6]));
    close(&jit(vmap(logistic))(x.clone(), n.clone()), &column(0), 1e-12);
    close(&jit(vmap(grad(logistic)))(x.clone(), n.clone()), &column(1), 1e-10);
    let total = |x: Array, n: Array| vmap(logistic)(x, n).sum(None);
    close(&jit(grad(total))(x.clone(), n.clone()), &column(1), 1e-10);
    let both = jit(vmap(|x: Array, n: Array| grad(|x: Array, n: Array| grad(logistic)(x, n))(x, n)));
    close(&both(x, n), &column(2), 1e-9);
}

#[test]
fn loops_inside_loops() {
    // The turns of the inner loop depend on the outer one's.
    let nested = |x: Array| {
        let outer = |(i, x): (Array, Array)| {
            let n = &i * 3;
            (i + 1, logistic(x, n))
        };
        lax::while_loop(|(i, _): (Array, Array)| i.less(5), outer, (count(0), x)).1
    };
    let want = logistic_here(0.2, 30);
    close(&jit(nested)(number(0.2)), &want[..1], 1e-12);
    close(&jit(grad(nested))(number(0.2)), &want[1..2], 1e-12);
    close(&jit(grad(|x: Array| grad(nested)(x)))(number(0.2)), &want[2..], 1e-12);
    let scanned = |x: Array, ns: Array| lax::scan(|x: Array, n: Array| (logistic(x, n), ()), x, ns).0;
    let ns = Array::from_slice(&[4, 0, 26], &[3]);
    close(&jit(grad(scanned))(number(0.2), ns), &want[1..2], 1e-12);
}

#[test]
fn a_pullback_keeps_what_the_forward_run_pushed() {
    let (value, pullback) = vjp(|x: Array| logistic(x, count(300)), (number(0.2),));
    let want = logistic_here(0.2, 300);
    close(&value, &want[..1], 1e-12);
    for scale in [1.0, 2.0, -0.5] {
        close(&pullback.call(number(scale)).0, &[scale * want[1]], 1e-12);
    }
    let pullbacks: Vec<_> = (0..4).map(|n| vjp(move |x: Array| logistic(x, count(n)), (number(0.2),)).1).collect();
    for (n, pullback) in pullbacks.iter().enumerate().rev() {
        close(&pullback.call(number(1.0)).0, &[logistic_here(0.2, n as i32)[1]], 1e-14);
    }
}

#[test]
fn what_a_turn_pushes_goes_with_it() {
    // 20 descents, each of which differentiates a loop that pushes 8 MB at least.
    let descend = jit(|x: Array| {
        let slope = grad(|x: Array| logistic(x, count(1_000_000)));
        lax::scan_with(
            lax::ScanOptions { length: Some(20), ..Default::default() },
            move |x: Array, (): ()| (&x - slope(x.clone()) * 1e-3, ()),
            x,
            (),
        )
        .0
    });
    let before = resident();
    let found = descend(number(0.2));
    assert!(found.item_f64().is_finite());
    if let (Some(before), Some(after)) = (before, resident()) {
        assert!(after < before + (200 << 20), "{before} bytes grew to {after}");
    }
}

/// Bytes of this process in memory, where the system says.
fn resident() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find(|line| line.starts_with("VmHWM"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? << 10)
}

#[test]
fn compile_time_does_not_depend_on_trip_counts() {
    let time = |n: i32| {
        let start = Instant::now();
        let compiled = jit(grad(move |x: Array| logistic(x, count(n))));
        compiled(number(0.2));
        start.elapsed()
    };
    time(2);
    let (short, long) = (time(3), time(1000));
    assert!(long < short * 4 + std::time::Duration::from_millis(20), "{short:?} and {long:?}");
}

/// Turns until a point leaves the circle of radius 2, at most 256.
fn escape(cr: Array, ci: Array) -> Array {
    let inside = |(i, zr, zi): (Array, Array, Array)| i.less(256) & (&zr * &zr + &zi * &zi).less(4.0f32);
    let turn = move |(i, zr, zi): (Array, Array, Array)| (i + 1, &zr * &zr - &zi * &zi + &cr, 2.0f32 * &zr * &zi + &ci);
    let zero = Array::from_slice(&[0f32], &[]);
    lax::while_loop(inside, turn, (count(0), zero.clone(), zero)).0
}

#[test]
fn each_pixel_is_a_loop() {
    let n = 1000;
    let axis = |from: f32| -> Vec<f32> { (0..n).map(|i| from + 3.0 * i as f32 / n as f32).collect() };
    let (re, im) = (axis(-2.0), axis(-1.5));
    let image = jit(vmap(vmap(escape).in_axes((0, None))).in_axes((None, 0)));
    let (x, y) = (Array::from_slice(&re, &[n]), Array::from_slice(&im, &[n]));
    let found = image(x, y);
    let here = |cr: f32, ci: f32| {
        let (mut zr, mut zi, mut i) = (0f32, 0f32, 0);
        while i < 256 && zr * zr + zi * zi < 4.0 {
            (zr, zi) = (zr * zr - zi * zi + cr, 2.0 * zr * zi + ci);
            i += 1;
        }
        i
    };
    let same = found.to_vec::<i32>().iter().enumerate().filter(|(at, i)| **i == here(re[at % n], im[at / n])).count();
    assert!(same > n * n - n, "{same} of {} pixels", n * n);
}

#[test]
fn associative_scans() {
    for n in 0..10usize {
        let x: Vec<f64> = (0..n).map(|i| 0.5 + i as f64).collect();
        let sums: Vec<f64> = (0..n).map(|i| x[..=i].iter().sum()).collect();
        let back: Vec<f64> = (0..n).map(|i| x[i..].iter().sum()).collect();
        let x = Array::from_slice(&x, &[n]);
        close(&lax::associative_scan(|a: Array, b: Array| a + b, x.clone()), &sums, 1e-15);
        let reverse = lax::AssociativeScanOptions { reverse: true, ..Default::default() };
        close(&lax::associative_scan_with(reverse, |a: Array, b: Array| a + b, x), &back, 1e-15);
    }
    // y ← a y + b, as products of affine maps, along the last axis.
    let wave = |by: f32| Array::from_slice(&(0..21).map(|i| (i as f32 * by).sin()).collect::<Vec<f32>>(), &[3, 7]);
    let (a, b) = (wave(0.7), wave(1.3));
    let along = lax::AssociativeScanOptions { axis: -1, ..Default::default() };
    let compose = |(a, b): (Array, Array), (c, d): (Array, Array)| (&a * &c, &c * &b + d);
    let found = lax::associative_scan_with(along, compose, (a.clone(), b.clone())).1;
    let turn = |y: Array, (a, b): (Array, Array)| {
        let next = &a * &y + b;
        (next.clone(), next)
    };
    let want = lax::scan(turn, jnp::zeros(3), (a.t(), b.t())).1.t();
    close(&found, &want.astype(DType::F64).to_vec::<f64>(), 1e-5);
    let truths = Array::from_bools(&[false, false, true, false, true], &[5]);
    let any = lax::associative_scan(|a: Array, b: Array| a | b, truths);
    assert_eq!(any.to_bools(), [false, false, true, true, true]);
    let last = |x: Array| lax::associative_scan(|a: Array, b: Array| a * b, x).max(0);
    let x = Array::from_slice(&[2.0, 3.0, 4.0], &[3]);
    close(&grad(last)(x), &[12.0, 8.0, 6.0], 1e-15);
}

#[test]
fn maps_in_batches() {
    let x = Array::from_slice(&(0..7).map(f64::from).collect::<Vec<f64>>(), &[7]);
    let f = |x: Array| (x.sin(), &x * &x);
    let (sines, squares) = lax::map(f, x.clone());
    for size in [1, 2, 3, 7, 100] {
        let (found, more) = lax::map_with(size, f, x.clone());
        close(&found, &sines.to_vec::<f64>(), 1e-15);
        close(&more, &squares.to_vec::<f64>(), 0.0);
    }
}

#[test]
fn gradients_from_snapshots() {
    let with = |checkpoints: usize| {
        move |x: Array, n: Array| {
            let options = lax::WhileOptions { checkpoints: Some(checkpoints) };
            let turn = |(i, x): (Array, Array)| (i + 1, &x + &x * (1.0 - &x) * 1e-3);
            lax::while_loop_with(options, move |(i, _): (Array, Array)| i.less(&n), turn, (count(0), x)).1
        }
    };
    for (checkpoints, longest) in [(1, 60), (2, 200), (3, 1000), (8, 20_000)] {
        let slope = jit(grad(with(checkpoints)));
        for n in [0, 1, 2, 3, 4, 5, 17, longest] {
            close(&slope(number(0.2), count(n)), &logistic_here(0.2, n)[1..2], 1e-10);
        }
    }
    let f = with(3);
    let second = jit(grad(move |x: Array, n: Array| grad(f)(x, n)));
    close(&second(number(0.2), count(100)), &logistic_here(0.2, 100)[2..], 1e-10);
    let (x, n) = (Array::from_slice(&[0.2, 0.3, 0.4], &[3]), Array::from_slice(&[40, 0, 7], &[3]));
    let want: Vec<f64> = [(0.2, 40), (0.3, 0), (0.4, 7)].map(|(x, n)| logistic_here(x, n)[1]).to_vec();
    close(&jit(vmap(grad(with(2))))(x.clone(), n.clone()), &want, 1e-12);
    close(&jit(grad(move |x: Array, n: Array| vmap(with(2))(x, n).sum(None)))(x, n), &want, 1e-12);
}

#[test]
fn snapshots_bound_memory() {
    // A carry of 2 MB, 400 turns: 0.8 GB if all were kept.
    let n = 1 << 18;
    let f = move |x: Array| {
        let options = lax::WhileOptions { checkpoints: Some(6) };
        let turn = |(i, x): (Array, Array)| (i + 1, &x + &x * (1.0 - &x) * 1e-3);
        lax::while_loop_with(options, |(i, _): (Array, Array)| i.less(400), turn, (count(0), x)).1.sum(None)
    };
    let x = jnp::full(n, 0.2).astype(DType::F64);
    let before = resident();
    let slopes = jit(grad(f))(x);
    let want = logistic_here(0.2f32.into(), 400)[1];
    close(&slopes.max(0), &[want], 1e-9);
    close(&slopes.min(0), &[want], 1e-9);
    if let (Some(before), Some(after)) = (before, resident()) {
        assert!(after < before + (300 << 20), "{before} bytes grew to {after}");
    }
}
