//! Outside of staged functions the borrow checker watches over keys.
use jax::random;

fn main() {
    let key = random::key(42);
    println!("{}", random::uniform(key, ()));
    println!("{}", random::normal(key, ()));
}
