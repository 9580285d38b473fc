use std::sync::atomic::{AtomicBool, Ordering};

use jax::prelude::*;

static READY: AtomicBool = AtomicBool::new(false);

#[jit]
fn staged(x: Array) -> Array {
    let _ready = READY.load(Ordering::SeqCst);
    x
}

fn main() {}
