use jax::prelude::*;

#[jit]
fn double<T: std::ops::Add<Output = T> + Copy>(x: T) -> T {
    x + x
}

// Without the bounds that the staged function adds.
fn twice<T: std::ops::Add<Output = T> + Copy>(x: T) -> T {
    double(x)
}

fn main() {
    double(1i32);
    twice(1.0);
}
