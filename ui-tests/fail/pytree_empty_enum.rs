use jax::prelude::*;

#[derive(PyTree)]
enum Never {}

fn main() {}
