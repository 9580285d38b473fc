//! What control flow on closures is given: bare Rust numbers, and what rules capture.
#![allow(missing_docs)]

use jax::prelude::*;

#[test]
fn bare_numbers_are_of_the_default_dtypes() {
    let ty = |x: &Array| (x.dtype(), x.weak_type());
    let (weak_float, weak_int) = ((DType::F32, true), (DType::I32, true));
    let x = lax::while_loop(|x: Array| x.less(3.0), |x: Array| x + 1.0, 0.0);
    assert_eq!((ty(&x), x.to_string()), (weak_float, "3.0".into()));
    let (n, pair) = lax::while_loop(
        |(n, _): (Array, [Array; 2])| n.less(2),
        |(n, [a, b]): (Array, [Array; 2])| (n + 1, [b.clone(), a + b]),
        (0i64, [1.0, 2.0]),
    );
    assert_eq!((ty(&n), ty(&pair[0]), pair[1].to_string()), (weak_int, weak_float, "5.0".into()));
    let x = lax::fori_loop(0, 3, |_, x: Array| x * 2.0, 1.0);
    assert_eq!((ty(&x), x.to_string()), (weak_float, "8.0".into()));
    let (sum, _) = lax::scan(|sum: Array, x: Array| (sum + x, ()), 0.0, jnp::array([1.0, 2.0]));
    assert_eq!((ty(&sum), sum.to_string()), ((DType::F32, false), "3.0".into()));
    let chosen = lax::cond(true, |(x, y): (Array, Array)| x + y, |(x, y): (Array, Array)| x - y, (1.5, 2));
    assert_eq!((ty(&chosen), chosen.to_string()), (weak_float, "3.5".into()));
    let half = lax::switch(1, &[&|x: Array| x * 2.0, &|x: Array| x / 2.0], Some(vec![1.0]).map_or(0.0, |v| v[0]));
    assert_eq!(ty(&half), weak_float);
    // No digit is lost on the way to a wide dtype.
    let wide = Array::from_slice(&[1.0f64, 2.0], &[2]);
    let (sum, _) = lax::scan(|sum: Array, x: Array| (sum * x, ()), 0.1, wide);
    assert_eq!((sum.dtype(), sum.to_vec::<f64>()), (DType::F64, vec![0.1 * 2.0]));
}

#[test]
fn rules_in_loops_capture_arrays() {
    let weights = jnp::array([1.0, 2.0, 3.0]);
    let slopes = jnp::array([10.0, 20.0, 30.0]);
    let scaled = |weights: Array, slopes: Array| {
        custom_jvp(
            "scaled",
            move |x: Array| x * &weights,
            move |(x,): (Array,), (t,): (Array,)| {
                // Neither the function's derivative nor what it captures.
                (x * 0.0, t * &slopes)
            },
        )
    };
    let f = {
        let (weights, slopes) = (weights.clone(), slopes.clone());
        move |x: Array| {
            let g = scaled(weights.clone(), slopes.clone());
            lax::scan(|c: Array, _: Array| (g(c), ()), x, jnp::zeros(2)).0
        }
    };
    let x = jnp::array([1.0, 1.0, 1.0]);
    assert_eq!(f(x.clone()).to_vec::<f32>(), [1.0, 4.0, 9.0]);
    let squares = [100.0, 400.0, 900.0];
    let (_, forward) = jvp(f.clone(), (x.clone(),), (jnp::ones(3),));
    assert_eq!(forward.to_vec::<f32>(), squares);
    let total = f.clone();
    assert_eq!(grad(move |x: Array| total(x).sum(None))(x.clone()).to_vec::<f32>(), squares);
    let per_row = vmap(grad(move |x: Array| f(x).sum(None)))(jnp::stack(&[x.clone(), x]));
    assert_eq!(per_row.to_vec::<f32>(), [squares, squares].concat());
}
