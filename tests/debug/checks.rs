//! `check!`: errors of the user's with values of the run, in compiled code, under every transform.

use jax::ErrorKind;
use jax::prelude::*;

#[jit]
fn root(x: f32) -> f32 {
    check!(x >= 0.0, "x must not be negative, got {} and {x:.2}", x);
    x.sqrt()
}

#[test]
fn a_failed_check_is_an_error_with_values_and_the_line() {
    let line = line!() - 6;
    assert_eq!(root(4.0), 2.0);
    let error = root::try_call(-2.0).expect_err("negative");
    assert_eq!(error.kind, ErrorKind::Check);
    let expected = format!("check: x must not be negative, got -2.0 and -2.00\n  --> {}:{line}:5", file!());
    assert_eq!(error.to_string(), expected);
    let panic = std::panic::catch_unwind(|| root(-2.0)).expect_err("negative");
    assert_eq!(panic.downcast_ref::<String>(), Some(&expected));
    assert_eq!(root::try_call(9.0).expect("not negative"), 3.0);
    assert_eq!(root::compile_count(), 1);
}

/// The message of what fails in a function.
#[track_caller]
fn fails<R>(f: impl FnOnce() -> R) -> String {
    match jax_core::array::catch(f) {
        Ok(_) => panic!("nothing failed"),
        Err(error) => {
            assert_eq!(error.kind, ErrorKind::Check, "{error}");
            assert_eq!(error.span.expect("a place").file(), file!());
            error.message
        }
    }
}

fn positive(x: Array) -> Array {
    check!(x.greater(0.0), "{x} is not positive");
    x.ln()
}

fn x(value: f32) -> Array {
    jnp::array(value)
}

#[test]
fn without_staging() {
    assert_eq!(positive(x(1.0)).item_f32(), 0.0);
    assert_eq!(fails(|| positive(x(-1.0))), "-1.0 is not positive");
    assert_eq!(fails(|| check!(1 > 2)), "check failed: 1 > 2");
}

#[test]
fn under_transforms() {
    assert_eq!(fails(|| jit(positive)(x(-1.0))), "-1.0 is not positive");
    assert_eq!(fails(|| grad(positive)(x(-1.0))), "-1.0 is not positive");
    assert_eq!(fails(|| jit(grad(grad(positive)))(x(-1.0))), "-1.0 is not positive");
    assert_eq!(fails(|| jvp(positive, (x(-1.0),), (x(1.0),))), "-1.0 is not positive");
    assert_eq!(fails(|| vjp(positive, (x(-1.0),))), "-1.0 is not positive");
    let batch = jnp::array([1.0, -2.0, -3.0]);
    assert_eq!(fails(|| vmap(positive)(batch.clone())), "at mapped index 1: -2.0 is not positive");
    assert_eq!(fails(|| vmap(grad(positive))(batch.clone())), "at mapped index 1: -2.0 is not positive");
    assert_eq!(
        fails(|| grad(|x: Array| vmap(positive)(x).sum(None))(batch)),
        "at mapped index 1: -2.0 is not positive"
    );
    let table = jnp::array([[1.0, 2.0], [3.0, -4.0]]);
    assert_eq!(fails(|| vmap(vmap(positive))(table)), "at mapped index 1, 1: -4.0 is not positive");
    assert_eq!(grad(positive)(x(2.0)).item_f32(), 0.5);
    assert_eq!(vmap(positive)(jnp::ones(2)).to_string(), "[0. 0.]");
}

#[test]
fn in_loops_and_branches() {
    let scanned = |xs: Array| lax::scan(|c: Array, x: Array| (c + positive(x), ()), 0.0f32, xs).0;
    let xs = jnp::array([1.0, -2.0, -3.0]);
    assert_eq!(fails(|| jit(scanned)(xs.clone())), "-2.0 is not positive");
    assert_eq!(fails(|| grad(scanned)(xs.clone())), "-2.0 is not positive");
    let rows = jnp::array([[1.0, 1.0, 1.0], [1.0, 1.0, -1.0], [-5.0, 1.0, 1.0]]);
    // The first turn comes first, and in it the first lane.
    assert_eq!(fails(|| vmap(scanned)(rows)), "at mapped index 2: -5.0 is not positive");
    let searched = |x: Array| {
        lax::while_loop(
            |x: Array| x.not_equal(0.0),
            |x: Array| {
                check!(x.greater(0.0), "went past zero to {x}");
                x - 2.0
            },
            x,
        )
    };
    // Without the check the loop would not end.
    assert_eq!(fails(|| jit(searched)(x(3.0))), "went past zero to -1.0");
    assert_eq!(jit(searched)(x(4.0)).item_f32(), 0.0);
    assert_eq!(fails(|| vmap(searched)(jnp::array([4.0, 3.0]))), "at mapped index 1: went past zero to -1.0");
    assert_eq!(vmap(searched)(jnp::array([4.0, 2.0, 0.0])).to_string(), "[0. 0. 0.]");
    let safe = |x: Array| lax::cond(x.greater(0.0), positive, |_: Array| jnp::array(0.0f32), x);
    assert_eq!(jit(safe)(x(-1.0)).item_f32(), 0.0);
    // A lane that does not take the branch fails no check in it.
    assert_eq!(vmap(safe)(jnp::array([1.0, -1.0])).to_string(), "[0. 0.]");
    let wrong = |x: Array| lax::cond(x.less(0.0), positive, |_: Array| jnp::array(0.0f32), x);
    assert_eq!(fails(|| vmap(wrong)(jnp::array([1.0, -1.0]))), "at mapped index 1: -1.0 is not positive");
    assert_eq!(fails(|| vmap(grad(wrong))(jnp::array([1.0, -1.0]))), "at mapped index 1: -1.0 is not positive");
}

#[test]
fn the_first_that_fails_wins_and_ends_the_program() {
    let f = |x: Array| {
        check!(x.less(10.0), "{x} is too large");
        debug::print!("between");
        check!(x.less(5.0), "{x} is large");
        debug::print!("after");
        x
    };
    let (message, text) = debug::captured(|| fails(|| jit(f)(x(20.0))));
    assert_eq!((&*message, &*text), ("20.0 is too large", ""));
    let (message, text) = debug::captured(|| fails(|| jit(f)(x(7.0))));
    assert_eq!((&*message, &*text), ("7.0 is large", "between\n"));
    let (message, _) = debug::captured(|| fails(|| vmap(f)(jnp::array([7.0, 20.0]))));
    assert_eq!(message, "at mapped index 1: 20.0 is too large");
}

#[test]
fn checkify_gives_results() {
    let f = checkify(|x: Array| positive(x.clone()) + x);
    assert_eq!(f(x(1.0)).expect("positive").item_f32(), 1.0);
    assert_eq!(f(x(-1.0)).expect_err("not positive").message, "-1.0 is not positive");
    let shapes = checkify(|x: Array, y: Array| x + y);
    assert_eq!(shapes(jnp::ones(2), jnp::ones(3)).expect_err("shapes differ").kind, ErrorKind::Shape);
}

#[test]
fn a_predicate_is_a_scalar() {
    let error = jax_core::array::catch(|| check!(jnp::ones(2).greater(0.0), "all")).expect_err("an array");
    assert_eq!(error.message, "check takes a scalar predicate, got bool[2]; reduce it with `all`.");
}
