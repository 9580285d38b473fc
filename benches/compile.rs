//! From nothing to a result, in fresh processes: the first call of selu (trace, compile, run), and the whole process.
//! Then what compile time depends on: not on the number of turns of a loop, and linearly on the number of statements.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod common;

use common::{selu, show, times};
use jax::prelude::*;
use std::process::Command;
use std::time::Instant;

#[jit]
fn looped(x: Array, turns: usize) -> Array {
    let options = lax::ScanOptions { length: Some(turns), ..Default::default() };
    lax::scan_with(options, |x: Array, ()| ((x * 0.5).sin() + 1.0, ()), x, ()).0
}

#[jit]
fn straight(x: Array, statements: usize) -> Array {
    (0..statements).fold(x, |x, i| x.exp() * (i as f32 + 0.5))
}

/// Seconds that something takes, a few times.
fn seconds(rounds: usize, mut f: impl FnMut()) -> Vec<f64> {
    let once = |_| {
        let start = Instant::now();
        f();
        start.elapsed().as_secs_f64()
    };
    (0..rounds).map(once).collect()
}

fn main() {
    // A child makes one first call and prints its seconds.
    if std::env::var_os("JAX_BENCH_CHILD").is_some() {
        let x = jnp::arange(1_000_000).astype(DType::F32);
        let start = Instant::now();
        drop(selu(&x, 1.67, 1.05));
        println!("{}", start.elapsed().as_secs_f64());
        return;
    }
    let (mut whole, mut call) = (Vec::new(), Vec::new());
    let program = std::env::current_exe().unwrap();
    for round in 0..31 {
        let start = Instant::now();
        let output = Command::new(&program).env("JAX_BENCH_CHILD", "1").output().unwrap();
        // The first one warms the disk.
        if round > 0 {
            whole.push(start.elapsed().as_secs_f64());
            call.push(String::from_utf8(output.stdout).unwrap().trim().parse().unwrap());
        }
    }
    show("selu's first call (trace, compile, run), 1e6", times(call));
    show("process start to first selu result, 1e6", times(whole));
    for turns in [10, 1_000, 1_000_000] {
        let compile = seconds(11, || drop(looped::lower(jnp::ones(8), turns).compile().unwrap()));
        show(&format!("tracing and compiling a scan of {turns} turns"), times(compile));
    }
    for statements in [250, 500, 1_000, 2_000] {
        let compile = seconds(5, || drop(straight::lower(jnp::ones(8), statements).compile().unwrap()));
        show(&format!("tracing and compiling {statements} statements"), times(compile));
    }
}
