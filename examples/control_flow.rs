//! A tour of control flow in staged functions: Rust's own, and beside each function what JAX asks for instead.
#![allow(clippy::print_stdout, reason = "an example prints")]

use jax::prelude::*;

/// JAX: `lax.cond(x > 0, lambda x: x * x, lambda x: -x, x)`.
#[jit]
fn bend(x: f32) -> f32 {
    if x > 0.0 { x * x } else { -x }
}

/// JAX: `lax.while_loop` over a tuple, with the condition and the body as functions of it.
#[jit]
fn collatz(n: i32) -> i32 {
    let mut n = n;
    let mut steps = 0;
    while n != 1 {
        n = match n % 2 {
            0 => n / 2,
            _ => 3 * n + 1,
        };
        steps += 1;
    }
    steps
}

/// JAX: `lax.fori_loop`; the program has one turn, however many there are.
#[grad]
fn powers(x: f32, n: usize) -> f32 {
    let mut total = 0.0;
    let mut power = 1.0;
    for _ in 0..n {
        total += power;
        power *= x;
    }
    total
}

/// JAX has no `break`: the loop carries a flag, and the body is wrapped in `lax.cond`.
#[jit]
fn first_above(limit: f32) -> f32 {
    let mut y = 1.0;
    for i in 0..100 {
        if i % 7 == 0 {
            continue;
        }
        y = y * 1.1 + 0.01;
        if y > limit {
            return y;
        }
    }
    -1.0
}

/// JAX: `x = x.at[i].set(…)`, with `i` from a loop that is staged.
#[jit]
fn fibonacci(n: usize) -> Array {
    let mut numbers = jnp::ones(n).astype(DType::I32);
    for i in 2..n {
        numbers[i] = numbers[i - 1] + numbers[i - 2];
    }
    numbers
}

/// A condition of type `bool` is decided while tracing, as Python's is in JAX; `#[unroll]` asks for the same of a loop.
#[jit]
fn layers(x: Array, weights: Vec<Array>, normalize: &'static str) -> Array {
    let mut y = x;
    #[unroll]
    for i in 0..weights.len() {
        y = jnp::tanh(y * weights[i]);
        if normalize == "yes" && i > 0 {
            y = y / jnp::sqrt((y * y).sum(None));
        }
    }
    y
}

fn main() {
    println!("bend: {} and {}, with slopes {} and {}", bend(3.0), bend(-3.0), grad(bend)(3.0), grad(bend)(-3.0));
    println!("collatz: {} steps from 27, {} from 97", collatz(27), collatz(97));
    println!("compiled {} time", collatz::compile_count());
    println!("powers: {}, with slope {}", powers(0.5, 20), powers_grad(0.5, 20));
    let equations = |n: usize| powers::jaxpr(0.5, n).to_string().lines().count();
    println!("lines of its program for 20 turns: {}, for 20000: {}", equations(20), equations(20_000));
    println!("first_above: {} and {}", first_above(5.0), first_above(1e9));
    println!("fibonacci: {}", fibonacci(12));
    let weights = vec![jnp::array([1.0, 2.0]), jnp::array([0.5, 0.25])];
    println!("layers: {}", layers(jnp::array([1.0, 1.0]), weights, "yes"));
}
