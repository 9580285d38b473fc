use jax::{Array, jit};

use std::cell::Cell;
use std::sync::Mutex;

static SHARED: Mutex<f32> = Mutex::new(1.0);
thread_local! {
    static LOCAL: Cell<f32> = const { Cell::new(1.0) };
}

#[jit]
fn cells(x: Array) -> Array {
    let shared = *SHARED.lock().unwrap();
    let local = LOCAL.with(|cell| cell.get());
    LOCAL.set(2.0);
    x * shared * local
}

fn main() {}
