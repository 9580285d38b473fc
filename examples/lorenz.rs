//! The Lorenz system: a trajectory, and how its end depends on its beginning.
//!
//!     cargo run --release --example lorenz [-- trajectory.png]
//!
//! In JAX the loop is `lax.fori_loop(0, steps, lambda i, s: rk4(s, dt), state)` around a function of its own, and a number
//! of steps that is known only at run time has no reverse mode. Here it is a `for` with a traced bound.
#![allow(missing_docs, clippy::print_stdout, reason = "an example shows what it computes")]

use std::error::Error;
use std::path::{Path, PathBuf};

use jax::prelude::*;
use plotters::prelude::*;

/// Lorenz, "Deterministic Nonperiodic Flow", Journal of the Atmospheric Sciences 20 (1963).
const SIGMA: f64 = 10.0;
const RHO: f64 = 28.0;
const BETA: f64 = 8.0 / 3.0;
const STEP: f64 = 0.01;

#[derive(Clone, PyTree)]
pub struct State {
    pub x: Array,
    pub y: Array,
    pub z: Array,
}

impl State {
    pub fn new(x: f64, y: f64, z: f64) -> State {
        let [x, y, z] = [x, y, z].map(|value| jnp::array(vec![value]).reshape(()));
        State { x, y, z }
    }

    fn along(&self, slope: &State, by: f64) -> State {
        State { x: &self.x + by * &slope.x, y: &self.y + by * &slope.y, z: &self.z + by * &slope.z }
    }
}

fn slope(State { x, y, z }: &State) -> State {
    State { x: SIGMA * (y - x), y: x * (RHO - z) - y, z: x * y - BETA * z }
}

/// One step of the classical Runge-Kutta method.
fn rk4(state: State) -> State {
    let k1 = slope(&state);
    let k2 = slope(&state.along(&k1, STEP / 2.0));
    let k3 = slope(&state.along(&k2, STEP / 2.0));
    let k4 = slope(&state.along(&k3, STEP));
    state.along(&k1, STEP / 6.0).along(&k2, STEP / 3.0).along(&k3, STEP / 3.0).along(&k4, STEP / 6.0)
}

/// The state after so many steps, a number that the compiled program is told when it runs.
#[jit]
pub fn after(state: State, steps: i32) -> State {
    let mut state = state;
    for _ in 0..steps {
        state = rk4(state);
    }
    state
}

/// The height of the end point; its gradient is with respect to the whole beginning.
#[grad]
pub fn height(state: State, steps: i32) -> Array {
    after(state, steps).z
}

/// All states on the way, stacked.
fn trajectory(state: State, steps: usize) -> State {
    let options = lax::ScanOptions { length: Some(steps), ..Default::default() };
    let step = |state: State, ()| {
        let next = rk4(state);
        (next.clone(), next)
    };
    lax::scan_with(options, step, state, ()).1
}

fn draw(path: &Path, x: &[f64], z: &[f64]) -> Result<(), Box<dyn Error>> {
    let root = BitMapBackend::new(path, (800, 600)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root).margin(20).build_cartesian_2d(-25.0..25.0, 0.0..50.0)?;
    chart.configure_mesh().draw()?;
    chart.draw_series(LineSeries::new(x.iter().copied().zip(z.iter().copied()), &BLUE))?;
    root.present()?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).map_or_else(|| std::env::temp_dir().join("lorenz.png"), PathBuf::from);
    let start = || State::new(1.0, 1.0, 1.0);
    for steps in [100, 200, 400, 800] {
        let end = after(start(), steps);
        let State { x, y, z } = height_grad(start(), steps);
        println!(
            "t = {:3}: ({:8.4}, {:8.4}, {:8.4})   dz/d(x0, y0, z0) = ({:9.4}, {:9.4}, {:9.4})",
            f64::from(steps) * STEP,
            end.x.item_f64(),
            end.y.item_f64(),
            end.z.item_f64(),
            x.item_f64(),
            y.item_f64(),
            z.item_f64()
        );
    }
    println!("compiled {} time for every number of steps", after::compile_count());
    let way = jit(|state: State| trajectory(state, 5_000))(start());
    draw(&path, &way.x.to_vec::<f64>(), &way.z.to_vec::<f64>())?;
    println!("trajectory in {}", path.display());
    Ok(())
}
