//! What is lent stays; what is given is gone, and `.clone()` keeps it.
use jax::prelude::*;

#[jit]
fn lent(x: &Array, y: Array) -> Array {
    x + y
}

fn main() {
    let x = jnp::ones(2);
    let y = lent(&x, x.clone());
    let z = lent(&y, x);
    assert_eq!(z.to_string(), "[3. 3.]");
    assert_eq!(y.to_string(), "[2. 2.]");
}
