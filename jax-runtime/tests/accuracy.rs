//! Every operation of the kernel language against correctly rounded values: interpreted, expanded and interpreted,
//! and compiled.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

#[path = "accuracy/golden.rs"]
mod golden;

use std::collections::BTreeMap;
use std::sync::Arc;

use jax_core::base::{DType, Scalar};
use jax_core::kernel::*;
use jax_core::machine::{Executable, Input, Machine, Storage};
use jax_runtime::CpuMachine;

use self::golden::Case;

/// A function of one or two arguments as the kernel language has it.
#[derive(Clone, Copy, Debug)]
enum Function {
    Unary(Unary),
    Binary(Binary),
    Convert(DType),
}

/// The kernel operation that a golden function is, if it is one.
fn function(case: &Case) -> Option<Function> {
    if case.function.starts_with("to_") {
        return Some(Function::Convert(case.value.dtype()));
    }
    let unary = [
        ("abs", Unary::Abs),
        ("acos", Unary::Acos),
        ("acosh", Unary::Acosh),
        ("asin", Unary::Asin),
        ("asinh", Unary::Asinh),
        ("atan", Unary::Atan),
        ("atanh", Unary::Atanh),
        ("cbrt", Unary::Cbrt),
        ("ceil", Unary::Ceil),
        ("clz", Unary::LeadingZeros),
        ("cos", Unary::Cos),
        ("cosh", Unary::Cosh),
        ("erf", Unary::Erf),
        ("erf_inv", Unary::ErfInv),
        ("erfc", Unary::Erfc),
        ("exp", Unary::Exp),
        ("exp2", Unary::Exp2),
        ("expm1", Unary::Expm1),
        ("floor", Unary::Floor),
        ("log", Unary::Log),
        ("log1p", Unary::Log1p),
        ("logistic", Unary::Logistic),
        ("neg", Unary::Neg),
        ("not", Unary::Not),
        ("population_count", Unary::CountOnes),
        ("round_half_even", Unary::RoundEven),
        ("rsqrt", Unary::Rsqrt),
        ("sin", Unary::Sin),
        ("sinh", Unary::Sinh),
        ("sqrt", Unary::Sqrt),
        ("tan", Unary::Tan),
        ("tanh", Unary::Tanh),
        ("trunc", Unary::Trunc),
    ];
    let binary = [
        ("add", Binary::Add),
        ("atan2", Binary::Atan2),
        ("div", Binary::Div),
        ("max", Binary::Max),
        ("min", Binary::Min),
        ("mul", Binary::Mul),
        ("pow", Binary::Pow),
        ("rem", Binary::Rem),
        ("shift_left", Binary::Shl),
        ("shift_right_arithmetic", Binary::ShrArithmetic),
        ("shift_right_logical", Binary::ShrLogical),
        ("sub", Binary::Sub),
    ];
    let one = unary.iter().find(|(name, _)| *name == case.function).map(|&(_, op)| Function::Unary(op));
    one.or_else(|| binary.iter().find(|(name, _)| *name == case.function).map(|&(_, op)| Function::Binary(op)))
}

/// The function over vectors.
fn program(function: Function, dtype: DType, size: usize) -> Program {
    let mut program = Program::default();
    let ty = Ty::new(dtype, &[size]);
    let count = if matches!(function, Function::Binary(_)) { 2 } else { 1 };
    let mut body = Body::new();
    let axis = body.axis(0);
    let args: Vec<Id> = (0..count).map(|input| body.load(dtype, input, [axis])).collect();
    let value = match function {
        Function::Unary(op) => body.unary(op, args[0]),
        Function::Binary(op) => body.binary(op, args[0], args[1]),
        Function::Convert(to) => body.convert(to, args[0]),
    };
    program.inputs = (0..count).map(|_| program.buffer(ty.clone())).collect();
    let nest = Nest { extents: ty.shape.clone(), inputs: vec![ty; count], body, sink: Sink::Map(vec![value]) };
    let out = program.buffer(nest.outputs()[0].clone());
    program.body.steps.push(Step::Nest { nest, ins: program.inputs.clone(), outs: vec![out], span: None });
    program.outputs = vec![out];
    program
}

