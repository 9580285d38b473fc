//! `match` on numbers, and `&&`, `||`, `!`.

use jax::prelude::*;

use crate::{agree, both};

both! {
    fn sign(x: f64) -> f64 {
        let k = x.floor() as i32;
        match k {
            0 => x,
            1 | 2 => x * x,
            -3..=-1 => -x,
            n if n > 4 => n as f64 * x,
            n => 2.0 * n as f64 + x,
        }
    }
    fn of_truth(x: f64) -> f64 {
        let y = match x > 0.5 && x < 2.0 || x <= -2.0 {
            true => x.exp(),
            false => 1.0,
        };
        match !(x > 1.0) { true => y, _ => y + x }
    }
    fn assigning(x: f64) -> f64 {
        let mut total = x;
        for i in 0..6 {
            match i % 3 {
                0 => total += x,
                1 => {
                    total *= 0.5;
                }
                _ if x > 0.0 => total -= 1.0,
                _ => {}
            }
        }
        total
    }
    fn logic(x: f64) -> f64 {
        let mut inside = x > -1.0 && x < 1.0;
        if !inside || x.abs() < 0.5 {
            inside = !inside;
        }
        if inside { x } else { 2.0 * x }
    }
}

const AT: [f64; 8] = [-2.5, -0.75, -0.3, 0.25, 0.7, 1.3, 3.1, 6.2];

#[test]
fn match_on_numbers() {
    agree!(sign at AT);
    agree!(assigning at AT);
}

#[test]
fn truth_values() {
    agree!(of_truth at AT);
    agree!(logic at AT);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Mode {
    Sum,
    Product,
}

#[jit(static(mode))]
fn of_the_host(x: Array, n: usize, mode: Mode, maybe: Option<Array>) -> Array {
    let y = match mode {
        Mode::Sum => x.sum(0),
        Mode::Product => x.prod(0),
    };
    let y = match n {
        0 => y,
        1..=3 if x.shape()[0] > 2 => y * 2.0,
        _ => y * 3.0,
    };
    let flags = vec![n > 1, n > 2];
    let y = if flags[0] && n < 10 { y + 1.0 } else { y };
    match maybe {
        Some(z) if n == 0 => y + z,
        Some(_) | None => y,
    }
}

#[test]
fn values_of_the_host_are_matched_while_tracing() {
    let x = jnp::array([1.0, 2.0, 4.0]);
    let text = of_the_host::jaxpr(x.clone(), 2, Mode::Product, None).to_string();
    assert!(!text.contains("cond"), "{text}");
    assert_eq!(of_the_host(x.clone(), 2, Mode::Product, None).item_f32(), 17.0);
    assert_eq!(of_the_host(x.clone(), 0, Mode::Sum, Some(x.sum(0))).item_f32(), 14.0);
    assert_eq!(of_the_host(x, 20, Mode::Sum, None).item_f32(), 21.0);
}
