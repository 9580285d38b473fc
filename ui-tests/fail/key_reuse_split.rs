//! Keys that were split off are used up likewise, also across the turns of a loop.
use jax::random::{self, Key};
use jax::{Array, jit};

#[jit]
fn twice(key: Key) -> Array {
    let [key, subkey] = random::split(key);
    let _ = key;
    random::normal(subkey, 3) + random::uniform(subkey, 3)
}

#[jit]
fn in_a_loop(key: Key, x: Array) -> Array {
    let mut sum = x;
    for _ in 0..3 {
        sum = sum + random::normal(key, 3);
    }
    sum
}

fn main() {}
