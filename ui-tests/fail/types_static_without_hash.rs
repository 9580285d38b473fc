use jax::prelude::*;

#[derive(Clone, Debug)]
struct Mode(f32);

#[jit(static(mode))]
fn staged(x: Array, mode: Mode) -> Array {
    x * mode.0
}

fn main() {}
