//! What must not change a value: compiling as a whole, dropping dead code, splitting into known and unknown parts.

use jax_core::array::Array;
use jax_core::ir::lower::lower;
use jax_core::ir::{Atom, ClosedJaxpr, Sample, Tangent};
use jax_core::transform::dce::dce_outs;
use jax_core::transform::eval;
use jax_core::transform::jvp::jvp_jaxpr;
use jax_core::transform::linearize::{partial_eval, unknown_outs};

use super::check::*;

/// The program of a sample and, if it has one, that of its derivative, each with arguments.
fn programs(sample: &Sample) -> Vec<(ClosedJaxpr, Vec<Array>)> {
    let closed = program(sample);
    let mut programs = vec![(closed.clone(), sample.args.clone())];
    let nonzero: Vec<bool> = sample.args.iter().map(|arg| arg.dtype().is_inexact()).collect();
    if nonzero.contains(&true) && sample.prim.name() != "custom_vjp_call" {
        let mut rng = Rng(7);
        let tangents = sample.args.iter().filter(|arg| arg.dtype().is_inexact()).map(|arg| rng.array(arg.aval()));
        let args = sample.args.iter().cloned().chain(tangents).collect();
        programs.push((jvp_jaxpr(&closed, &nonzero, None).0, args));
    }
    programs
}

#[test]
fn the_type_rule_agrees_with_the_program() {
    let held = for_all(|sample| {
        let avals = sample.prim.type_rule(&avals(&sample.args)).unwrap();
        let lowered = lower(&program(sample).jaxpr);
        assert_eq!(avals.len(), lowered.outputs.len());
        for (aval, &buf) in avals.iter().zip(&lowered.outputs) {
            assert_eq!(&aval.ty(), lowered.ty(buf), "{}", describe(sample));
        }
        true
    });
    assert!(held > 1000, "{held}");
}

#[test]
fn compiled_as_a_whole_or_step_by_step() {
    for_all(|sample| {
        for (closed, args) in programs(sample) {
            let whole = Compiled::new(&closed).run(&args);
            assert_all_close(&eval(&closed, &args), &whole, 0.0, || format!("jit of {}", describe(sample)));
        }
        true
    });
}

#[test]
fn dead_code_changes_no_value() {
    for_all(|sample| {
        for (closed, args) in programs(sample) {
            let want = eval(&closed, &args);
            let count = want.len();
            let all = (0..=count).map(|kept| (0..count).map(|i| kept == count || i == kept).collect::<Vec<bool>>());
            for used in all {
                let (jaxpr, needed) = dce_outs(&closed.jaxpr, &used);
                let closed = ClosedJaxpr { jaxpr: jaxpr.into(), consts: closed.consts.clone() };
                let want: Vec<Array> =
                    want.iter().zip(&used).filter(|(_, used)| **used).map(|(w, _)| w.clone()).collect();
                let what = || format!("dce of {} for {used:?}", describe(sample));
                assert_all_close(&want, &Compiled::new(&closed).run(&args), 0.0, what);
                // What is not needed may be anything.
                let other = |(arg, &needed): (&Array, &bool)| match needed {
                    true => arg.clone(),
                    false => array(
                        arg.dtype(),
                        arg.shape(),
                        arg.scalars().into_iter().rev().map(|s| {
                            jax_core::base::Scalar::from_bits(
                                s.dtype(),
                                !s.bits() & u128::from(s.dtype() != jax_core::base::DType::Bool),
                            )
                        }),
                    ),
                };
                let args: Vec<Array> = args.iter().zip(&needed).map(other).collect();
                assert_all_close(&want, &Compiled::new(&closed).run(&args), 0.0, what);
            }
        }
        true
    });
}

#[test]
fn known_and_unknown_parts_make_the_whole() {
    for_all(|sample| {
        for (closed, args) in programs(sample) {
            let want = eval(&closed, &args);
            let count = args.len();
            let primals = sample.args.len();
            let alone = (0..count).map(|i| (0..count).map(|j| i == j).collect::<Vec<bool>>());
            let sets = alone.chain([vec![true; count], (0..count).map(|i| i >= primals).collect()]);
            for unknown in sets {
                let later = unknown_outs(&closed.jaxpr, &unknown);
                let given: Vec<Tangent> =
                    args.iter().zip(&unknown).map(|(arg, &unknown)| (!unknown).then(|| arg.clone())).collect();
                let (known, rest, residuals) = partial_eval(&closed, &given, &later);
                let rest_args = args.iter().zip(&unknown).filter(|(_, unknown)| **unknown).map(|(arg, _)| arg.clone());
                let rest_args: Vec<Array> = residuals.into_iter().chain(rest_args).collect();
                let rest = ClosedJaxpr::new(rest);
                let mut known = known.into_iter();
                // Stacks are more than their bytes.
                let stacks = rest_args.iter().any(|arg| arg.aval().is_stack());
                let results = if stacks { eval(&rest, &rest_args) } else { Compiled::new(&rest).run(&rest_args) };
                let mut unknown_results = results.into_iter();
                let got: Vec<Array> = later
                    .iter()
                    .map(|&later| if later { unknown_results.next() } else { known.next() }.unwrap())
                    .collect();
                let what = || format!("partial evaluation of {} with {unknown:?} unknown", describe(sample));
                assert_all_close(&want, &got, 0.0, what);
                assert!(rest.jaxpr.outs.iter().all(|out| matches!(out, Atom::Var(_)) || later.contains(&true)));
            }
        }
        true
    });
}
