use jax::{Array, jit};

#[jit]
async fn asynchronous(x: Array) -> Array {
    x
}

#[jit]
const fn constant(x: Array) -> Array {
    x
}

#[jit]
unsafe fn dangerous(x: Array) -> Array {
    x
}

#[jit]
extern "C" fn foreign(x: Array) -> Array {
    x
}

fn main() {}
