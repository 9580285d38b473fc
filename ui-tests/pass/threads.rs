//! Staged functions are called from many threads, and compiled once.
use jax::prelude::*;

#[jit]
fn staged(x: Array) -> Array {
    x + 1.0
}

fn main() {
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(staged(jnp::ones(1)).to_string(), "[2.]"));
        }
    });
    assert_eq!(staged::compile_count(), 1);
}
