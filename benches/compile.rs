//! From nothing to a result, in fresh processes: the first call of selu (trace, compile, run), and the whole process.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod common;

use common::{selu, show, times};
use jax::prelude::*;
use std::process::Command;
use std::time::Instant;

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
}
