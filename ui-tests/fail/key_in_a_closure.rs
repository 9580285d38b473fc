use jax::prelude::*;

fn main() {
    let key = random::key(0);
    let draw = move || random::normal(key, 3);
    draw();
    draw();
}
