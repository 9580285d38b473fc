//! Patterns in parameters and in `let`.
use jax::prelude::*;

#[derive(PyTree)]
struct Point {
    x: Array,
    y: Array,
}

#[jit]
fn staged((a, b): (Array, Array), Point { x, y }: Point, [c, d]: [Array; 2]) -> Array {
    let (s, t) = (a + x, b + y);
    let [u, v] = [s * c, t * d];
    let Point { x: p, y: q } = Point { x: u, y: v };
    p + q
}

fn main() {
    let one = || jnp::ones(1);
    let out = staged((one(), one()), Point { x: one(), y: one() }, [one(), one()]);
    assert_eq!(out.to_string(), "[4.]");
}
