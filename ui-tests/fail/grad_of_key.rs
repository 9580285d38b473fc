use jax::random::Key;
use jax::prelude::*;

#[grad]
fn draw(key: Key) -> Array {
    random::normal(key, ())
}

fn main() {}
