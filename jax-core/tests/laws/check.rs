//! What the laws share: programs of samples, ways to run them, comparison, and a small random generator.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use jax_core::array::{Array, bind, builder};
use jax_core::base::dtype::Kind;
use jax_core::base::{DType, Scalar};
use jax_core::ir::lower::lower;
use jax_core::ir::{Aval, ClosedJaxpr, Sample};
use jax_core::machine::{Input, Storage, machine};
use num_complex::Complex;

/// Runs a law on every sample and fails with the primitives that break it, at the end; gives how many it held on.
/// The law says whether it applies.
pub fn for_all(law: impl Fn(&Sample) -> bool) -> usize {
    let mut held = 0;
    let mut broken: Vec<String> = Vec::new();
    for sample in jax_core::samples() {
        match catch_unwind(AssertUnwindSafe(|| law(&sample))) {
            Ok(applies) => held += usize::from(applies),
            Err(_) => broken.push(describe(&sample)),
        }
    }
    assert!(broken.is_empty(), "{} samples break the law:\n{}", broken.len(), broken.join("\n"));
    held
}

/// A sample as text: the primitive's type and the operands' types.
pub fn describe(sample: &Sample) -> String {
    let types: Vec<String> = sample.args.iter().map(|arg| arg.aval().to_string()).collect();
    let mut prim = format!("{:?}", sample.prim);
    if prim.len() > 200 {
        prim = format!("{} …", sample.prim.name());
    }
    format!("{prim} of {}", types.join(" "))
}

/// The program of one equation.
pub fn program(sample: &Sample) -> ClosedJaxpr {
    builder::trace(&avals(&sample.args), |args| bind(sample.prim.clone(), &args.iter().collect::<Vec<_>>()).into_vec())
}

pub fn avals(arrays: &[Array]) -> Vec<Aval> {
    arrays.iter().map(|array| array.aval().clone()).collect()
}

/// A program compiled as a whole, to be run many times.
pub struct Compiled {
    executable: Arc<dyn jax_core::machine::Executable>,
    consts: Vec<Array>,
    outs: Vec<Aval>,
}

impl Compiled {
    pub fn new(closed: &ClosedJaxpr) -> Compiled {
        let executable = machine().compile(lower(&closed.jaxpr)).unwrap();
        Compiled { executable, consts: closed.consts.clone(), outs: closed.out_avals() }
    }

    pub fn run(&self, args: &[Array]) -> Vec<Array> {
        let storages: Vec<Storage> = self.consts.iter().chain(args).map(storage).collect();
        let mut inputs: Vec<Input<'_>> = storages.iter().map(Input::Shared).collect();
        let results = self.executable.run(&mut inputs).unwrap();
        results.into_iter().zip(&self.outs).map(|(storage, aval)| Array::from_storage(aval.clone(), storage)).collect()
    }
}

fn storage(array: &Array) -> Storage {
    let bytes = array.bytes().unwrap();
    let mut memory = machine().allocate(bytes.len()).unwrap();
    memory.bytes_mut()[..bytes.len()].copy_from_slice(bytes);
    Arc::from(memory)
}

/// An array of these elements; a scalar for no axes.
pub fn array(dtype: DType, shape: &[usize], elements: impl IntoIterator<Item = Scalar>) -> Array {
    let bytes: Vec<u8> = elements.into_iter().flat_map(|element| element.to_bytes()).collect();
    Array::from_bytes(dtype, shape, &bytes)
}

pub fn complexes(array: &Array) -> Vec<Complex<f64>> {
    array.scalars().into_iter().map(Scalar::as_complex).collect()
}

/// Panics unless the arrays agree in type, and in each element to this relative (below 1: absolute) tolerance.
#[track_caller]
pub fn assert_close(want: &Array, got: &Array, tolerance: f64, what: impl Fn() -> String) {
    assert_eq!((want.dtype(), want.shape()), (got.dtype(), got.shape()), "{}", what());
    if tolerance == 0.0 || !want.dtype().is_inexact() {
        // A NaN equals a NaN, whatever its bits.
        let same = |(w, g): (&Scalar, &Scalar)| w == g || (nan(*w) && nan(*g));
        let equal = want.scalars().iter().zip(&got.scalars()).all(same);
        assert!(equal, "{}\nwant {want:?}\ngot  {got:?}", what());
        return;
    }
    for (w, g) in complexes(want).into_iter().zip(complexes(got)) {
        for (w, g) in [(w.re, g.re), (w.im, g.im)] {
            let close = w == g || (w.is_nan() && g.is_nan()) || (w - g).abs() <= tolerance * w.abs().max(1.0);
            assert!(close, "{}\nwant {want:?}\ngot  {got:?}", what());
        }
    }
}

fn nan(value: Scalar) -> bool {
    let value = value.as_complex();
    value.re.is_nan() || value.im.is_nan()
}

pub fn assert_all_close(want: &[Array], got: &[Array], tolerance: f64, what: impl Fn() -> String) {
    assert_eq!(want.len(), got.len(), "{}", what());
    want.iter().zip(got).for_each(|(want, got)| assert_close(want, got, tolerance, &what));
}

/// The sample in double precision, for laws that compare with differences: `None` if its operands are of another
/// precision, or its programs are typed.
pub fn widened(sample: &Sample) -> Option<Sample> {
    let wide = |array: &Array| match array.dtype() {
        DType::F32 if sample.prim.subjaxprs().is_empty() => Some(array_as(array, DType::F64)),
        DType::C64 if sample.prim.subjaxprs().is_empty() => Some(array_as(array, DType::C128)),
        dtype if dtype.is_inexact() && dtype.component() != DType::F64 => None,
        _ => Some(array.clone()),
    };
    let args = sample.args.iter().map(wide).collect::<Option<Vec<Array>>>()?;
    let outs = sample.prim.type_rule(&avals(&args)).ok()?;
    let double = |aval: &Aval| !aval.dtype.is_inexact() || aval.dtype.component() == DType::F64;
    outs.iter().all(double).then_some(Sample { prim: sample.prim.clone(), args })
}

fn array_as(from: &Array, dtype: DType) -> Array {
    array(dtype, from.shape(), from.scalars().into_iter().map(|value| value.cast(dtype)))
}

/// Whether every floating-point operand is finite, and there is one.
pub fn differentiable(sample: &Sample) -> bool {
    let inexact = sample.args.iter().filter(|arg| arg.dtype().is_inexact());
    let finite = |arg: &Array| complexes(arg).iter().all(|z| z.re.is_finite() && z.im.is_finite());
    inexact.clone().next().is_some() && inexact.clone().all(finite)
}

/// SplitMix64 (Steele, Lea and Flood 2014).
#[derive(Clone)]
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From -1 to 1.
    pub fn float(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }

    /// An array of this type with elements from -1 to 1.
    pub fn array(&mut self, aval: &Aval) -> Array {
        let element = |_| match aval.dtype.kind() {
            Kind::Complex => Scalar::from_complex(aval.dtype, Complex::new(self.float(), self.float())),
            _ => Scalar::from_f64(aval.dtype, self.float()),
        };
        array(aval.dtype, &aval.shape, (0..aval.size()).map(element).collect::<Vec<_>>())
    }
}
