//! A scalar function is the same program with and without the attribute.
use jax::{Array, jit};

#[jit]
fn staged(x: f32, k: i32, flag: bool, n: usize) -> f32 {
    let y: f32 = x * 2.0;
    let z = k as f32;
    let w = flag as f32;
    if n == 0 {
        return 1.0;
    }
    if n > 5 { y } else { y + z * y + w }
}

fn plain(x: f32, k: i32, flag: bool, n: usize) -> f32 {
    let y: f32 = x * 2.0;
    let z = k as f32;
    let w = flag as u8 as f32;
    if n == 0 {
        return 1.0;
    }
    if n > 5 { y } else { y + z * y + w }
}

#[jit]
fn pair(x: f32, a: Array) -> (f32, (Array, f32)) {
    let total = a.sum(0) * x;
    (total, (a, 1.0))
}

fn main() {
    for (x, k, n) in [(1.5, 3, 1), (2.0, -1, 9), (2.0, -1, 0)] {
        assert_eq!(staged(x, k, true, n), plain(x, k, true, n));
    }
    let (total, (a, one)) = pair(2.0, Array::from_slice(&[1.0f32, 3.0], &[2]));
    assert_eq!((total, a.to_string(), one), (8.0, "[1. 3.]".to_owned(), 1.0));
}
