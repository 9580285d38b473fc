//! Keys are split, and cloned by name where the same numbers are meant.
use jax::random::{self, Key};
use jax::{Array, jit};

#[jit]
fn same_numbers_twice(key: Key) -> (Array, Array) {
    (random::uniform(key.clone(), 3), random::uniform(key, 3))
}

#[jit]
fn walk(key: Key, x: Array) -> Array {
    let mut key = key;
    let mut x = x;
    for _ in 0..3 {
        let [next, subkey] = random::split(key);
        x = x + random::uniform(subkey, ());
        key = next;
    }
    x
}

#[jit]
fn many(key: Key) -> Vec<Array> {
    random::split_array(key, 3).into_iter().map(|key| random::uniform(key, 2)).collect()
}

fn main() {
    let (a, b) = same_numbers_twice(random::key(0));
    assert_eq!(a.to_string(), b.to_string());
    let x = walk(random::key(0), Array::from_slice(&[0.0f32], &[]));
    assert!(x.item_f32() > 0.0 && x.item_f32() < 3.0);
    assert_eq!(many(random::key(0)).len(), 3);
}
