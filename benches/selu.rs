//! The deck's selu on large arrays: eager, jitted with a fresh result, and jitted with a donated argument.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod common;

use common::{measure, selu, show};
use jax::prelude::*;

#[jit]
fn selu_donated(x: Array, alpha: f32, lambda: f32) -> Array {
    lambda * jnp::where_(x > 0.0, x, alpha * jnp::exp(x) - alpha)
}

fn main() {
    for n in [1_000_000, 10_000_000] {
        // Values of both signs in no order, so that neither side of the selection is guessed.
        let values: Vec<f32> =
            (0..n as u64).map(|i| (i.wrapping_mul(2_654_435_761) % 6000) as f32 / 1000.0 - 3.0).collect();
        let x = jnp::array(values);
        let eager = |x: &Array| 1.05f32 * jnp::where_(x.greater(0.0), x, 1.67f32 * jnp::exp(x) - 1.67f32);
        show(&format!("selu eager, n = {n}"), measure(1, || drop(eager(&x))));
        show(&format!("selu jitted, n = {n}"), measure(1, || drop(selu(&x, 1.67, 1.05))));
        let mut y = Some(&x + 0.0);
        let donated = measure(1, || y = y.take().map(|y| selu_donated(y, 1.67, 1.05)));
        show(&format!("selu jitted and donated, n = {n}"), donated);
    }
}
