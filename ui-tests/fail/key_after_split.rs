use jax::prelude::*;

fn main() {
    let key = random::key(0);
    let [first, second] = random::split(key);
    random::normal(first, 3);
    random::normal(second, 3);
    random::normal(key, 3);
}
