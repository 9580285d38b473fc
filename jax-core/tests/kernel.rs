//! Filetests of the kernel language: `tests/nests/*.nest`.
//!
//! A file is a program, a line `----`, and what comes of it: why it does not parse or verify, or else its outputs
//! when its inputs are counted through (`0, 1, 2, …` as integers, `0, 0.5, 1, …` as floats). `JAX_BLESS=1` writes
//! what comes now (and the program as it prints) into the files.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Write;
use std::path::{Path, PathBuf};

use jax_core::base::{DType, Scalar};
use jax_core::kernel::verify::verify;
use jax_core::kernel::{Body, Nest, Program, Sink, Ty, interp};

const RULE: &str = "----\n";

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/nests");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

fn count_through(ty: &Ty) -> Vec<u8> {
    (0..ty.size())
        .flat_map(|i| match ty.dtype {
            DType::Bool => Scalar::bool(i % 2 == 1).to_bytes(),
            dtype if dtype.is_inexact() => Scalar::from_f64(dtype, i as f64 / 2.0).to_bytes(),
            dtype => Scalar::from_i128(dtype, i as i128).to_bytes(),
        })
        .collect()
}

/// The program as it prints, if it parses, and what comes of it.
fn outcome(text: &str) -> (Option<String>, String) {
    let program: Program = match text.parse() {
        Ok(program) => program,
        Err(error) => return (None, format!("parse error: {error}\n")),
    };
    let printed = program.to_string();
    match printed.parse::<Program>() {
        Ok(again) => assert_eq!(again, program, "{printed}"),
        Err(error) => panic!("printed text does not parse: {error}\n{printed}"),
    }
    if let Err(why) = verify(&program) {
        return (Some(printed), format!("malformed: {why}\n"));
    }
    let inputs: Vec<Vec<u8>> = program.inputs.iter().map(|&buf| count_through(program.ty(buf))).collect();
    let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
    let mut result = String::new();
    for (buf, bytes) in program.outputs.iter().zip(interp::run(&program, &inputs)) {
        let dtype = program.ty(*buf).dtype;
        let values = bytes.chunks(dtype.size()).map(|bytes| Scalar::from_bytes(dtype, bytes));
        let values: String = values.map(|value| format!(" {value}")).collect();
        writeln!(result, "{buf} ={values}").unwrap();
    }
    (Some(printed), result)
}

#[test]
fn nests() {
    let bless = std::env::var_os("JAX_BLESS").is_some();
    for file in files() {
        let text = std::fs::read_to_string(&file).unwrap();
        let (program, expected) = text.split_once(RULE).unwrap_or((&text, ""));
        let (printed, found) = outcome(program);
        let printed = printed.as_deref().unwrap_or(program);
        if bless {
            std::fs::write(&file, format!("{printed}{RULE}{found}")).unwrap();
        } else {
            assert_eq!(printed, program, "{}", file.display());
            assert_eq!(found, expected, "{}", file.display());
        }
    }
}

/// Every beginning of a program, and every program with a character gone or doubled, gives a value or an error.
#[test]
fn mangled_text_never_panics() {
    for file in files() {
        let text = std::fs::read_to_string(file).unwrap();
        let program = text.split(RULE).next().unwrap();
        for (at, c) in program.char_indices() {
            let (before, after) = (&program[..at], &program[at + c.len_utf8()..]);
            for mangled in [before.to_string(), format!("{before}{after}"), format!("{before}{c}{c}{after}")] {
                if let Ok(program) = mangled.parse::<Program>() {
                    // Mangled numbers are mostly malformed, some are not; neither may panic.
                    let _: Result<(), String> = verify(&program);
                    assert_eq!(program.to_string().parse(), Ok(program));
                }
            }
        }
    }
}

#[test]
fn constants_are_exact() {
    for dtype in DType::ALL {
        let mut bits: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c834;
        for round in 0..500 {
            bits = bits.wrapping_mul(0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645).rotate_left(17);
            let value = match (dtype, round) {
                (DType::Bool, _) => Scalar::bool(bits & 1 == 1),
                (_, 0) => Scalar::from_bits(dtype, 1 << (dtype.bits() - 1)),
                (_, 1) => Scalar::from_bits(dtype, u128::MAX),
                (_, 2) => Scalar::from_f64(dtype, f64::NEG_INFINITY),
                _ => Scalar::from_bits(dtype, bits),
            };
            let mut body = Body::new();
            let sink = Sink::Map(vec![body.constant(value)]);
            let nest = Nest { extents: Default::default(), inputs: vec![], body, sink };
            assert_eq!(nest.to_string().parse(), Ok(nest));
        }
    }
}

#[test]
fn errors_have_places_and_deep_nesting_is_one() {
    let error = "program { // buffers\n  b0: f33[]".parse::<Program>().unwrap_err();
    assert_eq!(error.to_string(), "2:7: expected a dtype, not `f33`");
    let text = format!("program {{ in () out () {}", "loop 1 { do { ".repeat(100_000));
    let error = text.parse::<Program>().unwrap_err();
    assert_eq!(error.message, "blocks are nested too deeply");
}
