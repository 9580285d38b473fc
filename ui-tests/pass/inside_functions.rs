//! Staged functions inside functions, with items and constants around them.
use jax::prelude::*;

const RATE: f32 = 0.5;

fn main() {
    const STEPS: usize = 3;
    fn helper(x: Array) -> Array {
        x * RATE
    }

    #[jit]
    fn decay(x: Array) -> Array {
        const FACTOR: f32 = 2.0;
        fn inner(x: Array) -> Array {
            x * FACTOR
        }
        let mut x = x;
        for _ in 0..STEPS {
            x = helper(inner(x));
        }
        x
    }

    assert_eq!(decay(jnp::ones(2)).to_string(), "[1. 1.]");
}
