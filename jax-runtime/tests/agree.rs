//! Compiled programs agree with the oracle.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "fuse/generate.rs"]
mod generate;
#[path = "fuse/oracle.rs"]
mod oracle;

use std::sync::Arc;

use jax_core::base::Scalar;
use jax_core::kernel::*;
use jax_core::machine::{Executable, Input, Machine, Storage};
use jax_runtime::CpuMachine;

fn storage(machine: &CpuMachine, values: &[Scalar]) -> Storage {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_bytes()).collect();
    let mut memory = machine.allocate(bytes.len()).unwrap();
    memory.bytes_mut().copy_from_slice(&bytes);
    Arc::from(memory)
}

fn values(ty: &Ty, storage: &Storage) -> Vec<Scalar> {
    storage.bytes().chunks(ty.dtype.size().max(1)).map(|bytes| Scalar::from_bytes(ty.dtype, bytes)).collect()
}

fn run(
    machine: &CpuMachine,
    program: &Program,
    inputs: &[Vec<Scalar>],
    [fused, donate]: [bool; 2],
) -> Vec<Vec<Scalar>> {
    let executable = match fused {
        true => machine.compile_program(program.clone()),
        false => machine.compile_stages(program.clone(), program.clone()),
    };
    let executable = executable.unwrap();
    let storages: Vec<Storage> = inputs.iter().map(|input| storage(machine, input)).collect();
    let results = if donate {
        let mut inputs: Vec<Input<'_>> = storages.into_iter().map(Input::Donated).collect();
        executable.run(&mut inputs).unwrap()
    } else {
        let mut inputs: Vec<Input<'_>> = storages.iter().map(Input::Shared).collect();
        executable.run(&mut inputs).unwrap()
    };
    program.outputs.iter().zip(&results).map(|(&buf, result)| values(program.ty(buf), result)).collect()
}

#[test]
fn random_programs() {
    let machine = CpuMachine::new();
    for seed in 0..600 {
        let (program, inputs) = generate::program(seed);
        let want = oracle::run(&program, &inputs);
        for mode in [[false, false], [true, false], [false, true], [true, true]] {
            let got = run(&machine, &program, &inputs, mode);
            let close = |w: &Scalar, g: &Scalar| {
                let (w, g) = (w.as_f64(), g.as_f64());
                w == g || (w.is_nan() && g.is_nan()) || (w - g).abs() <= 1e-4 * w.abs().max(1.0)
            };
            let same = want
                .iter()
                .zip(&got)
                .all(|(want, got)| want.len() == got.len() && want.iter().zip(got).all(|(w, g)| close(w, g)));
            if !same {
                let schedule = machine.compile_program(program.clone()).unwrap().schedule().to_string();
                panic!("seed {seed} fused, donated {mode:?}\n{want:?}\n{got:?}\n{schedule}");
            }
        }
    }
}
