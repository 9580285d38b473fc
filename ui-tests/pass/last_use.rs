//! No `.clone()` and no `&`: every way in which a value is used again.
use jax::{Array, jit};

#[jit]
fn operators(x: Array) -> Array {
    let y = x * x + x;
    let y = y - y / x;
    -y + y
}

#[jit]
fn branches(x: Array, n: usize) -> Array {
    if n > 2 {
        return x;
    }
    let y = if n == 1 { x } else { x + x };
    match n {
        0 => y * x,
        _ => y,
    }
}

#[jit]
fn loops(x: Array, w: &Array, n: usize) -> Array {
    let mut y = x;
    for i in 0..n {
        let z = y + w;
        y = if i % 2 == 0 { z * z } else { z };
    }
    let mut i = 0;
    while i < n {
        y = y + x;
        i += 1;
    }
    y
}

#[jit]
fn methods(x: Array) -> Array {
    let row = x.shape()[0];
    x.maximum(x * 2.0).minimum(x + row as f32)
}

#[jit]
fn collections(x: Array) -> Array {
    let pair = (x, x + 1.0);
    let many = vec![pair.0, pair.1, x];
    let mut total = many[0];
    for part in many.iter() {
        total = total + part;
    }
    total + many[2] * pair.0
}

#[jit]
fn closures(x: Array, w: Array) -> Array {
    let scale = |a: Array| a * w;
    let shift = move |a: Array| a + w;
    scale(shift(x)) + w + x
}

#[jit]
fn patterns((a, b): (Array, Array), mut c: Array) -> Array {
    c = c + a;
    let (d, e) = (c, a - b);
    d * c + e * b
}

#[jit]
fn formats(x: Array) -> Array {
    assert_eq!(x.ndim(), 1, "got {x:?}");
    let shape = format!("{:?}", x.shape());
    assert!(shape.len() > 2);
    x
}

fn main() {
    let x = Array::from_slice(&[2.0f32, 4.0], &[2]);
    assert_eq!(operators(x.clone()).to_string(), "[0. 0.]");
    assert_eq!(branches(x.clone(), 0).to_string(), "[ 8. 32.]");
    assert_eq!(branches(x.clone(), 1).to_string(), "[2. 4.]");
    assert_eq!(loops(x.clone(), &x, 1).to_string(), "[18. 68.]");
    assert_eq!(methods(x.clone()).to_string(), "[4. 6.]");
    assert_eq!(collections(x.clone()).to_string(), "[13. 33.]");
    assert_eq!(closures(x.clone(), x.clone()).to_string(), "[12. 40.]");
    assert_eq!(patterns((x.clone(), x.clone()), x.clone()).to_string(), "[16. 64.]");
    assert_eq!(formats(x).to_string(), "[2. 4.]");
}
