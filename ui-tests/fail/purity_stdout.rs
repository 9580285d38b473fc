use jax::prelude::*;

#[jit]
fn staged(x: Array) -> Array {
    let _out = std::io::stdout();
    x
}

fn main() {}
