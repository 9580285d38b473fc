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

const ELEMENTARY: [Unary; 24] = [
    Unary::Exp,
    Unary::Exp2,
    Unary::Expm1,
    Unary::Log,
    Unary::Log1p,
    Unary::Sin,
    Unary::Cos,
    Unary::Tan,
    Unary::Asin,
    Unary::Acos,
    Unary::Atan,
    Unary::Sinh,
    Unary::Cosh,
    Unary::Tanh,
    Unary::Asinh,
    Unary::Acosh,
    Unary::Atanh,
    Unary::Erf,
    Unary::Erfc,
    Unary::ErfInv,
    Unary::Logistic,
    Unary::Rsqrt,
    Unary::Cbrt,
    Unary::Sqrt,
];

/// A 64-bit mix of a counter (splitmix64).
fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Points of a sweep: fewer where the test itself is slow.
const POINTS: usize = if cfg!(debug_assertions) { 40_000 } else { 1_000_000 };

/// Random arguments: half of them any bits, half of them of moderate size.
fn arguments(dtype: DType, seed: u64) -> Vec<Scalar> {
    let value = |i: usize| {
        let bits = mix(seed + i as u64);
        if i.is_multiple_of(2) {
            return Scalar::from_bits(dtype, u128::from(bits) & ((1 << dtype.bits()) - 1));
        }
        let unit = bits as f64 / u64::MAX as f64 * 2.0 - 1.0;
        Scalar::from_f64(dtype, unit * [1.0, 4.0, 100.0, 1e5][i / 2 % 4])
    };
    (0..POINTS).map(value).collect()
}

/// The largest distance of compiled results from what is expected, and where.
fn sweep(function: Function, args: &[Vec<Scalar>], want: impl Fn(&[Scalar]) -> Scalar) -> (u64, String) {
    let dtype = args[0][0].dtype();
    let program = program(function, dtype, args[0].len());
    let inputs: Vec<Vec<u8>> = args.iter().map(|values| bytes(values.iter().copied())).collect();
    let results = scalars(dtype, &compiled(&program, &inputs));
    let mut worst = (0, String::new());
    for (i, &got) in results.iter().enumerate() {
        let point: Vec<Scalar> = args.iter().map(|values| values[i]).collect();
        let want = want(&point);
        let ulps = distance(want, got);
        if ulps > worst.0 {
            worst = (ulps, format!("{function:?} {point:?}: {got:?} and not {want:?}"));
        }
    }
    worst
}

/// `f32` results against the functions of `f64`, rounded.
#[test]
fn sweep_of_f32() {
    let args = arguments(DType::F32, 1);
    for op in ELEMENTARY {
        let (ulps, place) =
            sweep(Function::Unary(op), std::slice::from_ref(&args), |x| interp::scalar::unary(op, x[0]));
        println!("{op:?} f32 sweep {ulps}");
        assert!(ulps <= 2, "{ulps} ulp: {place}");
    }
    let pairs = [args, arguments(DType::F32, 1 << 40)];
    for op in [Binary::Pow, Binary::Atan2] {
        let (ulps, place) = sweep(Function::Binary(op), &pairs, |x| interp::scalar::binary(op, x[0], x[1]));
        println!("{op:?} f32 sweep {ulps}");
        assert!(ulps <= 2, "{ulps} ulp: {place}");
    }
}

/// `f64` results against functions of `f64` that are off by less than 1 ulp themselves.
#[test]
fn sweep_of_f64() {
    let args = arguments(DType::F64, 2);
    for op in ELEMENTARY {
        // The oracle's own formulas of these are less accurate: recorded values judge them.
        if matches!(op, Unary::Logistic | Unary::ErfInv | Unary::Rsqrt) {
            continue;
        }
        let (ulps, place) =
            sweep(Function::Unary(op), std::slice::from_ref(&args), |x| interp::scalar::unary(op, x[0]));
        println!("{op:?} f64 sweep {ulps}");
        let bound = if op == Unary::Erfc { 5 } else { 3 };
        assert!(ulps <= bound, "{ulps} ulp: {place}");
    }
    let pairs = [args, arguments(DType::F64, 1 << 40)];
    for op in [Binary::Pow, Binary::Atan2] {
        let (ulps, place) = sweep(Function::Binary(op), &pairs, |x| interp::scalar::binary(op, x[0], x[1]));
        println!("{op:?} f64 sweep {ulps}");
        assert!(ulps <= 3, "{ulps} ulp: {place}");
    }
}

