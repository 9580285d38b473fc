use jax::random::Key;
use jax::prelude::*;

#[jit]
fn noise(key: Key) -> Array {
    random::normal(key, 3)
}

#[jit]
fn twice(key: Key) -> Array {
    noise(key) + noise(key)
}

fn main() {}
