//! Staged functions are pure: what they depend on is an argument.
//!
//!     cargo run --release --example pure
//!
//! JAX runs a function with side effects once, while tracing, and then repeats what it saw: the counter stays as it
//! was at the first call. Here such a function does not compile:
//!
//! ```compile_fail
//! static mut COUNTER: i32 = 10;
//!
//! #[jit]
//! fn add_counter(x: i32) -> i32 {
//!     x + unsafe { COUNTER }
//! }
//! ```
#![allow(clippy::print_stdout, reason = "an example shows what it computes")]

use jax::prelude::*;

#[jit]
fn add_counter(x: i32, counter: i32) -> i32 {
    x + counter
}

fn main() {
    let mut counter = 10;
    println!("{}", add_counter(2, counter));
    counter += 10;
    println!("{}", add_counter(2, counter));
    println!("compiled {} time", add_counter::compile_count());
}
