//! `cfg` on a staged function holds for everything that it becomes.
use jax::prelude::*;

#[cfg(all())]
#[grad]
fn slope(x: f32) -> f32 {
    x * x
}

#[cfg(any())]
#[grad]
fn slope(x: f32) -> f32 {
    does_not_exist(x)
}

fn main() {
    assert_eq!(slope_grad(2.0), 4.0);
}
