//! Tuples, vectors, options and arrays as arguments and results.
use jax::{Array, jit};

#[jit]
fn all(pair: (Array, f32), many: Vec<Array>, maybe: Option<Array>, two: [Array; 2]) -> (Vec<Array>, Option<Array>) {
    let (x, s) = pair;
    let [a, b] = two;
    let shifted = match maybe {
        Some(shift) => Some(shift + x),
        None => None,
    };
    let scaled = many.into_iter().map(|one| one * s + a * b).collect();
    (scaled, shifted)
}

fn main() {
    let x = Array::from_slice(&[1.0f32, 3.0], &[2]);
    let two = [x.clone(), x.clone()];
    let (many, maybe) = all((x.clone(), 2.0), vec![x.clone(); 2], Some(x.clone()), two.clone());
    assert_eq!(many.len(), 2);
    assert_eq!(many[1].to_string(), "[ 3. 15.]");
    assert_eq!(maybe.map(|array| array.to_string()), Some("[2. 6.]".to_owned()));
    assert!(all((x.clone(), 2.0), vec![x], None, two).1.is_none());
    assert_eq!(all::compile_count(), 2);
}
