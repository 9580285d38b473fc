//! `debug::print!` and `debug::callback`: in the order of the program, as often as it comes by, under every transform.

use std::sync::Mutex;

use jax::prelude::*;

/// What is printed while `f` runs.
fn printed<R>(f: impl FnOnce() -> R) -> String {
    debug::captured(f).1
}

#[jit]
fn two(x: Array, y: f32) -> Array {
    debug::print!("x = {}", x);
    let z = x * y;
    debug::print!("z = {z}, y = {y:.2}, twice {twice}", twice = z + z);
    z
}

#[test]
fn in_a_staged_function() {
    for _ in 0..2 {
        let text = printed(|| two(jnp::array([1.0, 2.0]), 3.0));
        assert_eq!(text, "x = [1. 2.]\nz = [3. 6.], y = 3.00, twice [ 6. 12.]\n");
    }
    assert_eq!(two::compile_count(), 1);
}

#[test]
fn without_staging() {
    let x = jnp::array([1, 2]);
    assert_eq!(printed(|| debug::print!("{x} and {}", "words")), "[1 2] and words\n");
    assert_eq!(printed(|| debug::print!("nothing")), "nothing\n");
    assert_eq!(printed(|| debug::print!("{:>6}|{:.1}|{:e}", 1.5f32, 2.25, 1000.0)), "   1.5|2.2|1e3\n");
}

#[test]
fn results_that_nobody_uses_do_not_matter() {
    let f = jit(|x: Array| {
        let unused = x.exp();
        debug::print!("exp {unused}");
        x
    });
    assert_eq!(printed(|| f(jnp::array(0.0f32))), "exp 1.0\n");
    // The same line twice is no common subexpression.
    let twice = jit(|x: Array| {
        let say = |x: &Array| debug::print!("x = {x}");
        say(&x);
        say(&x);
        x
    });
    assert_eq!(printed(|| twice(jnp::array(1))), "x = 1\nx = 1\n");
}

fn counted(n: Array) -> Array {
    lax::fori_loop(
        0,
        n,
        |i: Array, total: Array| {
            debug::print!("{i}: {total}");
            total + i
        },
        0,
    )
}

#[test]
fn in_loops() {
    assert_eq!(printed(|| jit(counted)(jnp::array(3))), "0: 0\n1: 0\n2: 1\n");
    assert_eq!(printed(|| jit(counted)(jnp::array(0))), "");
    let scanned = jit(|xs: Array| {
        let (total, _) = lax::scan(
            |c: Array, x: Array| {
                debug::print!("{c} + {x}");
                (c + x, ())
            },
            0.0f32,
            xs,
        );
        debug::print!("{total}");
        total
    });
    assert_eq!(printed(|| scanned(jnp::array([1.0, 2.0]))), "0.0 + 1.0\n1.0 + 2.0\n3.0\n");
    // A body that depends on nothing of the loop still prints at every turn.
    let constant = jit(|x: Array| {
        lax::fori_loop(
            0,
            3,
            |_, c: Array| {
                debug::print!("turn");
                c
            },
            x,
        )
    });
    assert_eq!(printed(|| constant(jnp::array(1))), "turn\nturn\nturn\n");
    let searched = jit(|x: Array| {
        lax::while_loop(
            |x: Array| {
                debug::print!("{x} < 10?");
                x.less(10)
            },
            |x: Array| x * 3,
            x,
        )
    });
    assert_eq!(printed(|| searched(jnp::array(2))), "2 < 10?\n6 < 10?\n18 < 10?\n");
}

#[jit]
fn counted_down(n: Array) -> Array {
    let mut n = n;
    while n > 1 {
        check!(n < 100, "{n} is too large");
        if n % 2 == 0 {
            debug::print!("{n} is even");
        }
        n = n - 3;
    }
    n
}

