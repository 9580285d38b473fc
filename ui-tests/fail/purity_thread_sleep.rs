use jax::prelude::*;

#[jit]
fn staged(x: Array) -> Array {
    std::thread::sleep(std::time::Duration::from_millis(1));
    x
}

fn main() {}
