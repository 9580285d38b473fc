//! `a * b + c` is rounded once, whether or not the target has an instruction for it.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;

use jax_core::base::{DType, Scalar};
use jax_core::kernel::*;
use jax_core::machine::{Executable, Input, Machine, Storage};
use jax_runtime::CpuMachine;
use jax_runtime::schedule::Target;

/// The multiply-adds of three vectors.
fn run(fma: bool, dtype: DType, operands: &[Vec<Scalar>; 3]) -> Vec<Scalar> {
    let machine = CpuMachine::with(Target { fma, ..Target::host() }, 1 << 20);
    let ty = Ty::new(dtype, &[operands[0].len()]);
    let (mut program, mut body) = (Program::default(), Body::new());
    let axis = body.axis(0);
    let args = [0, 1, 2].map(|input| body.load(dtype, input, [axis]));
    let value = body.mul_add(args[0], args[1], args[2]);
    program.inputs = (0..3).map(|_| program.buffer(ty.clone())).collect();
    let nest = Nest { extents: ty.shape.clone(), inputs: vec![ty.clone(); 3], body, sink: Sink::Map(vec![value]) };
    let out = program.buffer(ty);
    program.body.steps.push(Step::Nest { nest, ins: program.inputs.clone(), outs: vec![out], span: None });
    program.outputs = vec![out];
    let storage = |values: &Vec<Scalar>| -> Storage {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_bytes()).collect();
        let mut memory = machine.allocate(bytes.len()).unwrap();
        memory.bytes_mut().copy_from_slice(&bytes);
        Arc::from(memory)
    };
    let storages = operands.each_ref().map(storage);
    let mut inputs: Vec<Input<'_>> = storages.iter().map(Input::Shared).collect();
    let results = machine.compile_program(program).unwrap().run(&mut inputs).unwrap();
    results[0].bytes().chunks(dtype.size()).map(|bytes| Scalar::from_bytes(dtype, bytes)).collect()
}

/// Operands whose sums are near halves of a last bit, tiny, huge, exact or special.
fn operands() -> [Vec<f32>; 3] {
    let mut state = 1u64;
    let mut random = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 32) as u32
    };
    let mut all = [const { Vec::new() }; 3];
    let special = [0.0, -0.0, 1.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, f32::MAX, f32::MIN_POSITIVE, 1e-45];
    for a in special {
        for b in special {
            for c in special {
                [a, b, -c].into_iter().zip(&mut all).for_each(|(value, all)| all.push(value));
            }
        }
    }
    for _ in 0..20_000 {
        // Any bits: mostly one operand swamps the other.
        let [a, b, c] = [(); 3].map(|()| f32::from_bits(random()));
        // Few bits and near exponents, so that sums fall on halves; a last bit far below then decides.
        let few = |bits: u32, exponent: u32| f32::from_bits((bits & 0x807f_8000) | exponent << 23 | bits & 1);
        let near = [(); 3].map(|()| few(random(), 100 + random() % 50));
        let tiny = [few(random(), 40 + random() % 30), few(random(), 60 + random() % 10), few(random(), random() % 4)];
        for triple in [[a, b, c], near, tiny, [a, b, -(a * b)]] {
            triple.into_iter().zip(&mut all).for_each(|(value, all)| all.push(value));
        }
    }
    // 1 + 2^-24 is a half of a last bit above 1; a product of 2^-60 decides.
    for sign in [1.0, -1.0] {
        let halves = [1.0 + 2f32.powi(-12), 1.0 - 2f32.powi(-12), sign * 2f32.powi(-60)];
        halves.into_iter().zip(&mut all).for_each(|(value, all)| all.push(value));
        let decided = [sign * 2f32.powi(-30), 2f32.powi(-30), 1.0 + 2f32.powi(-23)];
        decided.into_iter().zip(&mut all).for_each(|(value, all)| all.push(value));
    }
    all
}

#[test]
fn singles_round_once() {
    let operands = operands();
    let scalars =
        operands.each_ref().map(|values| values.iter().map(|&x| Scalar::from_f64(DType::F32, x.into())).collect());
    for fma in [true, false] {
        for (at, got) in run(fma, DType::F32, &scalars).into_iter().enumerate() {
            let [a, b, c] = operands.each_ref().map(|values| values[at]);
            let (got, want) = (f32::from_bits(got.bits() as u32), a.mul_add(b, c));
            assert!(
                got.to_bits() == want.to_bits() || got.is_nan() && want.is_nan(),
                "{a:e} * {b:e} + {c:e} is {want:e}, not {got:e}"
            );
        }
    }
}

#[test]
fn doubles_round_once() {
    let unit = |power: i32| 2f64.powi(power);
    let cases = [
        [1.0 + unit(-30), 1.0 - unit(-30), -1.0],
        [1.0 + unit(-52), 1.0 + unit(-52), -1.0],
        [unit(-600), unit(-500), unit(-1074)],
        [unit(600), unit(600), -f64::INFINITY],
        [unit(1000), unit(30), -unit(1023)],
        [0.1, 10.0, -1.0],
        [f64::NAN, 1.0, 1.0],
        [1.0 + unit(-26), 1.0 + unit(-27), unit(-80)],
    ];
    let column = |at: usize| cases.iter().map(|case| Scalar::from_f64(DType::F64, case[at])).collect();
    for fma in [true, false] {
        for ([a, b, c], got) in cases.into_iter().zip(run(fma, DType::F64, &[0, 1, 2].map(column))) {
            let want = a.mul_add(b, c);
            assert!(got.as_f64().to_bits() == want.to_bits() || got.as_f64().is_nan() && want.is_nan(), "{a} {b} {c}");
        }
    }
}
