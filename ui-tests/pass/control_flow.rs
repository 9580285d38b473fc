//! Control flow of every kind, staged and of the host, side by side.
use jax::random::{self, Key};
use jax::{Array, jit};

fn flag(n: usize) -> bool {
    n > 2
}

/// A condition whose type only rustc knows, and a `Vec` that it grows.
#[jit]
fn by_type(x: Array, n: usize) -> Array {
    let mut parts = vec![x];
    if flag(n) {
        parts.push(x * 2.0);
    } else {
        parts.push(x * 3.0);
        parts.push(x);
    }
    let mut total = parts[0];
    for part in &parts {
        total = total + part;
    }
    total
}

/// Keys go into branches and come out of loops.
#[jit]
fn draws(key: Key, x: f32) -> f32 {
    let (mut key, first) = {
        let [key, first] = random::split(key);
        (key, first)
    };
    let mut y = if x > 0.0 { random::uniform(first, ()) } else { random::normal(first, ()) };
    for _ in 0..3 {
        let [next, one] = random::split(key);
        key = next;
        y = y + random::uniform(one, ());
    }
    y
}

/// Early exits that are decided while tracing.
#[jit]
fn early(x: Array, n: usize) -> Array {
    if n == 0 {
        return x;
    }
    if flag(n) {
        return x * 2.0;
    }
    x * 3.0
}

/// Late initialization, shadowing, tuples and closures inside branches.
#[jit]
fn shapes_of_code(x: f32) -> f32 {
    let y;
    if x > 1.0 {
        let x = x * 2.0;
        y = x;
    } else {
        y = 1.0;
    }
    let (a, b) = if y > 3.0 { (y, 1.0) } else { (1.0, x) };
    let scale = |v: f32| if v > 2.0 { v } else { v * 2.0 };
    scale(a) + scale(b)
}

fn main() {
    let x = Array::from_slice(&[1.0f32], &[1]);
    assert_eq!(by_type(x.clone(), 3).to_string(), "[4.]");
    assert_eq!(by_type(x.clone(), 1).to_string(), "[6.]");
    assert_eq!(early(x.clone(), 0).to_string(), "[1.]");
    assert_eq!(early(x.clone(), 1).to_string(), "[3.]");
    assert_eq!(early(x, 3).to_string(), "[2.]");
    assert_eq!(shapes_of_code(2.0), 6.0);
    assert_eq!(shapes_of_code(0.5), 3.0);
    let y = draws(random::key(0), 1.0);
    assert!(y > 0.0 && y < 4.0);
}
