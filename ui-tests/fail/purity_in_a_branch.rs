use jax::prelude::*;

#[jit]
fn staged(x: Array) -> Array {
    if x.ndim() > 3 {
        eprintln!("deep");
    }
    x
}

fn main() {}
