//! `x[i]`, slices, and updates in place.

use jax::prelude::*;

#[jit]
fn reads(x: Array, i: i32) -> Array {
    let row = x[i];
    let cell = x[[1, i]];
    let mut total = row.sum(0) + cell;
    for j in 0..3 {
        total += x[[j, i]] * x[0][j];
    }
    total + x[1..].sum(None) + x[(.., 2)].sum(None)
}

#[jit]
fn updates(x: Array, i: i32) -> Array {
    let mut y = x.clone();
    y[0] = x[1] * 2.0;
    y[[1, i]] = 7.0;
    y[[2, 2]] += 1.0;
    y[i] -= x[i];
    for k in 0..3 {
        y[[k, 0]] = y[[k, 1]] + k;
    }
    if i > 0 {
        y[[0, 0]] *= 3.0;
    }
    y
}

#[jit]
fn of_the_host(parts: Vec<Array>, pairs: [(Array, usize); 2]) -> Array {
    let mut held = vec![parts[0], parts[1]];
    held[1] = held[0] + 1.0;
    held[0] += parts[1];
    let mut sizes = vec![pairs[0].1, 2];
    sizes[1] += pairs[1].1;
    let mut total = held[0] * sizes[0] + held[1] * sizes[1];
    #[unroll]
    for i in 0..2 {
        total += parts[i] * pairs[i].0;
    }
    total
}

#[grad]
fn prefix(x: Array) -> Array {
    let mut sums = x;
    for i in 1..4 {
        sums[i] += sums[i - 1] * sums[i - 1];
    }
    sums[3]
}

#[test]
fn reading() {
    let x = jnp::arange(9).astype(DType::F32).reshape((3, 3)) + 1.0;
    let at = |r: usize, c: usize| (3 * r + c + 1) as f32;
    for i in 0..3 {
        let row: f32 = (0..3).map(|c| at(i, c)).sum();
        let mut expected = row + at(1, i);
        for j in 0..3 {
            expected += at(j, i) * at(0, j);
        }
        expected += (4..=9).sum::<i32>() as f32 + 3.0 + 6.0 + 9.0;
        assert_eq!(reads(x.clone(), i as i32).item_f32(), expected, "at {i}");
    }
    assert_eq!(reads::compile_count(), 1);
}

#[test]
fn updating() {
    let x = jnp::arange(9).astype(DType::F32).reshape((3, 3)) + 1.0;
    for i in 0..3 {
        let mut y = [[1.0f32, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]];
        let x0 = y;
        y[0] = x0[1].map(|v| v * 2.0);
        y[1][i] = 7.0;
        y[2][2] += 1.0;
        (0..3).for_each(|c| y[i][c] -= x0[i][c]);
        (0..3).for_each(|k| y[k][0] = y[k][1] + k as f32);
        if i > 0 {
            y[0][0] *= 3.0;
        }
        assert_eq!(updates(x.clone(), i as i32).to_vec::<f32>(), y.concat(), "at {i}");
    }
    assert_eq!(prefix(jnp::array([1.0, 2.0, 0.5, 3.0])).item_f32(), 3.0 + 9.5f32.powi(2));
    // d/dx1 of ((x0² + x1)² + x2)²: 2 · 9.5 · 2 · 3.
    assert_eq!(prefix_grad(jnp::array([1.0, 2.0, 0.5, 3.0])).to_vec::<f32>()[1], 114.0);
}

#[test]
fn collections_of_the_host() {
    let (a, b) = (jnp::array([1.0, 2.0]), jnp::array([10.0, 20.0]));
    let total = of_the_host(vec![a.clone(), b.clone()], [(a, 1), (b, 3)]);
    let expected = |a: f32, b: f32| (a + b) + (a + 1.0) * 5.0 + a * a + b * b;
    assert_eq!(total.to_vec::<f32>(), [expected(1.0, 10.0), expected(2.0, 20.0)]);
}
