//! Vectors in which rare cases occur, beside scalar code: maps, and sums of rows and columns.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;

use jax_core::base::{DType, Scalar};
use jax_core::kernel::*;
use jax_core::machine::{Executable, Input, Machine, Storage};
use jax_runtime::CpuMachine;
use jax_runtime::schedule::Target;
use smallvec::smallvec;

const F: DType = DType::F32;

/// Runs a nest of two inputs on vectors of so many bytes.
fn run(vector_bytes: usize, nest: &Nest, inputs: [&[f32]; 2]) -> Vec<Vec<f32>> {
    let machine = CpuMachine::with(Target { vector_bytes, ..Target::host() }, 1 << 20);
    let mut program = Program::default();
    program.inputs = nest.inputs.iter().map(|ty| program.buffer(ty.clone())).collect();
    program.outputs = nest.outputs().into_iter().map(|ty| program.buffer(ty)).collect();
    let (ins, outs) = (program.inputs.clone(), program.outputs.clone());
    program.body.steps.push(Step::Nest { nest: nest.clone(), ins, outs, span: None });
    let storage = |values: &[f32]| -> Storage {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let mut memory = machine.allocate(bytes.len()).unwrap();
        memory.bytes_mut().copy_from_slice(&bytes);
        Arc::from(memory)
    };
    let storages = inputs.map(storage);
    let mut inputs: Vec<Input<'_>> = storages.iter().map(Input::Shared).collect();
    let results = machine.compile_program(program).unwrap().run(&mut inputs).unwrap();
    let floats = |bytes: &[u8]| bytes.chunks(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
    results.iter().map(|result| floats(result.bytes())).collect()
}

/// Numbers most of which are common, with an angle of a million or a subnormal now and then, and none in long runs.
fn operands(size: usize) -> [Vec<f32>; 2] {
    let angle = |i: usize| if i % 7 == 3 && i % 128 < 64 { 1e6 + i as f32 } else { i as f32 * 0.37 - 9.0 };
    let positive = |i: usize| if i % 5 == 1 && i % 96 < 48 { 1e-40 } else { 0.25 + i as f32 * 0.01 };
    [(0..size).map(angle).collect(), (0..size).map(positive).collect()]
}

/// `sin(x) * log(y)`, its factors, and `sin(x) + 1`.
fn values(body: &mut Body, index: &[Id]) -> Vec<Id> {
    let (x, y) = (body.load(F, 0, index.iter().copied()), body.load(F, 1, index.iter().copied()));
    let (sine, log) = (body.unary(Unary::Sin, x), body.unary(Unary::Log, y));
    let product = body.binary(Binary::Mul, sine, log);
    let one = body.float(F, 1.0);
    let more = body.binary(Binary::Add, sine, one);
    vec![product, sine, log, more]
}

fn agree(got: &[Vec<f32>], want: &[Vec<f32>], relative: f32) {
    assert_eq!(got.len(), want.len());
    for (got, want) in got.iter().flatten().zip(want.iter().flatten()) {
        assert!((got - want).abs() <= relative * want.abs().max(1.0), "{got} is not {want}");
    }
}

#[test]
fn maps() {
    for size in [1usize, 5, 8, 67, 1000] {
        let [x, y] = operands(size);
        let mut body = Body::new();
        let axis = body.axis(0);
        let values = values(&mut body, &[axis]);
        let nest =
            Nest { extents: smallvec![size], inputs: vec![Ty::new(F, &[size]); 2], body, sink: Sink::Map(values) };
        let [vectors, scalars] = [16, 4].map(|bytes| run(bytes, &nest, [&x, &y]));
        assert_eq!(vectors, scalars, "{size}");
        let want = x.iter().zip(&y).map(|(x, y)| (f64::from(*x).sin() * f64::from(*y).ln()) as f32).collect();
        agree(&vectors[..1], &[want], 1e-5);
    }
}

/// Sums of rows, and of columns, where the vectors are of kept points and the summed loop is inside.
#[test]
fn sums() {
    let shape = [24usize, 40];
    let [x, y] = operands(shape[0] * shape[1]);
    for columns in [false, true] {
        let mut body = Body::new();
        let (outer, inner) = (body.axis(0), body.axis(1));
        let values = values(&mut body, &if columns { [inner, outer] } else { [outer, inner] });
        let reduction = |value: Id| Reduction {
            values: vec![value],
            init: vec![Scalar::from_f64(F, 0.0)],
            combine: Combine::Op(Binary::Add),
        };
        let nest = Nest {
            extents: if columns { smallvec![shape[1], shape[0]] } else { smallvec![shape[0], shape[1]] },
            inputs: vec![Ty::new(F, &shape); 2],
            body,
            sink: Sink::Reduce { axes: 1, reductions: values.into_iter().map(reduction).collect() },
        };
        let [vectors, scalars] = [16, 4].map(|bytes| run(bytes, &nest, [&x, &y]));
        agree(&vectors, &scalars, 1e-5);
        let term = |i: usize| f64::from(x[i]).sin() * f64::from(y[i]).ln();
        let sum = |kept: usize| {
            let at = |reduced: usize| if columns { reduced * shape[1] + kept } else { kept * shape[1] + reduced };
            (0..if columns { shape[0] } else { shape[1] }).map(|reduced| term(at(reduced))).sum::<f64>() as f32
        };
        agree(&vectors[..1], &[(0..if columns { shape[1] } else { shape[0] }).map(sum).collect()], 1e-4);
    }
}
