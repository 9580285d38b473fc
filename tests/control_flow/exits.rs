//! `return`, `break` and `continue`.

use jax::prelude::*;

use crate::{agree, both};

both! {
    fn early(x: f64) -> f64 {
        if x > 2.0 {
            return x * x;
        }
        let y = x + 1.0;
        if y < 0.0 {
            return 0.0;
        }
        let z = y * 2.0;
        if z > 3.0 { return z.sin(); } else if z < 1.0 { return z; }
        z * x
    }
    fn search(x: f64) -> f64 {
        let mut total = x;
        for i in 0..10 {
            total = total * 1.5 + i as f64 * 0.01;
            if total > 5.0 {
                break;
            }
        }
        total
    }
    fn skips(x: f64) -> f64 {
        let mut total = 0.0;
        for i in 0..8 {
            let y = x * i as f64;
            if y > 2.0 {
                continue;
            }
            total += y;
            if i % 2 == 0 {
                continue;
            }
            total *= 1.1;
        }
        total
    }
    fn from_a_loop(x: f64) -> f64 {
        let mut y = x;
        for i in 0..20 {
            y = y * 1.2;
            if y > 4.0 {
                return y + i as f64;
            }
        }
        -y
    }
    fn loop_with_value(x: f64) -> f64 {
        let mut y = x;
        let mut n = 0;
        let last = loop {
            y = y * 0.5 + 1.0;
            n += 1;
            if (y - 2.0).abs() < 0.1 {
                break y * 10.0;
            }
            if n > 30 {
                break 0.0;
            }
        };
        last + n as f64
    }
    fn endless(x: f64) -> f64 {
        let mut y = x;
        loop {
            y = y * 2.0 + 1.0;
            if y > 50.0 {
                return y;
            }
        }
    }
    fn labels(x: f64) -> f64 {
        let mut total = x;
        'outer: for i in 0..5 {
            for j in 0..5 {
                if total > 20.0 {
                    break 'outer;
                }
                if j > i {
                    continue 'outer;
                }
                total += x * j as f64;
            }
            total += 1.0;
        }
        total
    }
    fn in_a_let(x: f64) -> f64 {
        let y = if x > 1.0 { x * 3.0 } else if x > 0.0 { return x } else { -x };
        let mut z = y;
        z += match z.floor() as i32 {
            0 => 1.0,
            1 => return 7.0 * x,
            _ => y,
        };
        z * y
    }
    fn while_with_exits(x: f64) -> f64 {
        let mut y = x;
        let mut turns = 0;
        while y < 100.0 {
            turns += 1;
            if turns > 12 {
                break;
            }
            if y < 0.0 {
                y += 3.0;
                continue;
            }
            y = y * y * 0.5 + 1.0;
            if y > 60.0 && y < 80.0 {
                return y;
            }
        }
        y + turns as f64
    }
    fn of_closures(x: f64) -> f64 {
        let clip = |a: f64| {
            if a > 1.0 {
                return 1.0;
            }
            let b = a * a;
            b * a
        };
        clip(x) + clip(x + 0.5)
    }
    fn nested_blocks(x: f64) -> f64 {
        let mut a = x;
        let b = {
            if a > 2.0 {
                return a;
            }
            a += 1.0;
            a * 2.0
        };
        if b > 1.0 {
            let c = {
                if b > 3.0 { return b * a; }
                b + a
            };
            a += c;
        }
        a + b
    }
}

const AT: [f64; 9] = [-2.5, -1.15, -0.75, -0.3, 0.25, 0.7, 1.3, 1.9, 3.1];

#[test]
fn returns() {
    agree!(early at AT);
    agree!(in_a_let at AT);
    agree!(nested_blocks at AT);
    agree!(of_closures at AT);
}

#[test]
fn exits_of_for() {
    agree!(search at AT);
    agree!(skips at AT);
    agree!(from_a_loop at AT);
    agree!(labels at AT);
}

#[test]
fn exits_of_while_and_loop() {
    agree!(while_with_exits at AT);
    agree!(loop_with_value at AT);
    agree!(endless at [0.25, 0.7, 1.3, 60.0]);
}

#[jit]
fn layers(x: Array, weights: Vec<Array>, limit: f32) -> Array {
    let mut y = x;
    for w in weights {
        y = y * w;
        if y.sum(None) > limit {
            break;
        }
        y = y + 1.0;
    }
    y
}

#[jit]
fn host_exits(x: Array, n: usize, early: bool) -> Array {
    if n == 0 {
        return x;
    }
    let mut y = x;
    #[unroll]
    for i in 0..10 {
        if i == n {
            break;
        }
        y = y * 2.0;
        if early && y.sum(None) > 10.0 {
            return y;
        }
    }
    y + 1.0
}

#[test]
fn exits_of_loops_that_run_while_tracing() {
    let weights: Vec<Array> = [2.0, 3.0, 4.0].iter().map(|w| jnp::array([*w, *w])).collect();
    let run = |limit: f32| {
        let mut y = [1.0f32, 2.0];
        for w in [2.0, 3.0, 4.0] {
            y = y.map(|y| y * w);
            if y[0] + y[1] > limit {
                break;
            }
            y = y.map(|y| y + 1.0);
        }
        y
    };
    for limit in [0.0, 10.0, 40.0, 1000.0] {
        assert_eq!(layers(jnp::array([1.0, 2.0]), weights.clone(), limit).to_vec::<f32>(), run(limit), "{limit}");
    }
    let x = jnp::array([1.0, 2.0]);
    assert_eq!(host_exits(x.clone(), 0, true).to_vec::<f32>(), [1.0, 2.0]);
    assert_eq!(host_exits(x.clone(), 3, false).to_vec::<f32>(), [9.0, 17.0]);
    assert_eq!(host_exits(x.clone(), 3, true).to_vec::<f32>(), [4.0, 8.0]);
    assert_eq!(host_exits(x, 1, true).to_vec::<f32>(), [3.0, 5.0]);
}
