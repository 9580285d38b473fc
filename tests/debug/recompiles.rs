//! Why a function was compiled again, and what is said of a tracer that leaks.

use std::cell::RefCell;

use jax::ErrorKind;
use jax::prelude::*;

#[jit]
fn weighed(x: Array, n: usize, many: Vec<Array>, k: Array) -> Array {
    x.sum(None) * (n as f32) * k + many[0].sum(None)
}

#[test]
fn each_recompilation_says_what_changed() {
    let one = || vec![jnp::ones(3)];
    let k = || jnp::array(2.0f32);
    let two = |n: usize| vec![jnp::ones(3), jnp::ones(n)];
    weighed(jnp::ones(3), 2, one(), k());
    weighed(jnp::ones(4), 2, one(), k());
    weighed(jnp::arange(3), 2, one(), k());
    weighed(jnp::ones(3), 5, one(), k());
    weighed(jnp::ones(3), 2, two(3), k());
    weighed(jnp::ones(3), 2, two(4), k());
    weighed(jnp::ones((2, 2)).astype(DType::I32), 2, two(4), k());
    weighed(jnp::ones(3), 2, one(), 2.0.into_array());
    weighed(jnp::ones(5), 7, one(), k());
    // What was compiled before is found.
    weighed(jnp::ones(4), 2, one(), k());
    let expected = [
        "argument `x` changed the shape from f32[3] to f32[4]",
        "argument `x` changed the dtype from f32[3] to i32[3]",
        "argument `n` changed the static value from 2 to 5",
        "argument `many` changed the structure from (f32[3]) to (f32[3], f32[3])",
        "argument `many` changed the shape of array 1 from f32[3] to f32[4]",
        "argument `x` changed the shape and dtype from f32[3] to i32[2,2]",
        "argument `k` changed the strong type to a weak one, f32[]",
        "argument `x` changed the shape from f32[3] to f32[5]; argument `n` changed the static value from 5 to 7",
    ];
    assert_eq!(weighed::recompiles(), expected);
}

thread_local!(static KEPT: RefCell<Option<Array>> = const { RefCell::new(None) });

/// The error of a use of what a function kept, and the line of the use.
#[track_caller]
fn leaked<R>(line: u32, f: impl FnOnce() -> R) -> String {
    let Err(error) = jax_core::array::catch(f) else { panic!("a leaked tracer was used") };
    assert_eq!(error.kind, ErrorKind::LeakedTracer);
    let span = error.span.expect("a place");
    assert_eq!((span.file(), span.line()), (file!(), line), "{error}");
    error.message
}

fn kept() -> Array {
    KEPT.take().expect("the function was traced")
}

#[test]
fn a_leaked_tracer_names_where_it_was_made_and_where_it_is_used() {
    let said = |made: u32| format!("made at {}:{made}:", file!());
    let made = line!() + 1;
    let argument = jit(|x: Array| {
        KEPT.set(Some(x.clone()));
        x
    });
    argument(jnp::ones(2));
    let message = leaked(line!(), || kept() * 2.0);
    assert!(message.contains(&said(made)), "{message}");
    let made = line!() + 2;
    let inside = |c: Array, x: Array| {
        KEPT.set(Some(&c + &x));
        (c, x)
    };
    lax::scan(inside, 0.0f32, jnp::ones(2));
    let message = leaked(line!(), || jnp::sin(kept()));
    assert!(message.contains(&said(made)), "{message}");
    // Given back by another function.
    argument(jnp::ones(3));
    let line = line!() + 1;
    let other = jit(|_: Array| kept());
    leaked(line, || other(jnp::ones(1)));
}
