//! Newton's method to convergence, differentiated through: the number of turns is known only when it runs.
//!
//! In JAX this is `lax.while_loop`, whose reverse mode raises; there the derivative needs a rule of one's own.
#![allow(clippy::print_stdout, reason = "an example prints")]

use jax::prelude::*;

/// The root of `y³ + y = x`.
#[grad]
fn root(x: f64) -> f64 {
    let mut y = x;
    let mut step = 1.0;
    let mut turns = 0;
    while step.abs() > 1e-12 {
        step = (y * y * y + y - x) / (3.0 * y * y + 1.0);
        y -= step;
        turns += 1;
        if turns > 100 {
            break;
        }
    }
    y
}

fn main() {
    for x in [0.5, 2.0, 10.0, 1000.0] {
        let (y, slope) = root_value_and_grad(x);
        // By the implicit function theorem the slope is 1 / (3 y² + 1).
        println!("root({x}) = {y:.9}, slope {slope:.9}, by the theorem {:.9}", 1.0 / (3.0 * y * y + 1.0));
    }
    println!("compiled {} time", root_value_and_grad::compile_count());
}
