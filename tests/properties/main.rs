//! Properties that hold of every program, tried on random well-typed ones: what runs agrees with the interpreter,
//! derivatives with finite differences and with each other, `vmap` with a loop, text with what it says, and passes
//! change no value.
//!
//! A failure prints the seed and the shortest program that fails. `JAX_SEEDS=5000` tries more programs.

mod check;
mod generate;
mod rng;

use jax_core::array::{Array, builder};
use jax_core::base::Scalar;
use jax_core::ir::{Aval, ClosedJaxpr, Jaxpr, Tangent};
use jax_core::prim::rule::zeros;
use jax_core::transform::batch::batch_jaxpr;
use jax_core::transform::jvp::jvp_jaxpr;
use jax_core::transform::pipeline::PASSES;
use jax_core::transform::{backward, linearize, optimize};

use check::{Compiled, all_close, close, compiled, for_all, interpreted, tolerance};
use generate::{Case, Style, avals};
use rng::Rng;

// The runtime is installed by linking it.
use jax as _;

#[test]
fn machine_code_agrees_with_the_interpreter() {
    for_all("machine code", Style::Any, 120, |case| {
        all_close("compiled", &interpreted(&case.closed, &case.args), &compiled(&case.closed, &case.args))
    });
}

#[test]
fn passes_change_no_bit() {
    for_all("passes", Style::Any, 120, |case| {
        let want = interpreted(&case.closed, &case.args);
        for (name, pass) in PASSES.into_iter().chain([("optimize", optimize as fn(&Jaxpr) -> Jaxpr)]) {
            let passed = ClosedJaxpr { jaxpr: pass(&case.closed.jaxpr).into(), consts: case.closed.consts.clone() };
            if passed.out_avals() != case.closed.out_avals() {
                return Err(format!("{name} changes the types of results\n{:#}", passed.jaxpr));
            }
            for (want, got) in want.iter().zip(&interpreted(&passed, &case.args)) {
                close(want, got, 0.0).map_err(|why| format!("{name}: {why}{:#}", passed.jaxpr))?;
            }
        }
        Ok(())
    });
}

#[test]
fn what_prints_reads_back() {
    for_all("text", Style::Any, 120, |case| {
        let want = interpreted(&case.closed, &case.args);
        let text = case.closed.jaxpr.text().flat().weak().to_string();
        let read: Jaxpr = text.parse().map_err(|error| format!("{error}\n{text}"))?;
        if read.text().flat().weak().to_string() != text {
            return Err(format!("reads as\n{}", read.text().flat().weak()));
        }
        let pretty = case.closed.jaxpr.to_string();
        let strong: Jaxpr = pretty.parse().map_err(|error| format!("{error}\n{pretty}"))?;
        if strong.to_string() != pretty {
            return Err(format!("reads as\n{strong}"));
        }
        let read = ClosedJaxpr { jaxpr: read.into(), consts: case.closed.consts.clone() };
        all_close("what was read", &want, &interpreted(&read, &case.args))
    });
}

/// Random tangents of the floats among the arguments.
fn tangents(case: &Case) -> Vec<Tangent> {
    let mut rng = Rng(case.seed ^ 0x7a11);
    let tangent = |arg: &Array| arg.dtype().is_inexact().then(|| rng.array(arg.dtype(), arg.shape()));
    case.args.iter().map(tangent).collect()
}

fn floats(array: &Array) -> Vec<f64> {
    array.scalars().into_iter().map(Scalar::as_f64).collect()
}

/// The arguments moved along the tangents.
fn moved(args: &[Array], tangents: &[Tangent], by: f64) -> Vec<Array> {
    let along = |(arg, tangent): (&Array, &Tangent)| match tangent {
        None => arg.clone(),
        Some(tangent) => {
            let moved: Vec<f64> = floats(arg).iter().zip(floats(tangent)).map(|(x, t)| x + by * t).collect();
            Array::from_slice(&moved, arg.shape())
        }
    };
    args.iter().zip(tangents).map(along).collect()
}

/// The derivative of a program along tangents by a difference of the fourth order.
fn difference(closed: &ClosedJaxpr, args: &[Array], tangents: &[Tangent]) -> Vec<Vec<f64>> {
    const STEP: f64 = 1e-4;
    let at =
        |by: f64| -> Vec<Vec<f64>> { compiled(closed, &moved(args, tangents, by * STEP)).iter().map(floats).collect() };
    let [near, back, far, far_back] = [at(1.0), at(-1.0), at(2.0), at(-2.0)];
    let slope =
        |out: usize, i: usize| (8.0 * (near[out][i] - back[out][i]) - (far[out][i] - far_back[out][i])) / (12.0 * STEP);
    (0..near.len()).map(|out| (0..near[out].len()).map(|i| slope(out, i)).collect()).collect()
}

/// What differences may be off, beside the largest derivative or 1: rounding over the step.
const SLOPE: f64 = 1e-7;

