//! Derivatives against finite differences, in double precision, to any order.

use jax_core::array::fail::catch;
use jax_core::array::{Array, builder};
use jax_core::base::Scalar;
use jax_core::ir::{ClosedJaxpr, Tangent};
use jax_core::transform::jvp::{jvp, jvp_jaxpr};
use jax_core::transform::{backward, linearize};
use num_complex::Complex;

use super::check::*;

/// Central differences of fourth order: error `h⁴ f⁽⁵⁾ / 30`, and rounding of about 1e-16 / h.
fn differences(f: &Compiled, args: &[Array], directions: &[Tangent]) -> Vec<Vec<Complex<f64>>> {
    const STEP: f64 = 1e-3;
    let at = |steps: f64| -> Vec<Vec<Complex<f64>>> {
        let moved = |(arg, direction): (&Array, &Tangent)| match direction {
            None => arg.clone(),
            Some(direction) => {
                let values = complexes(arg).into_iter().zip(complexes(direction));
                let dtype = arg.dtype();
                array(dtype, arg.shape(), values.map(|(x, v)| Scalar::from_complex(dtype, x + v * steps * STEP)))
            }
        };
        let args: Vec<Array> = args.iter().zip(directions).map(moved).collect();
        f.run(&args).iter().map(complexes).collect()
    };
    let [far_below, below, above, far_above] = [-2.0, -1.0, 1.0, 2.0].map(at);
    let slope = |out: usize, i: usize| {
        let near = (above[out][i] - below[out][i]) * 8.0;
        (near - (far_above[out][i] - far_below[out][i])) / (12.0 * STEP)
    };
    (0..above.len()).map(|out| (0..above[out].len()).map(|i| slope(out, i)).collect()).collect()
}

/// Random directions: along all floating-point arguments together, and along each alone.
fn directions(args: &[Array], rng: &mut Rng) -> Vec<Vec<Tangent>> {
    let all: Vec<Tangent> = args.iter().map(|a| a.dtype().is_inexact().then(|| rng.array(a.aval()))).collect();
    let present: Vec<usize> = (0..all.len()).filter(|&i| all[i].is_some()).collect();
    let mut sets = vec![all.clone()];
    if present.len() > 1 {
        let alone = |i: usize| (0..all.len()).map(|j| all[j].clone().filter(|_| i == j)).collect();
        sets.extend(present.into_iter().map(alone));
    }
    sets
}

fn near(want: Complex<f64>, got: Complex<f64>, scale: f64) -> bool {
    (want - got).norm() <= 1e-6 * scale.max(1.0)
}

fn size(values: &[Complex<f64>]) -> f64 {
    values.iter().map(|z| z.norm()).fold(0.0, f64::max)
}

/// The forward mode agrees with differences, when the function has one.
fn check_jvp(closed: &ClosedJaxpr, args: &[Array], rng: &mut Rng, what: &str) -> bool {
    let compiled = Compiled::new(closed);
    for direction in directions(args, rng) {
        let Ok((primals, tangents)) = catch(|| jvp(closed, args, &direction)) else { return false };
        assert_all_close(&compiled.run(args), &primals, 1e-14, || format!("primals of jvp: {what}"));
        let slopes = differences(&compiled, args, &direction);
        for ((primal, tangent), slopes) in primals.iter().zip(tangents).zip(slopes) {
            if !primal.dtype().is_inexact() {
                continue;
            }
            if let Some(tangent) = &tangent {
                assert_eq!((tangent.shape(), tangent.dtype()), (primal.shape(), primal.dtype()), "{what}");
            }
            let tangent = tangent.map_or_else(|| vec![Complex::ZERO; slopes.len()], |t| complexes(&t));
            let scale = size(&slopes);
            let close = slopes.iter().zip(&tangent).all(|(&want, &got)| near(want, got, scale));
            assert!(close, "jvp: {what}\nargs {args:?}\nalong {direction:?}\nwant {slopes:?}\ngot  {tangent:?}");
        }
    }
    true
}

/// The real pairing of a tangent and a cotangent.
fn pair(x: &[Complex<f64>], y: &[Complex<f64>]) -> f64 {
    x.iter().zip(y).map(|(x, y)| (x * y).re).sum()
}

