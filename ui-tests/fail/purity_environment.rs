use jax::{Array, jit};

#[jit]
fn configured(x: Array) -> Array {
    let scale: f32 = std::env::var("SCALE").unwrap().parse().unwrap();
    let text = std::fs::read_to_string("scale.txt").unwrap();
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    x * scale + text.len()
}

fn main() {}
