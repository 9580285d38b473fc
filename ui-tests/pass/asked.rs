//! What a staged function can be asked.
use jax::prelude::*;

#[jit]
fn staged(x: Array, n: usize) -> Array {
    x * n as f32
}

fn main() {
    assert!(staged::jaxpr(jnp::ones(2), 3).to_string().contains("mul"));
    assert!(staged::try_jaxpr(jnp::ones(2), 3).is_ok());
    let compiled = staged::lower(jnp::ones(2), 3).compile().unwrap();
    assert!(compiled.cost_analysis().flops >= 2);
    staged(jnp::ones(2), 3);
    staged(jnp::ones(3), 3);
    assert_eq!(staged::compile_count(), 2);
    assert_eq!(staged::recompiles().len(), 1);
}
