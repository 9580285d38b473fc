use jax::prelude::*;

#[grad]
fn loss(x: Array) -> Array {
    x.sum(None)
}

fn main() {
    let x = jnp::ones(3);
    println!("{} {}", loss_grad(x), x);
}
