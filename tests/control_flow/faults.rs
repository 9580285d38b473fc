//! Mistakes that are found while tracing: the error names the variable, both types and the line.

use jax::prelude::*;

#[jit]
fn shrinks(x: Array) -> Array {
    let mut y = x;
    for _ in 0..3 {
        y = y.sum(None);
    }
    y
}

#[jit]
fn widens(x: Array, n: i32) -> Array {
    let mut y = x;
    let mut turns = 0;
    while turns < n {
        y = jnp::concatenate(&[y, y]);
        turns += 1;
    }
    y
}

#[jit]
fn on_one_side(x: Array) -> Array {
    let mut y = x;
    let z = 1.0;
    if y.sum(None) > z {
        y = y.sum(None);
    }
    y
}

#[jit]
fn of_many(x: Array) -> Array {
    if x > 0.0 { x } else { -x }
}

#[jit]
fn grows(x: Array) -> Array {
    let mut total = 0.0;
    for k in 1..3 {
        for _ in 0..k {
            total = total + x * k as f32;
        }
    }
    let mut largest = 0.0;
    if x.sum(None) > 100.0 {
        largest = x;
    }
    total + largest
}

#[track_caller]
fn says<T: std::fmt::Debug>(result: Result<T, Error>, parts: &[&str]) {
    let text = result.unwrap_err().to_string();
    for part in parts.iter().chain(&["faults.rs:"]) {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn a_type_that_changes_is_told_with_the_variable() {
    let x = jnp::array([1.0, 2.0, 3.0]);
    says(shrinks::try_call(x.clone()), &["for body", "`y` has type f32[3] going in and f32[] coming out"]);
    says(widens::try_call(x.clone(), 3), &["while body", "`y` has type f32[3] going in and f32[6] coming out"]);
    says(on_one_side::try_call(x.clone()), &["if branches", "`y` is f32[3] in one branch and f32[] in another"]);
    says(of_many::try_call(x), &["Pred must be a scalar", "bool[3]"]);
}

#[test]
fn a_number_takes_the_shape_of_what_it_becomes() {
    assert_eq!(grows(jnp::array([1.0, 2.0])).to_vec::<f32>(), [5.0, 10.0]);
    assert_eq!(grows(jnp::array([100.0, 200.0])).to_vec::<f32>(), [600.0, 1200.0]);
}
