//! Results of every structure.
use jax::prelude::*;

#[derive(PyTree)]
struct Fit {
    slope: Array,
    rest: (Array, Vec<Array>),
}

#[jit]
fn everything(x: Array) -> (Fit, Option<Array>, [Array; 2]) {
    let fit = Fit { slope: x.sum(None), rest: (x * 2.0, vec![x, x + 1.0]) };
    (fit, Some(x), [x, x])
}

fn main() {
    let (fit, some, [a, b]) = everything(jnp::ones(2));
    assert_eq!(fit.slope.item_f32(), 2.0);
    assert_eq!(fit.rest.1[1].to_string(), "[2. 2.]");
    assert!(some.is_some());
    assert_eq!(a.to_string(), b.to_string());
}
