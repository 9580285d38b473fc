//! Times of compiled programs: selu at several sizes, a sum, a matrix product, compilation and the overhead of a call.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use jax_core::base::DType;
use jax_core::kernel::*;
use jax_core::machine::{Executable, Input, Machine, Storage};
use jax_runtime::CpuMachine;

fn map(shape: &[usize], value: impl Fn(&mut Body, Id) -> Id) -> Program {
    let mut program = Program::default();
    let ty = Ty::new(DType::F32, shape);
    let (x, y) = (program.buffer(ty.clone()), program.buffer(ty.clone()));
    let mut body = Body::new();
    let axes: Vec<Id> = (0..shape.len()).map(|axis| body.axis(axis)).collect();
    let load = body.load(DType::F32, 0, axes);
    let result = value(&mut body, load);
    let nest = Nest { extents: ty.shape.clone(), inputs: vec![ty], body, sink: Sink::Map(vec![result]) };
    program.body.steps.push(Step::Nest { nest, ins: vec![x], outs: vec![y], span: None });
    (program.inputs, program.outputs) = (vec![x], vec![y]);
    program
}

fn selu(size: usize) -> Program {
    map(&[size], |body, x| {
        let (zero, alpha, lambda) = (
            body.float(DType::F32, 0.0),
            body.float(DType::F32, 1.6732632423543772),
            body.float(DType::F32, 1.0507009873554805),
        );
        let e = body.unary(Unary::Exp, x);
        let scaled = body.binary(Binary::Mul, alpha, e);
        let negative = body.binary(Binary::Sub, scaled, alpha);
        let positive = body.binary(Binary::Gt, x, zero);
        let chosen = body.select(positive, x, negative);
        body.binary(Binary::Mul, lambda, chosen)
    })
}

/// A reduction with `Add` of `value` over the last axes.
fn reduce(extents: &[usize], axes: usize, inputs: &[&[usize]], value: impl Fn(&mut Body) -> Id) -> Program {
    let mut program = Program::default();
    let types: Vec<Ty> = inputs.iter().map(|shape| Ty::new(DType::F32, shape)).collect();
    let ins: Vec<Buf> = types.iter().map(|ty| program.buffer(ty.clone())).collect();
    let mut body = Body::new();
    let value = value(&mut body);
    let reduction = Reduction {
        values: vec![value],
        init: vec![jax_core::base::Scalar::zero(DType::F32)],
        combine: Combine::Op(Binary::Add),
    };
    let sink = Sink::Reduce { axes, reductions: vec![reduction] };
    let nest = Nest { extents: extents.iter().copied().collect(), inputs: types, body, sink };
    let out = program.buffer(nest.outputs()[0].clone());
    program.body.steps.push(Step::Nest { nest, ins: ins.clone(), outs: vec![out], span: None });
    (program.inputs, program.outputs) = (ins, vec![out]);
    program
}

fn input(machine: &CpuMachine, bytes: usize) -> Storage {
    let mut memory = machine.allocate(bytes).unwrap();
    for (position, element) in memory.bytes_mut().chunks_exact_mut(4).enumerate() {
        element.copy_from_slice(&((position % 1000) as f32 / 100.0 - 5.0).to_le_bytes());
    }
    Arc::from(memory)
}

fn best(repeats: usize, mut f: impl FnMut()) -> Duration {
    (0..repeats)
        .map(|_| {
            let start = Instant::now();
            f();
            start.elapsed()
        })
        .min()
        .unwrap_or_default()
}

fn time(machine: &CpuMachine, name: &str, program: &Program, repeats: usize) {
    let compile = best(5, || drop(machine.compile_program(program.clone()).unwrap()));
    let executable = machine.compile_program(program.clone()).unwrap();
    let storages: Vec<Storage> = program.inputs.iter().map(|&buf| input(machine, program.ty(buf).bytes())).collect();
    let run = best(repeats, || {
        let mut inputs: smallvec::SmallVec<[Input<'_>; 4]> = storages.iter().map(Input::Shared).collect();
        drop(executable.run(&mut inputs).unwrap());
    });
    println!("{name:24} run {run:>12.3?}   compile {compile:>10.1?}");
}

fn main() {
    let start = Instant::now();
    let machine = CpuMachine::new();
    drop(machine.compile_program(selu(1000)).unwrap());
    println!("first compilation of selu: {:?}", start.elapsed());
    let tiny = selu(10);
    let executable = machine.compile_program(tiny.clone()).unwrap();
    let storage = input(&machine, 40);
    let calls = 100_000;
    let total = best(5, || {
        for _ in 0..calls {
            drop(executable.run(&mut [Input::Shared(&storage)]).unwrap());
        }
    });
    println!("selu of 10 elements: {:.0} ns a call", total.as_nanos() as f64 / f64::from(calls));
    for size in [1000, 100_000, 1_000_000, 10_000_000] {
        time(&machine, &format!("selu {size}"), &selu(size), 20);
    }
    let identity = |body: &mut Body, axes: [usize; 2]| {
        let axes = axes.map(|axis| body.axis(axis));
        body.load(DType::F32, 0, axes)
    };
    let n = 2000;
    time(&machine, "sum 2000x2000", &reduce(&[n, n], 2, &[&[n, n]], |body| identity(body, [0, 1])), 20);
    time(&machine, "row sums", &reduce(&[n, n], 1, &[&[n, n]], |body| identity(body, [0, 1])), 20);
    time(&machine, "column sums", &reduce(&[n, n], 1, &[&[n, n]], |body| identity(body, [1, 0])), 20);
    for n in [8, 16, 32, 64, 512, 1024] {
        let product = reduce(&[n, n, n], 1, &[&[n, n], &[n, n]], |body| {
            let [i, j, k] = [0, 1, 2].map(|axis| body.axis(axis));
            let (a, b) = (body.load(DType::F32, 0, [i, k]), body.load(DType::F32, 1, [k, j]));
            body.binary(Binary::Mul, a, b)
        });
        time(&machine, &format!("matmul {n}"), &product, 20);
    }
}
