//! What the properties share: running a program two ways, comparison, and the search for a short counterexample.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use jax_core::array::Array;
use jax_core::base::{DType, Scalar};
use jax_core::ir::lower::lower;
use jax_core::ir::{Aval, ClosedJaxpr};
use jax_core::kernel::interp;
use jax_core::machine::{Executable, Input, Storage, machine};
use jax_core::transform::optimize;

use super::generate::{Case, Style, case, steps};

/// How many programs each property is tried on; `JAX_SEEDS` says another number.
fn seeds(usual: u64) -> u64 {
    std::env::var("JAX_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Tries a property on random programs; fails with the shortest program that breaks it, and with its seed.
pub fn for_all(name: &str, style: Style, usual: u64, property: impl Fn(&Case) -> Result<(), String>) {
    let salt = name.bytes().fold(0u64, |salt, byte| salt.wrapping_mul(31).wrapping_add(u64::from(byte)));
    let attempt = |seed: u64, steps: usize| {
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let case = case(seed, steps, style);
            property(&case).map_err(|why| (why, format!("{:#}", case.closed.jaxpr), format!("{:?}", case.args)))
        }));
        outcome.unwrap_or_else(|payload| {
            let why = payload.downcast_ref::<String>().cloned();
            let why = why.or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            let case = catch_unwind(|| case(seed, steps, style));
            let (text, args) = case.map_or_else(
                |_| ("(making the program panics)".to_owned(), String::new()),
                |case| (format!("{:#}", case.closed.jaxpr), format!("{:?}", case.args)),
            );
            Err((why.unwrap_or_else(|| "a panic".to_owned()), text, args))
        })
    };
    let mut broken = Vec::new();
    let count = seeds(usual);
    for number in 0..count {
        let seed = salt.wrapping_add(number.wrapping_mul(0x9e37_79b9));
        let all = steps(seed);
        if attempt(seed, all).is_ok() {
            continue;
        }
        let shortest = (0..=all).find_map(|steps| attempt(seed, steps).err().map(|fault| (steps, fault)));
        let Some((steps, (why, program, args))) = shortest else { continue };
        broken.push(format!("seed {seed:#x}, {steps} steps: {why}\n{program}{args}"));
    }
    assert!(broken.is_empty(), "{} of {count} programs break `{name}`:\n{}", broken.len(), broken.join("\n\n"));
}

fn storage(array: &Array) -> Storage {
    let bytes = array.bytes().expect("a concrete array");
    let mut memory = machine().allocate(bytes.len()).expect("memory");
    memory.bytes_mut()[..bytes.len()].copy_from_slice(bytes);
    Arc::from(memory)
}

/// Machine code of a program, made by the whole way from optimization to fusion.
pub struct Compiled {
    executable: Arc<dyn Executable>,
    consts: Vec<Storage>,
    outs: Vec<Aval>,
}

impl Compiled {
    pub fn new(closed: &ClosedJaxpr) -> Compiled {
        let executable = machine().compile(lower(&optimize(&closed.jaxpr))).expect("compiles");
        Compiled { executable, consts: closed.consts.iter().map(storage).collect(), outs: closed.out_avals() }
    }

    pub fn run(&self, args: &[Array]) -> Vec<Array> {
        let args: Vec<Storage> = args.iter().map(storage).collect();
        let mut inputs: Vec<Input<'_>> = self.consts.iter().chain(&args).map(Input::Shared).collect();
        let results = self.executable.run(&mut inputs).expect("runs");
        results.into_iter().zip(&self.outs).map(|(storage, aval)| Array::from_storage(aval.clone(), storage)).collect()
    }
}

/// What machine code gives.
pub fn compiled(closed: &ClosedJaxpr, args: &[Array]) -> Vec<Array> {
    Compiled::new(closed).run(args)
}

/// What the interpreter gives for the program as it is.
pub fn interpreted(closed: &ClosedJaxpr, args: &[Array]) -> Vec<Array> {
    let inputs: Vec<&[u8]> =
        closed.consts.iter().chain(args).map(|array| array.bytes().expect("a concrete array")).collect();
    let results = interp::run(&lower(&closed.jaxpr), &inputs);
    let avals = closed.out_avals();
    results.iter().zip(avals).map(|(bytes, aval)| Array::from_bytes(aval.dtype, &aval.shape, bytes)).collect()
}

/// What results of a dtype may be apart, relative to the largest of a result's elements, or to 1: some steps of some
/// units in the last place each.
pub fn tolerance(dtype: DType) -> f64 {
    match dtype.component() {
        DType::F16 => 64.0 * f64::from(half::f16::EPSILON),
        DType::BF16 => 64.0 * f64::from(half::bf16::EPSILON),
        DType::F32 => 1024.0 * f64::from(f32::EPSILON),
        DType::F64 => 65536.0 * f64::EPSILON,
        _ => 0.0,
    }
}

/// Whether two arrays agree, each element to the tolerance.
pub fn close(want: &Array, got: &Array, tolerance: f64) -> Result<(), String> {
    let differ = || Err(format!("want {want:?}\n got {got:?}\n"));
    if (want.dtype(), want.shape()) != (got.dtype(), got.shape()) {
        return differ();
    }
    let complex = |array: &Array| array.scalars().into_iter().map(Scalar::as_complex).collect::<Vec<_>>();
    let (wants, gots) = (complex(want), complex(got));
    let size = wants.iter().map(|w| w.norm()).filter(|size| size.is_finite()).fold(1.0, f64::max);
    let same = |(w, g): (f64, f64)| w == g || (w.is_nan() && g.is_nan()) || (w - g).abs() <= tolerance * size;
    let all = wants.iter().zip(&gots).all(|(w, g)| same((w.re, g.re)) && same((w.im, g.im)));
    if all { Ok(()) } else { differ() }
}

/// Whether results agree, each to its dtype's tolerance.
pub fn all_close(what: &str, want: &[Array], got: &[Array]) -> Result<(), String> {
    if want.len() != got.len() {
        return Err(format!("{what}: {} results and not {}", got.len(), want.len()));
    }
    for (number, (want, got)) in want.iter().zip(got).enumerate() {
        close(want, got, tolerance(want.dtype())).map_err(|why| format!("{what}, result {number}: {why}"))?;
    }
    Ok(())
}
