//! Random numbers from explicit keys.
//!
//!     cargo run --release --example prng
#![allow(clippy::print_stdout, reason = "an example shows what it computes")]

use jax::prelude::*;
use jax::random::Layout;

fn main() {
    let key = random::key(42);
    println!("{key:?}");

    // A key is a value: the same key, the same numbers, in whatever order. Reuse is visible, as `.clone()`.
    for layout in [Layout::Partitionable, Layout::Original] {
        let key = random::key(42).with_layout(layout);
        println!("{layout:?}");
        println!("{}", random::uniform(key.clone(), ()));
        println!("{}", random::uniform(key.clone(), ()));
        println!("{}", random::normal(key.clone(), ()) + random::uniform(key.clone(), ()));
        println!("{}", random::uniform(key.clone(), ()) + random::normal(key, ()));
    }

    // Independent numbers come from keys that are split off.
    let [key, subkey] = random::split(key);
    println!("{}", random::normal(subkey, 3));
    let [key, subkey] = random::split(key);
    println!("{}", random::randint(subkey, (2, 5), 0, 10));

    // An array of keys is mapped over like any other array.
    let draw = vmap(|key: random::Key| random::permutation(key, 6));
    println!("{}", draw(random::split_array(key, 3)));
}
