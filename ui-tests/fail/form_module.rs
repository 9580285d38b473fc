use jax::prelude::*;

#[grad]
mod model {}

fn main() {}
