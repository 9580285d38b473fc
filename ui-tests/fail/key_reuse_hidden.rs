//! Also where only rustc knows that a value is a key.
use jax::random::{self, Key};
use jax::{Array, PyTree, jit};

#[derive(Clone, PyTree)]
struct State {
    key: Key,
    x: Array,
}

#[jit]
fn from_a_vector(keys: Vec<Key>) -> Vec<Array> {
    keys.into_iter().map(|key| random::normal(key, 3) + random::uniform(key, 3)).collect()
}

#[jit]
fn whole(state: State) -> (State, State) {
    (state, state)
}

fn main() {}