#[test]
fn in_loops_and_branches_of_the_language() {
    assert_eq!(printed(|| counted_down(jnp::array(12))), "12 is even\n6 is even\n");
    let (error, text) = debug::captured(|| counted_down::try_call(jnp::array(200)));
    assert_eq!((error.expect_err("a check fails").message, text), ("200 is too large".to_string(), String::new()));
}

fn branches(x: Array) -> Array {
    lax::cond(
        x.greater(0.0),
        |x: Array| {
            debug::print!("positive {x}");
            x * 2.0
        },
        |x: Array| {
            debug::print!("not positive {x}");
            x
        },
        x,
    )
}

#[test]
fn in_branches() {
    assert_eq!(printed(|| jit(branches)(jnp::array(1.5f32))), "positive 1.5\n");
    assert_eq!(printed(|| jit(branches)(jnp::array(-1.5f32))), "not positive -1.5\n");
    assert_eq!(printed(|| branches(jnp::array(0.0f32))), "not positive 0.0\n");
}

#[test]
fn under_vmap_lane_by_lane() {
    let f = |x: Array, y: Array| {
        debug::print!("{x} {y}");
        debug::print!("fixed");
        x * y
    };
    let text = printed(|| vmap(f).in_axes((0, None))(jnp::array([1, 2, 3]), jnp::array(7)));
    assert_eq!(text, "1 7\n2 7\n3 7\nfixed\n");
    let nested = vmap(vmap(f).in_axes((None, 0))).in_axes((0, None));
    let text = printed(|| nested(jnp::array([1, 2]), jnp::array([7, 8])));
    assert_eq!(text, "1 7\n1 8\n2 7\n2 8\nfixed\n");
    let rows = vmap(|x: Array| {
        debug::print!("{x}");
        x
    });
    assert_eq!(printed(|| rows(jnp::array([[1, 2], [3, 4]]))), "[1 2]\n[3 4]\n");
}

#[test]
fn a_lane_prints_what_it_takes_part_in() {
    let text = printed(|| vmap(branches)(jnp::array([1.0, -1.0, 2.0])));
    assert_eq!(text, "not positive -1.0\npositive 1.0\npositive 2.0\n");
    let text = printed(|| vmap(counted)(jnp::array([2, 0, 3])));
    assert_eq!(text, "0: 0\n0: 0\n1: 0\n1: 0\n2: 1\n");
    let both = |x: Array| {
        lax::cond(
            x.greater(0),
            counted,
            |x: Array| {
                debug::print!("none for {x}");
                x
            },
            x,
        )
    };
    assert_eq!(printed(|| vmap(both)(jnp::array([2, -1]))), "none for -1\n0: 0\n1: 0\n");
    assert_eq!(vmap(both)(jnp::array([2, -1, 4])).to_string(), "[ 1 -1  6]");
    let predicate = |x: Array| {
        lax::while_loop(
            |x: Array| {
                debug::print!("{x}?");
                x.less(4)
            },
            |x: Array| x + 2,
            x,
        )
    };
    assert_eq!(printed(|| vmap(predicate)(jnp::array([1, 4]))), "1?\n4?\n3?\n5?\n");
}

