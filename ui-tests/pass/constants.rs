//! What looks impure and is not: constants, tables, local names in capitals, early ends that never happen.
use jax::{Array, jit};

const GAIN: f32 = 2.0;
const TABLE: [usize; 3] = [1, 2, 3];
static NAME: &str = "gain-up";

#[jit]
#[allow(non_snake_case)]
fn constants(W: Array, n: usize) -> Array {
    let last = TABLE.get(n).copied().unwrap_or(0);
    let shown = NAME.replace("-", " ");
    assert!(shown.contains(' '), "{shown}");
    if last == 0 {
        panic!("no entry {n}");
    }
    W * GAIN + std::f32::consts::PI.floor() * W
}

fn main() {
    let x = Array::from_slice(&[1.0f32, 3.0], &[2]);
    assert_eq!(constants(x, 1).to_string(), "[ 5. 15.]");
}
