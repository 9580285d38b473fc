use jax::{Array, jit};

static mut COUNTER: i32 = 10;

#[jit(static(n, missing), static(n))]
fn everything(x: &mut Array, mode: &str, n: usize) {
    println!("{}", unsafe { COUNTER });
    let noise: f32 = rand::random();
    std::thread::sleep(std::time::Duration::from_secs(1));
}

fn main() {}
