//! Gradient descent on a root-mean-square error: step by step, and as one compiled loop.
//!
//!     cargo run --release --example descent
#![allow(clippy::print_stdout, reason = "an example shows what it computes")]

use jax::prelude::*;

#[grad]
fn rms_error(x: &Array, y: &Array) -> Array {
    jnp::sqrt(jnp::mean((x - y).powi(2)))
}

#[jit]
fn step(x: Array, y: &Array, rate: f32) -> Array {
    x - rate * rms_error_grad(&x, &y)
}

/// Two hundred steps of one size, in one program.
#[jit]
fn descend(x: Array, y: Array) -> Array {
    lax::fori_loop(0, 200, |_, x| x - 0.05 * rms_error_grad(&x, &y), x)
}

/// A thousand steps, every fifty of them smaller.
#[jit]
fn anneal(x: Array, y: Array) -> Array {
    let turn = |i, (x, rate)| {
        let rate = jnp::where_((i > 0) & (i % 50 == 0), 0.75 * rate, rate);
        (x - rate * rms_error_grad(&x, &y), rate)
    };
    lax::fori_loop(0, 1000, turn, (x, 0.1f32)).0
}

fn main() {
    let start = jnp::array([1.2, 3.2, 4.0]);
    let y = jnp::array([0.0, 5.0, 10.0]);
    println!("{:?}", rms_error_grad(&start, &y));

    let mut x = start.clone();
    for i in 0..200 {
        x = step(x, &y, 0.05);
        if i % 10 == 0 {
            println!("{:.5}", rms_error(&x, &y).item_f32());
        }
    }
    println!("{x:?}");
    println!("{:?} in one program", descend(start.clone(), y.clone()));

    let (mut x, mut rate) = (start.clone(), 0.1);
    for i in 0..1000 {
        if i > 0 && i % 50 == 0 {
            rate *= 0.75;
        }
        x = step(x, &y, rate);
    }
    println!("{x:?} has error {}", rms_error(&x, &y));
    let x = anneal(start, y.clone());
    println!("{x:?} has error {} in one program", rms_error(&x, &y));
}
