use jax::prelude::*;

fn main() {
    let key = random::key(0);
    for _ in 0..2 {
        random::normal(key, 3);
    }
}
