use jax::prelude::*;

#[jit]
enum Mode {
    Train,
}

fn main() {}
