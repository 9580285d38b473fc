//! Keys in trees: a field is used up on its own, and the rest of the tree stays.
#![allow(missing_docs)]

use jax::prelude::*;
use jax::random::Key;

#[derive(Clone, PyTree)]
struct State {
    key: Key,
    x: Array,
    count: Array,
}

#[derive(Clone, PyTree)]
struct Nested {
    state: State,
    keys: Vec<Key>,
}

fn state() -> State {
    State { key: random::key(3), x: jnp::ones(2), count: jnp::array(0.0) }
}

/// The key is drawn from, and other fields are used before and after.
#[jit]
fn noise(state: State) -> Array {
    let y = state.x * 2.0;
    y + random::normal(state.key, 2) + state.x + state.count
}

#[jit]
fn advance(state: State) -> State {
    let [next, subkey] = random::split(state.key);
    let x = state.x + random::normal(subkey, 2);
    State { key: next, x, ..state }
}

#[jit]
fn taken(state: State) -> State {
    let key = state.key;
    let [next, subkey] = random::split(key);
    let x = state.x + random::normal(subkey, 2);
    State { key: next, x, ..state }
}

#[jit]
fn assigned(mut state: State) -> State {
    let [next, subkey] = random::split(state.key);
    state.key = next;
    state.x = state.x + random::normal(subkey, 2);
    state
}

#[jit]
fn in_a_loop(mut state: State) -> State {
    for _ in 0..2 {
        let [next, subkey] = random::split(state.key);
        state.key = next;
        state.x += random::normal(subkey, 2);
    }
    state
}

#[jit]
fn draws(keys: Vec<Key>, scale: Array) -> Vec<Array> {
    keys.into_iter().map(|key| random::uniform(key, 2) * scale).collect()
}

#[jit]
fn of_a_field(all: Nested) -> (Array, Nested) {
    let mut sum = all.state.x;
    for key in all.keys {
        sum = sum + random::uniform(key, 2);
    }
    let [next, subkey] = random::split(all.state.key);
    let keys = vec![subkey];
    (sum, Nested { state: State { key: next, ..all.state }, keys })
}

#[test]
fn a_field_is_used_up_on_its_own() {
    let [next, subkey] = random::split(random::key(3));
    let expected = (jnp::ones(2) + random::normal(subkey, 2)).to_vec::<f32>();
    assert_eq!(noise(state()).to_vec::<f32>(), (random::normal(random::key(3), 2) + 3.0).to_vec::<f32>());
    for step in [advance, taken, assigned] {
        let state = step(state());
        assert_eq!((state.x.to_vec::<f32>(), state.key.to_string()), (expected.clone(), next.to_string()));
    }
    assert_eq!(in_a_loop(state()).x.to_vec::<f32>(), advance(advance(state())).x.to_vec::<f32>());
}

#[test]
fn vectors_of_keys_are_opened() {
    let keys = || random::split::<3>(random::key(1)).to_vec();
    let expected: Vec<f32> = keys().into_iter().flat_map(|key| random::uniform(key, 2).to_vec::<f32>()).collect();
    let drawn = draws(keys(), jnp::array(1.0));
    assert_eq!(drawn.iter().flat_map(|x| x.to_vec::<f32>()).collect::<Vec<_>>(), expected);
    let (sum, rest) = of_a_field(Nested { state: state(), keys: keys() });
    let total = 1.0 + expected[0] + expected[2] + expected[4];
    assert!((sum.to_vec::<f32>()[0] - total).abs() < 1e-6);
    assert_eq!((rest.keys.len(), rest.state.x.to_vec::<f32>()), (1, vec![1.0; 2]));
}
