use jax::prelude::*;

struct Layer {
    weights: Array,
}

fn main() {
    let loss = |layer: Layer| layer.weights.sum(None);
    grad(loss)(Layer { weights: jnp::ones(3) });
}