fn compiled(program: &Program, inputs: &[Vec<u8>]) -> Vec<u8> {
    let machine = CpuMachine::shared();
    let storage = |bytes: &Vec<u8>| -> Storage {
        let mut memory = machine.allocate(bytes.len()).unwrap();
        memory.bytes_mut().copy_from_slice(bytes);
        Arc::from(memory)
    };
    let storages: Vec<Storage> = inputs.iter().map(storage).collect();
    let mut inputs: Vec<Input<'_>> = storages.iter().map(Input::Shared).collect();
    machine.compile_program(program.clone()).unwrap().run(&mut inputs).unwrap()[0].bytes().to_vec()
}

fn scalars(dtype: DType, bytes: &[u8]) -> Vec<Scalar> {
    bytes.chunks(dtype.size()).map(|chunk| Scalar::from_bytes(dtype, chunk)).collect()
}

/// How many floats lie between two, or integers between two; the sign of a zero counts.
fn distance(a: Scalar, b: Scalar) -> u64 {
    if !a.dtype().is_float() {
        return u64::try_from((a.as_i128() - b.as_i128()).unsigned_abs()).unwrap_or(u64::MAX);
    }
    match (a.as_f64().is_nan(), b.as_f64().is_nan()) {
        (true, true) => return 0,
        (false, false) => {}
        _ => return u64::MAX,
    }
    if a.as_f64() == 0.0 && b.as_f64() == 0.0 && a.bits() != b.bits() {
        return u64::MAX;
    }
    let sign = 1i128 << (a.dtype().bits() - 1);
    let ordered = |x: Scalar| {
        let bits = x.bits() as i128;
        if bits & sign == 0 { bits } else { sign - bits }
    };
    (ordered(a) - ordered(b)).unsigned_abs() as u64
}

fn bytes(values: impl Iterator<Item = Scalar>) -> Vec<u8> {
    values.flat_map(|value| value.to_bytes()).collect()
}

/// How many ulps results may be off: those that IEEE 754 defines are exact, and so are integers.
fn bound(function: Function) -> u64 {
    match function {
        Function::Unary(op) if op.is_elementary() => 2,
        Function::Binary(op) if op.is_elementary() => 2,
        _ => 0,
    }
}

#[test]
fn golden_values() {
    let mut groups: BTreeMap<(String, String), Vec<Case>> = BTreeMap::new();
    for case in golden::cases() {
        if function(&case).is_some() {
            groups.entry((case.function.clone(), case.dtype.to_string())).or_default().push(case);
        }
    }
    let mut failures = Vec::new();
    for ((name, dtype_name), cases) in &groups {
        let function = function(&cases[0]).unwrap();
        let dtype = cases[0].dtype;
        let program = program(function, dtype, cases.len());
        let inputs: Vec<Vec<u8>> =
            (0..program.inputs.len()).map(|arg| bytes(cases.iter().map(|case| case.args[arg]))).collect();
        let slices: Vec<&[u8]> = inputs.iter().map(|input| &input[..]).collect();
        let expanded = expand(program.clone());
        verify::verify(&expanded).unwrap();
        let ways = [
            ("interpreted", interp::run(&program, &slices).remove(0)),
            ("expanded", interp::run(&expanded, &slices).remove(0)),
            ("compiled", compiled(&program, &inputs)),
        ];
        let mut worst = Vec::new();
        for (way, results) in ways {
            let results = scalars(cases[0].value.dtype(), &results);
            let each = cases.iter().zip(&results).map(|(case, &got)| (distance(case.value, got), case, got));
            let (ulps, case, got) = each.max_by_key(|(ulps, ..)| *ulps).unwrap();
            worst.push(ulps);
            if ulps > bound(function) {
                let args: Vec<f64> = case.args.iter().map(|arg| arg.as_f64()).collect();
                failures.push(format!(
                    "{name} {dtype_name} {way}: {ulps} ulp at {args:?}: {:?} and not {:?}",
                    got.as_f64(),
                    case.value.as_f64()
                ));
            }
        }
        if bound(function) > 0 {
            println!("{name:10} {dtype_name:4} ulp {worst:?}");
        }
    }
    assert!(groups.len() > 100, "{}", groups.len());
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}
