//! `for` over arrays, and over iterators of the host.

use jax::prelude::*;

#[grad(argnums = (0, 1))]
fn recurrence(xs: Array, ys: Array, start: f32) -> Array {
    let mut h = start;
    let mut largest = -1.0;
    for (x, y) in (&xs, &ys) {
        h = (h * x + y).tanh();
        if h > largest {
            largest = h;
        }
    }
    let mut total = h * largest;
    for row in xs {
        total += row * row;
    }
    total
}

fn plain(xs: &[f32], ys: &[f32], start: f32) -> f32 {
    let (mut h, mut largest) = (start, -1.0f32);
    for (x, y) in xs.iter().zip(ys) {
        h = (h * x + y).tanh();
        if h > largest {
            largest = h;
        }
    }
    h * largest + xs.iter().map(|x| x * x).sum::<f32>()
}

#[jit]
fn rows(table: &Array, parts: Vec<Array>) -> Array {
    let mut total = 0.0;
    for row in table {
        total = total * 0.5 + row;
    }
    for part in &parts {
        total = total + part;
    }
    for (i, part) in parts.iter().enumerate() {
        total = total + part * parts[i];
    }
    #[unroll(2)]
    for row in table {
        total += row;
    }
    total
}

#[test]
fn arrays_are_scanned() {
    let (xs, ys) = ([0.5f32, -0.3, 0.8, 1.1], [0.1f32, 0.4, -0.2, 0.3]);
    let (x, y) = (jnp::array(xs.to_vec()), jnp::array(ys.to_vec()));
    let value = recurrence(x.clone(), y.clone(), 0.3).item_f32();
    assert!((value - plain(&xs, &ys, 0.3)).abs() < 1e-6, "{value}");
    let (dx, dy) = recurrence_grad(x.clone(), y.clone(), 0.3);
    for i in 0..4 {
        let at = |of: [f32; 4], by: f32| {
            let mut of = of;
            of[i] += by;
            of
        };
        let slope = |up: f32, down: f32| (up - down) / 2e-3;
        let by_x = slope(plain(&at(xs, 1e-3), &ys, 0.3), plain(&at(xs, -1e-3), &ys, 0.3));
        let by_y = slope(plain(&xs, &at(ys, 1e-3), 0.3), plain(&xs, &at(ys, -1e-3), 0.3));
        assert!((dx.to_vec::<f32>()[i] - by_x).abs() < 2e-3 && (dy.to_vec::<f32>()[i] - by_y).abs() < 2e-3, "at {i}");
    }
    let text = recurrence::jaxpr(x, y, 0.3).to_string();
    assert_eq!(text.matches("scan[").count(), 2, "{text}");
}

#[test]
fn iterators_run_while_tracing() {
    let table = jnp::array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    let parts = vec![jnp::array([1.0, 1.0]), jnp::array([2.0, 3.0])];
    let expected = |c: [f32; 3], p: [f32; 2]| {
        (c[0] * 0.25 + c[1] * 0.5 + c[2]) + p[0] + p[1] + p[0] * p[0] + p[1] * p[1] + c[0] + c[1] + c[2]
    };
    let total = rows(&table, parts).to_vec::<f32>();
    assert_eq!(total, [expected([1.0, 3.0, 5.0], [1.0, 2.0]), expected([2.0, 4.0, 6.0], [1.0, 3.0])]);
}
