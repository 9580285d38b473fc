use std::cell::RefCell;

use jax::prelude::*;

thread_local! {
    static DEPTH: RefCell<u32> = const { RefCell::new(0) };
}

#[jit]
fn staged(x: Array) -> Array {
    let _depth = DEPTH.with_borrow(|depth| *depth);
    x
}

fn main() {}
