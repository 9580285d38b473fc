//! `while` and `for`.

use crate::both;

both! {
    fn newton(x: f64) -> f64 {
        let mut y = x;
        while (y * y - x).abs() > 1e-14 * x {
            y = 0.5 * (y + x / y);
        }
        y
    }
    fn counted(x: f64) -> f64 {
        let mut i = 0;
        let mut total = 0.0;
        while i < 10 {
            total += x.powi(2) * i as f64;
            i += 1;
        }
        total
    }
    fn powers(x: f64) -> f64 {
        let mut total = 0.0;
        let mut power = 1.0;
        for i in 0..6 {
            total += power / (1 + i) as f64;
            power *= x;
        }
        total
    }
    fn ranges(x: f64) -> f64 {
        let mut total = x;
        for i in 1..=4 { total = total * 0.5 + i as f64; }
        for i in (0..5).rev() { total = total * 0.5 + i as f64; }
        for i in (0..7).step_by(3) { total = total * 0.5 + i as f64; }
        for i in (0..8).step_by(3).rev() { total = total * 0.5 + i as f64; }
        for i in (0..8).rev().step_by(3) { total = total * 0.5 + i as f64; }
        for _ in 3..1 { total = -1.0; }
        total
    }
    fn loops_and_branches(x: f64) -> f64 {
        let mut total = 0.0;
        for i in 0..5 {
            let mut y = x * (i as f64);
            if y > 2.0 {
                y = y - 2.0;
            } else if y < -2.0 {
                y = y + 2.0;
            }
            for j in 0..i {
                total += y * (j as f64);
            }
            total += y;
        }
        total
    }
    fn collatz(n: i64) -> i64 {
        let mut n = n;
        let mut steps = 0;
        while n != 1 {
            n = if n % 2 == 0 { n / 2 } else { 3 * n + 1 };
            steps += 1;
        }
        steps
    }
    fn traced_bounds(x: f64, n: i64) -> f64 {
        let mut total = x;
        for i in 0..n { total += i as f64 * x; }
        for i in (1..=n).rev() { total = total * 0.5 + i as f64; }
        for i in (0..n).step_by(2) { total += i as f64; }
        total
    }
}

#[test]
fn while_to_convergence() {
    for x in [0.5, 2.0, 10.0, 1234.5] {
        crate::close(staged::newton(x), plain::newton(x));
    }
    assert_eq!(staged::newton::compile_count(), 1);
    for n in [1, 2, 6, 7, 27] {
        assert_eq!(staged::collatz(n), plain::collatz(n));
    }
    for x in [-1.0, 0.5] {
        crate::close(staged::counted(x), plain::counted(x));
    }
}

#[test]
fn for_over_integers() {
    crate::agree!(powers at [-0.5, 0.0, 0.3, 1.2]);
    crate::agree!(ranges at [-0.5, 0.0, 0.3, 1.2]);
    for n in [0, 1, 5, 8] {
        crate::close(staged::traced_bounds(1.5, n), plain::traced_bounds(1.5, n));
    }
    assert_eq!(staged::traced_bounds::compile_count(), 1);
    for x in [-1.5, 0.3, 1.1] {
        crate::close(staged::loops_and_branches(x), plain::loops_and_branches(x));
    }
}
