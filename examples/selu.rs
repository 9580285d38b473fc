//! SELU of a million numbers, one operation at a time and as one compiled program.
//!
//!     cargo run --release --example selu
#![allow(clippy::print_stdout, reason = "an example shows what it computes")]

use std::time::{Duration, Instant};

use jax::prelude::*;

#[jit]
fn selu(x: &Array, alpha: f32, lambda: f32) -> Array {
    lambda * jnp::where_(x > 0.0, x, alpha * jnp::exp(x) - alpha)
}

/// The same, each operation on its own.
fn selu_eager(x: &Array, alpha: f32, lambda: f32) -> Array {
    lambda * jnp::where_(jnp::greater(x, 0.0), x, alpha * jnp::exp(x) - alpha)
}

/// The best of a hundred runs, after one that compiles.
fn time(f: impl Fn() -> Array) -> Duration {
    let run = |_| {
        let start = Instant::now();
        f().block_until_ready();
        start.elapsed()
    };
    run(0);
    (0..100).map(run).min().unwrap_or_default()
}

fn main() {
    let x = jnp::linspace(-5.0, 5.0, 1_000_000);
    let (alpha, lambda) = (1.67, 1.05);
    println!("{}", selu(&x, alpha, lambda));
    println!("{}", selu::jaxpr(&x, alpha, lambda));
    assert!(jnp::allclose(selu(&x, alpha, lambda), selu_eager(&x, alpha, lambda)));

    let eager = time(|| selu_eager(&x, alpha, lambda));
    let jitted = time(|| selu(&x, alpha, lambda));
    println!("eager   {eager:?}");
    println!("jitted  {jitted:?}, {:.1} times faster", eager.as_secs_f64() / jitted.as_secs_f64());
}
