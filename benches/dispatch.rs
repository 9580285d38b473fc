//! What a call costs beside its arithmetic: jitted, eager and differentiated functions of few elements, on one thread
//! and on all.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod common;

use common::{measure, selu, show, times};
use jax::prelude::*;
use std::hint::black_box;
use std::time::Instant;

#[grad]
fn rms_error(x: &Array, y: &Array) -> Array {
    jnp::sqrt(jnp::mean((x - y).powi(2)))
}

fn main() {
    let small = jnp::arange(10).astype(DType::F32);
    let (x, y) = (jnp::array([1.2, 3.2, 4.0]), jnp::array([0.0, 5.0, 10.0]));
    show("selu jitted, n = 10, a call", measure(10_000, || drop(black_box(selu(&small, 1.67, 1.05)))));
    show("grad of rms_error, 3 elements, a call", measure(10_000, || drop(black_box(rms_error_grad(&x, &y)))));
    let closure = jit(|x: Array| x * 2.0);
    show("a jitted closure, n = 10, a call", measure(10_000, || drop(black_box(closure(small.clone())))));
    let transformed = vmap(grad(|x: Array| x.powi(2)));
    show("vmap(grad(f)), n = 10, a call", measure(10_000, || drop(black_box(transformed(small.clone())))));
    show("x + x eager, n = 10", measure(10_000, || drop(black_box(&small + &small))));
    let eager = |x: &Array| 1.05f32 * jnp::where_(x.greater(0.0), x, 1.67f32 * jnp::exp(x) - 1.67f32);
    show("selu eager, n = 10", measure(1000, || drop(black_box(eager(&small)))));

    // All threads call one function at once: a lock among them would show as a multiple of the time above.
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let calls = 200_000;
    let round = || {
        let start = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| (0..calls).for_each(|_| drop(black_box(selu(&small, 1.67, 1.05)))));
            }
        });
        start.elapsed().as_secs_f64() / f64::from(calls)
    };
    show(&format!("selu jitted, n = 10, on {threads} threads at once"), times((0..15).map(|_| round()).collect()));
}
