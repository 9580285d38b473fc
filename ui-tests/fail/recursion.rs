use jax::prelude::*;

#[jit]
fn endless(x: Array) -> Array {
    let y = x * 2.0;
    endless(y) + 1.0
}

struct Steps;

impl Steps {
    #[jit(method)]
    fn go(x: Array) -> Array {
        (Self::go(x.sin())).cos()
    }
}

fn main() {}