/// The reverse mode agrees with differences, when the function has one.
fn check_vjp(closed: &ClosedJaxpr, args: &[Array], rng: &mut Rng, what: &str) -> bool {
    let compiled = Compiled::new(closed);
    for direction in directions(args, rng) {
        let wrt: Vec<bool> = direction.iter().map(Option::is_some).collect();
        let weights: Vec<Array> = closed.out_avals().iter().map(|aval| rng.array(aval)).collect();
        let run = || {
            let point = linearize(closed, args, &wrt);
            let weighted = weights.iter().zip(&point.has_tangent).filter(|(_, has)| **has);
            let cotangents: Vec<Tangent> = weighted.map(|(weight, _)| Some(weight.clone())).collect();
            (backward(&point.linear, &point.residuals, &cotangents), point)
        };
        let Ok((back, point)) = catch(run) else { return false };
        assert_all_close(&compiled.run(args), &point.primals, 1e-14, || format!("primals of vjp: {what}"));
        let slopes = differences(&compiled, args, &direction);
        let inexact = |i: usize| weights[i].dtype().is_inexact();
        let outs = (0..weights.len()).filter(|&i| inexact(i));
        let want: f64 = outs.map(|i| pair(&complexes(&weights[i]), &slopes[i])).sum();
        let tangents: Vec<&Array> = direction.iter().flatten().collect();
        let mut got = 0.0;
        for (tangent, cotangent) in tangents.iter().zip(&back) {
            let Some(cotangent) = cotangent else { continue };
            assert_eq!((tangent.shape(), tangent.dtype()), (cotangent.shape(), cotangent.dtype()), "{what}");
            got += pair(&complexes(tangent), &complexes(cotangent));
        }
        let scale = slopes.iter().map(|s| size(s) * s.len() as f64).sum::<f64>();
        let close = (want - got).abs() <= 1e-6 * scale.max(1.0);
        assert!(close, "vjp: {what}\nargs {args:?}\nalong {direction:?}\nwant {want}, got {got}\ngives {back:?}");
    }
    true
}

/// The program of the reverse mode: arguments and the results' cotangents to the arguments' cotangents.
fn vjp_program(closed: &ClosedJaxpr, args: &[Array], weights: &[Array], wrt: &[bool]) -> ClosedJaxpr {
    let inputs = [args, weights].concat();
    builder::trace(&avals(&inputs), |inputs| {
        let (args, weights) = inputs.split_at(args.len());
        let point = linearize(closed, args, wrt);
        let weights = weights.iter().zip(&point.has_tangent);
        let cotangents: Vec<Tangent> =
            weights.filter(|(_, has)| **has).map(|(weight, _)| Some(weight.clone())).collect();
        backward(&point.linear, &point.residuals, &cotangents).into_iter().flatten().collect()
    })
}

/// Which modes of differentiation a function has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Modes {
    pub forward: bool,
    pub reverse: bool,
}

/// Checks both modes, and both modes of both modes, up to this order.
pub fn check(closed: &ClosedJaxpr, args: &[Array], order: usize, rng: &mut Rng, what: &str) -> Modes {
    let forward = check_jvp(closed, args, rng, what);
    let reverse = check_vjp(closed, args, rng, what);
    if order > 1 {
        let wrt: Vec<bool> = args.iter().map(|arg| arg.dtype().is_inexact()).collect();
        if forward {
            let tangents = args.iter().filter(|arg| arg.dtype().is_inexact()).map(|arg| rng.array(arg.aval()));
            let inputs: Vec<Array> = args.iter().cloned().chain(tangents).collect();
            check(&jvp_jaxpr(closed, &wrt, None).0, &inputs, order - 1, rng, &format!("jvp of {what}"));
        }
        if reverse {
            let weights: Vec<Array> = closed.out_avals().iter().map(|aval| rng.array(aval)).collect();
            let program = vjp_program(closed, args, &weights, &wrt);
            check(&program, &[args, &weights].concat(), order - 1, rng, &format!("vjp of {what}"));
        }
    }
    Modes { forward, reverse }
}

/// Every differentiable sample, to order 2.
#[test]
fn derivatives_agree_with_differences() {
    let checked = for_all(|sample| {
        let Some(sample) = widened(sample).filter(differentiable) else { return false };
        let name = sample.prim.name();
        // Its derivative is taken to be zero although it is not.
        if name == "stop_gradient" {
            return false;
        }
        let modes = check(&program(&sample), &sample.args, 2, &mut Rng(1), &describe(&sample));
        let forward = name != "custom_vjp_call";
        assert_eq!(modes, Modes { forward, reverse: true }, "{}", describe(&sample));
        true
    });
    assert!(checked > 300, "{checked}");
}
