//! Rust's control flow in staged functions: each construct against the same function as plain Rust.
#![allow(missing_docs, clippy::unwrap_used, unused_assignments)]

mod branches;
mod choices;
mod exits;
mod faults;
mod items;
mod loops;
mod places;

/// Writes each function three times: in the module `plain` as it is, in `staged` with `#[jit]`, and in `arrays` with
/// `#[jit]` on arrays, to be vectorized.
macro_rules! both {
    ($($(#[$attr:meta])* fn $name:ident($($arg:ident: $ty:ty),*) -> $result:ty $body:block)*) => {
        mod plain {
            #![allow(clippy::all)]
            $(pub fn $name($($arg: $ty),*) -> $result $body)*
        }
        mod staged {
            use jax::prelude::*;
            $(#[jit] $(#[$attr])* pub fn $name($($arg: $ty),*) -> $result $body)*
        }
        #[allow(dead_code)]
        mod arrays {
            use jax::prelude::*;
            $(#[jit] $(#[$attr])* pub fn $name($($arg: Array),*) -> Array $body)*
        }
    };
}
pub(crate) use both;

/// Compares with a tolerance of a few units in the last place.
#[track_caller]
pub(crate) fn close(staged: f64, plain: f64) {
    let bound = 1e-12 * plain.abs().max(1e-3);
    assert!(
        staged == plain || (staged - plain).abs() <= bound || (staged.is_nan() && plain.is_nan()),
        "{staged} and {plain}"
    );
}

/// Values and derivatives of a staged function of one number against plain Rust: called, under `jit`, `vmap`, `jvp` and
/// `grad`, each beside central differences.
macro_rules! agree {
    ($name:ident at $xs:expr) => {{
        let xs: Vec<f64> = $xs.to_vec();
        let lanes = jax::vmap(arrays::$name)(jax::numpy::array(xs.clone())).to_vec::<f64>();
        for (x, lane) in xs.into_iter().zip(lanes) {
            let value = plain::$name(x);
            crate::close(staged::$name(x), value);
            crate::close(lane, value);
            crate::close(jax::jit(staged::$name)(x), value);
            let step = 1e-6;
            let slope = (plain::$name(x + step) - plain::$name(x - step)) / (2.0 * step);
            let (primal, tangent) = jax::jvp(staged::$name, (x,), (1.0,));
            crate::close(primal, value);
            assert!((tangent - slope).abs() <= 1e-5 * (1.0 + slope.abs()), "jvp at {x}: {tangent} and {slope}");
            let gradient = jax::grad(staged::$name)(x);
            assert!((gradient - slope).abs() <= 1e-5 * (1.0 + slope.abs()), "grad at {x}: {gradient} and {slope}");
        }
        assert_eq!(staged::$name::compile_count(), 1);
    }};
}
pub(crate) use agree;
