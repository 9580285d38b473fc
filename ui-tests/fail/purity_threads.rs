use jax::{Array, jit};

#[jit]
fn threaded(x: Array) -> Array {
    let worker = std::thread::spawn(move || x + 1.0);
    worker.join().unwrap()
}

fn main() {}
