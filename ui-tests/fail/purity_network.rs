use jax::prelude::*;

#[jit]
fn staged(x: Array) -> Array {
    let _peer = std::net::TcpStream::connect("localhost:80");
    x
}

fn main() {}
