use jax::prelude::*;

fn main() {
    let keys = [random::key(0); 2];
    drop(keys);
}
