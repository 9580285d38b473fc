//! Donated memory becomes the result's, code is freed, and threads do not change results.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;

use jax_core::base::{DType, Scalar};
use jax_core::kernel::*;
use jax_core::machine::{Executable, Input, Machine, Storage};
use jax_runtime::CpuMachine;
use jax_runtime::backend::cranelift::alive;

const SIZE: usize = 1_000_003;

/// `x * x` of each element, or their sum.
fn program(summed: bool) -> Program {
    let mut program = Program::default();
    let ty = Ty::new(DType::F32, &[SIZE]);
    let x = program.buffer(ty.clone());
    let mut body = Body::new();
    let axis = body.axis(0);
    let load = body.load(DType::F32, 0, [axis]);
    let square = body.binary(Binary::Mul, load, load);
    let reduction =
        Reduction { values: vec![square], init: vec![Scalar::zero(DType::F32)], combine: Combine::Op(Binary::Add) };
    let sink = match summed {
        true => Sink::Reduce { axes: 1, reductions: vec![reduction] },
        false => Sink::Map(vec![square]),
    };
    let nest = Nest { extents: ty.shape.clone(), inputs: vec![ty], body, sink };
    let y = program.buffer(nest.outputs()[0].clone());
    program.body.steps.push(Step::Nest { nest, ins: vec![x], outs: vec![y], span: None });
    (program.inputs, program.outputs) = (vec![x], vec![y]);
    program
}

fn input(machine: &CpuMachine) -> Storage {
    let mut memory = machine.allocate(4 * SIZE).unwrap();
    for (position, bytes) in memory.bytes_mut().chunks_exact_mut(4).enumerate() {
        bytes.copy_from_slice(&((position % 997) as f32 / 31.0).to_le_bytes());
    }
    Arc::from(memory)
}

#[test]
fn memory_and_code() {
    let machine = CpuMachine::new();
    let before = alive();
    let (map, sum) =
        (machine.compile_program(program(false)).unwrap(), machine.compile_program(program(true)).unwrap());
    assert_eq!(alive(), before + 2);

    let donated = input(&machine);
    let place = donated.bytes().as_ptr();
    let held = input(&machine);
    let other = held.clone();
    let unique = map.run(&mut [Input::Donated(donated)]).unwrap();
    let shared = map.run(&mut [Input::Donated(held)]).unwrap();
    assert_eq!(unique[0].bytes().as_ptr(), place, "memory that nobody else holds is the result's");
    assert_ne!(shared[0].bytes().as_ptr(), other.bytes().as_ptr());
    assert_eq!(unique[0].bytes(), shared[0].bytes());
    assert_eq!(other.bytes(), input(&machine).bytes(), "memory that somebody holds is not written");
    assert!(map.run(&mut [Input::Scalar(Scalar::zero(DType::F32))]).is_err(), "too few bytes");

    let results: Vec<Vec<u8>> = [1, 2, 3]
        .into_iter()
        .map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| sum.run(&mut [Input::Shared(&other)]).unwrap()[0].bytes().to_vec())
        })
        .collect();
    assert!(results.iter().all(|result| *result == results[0]));
    let want: f64 = (0..SIZE).map(|i| f64::from((i % 997) as f32 / 31.0).powi(2)).sum();
    let got = Scalar::from_bytes(DType::F32, &results[0]).as_f64();
    assert!((got - want).abs() < 1e-5 * want, "{got} {want}");

    drop((map, sum));
    assert_eq!(alive(), before);
}
