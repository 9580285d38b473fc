//! The Mandelbrot set: a `while` per pixel, vectorized; each pixel runs only as long as it has to.
//!
//! `cargo run --release --example mandelbrot [FILE.png]` also draws it. In JAX a vectorized `while_loop` goes on for all
//! pixels until the last one is done, in passes over whole arrays.
#![allow(clippy::print_stdout, reason = "an example prints")]

use std::error::Error;
use std::time::Instant;

use jax::prelude::*;
use plotters::prelude::{BitMapBackend, IntoDrawingArea, RGBColor};

const TURNS: i32 = 200;

/// How many turns `z = z² + c` stays within the circle of radius 2, at most `TURNS`.
#[jit]
fn turns(re: Array, im: Array) -> Array {
    let (mut x, mut y) = (re, im);
    let mut n = 0;
    while x * x + y * y <= 4.0 && n < TURNS {
        (x, y) = (x * x - y * y + re, 2.0 * x * y + im);
        n += 1;
    }
    n
}

/// The turns of every pixel of a window.
#[jit]
fn picture(re: Array, im: Array) -> Array {
    vmap(|y: Array| vmap(|x: Array| turns(x, y))(re))(im)
}

fn main() -> Result<(), Box<dyn Error>> {
    let (width, height) = if cfg!(debug_assertions) { (96, 64) } else { (960, 640) };
    let re = jnp::linspace(-2.2, 1.0, width);
    let im = jnp::linspace(-1.1, 1.1, height);
    let start = Instant::now();
    let counts = picture(re.clone(), im.clone()).block_until_ready().to_vec::<i32>();
    let compiled = start.elapsed();
    let start = Instant::now();
    picture(re, im).block_until_ready();
    println!("{width} x {height} pixels in {:.1?}, {compiled:.1?} with compilation", start.elapsed());
    let inside = counts.iter().filter(|count| **count == TURNS).count();
    println!("inside: {:.1} % of the window", 100.0 * inside as f64 / counts.len() as f64);
    for row in counts.chunks(width).step_by(height / 16) {
        let shade = |count: &i32| {
            if *count == TURNS {
                '#'
            } else if *count > 12 {
                '+'
            } else {
                '.'
            }
        };
        println!("{}", row.iter().step_by(width / 48).map(shade).collect::<String>());
    }
    if let Some(file) = std::env::args().nth(1) {
        let area = BitMapBackend::new(&file, (width as u32, height as u32)).into_drawing_area();
        for (place, count) in counts.iter().enumerate() {
            let light = if *count == TURNS { 0.0 } else { (*count as f64 / TURNS as f64).powf(0.35) };
            let color = RGBColor((255.0 * light) as u8, (200.0 * light * light) as u8, (90.0 + 165.0 * light) as u8);
            area.draw_pixel(((place % width) as i32, (place / width) as i32), &color)?;
        }
        area.present()?;
        println!("drawn to {file}");
    }
    Ok(())
}
