use jax::prelude::*;

#[jit]
fn staged(x: Array) -> Array {
    let _noisy = |a: Array| {
        println!("{a}");
        a
    };
    x
}

fn main() {}