fn forward(case: &Case, tangents: &[Tangent]) -> (Vec<Array>, Vec<Option<Array>>) {
    let marks: Vec<bool> = tangents.iter().map(Option::is_some).collect();
    let (jvp, have) = jvp_jaxpr(&case.closed, &marks, None);
    let args: Vec<Array> = case.args.iter().chain(tangents.iter().flatten()).cloned().collect();
    let mut results = compiled(&jvp, &args);
    let mut dots = results.split_off(have.len()).into_iter();
    let dots = have.iter().map(|&have| if have { dots.next() } else { None }).collect();
    (results, dots)
}

#[test]
fn jvp_agrees_with_differences() {
    for_all("jvp", Style::Smooth, 120, |case| {
        let tangents = tangents(case);
        let want = difference(&case.closed, &case.args, &tangents);
        let (results, dots) = forward(case, &tangents);
        all_close("the value", &compiled(&case.closed, &case.args), &results)?;
        for (out, dot) in dots.iter().enumerate().filter(|(out, _)| results[*out].dtype().is_inexact()) {
            let size = want[out].iter().chain(&floats(&results[out])).fold(1.0, |size: f64, x| size.max(x.abs()));
            let got = dot.as_ref().map_or_else(|| vec![0.0; want[out].len()], floats);
            let close = want[out].iter().zip(&got).all(|(w, g)| (w - g).abs() <= SLOPE * size);
            if !close {
                return Err(format!("result {out}: differences {:?}\n jvp {got:?}", want[out]));
            }
        }
        Ok(())
    });
}

/// The cotangents of the floats among the arguments for these of the results, traced as one program.
fn reverse(closed: &ClosedJaxpr, args: &[Array], cts: &[Option<Array>]) -> (Vec<Array>, ClosedJaxpr) {
    let marks: Vec<bool> = args.iter().map(|arg| arg.dtype().is_inexact()).collect();
    let given: Vec<&Array> = cts.iter().flatten().collect();
    let ins: Vec<Aval> = args.iter().chain(given.iter().copied()).map(|arg| arg.aval().clone()).collect();
    let program = builder::trace(&ins, |all| {
        let (args, given) = all.split_at(args.len());
        let at = linearize(closed, args, &marks);
        let mut given = given.iter().cloned();
        let cts: Vec<Tangent> = cts.iter().map(|ct| if ct.is_some() { given.next() } else { None }).collect();
        let cts: Vec<Tangent> =
            cts.into_iter().zip(&at.has_tangent).filter(|(_, has)| **has).map(|(ct, _)| ct).collect();
        let back = backward(&at.linear, &at.residuals, &cts);
        let wrt = args.iter().zip(&marks).filter(|(_, mark)| **mark).map(|(arg, _)| arg);
        back.into_iter().zip(wrt).map(|(ct, arg)| ct.unwrap_or_else(|| zeros(arg.aval()))).collect()
    });
    let all: Vec<Array> = args.iter().chain(given).cloned().collect();
    (all, program)
}

fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

#[test]
fn reverse_mode_is_the_transpose_of_forward_mode() {
    for_all("transpose", Style::Smooth, 120, |case| {
        let tangents = tangents(case);
        let (results, dots) = forward(case, &tangents);
        let mut rng = Rng(case.seed ^ 0xc0);
        let ct = |out: &Array| out.dtype().is_inexact().then(|| rng.array(out.dtype(), out.shape()));
        let cts: Vec<Option<Array>> = results.iter().map(ct).collect();
        let (args, program) = reverse(&case.closed, &case.args, &cts);
        let back = compiled(&program, &args);
        // <ct, J t> = <J^T ct, t>
        let pairs = |xs: Vec<(Vec<f64>, Vec<f64>)>| -> (f64, f64) {
            let sum = xs.iter().map(|(x, y)| dot(x, y)).sum();
            let abs = |xs: &[f64]| xs.iter().map(|x| x.abs()).collect::<Vec<_>>();
            (sum, xs.iter().map(|(x, y)| dot(&abs(x), &abs(y))).sum())
        };
        let both = |(ct, dot): (&Option<Array>, &Option<Array>)| Some((floats(ct.as_ref()?), floats(dot.as_ref()?)));
        let (forth, size) = pairs(cts.iter().zip(&dots).filter_map(both).collect());
        let (around, other) = pairs(back.iter().map(floats).zip(tangents.iter().flatten().map(floats)).collect());
        if (forth - around).abs() > 1e-10 * size.max(other).max(1.0) {
            return Err(format!("<ct, J t> is {forth}, <J^T ct, t> is {around}"));
        }
        Ok(())
    });
}

