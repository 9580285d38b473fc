use jax::prelude::*;

#[jit]
fn step(x: Array) -> Array {
    x + 1.0
}

fn main() {
    let x = jnp::ones(3);
    println!("{} {}", step(x), step(x));
}
