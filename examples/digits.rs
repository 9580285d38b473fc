//! A multilayer perceptron learns to read handwritten digits.
//!
//!     cargo run --release --example digits [-- loss-curve.png]
//!
//! The images are UCI's (see `data/README.md`). `golden/digits_train.py` is the same training in Python; with the same
//! keys its losses are these.
#![allow(missing_docs, clippy::print_stdout, reason = "an example shows what it computes")]

use std::path::PathBuf;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use jax::prelude::*;
use jax::random::Key;

pub const EPOCHS: usize = 30;
pub const BATCH: usize = 32;
const TRAIN: usize = 1437;
const RATE: f32 = 0.05;
const MOMENTUM: f32 = 0.9;

#[derive(Clone, PyTree)]
pub struct Layer {
    pub w: Array,
    pub b: Array,
}

#[derive(Clone, PyTree)]
pub struct Mlp {
    pub hidden: [Layer; 2],
    pub output: Layer,
}

fn layer(key: Key, inputs: usize, outputs: usize) -> Layer {
    let w = random::normal(key, (inputs, outputs)) * (2.0 / inputs as f64).sqrt();
    Layer { w, b: jnp::zeros(outputs) }
}

pub fn init(key: Key) -> Mlp {
    let [k0, k1, k2] = random::split(key);
    Mlp { hidden: [layer(k0, 64, 128), layer(k1, 128, 64)], output: layer(k2, 64, 10) }
}

#[jit]
fn logits(model: &Mlp, x: Array) -> Array {
    let mut x = x;
    for Layer { w, b } in model.hidden {
        x = nn::relu(jnp::matmul(x, w) + b);
    }
    jnp::matmul(x, model.output.w) + model.output.b
}

#[grad]
fn loss(model: &Mlp, x: Array, labels: Array) -> Array {
    let likelihood = nn::log_softmax(logits(&model, x)) * nn::one_hot(labels, 10);
    -jnp::mean(likelihood.sum(1))
}

/// One step of gradient descent with momentum: the loss before it, and what it makes of model and velocity.
#[jit]
pub fn step(model: Mlp, velocity: Mlp, x: &Array, labels: &Array, batch: Array) -> (Array, Mlp, Mlp) {
    let (loss, gradient) = loss_value_and_grad(&model, x.index(&batch), labels.index(&batch));
    let velocity = tree::map2(|v, g| MOMENTUM * v + g, velocity, gradient);
    let model = tree::map2(|p, v| p - RATE * v, model, tree::map(|v| v, velocity));
    (loss, model, velocity)
}

#[jit]
fn accuracy(model: &Mlp, x: Array, labels: Array) -> Array {
    jnp::mean(logits(&model, x).argmax(1) == labels)
}

pub struct Data {
    pub x: Array,
    pub labels: Array,
}

/// The images that train, and those that test.
pub fn data() -> [Data; 2] {
    let rows = include_str!("data/digits.csv").lines();
    let numbers: Vec<f32> =
        rows.flat_map(|row| row.split(',').map(|number| number.parse().expect("a number"))).collect();
    let all = jnp::array(numbers).reshape((-1, 65));
    let order = random::permutation(random::key(1), all.shape()[0]);
    let all = all.index(order);
    let part = |rows: std::ops::Range<usize>| Data {
        x: all.index((rows.clone(), ..64)) / 16.0,
        labels: all.index((rows, 64)).astype(DType::I32),
    };
    [part(0..TRAIN), part(TRAIN..1797)]
}

/// The rows of each batch of an epoch.
pub fn batches(epoch: usize) -> impl Iterator<Item = Array> {
    let order = random::permutation(random::fold_in(random::key(2), epoch), TRAIN);
    (0..TRAIN / BATCH).map(move |i| order.index(i * BATCH..(i + 1) * BATCH))
}

fn main() {
    let [train, test] = data();
    let mut model = init(random::key(0));
    let mut velocity = tree::map(|p| jnp::zeros_like(p), model.clone());
    let mut losses = Vec::new();

    let bar = ProgressBar::new(EPOCHS as u64).with_style(
        ProgressStyle::with_template("{bar:40} epoch {pos}/{len}  loss {msg}  {elapsed}").expect("a template"),
    );
    let start = Instant::now();
    for epoch in 0..EPOCHS {
        let mut sum = 0.0;
        for batch in batches(epoch) {
            let value;
            (value, model, velocity) = step(model, velocity, &train.x, &train.labels, batch);
            sum += value.item_f32();
            losses.push(value.item_f32());
        }
        bar.set_message(format!("{:.4}", sum / (TRAIN / BATCH) as f32));
        bar.inc(1);
    }
    bar.finish();
    let time = start.elapsed();

    let accuracy = accuracy(&model, test.x, test.labels).item_f32();
    println!("{} steps in {time:.2?}, compiled {} time", losses.len(), step::compile_count());
    println!("test accuracy {:.1} %", 100.0 * accuracy);

    let path = std::env::args_os().nth(1).map_or_else(|| std::env::temp_dir().join("digits-loss.png"), PathBuf::from);
    plot::terminal(&losses);
    plot::png(&losses, &path).expect("the loss curve is written");
    println!("loss curve in {}", path.display());
}

mod plot {
    use std::error::Error;
    use std::path::Path;

    use plotters::prelude::*;
    use textplots::{Chart, Plot, Shape};

    fn points(losses: &[f32]) -> Vec<(f32, f32)> {
        losses.iter().enumerate().map(|(i, &loss)| (i as f32, loss)).collect()
    }

    pub fn terminal(losses: &[f32]) {
        let last = losses.len() as f32;
        Chart::new(120, 40, 0.0, last).lineplot(&Shape::Lines(&points(losses))).nice();
    }

    pub fn png(losses: &[f32], path: &Path) -> Result<(), Box<dyn Error>> {
        let root = BitMapBackend::new(path, (800, 500)).into_drawing_area();
        root.fill(&WHITE)?;
        let highest = losses.iter().copied().fold(0.0, f32::max);
        let mut chart =
            ChartBuilder::on(&root).margin(20).build_cartesian_2d(0f32..losses.len() as f32, 0f32..highest)?;
        chart.configure_mesh().draw()?;
        chart.draw_series(LineSeries::new(points(losses), &BLUE))?;
        root.present()?;
        Ok(())
    }
}