#[test]
fn derivatives_of_gradients_agree_with_differences() {
    for_all("second order", Style::Smooth, 60, |case| {
        let tangents = tangents(case);
        let results = compiled(&case.closed, &case.args);
        let mut rng = Rng(case.seed ^ 0xc1);
        let ct = |out: &Array| out.dtype().is_inexact().then(|| rng.array(out.dtype(), out.shape()));
        let cts: Vec<Option<Array>> = results.iter().map(ct).collect();
        let (args, gradient) = reverse(&case.closed, &case.args, &cts);
        let mut along = tangents.clone();
        along.resize(args.len(), None);
        let want = difference(&gradient, &args, &along);
        let second = Case { seed: case.seed, steps: case.steps, closed: gradient, args };
        let (results, dots) = forward(&second, &along);
        for (out, dot) in dots.iter().enumerate() {
            let size = want[out].iter().chain(&floats(&results[out])).fold(1.0, |size: f64, x| size.max(x.abs()));
            let got = dot.as_ref().map_or_else(|| vec![0.0; want[out].len()], floats);
            if !want[out].iter().zip(&got).all(|(w, g)| (w - g).abs() <= 10.0 * SLOPE * size) {
                return Err(format!("argument {out}: differences {:?}\n jvp of the gradient {got:?}", want[out]));
            }
        }
        Ok(())
    });
}

/// Arrays of one type along a new axis in front.
fn stack(arrays: &[Array], aval: &Aval) -> Array {
    let bytes: Vec<u8> =
        arrays.iter().flat_map(|array| array.bytes().expect("a concrete array")[..].to_vec()).collect();
    let shape: Vec<usize> = [&[arrays.len()], &aval.shape[..]].concat();
    Array::from_bytes(aval.dtype, &shape, &bytes)
}

/// Checks the batched program against a loop over lanes, for arguments marked as batched at random.
fn batched(closed: &ClosedJaxpr, args: &[Array], rng: &mut Rng) -> Result<(), String> {
    let size = 1 + rng.below(3);
    let mut marks: Vec<bool> = args.iter().map(|_| rng.chance(2)).collect();
    let last = rng.below(marks.len());
    marks[last] = true;
    let lanes: Vec<Vec<Array>> = (0..size)
        .map(|_| {
            let lane = |(arg, &mark): (&Array, &bool)| match mark {
                true => rng.array(arg.dtype(), arg.shape()),
                false => arg.clone(),
            };
            args.iter().zip(&marks).map(lane).collect()
        })
        .collect();
    let column = |i: usize| match marks[i] {
        true => stack(&lanes.iter().map(|lane| lane[i].clone()).collect::<Vec<_>>(), args[i].aval()),
        false => args[i].clone(),
    };
    let all: Vec<Array> = (0..args.len()).map(column).collect();
    let (program, have) = batch_jaxpr(closed, &marks, None, size);
    let got = compiled(&program, &all);
    let alone = Compiled::new(closed);
    let want: Vec<Vec<Array>> = lanes.iter().map(|lane| alone.run(lane)).collect();
    for (out, aval) in closed.out_avals().iter().enumerate() {
        let outs: Vec<Array> = want.iter().map(|outs| outs[out].clone()).collect();
        let want = if have[out] { stack(&outs, aval) } else { outs[0].clone() };
        close(&want, &got[out], tolerance(aval.dtype))
            .map_err(|why| format!("{size} lanes of {marks:?}, result {out}: {why}{:#}", program.jaxpr))?;
    }
    Ok(())
}

#[test]
fn vmap_is_a_loop() {
    for_all("vmap", Style::Any, 120, |case| batched(&case.closed, &case.args, &mut Rng(case.seed ^ 0xba)));
}

#[test]
fn vmap_of_gradients_and_gradients_of_vmap_are_loops() {
    for_all("vmap and gradients", Style::Smooth, 60, |case| {
        let mut rng = Rng(case.seed ^ 0xbb);
        let results = case.closed.out_avals();
        let cts: Vec<Option<Array>> =
            results.iter().map(|out| out.dtype.is_inexact().then(|| rng.array(out.dtype, &out.shape))).collect();
        let (args, gradient) = reverse(&case.closed, &case.args, &cts);
        batched(&gradient, &args, &mut rng)?;
        // The gradient of the batched program, every argument and result of which has the batch axis.
        let size = 2;
        let marks = vec![true; case.args.len()];
        let all = vec![true; results.len()];
        let (program, _) = batch_jaxpr(&case.closed, &marks, Some(&all), size);
        let lanes: Vec<Vec<Array>> =
            (0..size).map(|_| avals(&args).iter().map(|aval| rng.array(aval.dtype, &aval.shape)).collect()).collect();
        let column = |i: usize| stack(&lanes.iter().map(|lane| lane[i].clone()).collect::<Vec<_>>(), args[i].aval());
        let columns: Vec<Array> = (0..args.len()).map(column).collect();
        let (points, given) = columns.split_at(case.args.len());
        let mut given = given.iter().cloned();
        let cts: Vec<Option<Array>> = cts.iter().map(|ct| if ct.is_some() { given.next() } else { None }).collect();
        let (all, outer) = reverse(&program, points, &cts);
        let got = compiled(&outer, &all);
        let alone = Compiled::new(&gradient);
        let want: Vec<Vec<Array>> = lanes.iter().map(|lane| alone.run(lane)).collect();
        for (out, aval) in gradient.out_avals().iter().enumerate() {
            let outs: Vec<Array> = want.iter().map(|outs| outs[out].clone()).collect();
            close(&stack(&outs, aval), &got[out], tolerance(aval.dtype))
                .map_err(|why| format!("the gradient of vmap, argument {out}: {why}"))?;
        }
        Ok(())
    });
}
