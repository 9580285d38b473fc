//! What needs the number of a staged value says so, at the line that asks.

use easer::functions::{Easing, Elastic};
use jax::ErrorKind;
use jax::prelude::*;
use num_traits::{Float, NumCast, One, Signed, ToPrimitive, Zero};

type Number = Tracer<f64>;

/// The error of staging a function of one number.
#[track_caller]
fn fails<R>(f: impl Fn(Number) -> R + Send + Sync) -> Error {
    let staged = jit(|x: Number| {
        let _ = f(x);
        x
    });
    let Err(error) = jax_core::array::catch(|| staged(1.0.into())) else { panic!("nothing failed") };
    assert_eq!(jit(|x: Number| x + x)(1.0.into()).number(), 2.0, "nothing works after");
    error
}

#[test]
fn each_question_is_named() {
    let zero = Number::zero();
    macro_rules! check {
        ($($named:literal $needed:literal |$x:ident| $body:expr;)*) => {
            $({
                let line = line!();
                let error = fails(|$x: Number| $body);
                let start = format!(
                    "Abstract tracer value encountered where concrete value is expected: `{}` needs {} of a traced f64[], \
                     which does not exist while its function is traced; the value was made at ",
                    $named, $needed
                );
                assert_eq!(error.kind, ErrorKind::Concretization);
                assert!(error.message.starts_with(&start), "{}: {error}", $named);
                let span = error.span.unwrap();
                assert!(span.file() == file!() && span.line() >= line, "{}: {span}", $named);
            })*
        };
    }
    check! {
        "_ < 0" "the truth value" |x| x < zero;
        "_ <= _" "the truth value" |x| x <= x;
        "_ > 0" "the truth value" |x| x > zero;
        "0 >= _" "the truth value" |x| zero >= x;
        "_ == _" "the truth value" |x| x == x * x;
        "_ != 1" "the truth value" |x| x != One::one();
        "_ partial_cmp _" "the truth value" |x| x.partial_cmp(&x);
        "is_zero" "the number" |x| x.is_zero();
        "is_one" "the number" |x| x.is_one();
        "is_nan" "the number" |x| x.is_nan();
        "is_finite" "the number" |x| x.is_finite();
        "is_sign_negative" "the number" |x| Float::is_sign_negative(x);
        "is_positive" "the number" |x| Signed::is_positive(&x);
        "classify" "the number" |x| x.classify();
        "integer_decode" "the number" |x| x.integer_decode();
        "to_f64" "the number" |x| x.to_f64();
        "to_usize" "the number" |x| x.to_usize();
        "number" "the number" |x| x.number();
    }
    let error = fails(|x| <f32 as NumCast>::from(x));
    assert!(error.message.contains("`to_f32` needs the number"), "{error}");
}

#[test]
fn a_comparison_in_another_crate_is_named_at_its_line() {
    let error = fails(|t| Elastic::ease_in(t, 0.0.into(), 1.0.into(), 1.0.into()));
    assert!(error.message.contains("`_ == 0` needs the truth value"), "{error}");
    assert!(error.span.unwrap().file().ends_with("elastic.rs"), "{error}");
    assert!(error.message.contains("Choose between values with `jnp::where_` or `lax::cond`"), "{error}");
}

#[test]
fn a_leaked_number_is_found_out() {
    let leaked = std::sync::Mutex::new(None);
    let staged = jit(|x: Number| {
        *leaked.lock().unwrap() = Some(x * x);
        x
    });
    staged(1.0.into());
    let leaked = leaked.lock().unwrap().unwrap();
    for use_it in [|x: Number| x + 1.0, |x: Number| jit(|y: Number| y)(x)] {
        let Err(error) = jax_core::array::catch(|| use_it(leaked)) else { panic!("nothing failed") };
        assert_eq!(error.kind, ErrorKind::LeakedTracer);
        assert!(
            error.message.contains("Encountered an unexpected tracer") && error.message.contains(file!()),
            "{error}"
        );
    }
}

#[test]
fn an_array_that_is_no_number() {
    let number = |x: Array| Number::array(x.into());
    for (x, message) in [
        (jnp::ones(3), "a Tracer<f64> is of type f64[], but an array of type f32[3] was given"),
        (jnp::ones(()), "a Tracer<f64> is of type f64[], but an array of type f32[] was given"),
    ] {
        let Err(error) = jax_core::array::catch(|| jit(number)(x)) else { panic!("nothing failed") };
        assert!(error.to_string().contains(message), "{error}");
    }
}
