//! A program prints, reads back, prints the same, and computes the same.

use jax_core::ir::{ClosedJaxpr, Jaxpr};
use jax_core::transform::jvp::jvp_jaxpr;

use super::check::*;

#[test]
fn what_prints_reads_back() {
    let held = for_all(|sample| {
        let closed = program(sample);
        let nonzero: Vec<bool> = sample.args.iter().map(|arg| arg.dtype().is_inexact()).collect();
        let forward = nonzero.contains(&true) && sample.prim.name() != "custom_vjp_call";
        let jvp = forward.then(|| jvp_jaxpr(&closed, &nonzero, None).0);
        for (program, runs) in [(Some(&closed), true), (jvp.as_ref(), false)] {
            let Some(program) = program else { continue };
            for text in [program.jaxpr.to_string(), format!("{:#}", program.jaxpr)] {
                let read: Jaxpr = text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"));
                assert_eq!(read.to_string(), program.jaxpr.to_string());
                if runs {
                    let want = Compiled::new(program).run(&sample.args);
                    let got = Compiled::new(&ClosedJaxpr::new(read)).run(&sample.args);
                    assert_all_close(&want, &got, 0.0, || text.clone());
                }
            }
        }
        true
    });
    assert!(held > 1000, "{held}");
}
