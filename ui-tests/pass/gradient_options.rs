//! What to differentiate with respect to, by name and by position, renamed, with auxiliary results.
use jax::{Array, grad};

#[grad(wrt = w)]
fn named(x: f32, w: f32) -> f32 {
    x * w * w
}

#[grad(wrt = (x, w), name = "both", value_and_grad_name = "value_and_both")]
#[grad(argnums = 1, name = "second", value_and_grad_name = "value_and_second")]
#[grad(argnums = (0, -1), name = "ends", value_and_grad_name = "value_and_ends")]
fn several(x: f32, w: f32, b: f32) -> f32 {
    x * w + b
}

#[grad(has_aux)]
fn aux(x: f32, y: Array) -> (f32, Array) {
    (x * x, y * x)
}

fn main() {
    assert_eq!(named_grad(3.0, 2.0), 12.0);
    assert_eq!(both(3.0, 2.0, 1.0), (2.0, 3.0));
    assert_eq!(value_and_both(3.0, 2.0, 1.0), (7.0, (2.0, 3.0)));
    assert_eq!(second(3.0, 2.0, 1.0), 3.0);
    assert_eq!(ends(3.0, 2.0, 1.0), (2.0, 1.0));
    let y = Array::from_slice(&[1.0f32, 2.0], &[2]);
    let (slope, extra) = aux_grad(3.0, y.clone());
    assert_eq!((slope, extra.to_string()), (6.0, "[3. 6.]".to_owned()));
    let ((value, _), slope) = aux_value_and_grad(3.0, y);
    assert_eq!((value, slope), (9.0, 6.0));
}
