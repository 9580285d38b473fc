//! The small harness of the benchmarks: medians and spread of batches, lines that people and `jax_peer.py` read.

#![allow(dead_code, reason = "each benchmark uses its part")]

use std::time::{Duration, Instant};

/// Seconds of one call: the median over batches, and the fastest and slowest tenth.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    pub median: f64,
    pub low: f64,
    pub high: f64,
}

/// The statistics of samples in seconds.
pub fn times(mut samples: Vec<f64>) -> Times {
    samples.sort_by(f64::total_cmp);
    let at = |part: f64| samples[((samples.len() - 1) as f64 * part).round() as usize];
    Times { median: at(0.5), low: at(0.1), high: at(0.9) }
}

/// Times `f` in batches of `calls`, for about two seconds and 15 batches at least, after a batch to warm up.
pub fn measure(calls: u32, mut f: impl FnMut()) -> Times {
    (0..calls).for_each(|_| f());
    let (mut samples, begin) = (Vec::new(), Instant::now());
    while samples.len() < 15 || begin.elapsed() < Duration::from_secs(2) {
        let start = Instant::now();
        (0..calls).for_each(|_| f());
        samples.push(start.elapsed().as_secs_f64() / f64::from(calls));
    }
    times(samples)
}

/// Prints one line: the name, then the median and the spread.
pub fn show(name: &str, times: Times) {
    let (scale, unit) = match times.median {
        s if s >= 1.0 => (1.0, "s "),
        s if s >= 1e-3 => (1e3, "ms"),
        s if s >= 1e-6 => (1e6, "us"),
        _ => (1e9, "ns"),
    };
    let Times { median, low, high } = times;
    println!("{name:<44} {:9.3} {unit}   ({:.3} .. {:.3})", median * scale, low * scale, high * scale);
}

/// The library's function of the deck.
#[jax::jit]
pub fn selu(x: &jax::Array, alpha: f32, lambda: f32) -> jax::Array {
    lambda * jax::numpy::where_(x > 0.0, x, alpha * jax::numpy::exp(x) - alpha)
}
