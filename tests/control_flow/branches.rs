//! `if` and `match`.

use crate::{agree, both};

both! {
    fn expression(x: f64) -> f64 {
        if x > 0.0 { x * x } else { -x }
    }
    fn chain(x: f64) -> f64 {
        let y = if x > 2.0 { 3.0 } else if x > 0.5 { x.sin() } else if x > -1.0 { 2.0 * x } else { 1.0 };
        y + x
    }
    fn statement(x: f64) -> f64 {
        let mut y = x * 2.0;
        let mut count = 0;
        if y > 1.0 {
            y = y * y;
            count += 1;
        }
        if y > 4.0 {
            y -= 1.0;
            count += 2;
        } else {
            y = 0.5 * x;
        }
        y + count as f64
    }
    fn nested(x: f64) -> f64 {
        let mut total = 0.0;
        let (mut a, b) = (x, x + 1.0);
        if x > 0.0 {
            let a2 = a * a;
            if a2 > 4.0 {
                total += a2;
                a = 1.0;
            } else {
                total -= b;
            }
            total *= 2.0;
        } else {
            total = if b > 0.0 { b } else { -b };
        }
        total + a
    }
    fn declared_before(x: f64) -> f64 {
        let y;
        let z: f64;
        if x > 1.0 {
            y = x;
            z = 2.0;
        } else {
            y = 3.0;
            z = x * x;
        }
        y * z
    }
    fn shadowed(x: f64) -> f64 {
        let y = x + 1.0;
        let r = if y > 0.0 {
            let y = y * 2.0;
            let x = y + x;
            x * y
        } else {
            y
        };
        r * y
    }
    fn tuples(x: f64) -> f64 {
        let (a, b) = if x > 0.0 { (x, 1.0) } else { (2.0, x) };
        a * 3.0 + b
    }
    fn in_a_closure(x: f64) -> f64 {
        let f = |a: f64| if a > 1.0 { a * 2.0 } else { a + 1.0 };
        f(x) + f(x + 1.0)
    }
    fn untaken(x: f64) -> f64 {
        if x > 0.0 { x.sqrt() } else { 0.0 }
    }
}

const AT: [f64; 7] = [-2.5, -0.75, -0.3, 0.25, 0.7, 1.3, 3.1];

#[test]
fn if_as_expression() {
    agree!(expression at AT);
    agree!(chain at AT);
    agree!(tuples at AT);
}

#[test]
fn if_as_statement() {
    agree!(statement at AT);
    agree!(nested at AT);
    agree!(declared_before at AT);
    agree!(shadowed at AT);
}

#[test]
fn in_closures() {
    agree!(in_a_closure at AT);
}

#[test]
fn a_branch_not_taken_has_no_derivative() {
    assert_eq!(jax::grad(staged::untaken)(0.0), 0.0);
    agree!(untaken at AT);
}
