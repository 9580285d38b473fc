//! A key in a tree is used up likewise; the tree with it.
use jax::random::{self, Key};
use jax::{Array, PyTree, jit};

#[derive(Clone, PyTree)]
struct State {
    key: Key,
    x: Array,
}

fn walk(key: Key) -> Array {
    random::normal(key, 3)
}

#[jit]
fn drawn_twice(state: State) -> Array {
    random::normal(state.key, 3) + random::uniform(state.key, 3)
}

#[jit]
fn passed_twice(state: State) -> Array {
    walk(state.key) + walk(state.key) + state.x
}

#[jit]
fn given_back(state: State) -> (Array, State) {
    (walk(state.key), state)
}

fn main() {}
