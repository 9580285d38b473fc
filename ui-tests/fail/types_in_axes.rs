use jax::prelude::*;

fn main() {
    let f = |x: Array, y: Array| x + y;
    vmap(f).in_axes((0, "none"));
}
