//! Machine code agrees with the interpreter on the samples of every primitive, and on their derivatives.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;

use jax_core::array::{Array, bind, builder};
use jax_core::base::dtype::Kind;
use jax_core::base::{DType, Scalar};
use jax_core::ir::lower::lower;
use jax_core::ir::{Aval, ClosedJaxpr, Sample};
use jax_core::kernel::{Program, interp};
use jax_core::machine::{Input, Machine, Storage};
use jax_core::transform::jvp::jvp_jaxpr;
use jax_runtime::CpuMachine;

fn avals(arrays: &[Array]) -> Vec<Aval> {
    arrays.iter().map(|array| array.aval().clone()).collect()
}

/// Numbers from -1 to 1 that repeat after a while.
fn tangent(aval: &Aval, turn: usize) -> Array {
    let number = |i: usize| ((i * 37 + turn * 11 + 5) % 64) as f64 / 32.0 - 1.0 + 1.0 / 128.0;
    let element = |i: usize| match aval.dtype.kind() {
        Kind::Complex => Scalar::from_complex(aval.dtype, num_complex::Complex::new(number(2 * i), number(2 * i + 1))),
        _ => Scalar::from_f64(aval.dtype, number(i)),
    };
    let bytes: Vec<u8> = (0..aval.size()).flat_map(|i| element(i).to_bytes()).collect();
    Array::from_bytes(aval.dtype, &aval.shape, &bytes)
}

/// The program of a sample and, if it has one, that of its derivative, each with arguments.
fn programs(sample: &Sample) -> Vec<(&'static str, ClosedJaxpr, Vec<Array>)> {
    let value = builder::trace(&avals(&sample.args), |args| {
        bind(sample.prim.clone(), &args.iter().collect::<Vec<_>>()).into_vec()
    });
    let nonzero: Vec<bool> = sample.args.iter().map(|arg| arg.dtype().is_inexact()).collect();
    let mut programs = vec![("value", value.clone(), sample.args.clone())];
    if nonzero.contains(&true) && sample.prim.name() != "custom_vjp_call" {
        let moved = sample.args.iter().enumerate().filter(|(i, _)| nonzero[*i]);
        let tangents: Vec<Array> = moved.map(|(i, arg)| tangent(arg.aval(), i)).collect();
        let args = sample.args.iter().cloned().chain(tangents).collect();
        programs.push(("jvp", jvp_jaxpr(&value, &nonzero, None).0, args));
    }
    programs
}

fn storage(machine: &CpuMachine, bytes: &[u8]) -> Storage {
    let mut memory = machine.allocate(bytes.len()).unwrap();
    memory.bytes_mut()[..bytes.len()].copy_from_slice(bytes);
    Arc::from(memory)
}

fn scalars(program: &Program, outputs: &[&[u8]]) -> Vec<Vec<Scalar>> {
    let types = program.outputs.iter().map(|&buf| program.ty(buf));
    let read = |(ty, bytes): (&jax_core::kernel::Ty, &&[u8])| {
        bytes[..ty.bytes()].chunks(ty.dtype.size()).map(|b| Scalar::from_bytes(ty.dtype, b)).collect()
    };
    types.zip(outputs).map(read).collect()
}

/// What two values may be apart, in units of the last place: both sides round elementary functions, within 2 units
/// each, and a program has several.
const VALUE: f64 = 4.0;

/// The same for derivatives, in units of the last place of 1 at least: rules add what is near -1 to 1.
const DERIVATIVE: f64 = 8.0;

/// The distance of two values in units of the last place of the first one's size, or of `least` if it is smaller; for
/// complex numbers of its modulus.
fn distance(want: Scalar, got: Scalar, least: f64) -> f64 {
    let dtype = want.dtype();
    if !dtype.is_inexact() {
        return if want == got { 0.0 } else { f64::INFINITY };
    }
    let (w, g) = (want.as_complex(), got.as_complex());
    let nan = |z: num_complex::Complex<f64>| z.re.is_nan() || z.im.is_nan();
    if nan(w) || nan(g) {
        return if nan(w) && nan(g) { 0.0 } else { f64::INFINITY };
    }
    if w == g {
        return 0.0;
    }
    let (digits, lowest) = match dtype.component() {
        DType::F16 => (10, -14),
        DType::BF16 => (7, -126),
        DType::F32 => (23, -126),
        _ => (52, -1022),
    };
    let exponent = (w.norm().max(least).log2().floor() as i32).max(lowest);
    (w - g).norm() / 2.0f64.powi(exponent - digits)
}

#[test]
fn machine_code_agrees_with_the_interpreter() {
    let machine = CpuMachine::new();
    let (mut count, mut broken) = (0, Vec::new());
    for sample in jax_core::samples() {
        for (what, closed, args) in programs(&sample) {
            let program = lower(&closed.jaxpr);
            let args: Vec<Array> = closed.consts.iter().chain(&args).cloned().collect();
            let inputs: Vec<&[u8]> = args.iter().map(|arg| arg.bytes().unwrap()).collect();
            let want = interp::run(&program, &inputs);
            let want = scalars(&program, &want.iter().map(Vec::as_slice).collect::<Vec<_>>());
            let executable = machine.compile(program.clone()).unwrap();
            let storages: Vec<Storage> = inputs.iter().map(|bytes| storage(&machine, bytes)).collect();
            let mut given: Vec<Input<'_>> = storages.iter().map(Input::Shared).collect();
            let got = executable.run(&mut given).unwrap();
            let got = scalars(&program, &got.iter().map(|s| s.bytes()).collect::<Vec<_>>());
            count += 1;
            let (bound, least) = if what == "value" { (VALUE, 0.0) } else { (DERIVATIVE, 1.0) };
            let pairs = want.iter().zip(&got).flat_map(|(want, got)| want.iter().zip(got));
            let apart = |(w, g): &(&Scalar, &Scalar)| distance(**w, **g, least);
            let worst = pairs.max_by(|a, b| apart(a).total_cmp(&apart(b)));
            if let Some(pair) = worst.filter(|pair| apart(pair) > bound) {
                let (units, (w, g)) = (apart(&pair), pair);
                broken.push(format!("{units:.1} units: {w:?} and {g:?} in the {what} of\n{:#}", closed.jaxpr));
            }
        }
    }
    assert!(broken.is_empty(), "{} of {count} programs differ\n{}", broken.len(), broken.join("\n"));
    assert!(count > 3000, "{count}");
}
