//! `debug::nans` and `debug::infs`: the first operation that makes one, wherever it is, with its line.

use jax::ErrorKind;
use jax::prelude::*;

/// The error of the NaN that `f` makes, at this line of this file: its message and its note.
#[track_caller]
fn nan<R>(line: u32, f: impl FnOnce() -> R) -> (String, Option<String>) {
    stops(line, || debug::nans(f))
}

#[track_caller]
fn stops<R>(line: u32, f: impl FnOnce() -> R) -> (String, Option<String>) {
    let Err(error) = jax_core::array::catch(f) else { panic!("nothing was found") };
    assert_eq!(error.kind, ErrorKind::FloatingPoint, "{error}");
    let span = error.span.expect("a place");
    assert_eq!((span.file(), span.line()), (file!(), line), "{error}");
    (error.message, span.note())
}

fn x(value: f32) -> Array {
    jnp::array(value)
}

#[jit]
fn staged(x: f32, y: f32) -> f32 {
    let product = x * y;
    let difference = product - x;
    difference * 2.0
}

#[test]
fn compiled_code_names_the_operation_and_its_line() {
    let line = line!() - 6;
    let inf = f32::INFINITY;
    let message = "invalid value (nan) encountered in sub".to_string();
    assert_eq!(nan(line, || staged(inf, 1.0)), (message.clone(), None));
    let error = debug::nans(|| staged::try_call(inf, 1.0)).expect_err("inf - inf");
    assert_eq!(error.to_string(), format!("{message}\n  --> {}:{line}:22", file!()));
    // Nothing of it outside, and nothing where there is none.
    assert!(staged(inf, 1.0).is_nan());
    assert_eq!(debug::nans(|| staged(2.0, 3.0)), 8.0);
    assert_eq!(staged::compile_count(), 1);
    let one_by_one = line!() + 1;
    assert_eq!(nan(one_by_one, || x(inf) - x(inf)), (message, None));
}

#[test]
fn what_is_a_nan_already_was_made_elsewhere() {
    let f = jit(|x: Array| x + 1.0);
    let error = jax_core::array::catch(|| debug::nans(|| f(x(f32::NAN)))).expect_err("a NaN");
    assert!(error.message.starts_with("invalid value (nan) encountered, though no operation makes it"), "{error}");
    // A NaN that does not reach a result is none of the user's.
    let masked = jit(|x: Array| jnp::where_(x.greater(0.0), x.ln(), 0.0));
    assert_eq!(debug::nans(|| masked(x(-1.0))).item_f32(), 0.0);
}

#[test]
fn loops_name_the_turn() {
    let scanned = |xs: Array| {
        lax::scan(
            |c: Array, x: Array| {
                let y = x.sqrt();
                (c + y, ())
            },
            0.0f32,
            xs,
        )
        .0
    };
    let line = line!() - 8;
    let xs = || jnp::array([1.0, 4.0, -1.0, -2.0]);
    let message = "invalid value (nan) encountered in sqrt, in turn 2 of its loop";
    assert_eq!(nan(line, || jit(scanned)(xs())).0, message);
    assert_eq!(nan(line, || scanned(xs())).0, message);
    let rows = jnp::array([[1.0, 1.0], [1.0, -1.0]]);
    assert_eq!(nan(line, || vmap(scanned)(rows)).0, "invalid value (nan) encountered in sqrt, in turn 1 of its loop");
    let outer = move |n: Array| {
        lax::fori_loop(0, n, move |_, c: Array| c.clone() + scanned(jnp::array([1.0]) * (2.0 - c)), 0.0f32)
    };
    let nested = nan(line, || jit(outer)(jnp::array(5))).0;
    assert!(nested.starts_with("invalid value (nan) encountered in sqrt, in turns "), "{nested}");
    let line = line!() + 1;
    let searched = jit(|x: Array| lax::while_loop(|x: Array| x.greater(-3.0), |x: Array| x.ln() - 1.0, x));
    assert_eq!(nan(line, || searched(x(2.0))).0, "invalid value (nan) encountered in log, in turn 1 of its loop");
}

#[test]
fn branches() {
    let line = line!() + 1;
    let f = |x: Array| lax::cond(x.greater(0.0), |x: Array| x.ln(), |x: Array| x.sqrt(), x);
    assert_eq!(nan(line, || jit(f)(x(-1.0))).0, "invalid value (nan) encountered in sqrt");
    assert_eq!(debug::nans(|| jit(f)(x(1.0))).item_f32(), 0.0);
}

#[test]
fn a_backward_pass_names_both_lines() {
    let line = line!() + 1;
    let f = |x: Array| jnp::where_(x.greater(0.0), x.ln(), 0.0);
    let taken = line!() + 1;
    let slope = jit(grad(f));
    let (message, note) = nan(line, || slope(x(0.0)));
    assert!(message.starts_with("invalid value (nan) encountered in "), "{message}");
    let expected = format!("in the backward pass of the derivative taken at {}:{taken}:21", file!());
    assert_eq!(note, Some(expected));
    // The value itself is fine.
    assert_eq!(debug::nans(|| f(x(0.0))).item_f32(), 0.0);
    let rule = line!() + 1;
    let bwd = |x: Array, ct: Array| (ct * x.ln(),);
    let call = line!() + 1;
    let g = custom_vjp("g", |x: Array| x, |(x,): (Array,)| (x.clone(), x), bwd);
    let (message, note) = nan(rule, || grad(move |x: Array| g(x))(x(-1.0)));
    assert_eq!(message, "invalid value (nan) encountered in log");
    let place = format!("{}:{call}:13", file!());
    assert_eq!(note, Some(format!("in the backward pass of the call at {place}")));
}

#[test]
fn reverse_mode_through_loops() {
    let line = line!() + 6;
    let f = |x: Array| {
        lax::while_loop(
            |(i, _): (Array, Array)| i.less(3),
            |(i, c): (Array, Array)| {
                // The derivative of the root at 0 times that of the square there: inf * 0.
                (i + 1, (c.clone() * c).sqrt())
            },
            (0, x),
        )
        .1
    };
    let (message, note) = nan(line, || jit(grad(f))(x(0.0)));
    assert!(message.starts_with("invalid value (nan) encountered in "), "{message}");
    assert!(note.is_some_and(|note| note.starts_with("in the backward pass")), "{message}");
}

#[test]
fn infinities() {
    let line = line!() + 1;
    let f = jit(|x: Array| (x + 1.0).recip() * 0.0);
    let found = jax_core::array::catch(|| debug::infs(|| f(x(-1.0))));
    // Infinity times zero is no infinity, so the result has none.
    assert!(found.expect("no infinity").item_f32().is_nan());
    let line_of = line!() + 1;
    let g = jit(|x: Array| x.exp().exp());
    assert_eq!(stops(line_of, || debug::infs(|| g(x(10.0)))).0, "invalid value (inf) encountered in exp");
    let both = || debug::nans(|| debug::infs(|| f(x(-1.0))));
    assert_eq!(stops(line, both).0.split(" in ").next(), Some("invalid value (inf) encountered"));
}

#[test]
fn effects_happen_once() {
    let f = jit(|x: Array| {
        debug::print!("x = {x}");
        x.ln()
    });
    let (_, text) = debug::captured(|| jax_core::array::catch(|| debug::nans(|| f(x(-1.0)))).is_err());
    assert_eq!(text, "x = -1.0\n");
}
