use jax::prelude::*;

#[jit]
fn staged(x: Array, #[cfg(unix)] y: Array) -> Array {
    x
}

fn main() {}
