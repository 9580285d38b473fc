use jax::prelude::*;

#[vmap(in_axes = (0, None))]
fn axes(x: Array, y: Array, z: Array) -> Array {
    x + y + z
}

#[vmap(axis = 0, in_axes = 0, in_axes = 1)]
fn options(x: Array) -> Array {
    x
}

fn main() {}
