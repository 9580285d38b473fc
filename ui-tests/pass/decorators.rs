//! Attributes apply like Python's decorators: the one nearest to the function first.
use jax::prelude::*;

/// The gradient of each element.
#[jit]
#[vmap(in_axes = (0, None))]
#[grad]
fn each(x: Array, w: Array) -> Array {
    (x * w).sum(0)
}

/// The gradient of all elements, in one number.
#[jit]
#[grad]
#[vmap(in_axes = None, out_axes = None, axis_size = 2)]
fn all(x: f32) -> f32 {
    x * x * x
}

#[vmap(in_axes = (1, None), out_axes = 1)]
#[vmap(in_axes = (None, 0))]
fn table(x: Array, y: f32) -> Array {
    x + y
}

#[vmap(in_axes = (0, (None, 0)))]
fn tuples(x: f32, pair: (Array, f32)) -> (Array, f32) {
    (pair.0 * x, x + pair.1)
}

fn main() {
    let rows = jnp::array([[1.0, 2.0], [3.0, 4.0]]);
    let w = jnp::array([10.0, 1.0]);
    assert_eq!(each(rows.clone(), w.clone()).to_string(), "[12. 34.]");
    assert_eq!(each_grad(rows.clone(), w.clone()).to_string(), "[[10.  1.]\n [10.  1.]]");
    assert_eq!(each_value_and_grad(rows.clone(), w.clone()).0.to_string(), "[12. 34.]");
    assert_eq!((all(2.0), all_grad(2.0)), (8.0, 12.0));
    assert_eq!(table(rows.clone(), w.clone()).shape(), &[2, 2, 2]);
    let (scaled, sums) = tuples(w.clone(), (w.clone(), w));
    assert_eq!((scaled.shape(), sums.to_string()), (&[2, 2][..], "[20.  2.]".to_owned()));
    assert_eq!(each::jaxpr(rows, jnp::ones(2)).out_avals()[0].to_string(), "f32[2]");
}