#[test]
fn derivatives_print_in_the_forward_pass() {
    let f = |x: Array| {
        debug::print!("forward {x}");
        let y = x.sin();
        debug::print!("sin {y:.3}");
        y
    };
    assert_eq!(printed(|| grad(f)(jnp::array(1.0f32))), "forward 1.0\nsin 0.841\n");
    assert_eq!(printed(|| value_and_grad(f)(jnp::array(1.0f32))), "forward 1.0\nsin 0.841\n");
    assert_eq!(printed(|| jvp(f, (jnp::array(1.0f32),), (jnp::array(1.0f32),))), "forward 1.0\nsin 0.841\n");
    assert_eq!(printed(|| grad(grad(f))(jnp::array(1.0f32))), "forward 1.0\nsin 0.841\n");
    assert_eq!(printed(|| vmap(grad(f))(jnp::array([0.0, 1.0]))), "forward 0.0\nforward 1.0\nsin 0.000\nsin 0.841\n");
    let (_, back) = vjp(f, (jnp::array(1.0f32),));
    assert_eq!(printed(|| back.call(jnp::array(1.0f32))), "");
    // Computed again, not printed again.
    let remat = checkpoint(|x: Array| {
        debug::print!("inside {x}");
        x.sin().sin()
    });
    assert_eq!(printed(|| grad(move |x: Array| remat(x))(jnp::array(0.0f32))), "inside 0.0\n");
    let scanned = |xs: Array| {
        lax::scan(
            |c: Array, x: Array| {
                debug::print!("{c}");
                (c * x, ())
            },
            1.0f32,
            xs,
        )
        .0
    };
    assert_eq!(printed(|| grad(scanned)(jnp::array([2.0, 3.0]))), "1.0\n2.0\n");
    assert_eq!(printed(|| grad(branches)(jnp::array(2.0f32))), "positive 2.0\n");
    // A rule of the user's prints in the backward pass, and `f` itself does not then.
    let clip = custom_vjp(
        "clip",
        |x: Array| {
            debug::print!("plain");
            x
        },
        |(x,): (Array,)| {
            debug::print!("fwd {x}");
            (x, ())
        },
        |(), ct: Array| {
            debug::print!("bwd {ct}");
            (ct,)
        },
    );
    assert_eq!(printed(|| grad(move |x: Array| clip(x) * 2.0)(jnp::array(1.0f32))), "fwd 1.0\nbwd 2.0\n");
}

#[test]
fn callbacks() {
    static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let take = || std::mem::take(&mut *SEEN.lock().expect("no panic while it is held"));
    let f = |x: Array, y: Array| {
        let see = |(x, rest): (Array, (Array, Vec<Array>))| {
            // Arrays are arrays here: what is computed with them runs at once.
            let sum = &x + &rest.0;
            SEEN.lock().expect("no panic while it is held").push(format!("{x} {} {sum} {}", rest.0, rest.1.len()));
        };
        debug::callback(see, (&x, (&y, vec![x.clone()])));
        x * y
    };
    jit(f)(jnp::array(2), jnp::array(3));
    assert_eq!(take(), ["2 3 5 1"]);
    vmap(f)(jnp::array([1, 2]), jnp::array([3, 4]));
    assert_eq!(take(), ["1 3 4 1", "2 4 6 1"]);
    lax::fori_loop(0, 2, move |i: Array, x: Array| f(x, i), 5);
    assert_eq!(take(), ["5 0 5 1", "0 1 1 1"]);
}

#[jit]
fn doubled(x: Array) -> Array {
    debug::print!("doubling {x}");
    x * 2.0
}

#[test]
fn a_callback_may_call_staged_functions() {
    let f = jit(|x: Array| {
        debug::callback(|(x,): (Array,)| debug::print!("inner {}", doubled(x)), (&x,));
        x
    });
    assert_eq!(printed(|| f(jnp::array([1.0]))), "doubling [1.]\ninner [2.]\n");
}

#[test]
fn a_panic_in_a_callback_is_an_error_of_the_call() {
    let line = line!() + 3;
    let f = checkify(|x: Array| {
        debug::print!("before");
        debug::callback(|(x,): (Array,)| assert!(x.item_f32() < 1.0, "too much"), (&x,));
        debug::print!("after");
        x
    });
    let (result, text) = debug::captured(|| f(jnp::array(2.0f32)));
    let error = result.expect_err("the callback panics");
    assert_eq!(text, "before\n");
    assert_eq!(error.message, "a callback panicked in debug_callback: too much");
    assert_eq!(error.span.map(|span| span.line()), Some(line));
    assert_eq!(f(jnp::array(0.5f32)).expect("no panic").item_f32(), 0.5);
}
