use jax::{Array, grad, jit};

#[jit]
/// Scaled exponential linear unit.
pub fn elu(x: Array, alpha: f32, lambda: f32, n: usize) -> Array {
    let y = x * 2.0;
    let z = y + y;
    if n > 3 { lambda * z } else { 2.0 * alpha * z }
}

#[grad]
fn square(x: f32) -> f32 {
    x * x
}

#[jit]
fn positive(x: &Array) -> Array {
    x > 0.0
}

fn main() {
    let x = jax::__private::into_array([1.0f32, 2.0]);
    println!("{}", elu::jaxpr(x.clone(), 1.0, 2.0, 4));
    println!("{:?}", elu(x.clone(), 1.0, 2.0, 4));
    println!("{:?}", positive(&x));
    println!("{} {} {:?}", square(3.0), square_grad(3.0), square_value_and_grad(3.0));
    println!("{}", square_grad::jaxpr(3.0));
    assert_eq!(elu::compile_count(), 1);
}
