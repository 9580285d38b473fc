//! A key is used up by what is drawn from it: a second draw would give the same numbers.
use jax::random::{self, Key};
use jax::{Array, jit};

#[jit]
fn noise(key: Key) -> Array {
    random::normal(key, 3) + random::uniform(key, 3)
}

fn main() {}
