use jax::{Array, jit};

use std::io::Write;

#[jit]
fn chatty(x: Array) -> Array {
    println!("x = {x}");
    eprint!("still here");
    dbg!(1 + 1);
    writeln!(std::io::stdout(), "{x}").unwrap();
    x
}

fn main() {}
