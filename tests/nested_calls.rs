//! Staged functions that call staged functions, with traced scalars as arguments and results.

use jax::prelude::*;

#[jit]
fn scaled(x: Array, alpha: f32, beta: f32) -> Array {
    x * alpha + beta
}

#[jit]
fn outer(x: Array, alpha: f32) -> Array {
    let twice = alpha * 2.0;
    scaled(x, alpha, 1.0) + scaled(x, twice, -alpha)
}

#[jit]
fn sum_of_outer(x: Array, alpha: f32) -> f32 {
    outer(x, alpha).sum(None)
}

#[jit]
fn lane(x: Array) -> Array {
    let x: f64 = x;
    fourth(x)
}

#[jit]
fn square(x: f64) -> f64 {
    x * x
}

#[grad]
fn fourth(x: f64) -> f64 {
    square(square(x))
}

#[jit]
fn total(x: Array) -> f32 {
    x.sum(None)
}

#[jit]
fn doubled(x: Array, n: i32) -> f32 {
    let mut sum = total(x) * 2.0;
    for _ in 0..n {
        sum = sum + total(x);
    }
    sum
}

mod model {
    use jax::prelude::*;

    #[jit]
    pub fn power(x: f64, n: i32) -> f64 {
        let mut y = x;
        for _ in 1..n {
            y = y * x;
        }
        y
    }
}

#[jit]
fn cubes(x: f64) -> f64 {
    model::power(x, 3) + fourth_grad(x)
}

fn helper(x: Array) -> Array {
    x + 1.0
}

fn length(x: &Array) -> usize {
    x.shape()[0]
}

#[jit]
fn plain_helpers(x: Array, a: f32) -> Array {
    helper(x) * length(&x) as f32 + helper(a)
}

#[test]
fn scalars_are_passed_on() {
    let x = jnp::array([1.0, 2.0]);
    assert_eq!(outer(x.clone(), 3.0).to_string(), "[ 7. 16.]");
    assert_eq!(grad(sum_of_outer).argnums(ARG1)(x.clone(), 3.0), 7.0);
    assert_eq!(plain_helpers(x, 1.0).to_string(), "[6. 8.]");
}

#[test]
fn scalar_results_come_back() {
    assert_eq!(fourth(3.0), 81.0);
    assert_eq!(fourth_grad(3.0), 108.0);
    assert_eq!(grad(grad(fourth))(3.0), 108.0);
    assert_eq!(cubes(2.0), 8.0 + 32.0);
    assert_eq!(grad(cubes)(2.0), 12.0 + 48.0);
    let lanes = vmap(lane)(jnp::array(vec![1.0, 2.0]));
    assert_eq!(lanes.to_string(), "[ 1. 16.]");
    assert_eq!(doubled(jnp::ones(4), 3), 20.0);
}

fn not_staged(x: f32) -> f32 {
    x + 1.0
}

#[jit]
fn calls_a_plain_scalar_function(x: f32) -> f32 {
    not_staged(x)
}

#[test]
fn a_plain_function_of_scalars_says_what_to_do() {
    let text = calls_a_plain_scalar_function::try_call(1.0).expect_err("a fault").to_string();
    assert!(text.contains("`not_staged` takes a Rust scalar and was called with a traced one"), "{text}");
    assert!(text.contains("nested_calls.rs:"), "{text}");
}

/// A plain function that calls a staged one of the same name, with its arguments the other way round.
mod turned {
    pub mod staged {
        #[jax::jit]
        pub fn minus(x: f64, y: f64) -> f64 {
            x - y
        }
    }

    pub fn minus(x: f64, y: f64) -> f64 {
        staged::minus(y, x)
    }
}

#[jit]
fn calls_a_namesake(x: f64, y: f64) -> f64 {
    turned::minus(x, y)
}

#[jit]
fn over_several_lines(x: f64, y: f64) -> f64 {
    turned::staged::minus(
        x * 2.0,
        // The other.
        y,
    )
}

#[test]
fn a_namesake_is_not_meant() {
    let error = calls_a_namesake::try_call(3.0, 1.0).expect_err("a fault").to_string();
    assert!(error.contains("`minus` takes a Rust scalar and was called with a traced one"), "{error}");
    assert_eq!(over_several_lines(3.0, 1.0), 5.0);
}

#[jit]
fn cube(x: f64) -> f64 {
    x * x * x
}

#[test]
fn transforms_of_scalar_functions_compose() {
    assert_eq!(grad(cube)(3.0), 27.0);
    assert_eq!(grad(grad(cube))(3.0), 18.0);
    assert_eq!(grad(grad(grad(cube)))(3.0), 6.0);
    assert_eq!(value_and_grad(grad(cube))(3.0), (27.0, 18.0));
    assert_eq!(jvp(grad(cube), (3.0,), (2.0,)), (27.0, 36.0));
    assert_eq!(jit(grad(jit(grad(cube))))(3.0), 18.0);
    assert_eq!(grad(jit(cube))(3.0), 27.0);
    let wrong = std::panic::catch_unwind(|| grad(|x: f64| grad(cube)(x) * 2.0)(3.0));
    let error = wrong.expect_err("a fault").downcast::<String>().expect("a text");
    assert!(error.contains("called with traced arguments: return Array"), "{error}");
}