/// Results that have no rounding, bit for bit: zeros with their signs, ones, powers of two, limits and NaNs.
#[test]
fn special_values() {
    use std::f64::consts::{FRAC_PI_2, PI};
    const INF: f64 = f64::INFINITY;
    const NAN: f64 = f64::NAN;
    let odd = |op, limit| (op, vec![(0.0, 0.0), (-0.0, -0.0), (INF, limit), (-INF, -limit)]);
    let unary: Vec<(Unary, Vec<(f64, f64)>)> = vec![
        (Unary::Exp, vec![(0.0, 1.0), (-0.0, 1.0), (INF, INF), (-INF, 0.0), (1e30, INF), (-1e30, 0.0)]),
        (
            Unary::Exp2,
            vec![(0.0, 1.0), (-0.0, 1.0), (10.0, 1024.0), (-1.0, 0.5), (-140.0, 2f64.powi(-140)), (INF, INF)],
        ),
        (Unary::Expm1, vec![(0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -1.0), (1e30, INF), (-1e30, -1.0)]),
        (Unary::Log, vec![(1.0, 0.0), (0.0, -INF), (-0.0, -INF), (INF, INF), (-1.0, NAN)]),
        (Unary::Log1p, vec![(0.0, 0.0), (-0.0, -0.0), (-1.0, -INF), (INF, INF), (-2.0, NAN)]),
        (Unary::Cos, vec![(0.0, 1.0), (-0.0, 1.0), (INF, NAN)]),
        (Unary::Acos, vec![(1.0, 0.0), (0.0, FRAC_PI_2), (-1.0, PI), (2.0, NAN)]),
        (Unary::Cosh, vec![(0.0, 1.0), (-0.0, 1.0), (INF, INF), (-INF, INF)]),
        (Unary::Acosh, vec![(1.0, 0.0), (INF, INF), (0.5, NAN)]),
        (Unary::Erfc, vec![(0.0, 1.0), (-0.0, 1.0), (INF, 0.0), (-INF, 2.0)]),
        (Unary::Logistic, vec![(0.0, 0.5), (-0.0, 0.5), (INF, 1.0), (-INF, 0.0), (1e30, 1.0), (-1e30, 0.0)]),
        (Unary::Rsqrt, vec![(1.0, 1.0), (4.0, 0.5), (0.0, INF), (INF, 0.0), (-1.0, NAN)]),
        (Unary::Sqrt, vec![(0.0, 0.0), (-0.0, -0.0), (1.0, 1.0), (9.0, 3.0), (INF, INF), (-1.0, NAN)]),
        (Unary::Cbrt, vec![(1.0, 1.0), (8.0, 2.0), (-27.0, -3.0), (0.0, 0.0), (-0.0, -0.0), (-INF, -INF)]),
        odd(Unary::Sin, NAN),
        odd(Unary::Tan, NAN),
        odd(Unary::Asin, NAN),
        odd(Unary::Atan, FRAC_PI_2),
        odd(Unary::Sinh, INF),
        odd(Unary::Tanh, 1.0),
        odd(Unary::Asinh, INF),
        odd(Unary::Atanh, NAN),
        odd(Unary::Erf, 1.0),
        odd(Unary::ErfInv, NAN),
    ];
    assert_eq!(unary.len(), ELEMENTARY.len());
    let unary = unary.into_iter().flat_map(|(op, points)| {
        let points = points.into_iter().chain([(NAN, NAN)]);
        points.map(move |(x, want)| (Function::Unary(op), vec![x], want))
    });
    let power = [
        ([3.0, 0.0], 1.0),
        ([-0.0, 0.0], 1.0),
        ([INF, -0.0], 1.0),
        ([NAN, 0.0], 1.0),
        ([1.0, NAN], 1.0),
        ([2.0, 10.0], 1024.0),
        ([-2.0, 3.0], -8.0),
        ([10.0, -0.0], 1.0),
        ([0.0, -1.0], INF),
        ([-0.0, -1.0], -INF),
        ([-0.0, 3.0], -0.0),
        ([0.5, INF], 0.0),
        ([-1.5, 0.5], NAN),
    ];
    let angle =
        [([0.0, 1.0], 0.0), ([-0.0, 1.0], -0.0), ([0.0, -1.0], PI), ([-0.0, -1.0], -PI), ([1.0, 0.0], FRAC_PI_2)];
    let power = power.iter().map(|(xy, want)| (Function::Binary(Binary::Pow), xy.to_vec(), *want));
    let angle = angle.iter().map(|(xy, want)| (Function::Binary(Binary::Atan2), xy.to_vec(), *want));
    let mut failures = Vec::new();
    for (function, args, want) in unary.chain(power).chain(angle) {
        for dtype in [DType::F32, DType::F64] {
            // In a vector and alone.
            for count in [1, 8] {
                let program = program(function, dtype, count);
                let inputs: Vec<Vec<u8>> =
                    args.iter().map(|&arg| bytes(std::iter::repeat_n(Scalar::from_f64(dtype, arg), count))).collect();
                let want = Scalar::from_f64(dtype, want);
                for got in scalars(dtype, &compiled(&program, &inputs)) {
                    let nans = want.as_f64().is_nan() && got.as_f64().is_nan();
                    if !nans && want.bits() != got.bits() {
                        failures.push(format!("{function:?} {dtype} {args:?}: {got:?} and not {want:?}"));
                    }
                }
            }
        }
    }
    failures.dedup();
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

/// Every half through every function, and arithmetic on random ones: computed in `f32` and rounded.
#[test]
fn halves() {
    for dtype in [DType::F16, DType::BF16] {
        let all: Vec<Scalar> = (0..1 << 16).map(|bits| Scalar::from_bits(dtype, bits)).collect();
        for op in [Unary::Neg, Unary::Abs, Unary::Floor, Unary::Sqrt, Unary::Exp, Unary::Log, Unary::Tanh, Unary::Sin] {
            let want = |x: &[Scalar]| interp::scalar::unary(op, x[0]);
            let (ulps, place) = sweep(Function::Unary(op), std::slice::from_ref(&all), want);
            assert!(ulps <= u64::from(op.is_elementary()), "{dtype} {ulps} ulp: {place}");
        }
        let other: Vec<Scalar> = (0..1 << 16).map(|i| Scalar::from_bits(dtype, u128::from(mix(i) & 0xffff))).collect();
        let pairs = [all, other];
        for op in [Binary::Add, Binary::Sub, Binary::Mul, Binary::Div, Binary::Min, Binary::Max, Binary::Pow] {
            let want = |x: &[Scalar]| interp::scalar::binary(op, x[0], x[1]);
            let (ulps, place) = sweep(Function::Binary(op), &pairs, want);
            assert!(ulps <= u64::from(op.is_elementary()), "{dtype} {ulps} ulp: {place}");
        }
    }
}

/// Conversions to and from halves, ties and subnormals included.
#[test]
fn half_conversions() {
    for half in [DType::F16, DType::BF16] {
        let edges = (0..1u128 << 16).flat_map(|bits| {
            // Each half, and the floats about the middle between it and the next.
            let at = interp::scalar::convert(DType::F32, Scalar::from_bits(half, bits)).bits();
            let middle = if half == DType::F16 { 1 << 12 } else { 1 << 15 };
            [at, at + middle - 1, at + middle, at + middle + 1]
                .map(|bits| Scalar::from_bits(DType::F32, bits & 0xffff_ffff))
        });
        for (to, args) in [
            (half, edges.collect::<Vec<Scalar>>()),
            (half, arguments(DType::F32, 3)),
            (half, arguments(DType::F64, 4)),
            (half, (-3000..3000).map(|i| Scalar::from_i128(DType::I32, i * 37)).collect()),
            (DType::F32, (0..1 << 16).map(|bits| Scalar::from_bits(half, bits)).collect()),
            (DType::I32, (0..1 << 16).map(|bits| Scalar::from_bits(half, bits)).collect()),
        ] {
            let program = program(Function::Convert(to), args[0].dtype(), args.len());
            let results = scalars(to, &compiled(&program, &[bytes(args.iter().copied())]));
            for (&arg, &got) in args.iter().zip(&results) {
                let want = interp::scalar::convert(to, arg);
                assert_eq!(distance(want, got), 0, "{arg:?} to {to}: {got:?} and not {want:?}");
            }
        }
    }
}

/// Sums of halves, by rows and by scattering.
#[test]
fn half_accumulators() {
    for dtype in [DType::F16, DType::BF16] {
        let values: Vec<Scalar> = (0..64).map(|i| Scalar::from_f64(dtype, f64::from(i % 7) * 0.25 - 0.5)).collect();
        let (vector, scalar) = (Ty::new(dtype, &[64]), Ty::new(dtype, &[]));
        let mut body = Body::new();
        let axis = body.axis(0);
        let load = body.load(dtype, 0, [axis]);
        let reduction =
            Reduction { values: vec![load], init: vec![Scalar::zero(dtype)], combine: Combine::Op(Binary::Add) };
        let sum = Sink::Reduce { axes: 1, reductions: vec![reduction] };
        let keep = body.constant(Scalar::bool(true));
        let four = body.index(4);
        let place = body.binary(Binary::Rem, axis, four);
        let scatter = Sink::Scatter { base: 1, index: vec![place], keep, value: load, combine: Some(Binary::Add) };
        for (sink, base) in [(sum, scalar), (scatter, Ty::new(dtype, &[4]))] {
            let mut program = Program::default();
            let ins = vec![program.buffer(vector.clone()), program.buffer(base.clone())];
            let nest = Nest {
                extents: vector.shape.clone(),
                inputs: vec![vector.clone(), base.clone()],
                body: body.clone(),
                sink,
            };
            let out = program.buffer(nest.outputs()[0].clone());
            program.body.steps.push(Step::Nest { nest, ins: ins.clone(), outs: vec![out], span: None });
            (program.inputs, program.outputs) = (ins, vec![out]);
            let zeros = bytes(std::iter::repeat_n(Scalar::one(dtype), base.size()));
            let inputs = [bytes(values.iter().copied()), zeros];
            let slices: Vec<&[u8]> = inputs.iter().map(|input| &input[..]).collect();
            // These sums are exact in any order.
            assert_eq!(compiled(&program, &inputs), interp::run(&program, &slices)[0], "{dtype}");
        }
    }
}

/// A sine in a combiner, near angles and far ones.
#[test]
fn functions_in_combiners() {
    for dtype in [DType::F32, DType::F64] {
        let angles: Vec<f64> = (0..16).map(|i| 10f64.powi(2 * i - 6) * f64::from(i + 1)).collect();
        let mut body = Body::new();
        let axis = body.axis(0);
        let load = body.load(dtype, 0, [axis]);
        let mut combiner = Body::new();
        let args = [0, 1].map(|arg| combiner.push(dtype, Op::Arg(arg)));
        let sine = combiner.unary(Unary::Sin, args[1]);
        let results = vec![combiner.binary(Binary::Add, args[0], sine)];
        let reduction = Reduction {
            values: vec![load],
            init: vec![Scalar::zero(dtype)],
            combine: Combine::Body { body: combiner, results },
        };
        let sink = Sink::Reduce { axes: 1, reductions: vec![reduction] };
        let mut program = Program::default();
        let vector = Ty::new(dtype, &[16]);
        let input = program.buffer(vector.clone());
        // The second axis has one point, so that no order is left open.
        let nest = Nest { extents: [16, 1].into_iter().collect(), inputs: vec![vector], body, sink };
        let out = program.buffer(nest.outputs()[0].clone());
        program.body.steps.push(Step::Nest { nest, ins: vec![input], outs: vec![out], span: None });
        (program.inputs, program.outputs) = (vec![input], vec![out]);
        let inputs = [bytes(angles.iter().map(|&angle| Scalar::from_f64(dtype, angle)))];
        let want = scalars(dtype, &interp::run(&program, &[&inputs[0]])[0]);
        for ((angle, &want), got) in angles.iter().zip(&want).zip(scalars(dtype, &compiled(&program, &inputs))) {
            assert!(distance(want, got) <= 2, "{dtype} {angle}: {got:?} and not {want:?}");
        }
    }
}

/// Complex functions against formulas in `f64`: errors beside the modulus of the result.
#[test]
fn complex_functions() {
    let grid = [-700.0, -30.0, -2.5, -1.0, -0.7, -1e-3, -1e-9, -0.0, 0.0, 1e-9, 1e-3, 0.3, 0.9, 1.5, 3.0, 25.0, 90.0];
    let points = |dtype: DType| -> Vec<Scalar> {
        let pairs = grid.iter().flat_map(|&re| grid.iter().map(move |&im| (re, im)));
        pairs.map(|(re, im)| Scalar::from_complex(dtype, num_complex::Complex::new(re, im))).collect()
    };
    let mut failures = Vec::new();
    for (dtype, tolerance) in [(DType::C64, 2.5e-7), (DType::C128, 4e-15)] {
        let args = points(dtype);
        let shifted: Vec<Scalar> = (0..args.len()).map(|i| args[(i * 37 + 11) % args.len()]).collect();
        let unary = ELEMENTARY.into_iter().filter(|op| !matches!(op, Unary::Erf | Unary::Erfc | Unary::ErfInv));
        let functions = unary.map(Function::Unary).chain([
            Function::Unary(Unary::Abs),
            Function::Binary(Binary::Div),
            Function::Binary(Binary::Pow),
        ]);
        for function in functions {
            let program = program(function, dtype, args.len());
            let count = program.inputs.len();
            let inputs: Vec<Vec<u8>> =
                [&args, &shifted].iter().take(count).map(|values| bytes(values.iter().copied())).collect();
            let results = scalars(dtype, &compiled(&program, &inputs));
            let mut worst = (0.0, String::new());
            for (i, got) in results.iter().enumerate() {
                let want = match function {
                    Function::Unary(op) => interp::scalar::unary(op, args[i]),
                    Function::Binary(op) => interp::scalar::binary(op, args[i], shifted[i]),
                    Function::Convert(_) => continue,
                };
                let (w, g) = (want.as_complex(), got.as_complex());
                // Where formulas in f64 give no finite number they say nothing.
                if !w.re.is_finite() || !w.im.is_finite() || w.norm() < 1e-30 {
                    continue;
                }
                let error = (w - g).norm() / w.norm();
                if error.is_nan() || error > worst.0 {
                    worst = (error, format!("{function:?} {:?} {:?}: {g:?} and not {w:?}", args[i], shifted[i]));
                }
            }
            println!("{function:?} {dtype} error {:e}", worst.0);
            // The exponent of a power multiplies the logarithm's error.
            let tolerance =
                if matches!(function, Function::Binary(Binary::Pow)) { 20.0 * tolerance } else { tolerance };
            if worst.0.is_nan() || worst.0 > tolerance {
                failures.push(format!("{dtype} {:e} {}", worst.0, worst.1));
            }
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}
