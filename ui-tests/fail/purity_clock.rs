use jax::{Array, jit};

use std::time::{Instant, SystemTime};

#[jit]
fn timed(x: Array) -> Array {
    let start = Instant::now();
    let _today = SystemTime::now();
    let y = x + 1.0;
    y * start.elapsed().as_secs_f32()
}

fn main() {}
