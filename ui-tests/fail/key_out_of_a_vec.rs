use jax::prelude::*;

fn main() {
    let keys = vec![random::key(0)];
    random::normal(keys[0], 3);
}
