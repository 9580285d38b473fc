//! What is lent can be used again, so a key, and a tree that holds one, is passed by value.
use jax::random::{self, Key};
use jax::{Array, PyTree, jit};

#[derive(Clone, PyTree)]
struct State {
    key: Key,
    x: Array,
}

#[jit]
fn noise(key: &Key) -> Array {
    random::normal(key, 3)
}

#[jit]
fn step(state: &State) -> Array {
    random::normal(state.key, 3) + state.x
}

fn main() {}
