//! Fusion keeps values, and fuses what it should.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "fuse/generate.rs"]
mod generate;
#[path = "fuse/oracle.rs"]
mod oracle;

use std::time::Instant;

use jax_core::base::{DType, Scalar};
use jax_core::kernel::*;
use jax_runtime::fuse::{as_contraction, fuse};

#[test]
fn random_programs_keep_their_values() {
    for seed in 0..3000 {
        let (program, inputs) = generate::program(seed);
        let want = oracle::run(&program, &inputs);
        let fused = fuse(program.clone());
        let got = oracle::run(&fused, &inputs);
        let same = want.iter().zip(&got).all(|(want, got)| {
            want.iter().zip(got).all(|(w, g)| w == g || (w.as_f64().is_nan() && g.as_f64().is_nan()))
        });
        assert!(same, "seed {seed}\n{want:?}\n{got:?}\n{program:#?}\n{fused:#?}");
        assert_eq!(fused, fuse(program), "seed {seed}: not deterministic");
    }
}

/// A program under construction over `f32` buffers.
#[derive(Default)]
struct Maker(Program);

impl Maker {
    fn input(&mut self, shape: &[usize]) -> Buf {
        let buf = self.0.buffer(Ty::new(DType::F32, shape));
        self.0.inputs.push(buf);
        buf
    }

    fn nest(&mut self, extents: &[usize], ins: &[Buf], code: impl FnOnce(&mut Body) -> Sink) -> Buf {
        let mut body = Body::new();
        let sink = code(&mut body);
        let inputs = ins.iter().map(|&buf| self.0.ty(buf).clone()).collect();
        let nest = Nest { extents: extents.iter().copied().collect(), inputs, body, sink };
        let outs: Vec<Buf> = nest.outputs().into_iter().map(|ty| self.0.buffer(ty)).collect();
        let out = outs[0];
        self.0.body.steps.push(Step::Nest { nest, ins: ins.to_vec(), outs, span: None });
        out
    }

    fn pointwise(&mut self, ins: &[Buf], code: impl FnOnce(&mut Body, &[Id]) -> Id) -> Buf {
        let shape = self.0.ty(ins[0]).shape.clone();
        self.nest(&shape, ins, |body| {
            let index: Vec<Id> = (0..shape.len()).map(|axis| body.axis(axis)).collect();
            let loads: Vec<Id> = (0..ins.len()).map(|slot| body.load(DType::F32, slot, index.clone())).collect();
            Sink::Map(vec![code(body, &loads)])
        })
    }

    fn fused(mut self, outputs: &[Buf]) -> Program {
        self.0.outputs = outputs.to_vec();
        fuse(self.0)
    }
}

fn add(a: usize, b: usize) -> impl FnOnce(&mut Body, &[Id]) -> Id {
    move |body, x| body.binary(Binary::Add, x[a], x[b])
}

fn sum(value: Id) -> Reduction {
    Reduction { values: vec![value], init: vec![Scalar::zero(DType::F32)], combine: Combine::Op(Binary::Add) }
}

#[test]
fn a_chain_is_one_nest() {
    let mut make = Maker::default();
    let mut x = make.input(&[1000]);
    for _ in 0..500 {
        x = make.pointwise(&[x], |body, x| body.unary(Unary::Sin, x[0]));
    }
    assert_eq!(make.fused(&[x]).body.steps.len(), 1);
}

#[test]
fn a_diamond_chain_is_one_nest() {
    let mut make = Maker::default();
    let mut x = make.input(&[1000]);
    for _ in 0..100 {
        let a = make.pointwise(&[x], |body, x| body.unary(Unary::Sin, x[0]));
        let b = make.pointwise(&[x], |body, x| body.unary(Unary::Exp, x[0]));
        x = make.pointwise(&[a, b], add(0, 1));
    }
    assert_eq!(make.fused(&[x]).body.steps.len(), 1);
}

#[test]
fn long_chains_fuse_fast() {
    for diamond in [false, true] {
        let mut make = Maker::default();
        let mut x = make.input(&[1000]);
        for _ in 0..if diamond { 1667 } else { 5000 } {
            let a = make.pointwise(&[x], |body, x| body.unary(Unary::Sin, x[0]));
            x = if diamond {
                let b = make.pointwise(&[x], |body, x| body.unary(Unary::Exp, x[0]));
                make.pointwise(&[a, b], add(0, 1))
            } else {
                a
            };
        }
        let start = Instant::now();
        let fused = make.fused(&[x]);
        let took = start.elapsed();
        assert!(fused.body.steps.len() <= 4, "{}", fused.body.steps.len());
        if !cfg!(debug_assertions) {
            assert!(took.as_millis() < 100, "{took:?}");
        }
    }
}

/// The nests of a program's outermost block.
fn nests(program: &Program) -> Vec<&Nest> {
    let nests = program.body.steps.iter().filter_map(|step| match step {
        Step::Nest { nest, .. } => Some(nest),
        _ => None,
    });
    nests.collect()
}

fn identity(body: &mut Body, slot: usize, rank: usize) -> Id {
    let index: Vec<Id> = (0..rank).map(|axis| body.axis(axis)).collect();
    body.load(DType::F32, slot, index)
}

#[test]
fn scaled_where_is_one_nest() {
    // lambda * where(x > 0, x, alpha * exp(x) - alpha), the scalars broadcast first.
    let mut make = Maker::default();
    let (x, alpha, lambda) = (make.input(&[1000]), make.input(&[]), make.input(&[]));
    let broadcast =
        |make: &mut Maker, scalar| make.nest(&[1000], &[scalar], |body| Sink::Map(vec![body.load(DType::F32, 0, [])]));
    let alphas = broadcast(&mut make, alpha);
    let e = make.pointwise(&[x], |body, x| body.unary(Unary::Exp, x[0]));
    let scaled = make.pointwise(&[alphas, e], |body, x| body.binary(Binary::Mul, x[0], x[1]));
    let shifted = make.pointwise(&[scaled, alphas], |body, x| body.binary(Binary::Sub, x[0], x[1]));
    let chosen = make.pointwise(&[x, shifted], |body, x| {
        let zero = body.float(DType::F32, 0.0);
        let positive = body.binary(Binary::Gt, x[0], zero);
        body.select(positive, x[0], x[1])
    });
    let lambdas = broadcast(&mut make, lambda);
    let out = make.pointwise(&[lambdas, chosen], |body, x| body.binary(Binary::Mul, x[0], x[1]));
    let fused = make.fused(&[out]);
    assert_eq!(fused.body.steps.len(), 1, "{fused:#?}");
    assert_eq!(nests(&fused)[0].inputs.len(), 3);
}

#[test]
fn softmax_is_three_reductions_or_maps() {
    let mut make = Maker::default();
    let x = make.input(&[64, 128]);
    let max = make.nest(&[64, 128], &[x], |body| {
        let value = identity(body, 0, 2);
        let init = vec![Scalar::from_f64(DType::F32, f64::NEG_INFINITY)];
        let reduction = Reduction { values: vec![value], init, combine: Combine::Op(Binary::Max) };
        Sink::Reduce { axes: 1, reductions: vec![reduction] }
    });
    let rows = |make: &mut Maker, row| {
        make.nest(&[64, 128], &[row], |body| {
            let i = body.axis(0);
            Sink::Map(vec![body.load(DType::F32, 0, [i])])
        })
    };
    let max = rows(&mut make, max);
    let shifted = make.pointwise(&[x, max], |body, x| body.binary(Binary::Sub, x[0], x[1]));
    let e = make.pointwise(&[shifted], |body, x| body.unary(Unary::Exp, x[0]));
    let total = make.nest(&[64, 128], &[e], |body| {
        let value = identity(body, 0, 2);
        Sink::Reduce { axes: 1, reductions: vec![sum(value)] }
    });
    let total = rows(&mut make, total);
    let out = make.pointwise(&[e, total], |body, x| body.binary(Binary::Div, x[0], x[1]));
    let fused = make.fused(&[out]);
    // The maximum; the exponentials, which two nests read; their sum; the quotient.
    assert_eq!(fused.body.steps.len(), 4, "{fused:#?}");
}

fn matmul(make: &mut Maker, a: Buf, b: Buf, n: usize) -> Buf {
    make.nest(&[n, n, n], &[a, b], |body| {
        let (i, j, k) = (body.axis(0), body.axis(1), body.axis(2));
        let (x, y) = (body.load(DType::F32, 0, [i, k]), body.load(DType::F32, 1, [k, j]));
        let value = body.binary(Binary::Mul, x, y);
        Sink::Reduce { axes: 1, reductions: vec![sum(value)] }
    })
}

#[test]
fn contractions_take_transposes_and_nothing_else() {
    let mut make = Maker::default();
    let (a, b) = (make.input(&[64, 64]), make.input(&[64, 64]));
    let flipped = make.nest(&[64, 64], &[a], |body| {
        let (i, j) = (body.axis(0), body.axis(1));
        Sink::Map(vec![body.load(DType::F32, 0, [j, i])])
    });
    let e = make.pointwise(&[b], |body, x| body.unary(Unary::Neg, x[0]));
    let product = matmul(&mut make, flipped, e, 64);
    let relu = make.pointwise(&[product], |body, x| {
        let zero = body.float(DType::F32, 0.0);
        body.binary(Binary::Max, x[0], zero)
    });
    let fused = make.fused(&[relu]);
    let nests = nests(&fused);
    assert_eq!(nests.len(), 3, "{fused:#?}");
    let found = as_contraction(nests[1]).unwrap();
    assert_eq!((found.a.row, found.a.column), (1, 64));
}

#[test]
fn small_contractions_fuse() {
    let mut make = Maker::default();
    let (a, b) = (make.input(&[4, 4]), make.input(&[4, 4]));
    let negative = make.pointwise(&[b], |body, x| body.unary(Unary::Neg, x[0]));
    let product = matmul(&mut make, a, negative, 4);
    assert_eq!(make.fused(&[product]).body.steps.len(), 1);
}

#[test]
fn reductions_of_one_input_merge() {
    let mut make = Maker::default();
    let x = make.input(&[1000, 10]);
    let total = |make: &mut Maker, x| {
        make.nest(&[1000, 10], &[x], |body| {
            let value = identity(body, 0, 2);
            Sink::Reduce { axes: 2, reductions: vec![sum(value)] }
        })
    };
    let square = make.pointwise(&[x], |body, x| body.binary(Binary::Mul, x[0], x[0]));
    let (first, second) = (total(&mut make, x), total(&mut make, square));
    let fused = make.fused(&[first, second]);
    assert_eq!(fused.body.steps.len(), 1, "{fused:#?}");
}

#[test]
fn reshapes_between_pointwise_nests_vanish() {
    for (outer, inner) in [([600].as_slice(), [20, 30].as_slice()), (&[20, 30], &[600]), (&[20, 30], &[30, 20])] {
        let mut make = Maker::default();
        let x = make.input(outer);
        let y = make.pointwise(&[x], |body, x| body.unary(Unary::Exp, x[0]));
        let z = make.0.buffer(Ty::new(DType::F32, inner));
        make.0.body.steps.push(Step::Reshape { from: y, to: z });
        let out = make.pointwise(&[z], |body, x| body.unary(Unary::Sin, x[0]));
        let fused = make.fused(&[out]);
        assert_eq!(nests(&fused).len(), 1, "{outer:?} to {inner:?}: {fused:#?}");
    }
}

#[test]
fn invariants_leave_loops_and_unused_carries_go() {
    let mut make = Maker::default();
    let (x, y) = (make.input(&[100]), make.input(&[100]));
    let mut carries = Vec::new();
    for init in [x, y, y] {
        let ty = Ty::new(DType::F32, &[100]);
        let (current, last) = (make.0.buffer(ty.clone()), make.0.buffer(ty));
        carries.push(Carry { init, current, next: current, last });
    }
    let outer = std::mem::take(&mut make.0.body.steps);
    // The second carry never changes, so its exponential is invariant; the third is not read.
    let e = make.pointwise(&[carries[1].current], |body, x| body.unary(Unary::Exp, x[0]));
    carries[0].next = make.pointwise(&[carries[0].current, e], add(0, 1));
    carries[2].next = make.pointwise(&[carries[2].current], |body, x| body.unary(Unary::Exp, x[0]));
    let body = Block { steps: std::mem::replace(&mut make.0.body.steps, outer) };
    let last = carries[0].last;
    let kind = LoopKind::Counted { extent: 7, reverse: false, counter: None };
    make.0.body.steps.push(Step::Loop(Loop { kind, carry: carries, xs: Vec::new(), ys: Vec::new(), body }));
    let fused = make.fused(&[last]);
    let [Step::Nest { .. }, Step::Loop(turns)] = fused.body.steps.as_slice() else { panic!("{fused:#?}") };
    assert_eq!((turns.carry.len(), turns.body.steps.len()), (1, 1));
}

#[test]
fn scatters_do_not_load_what_they_overwrite() {
    let mut make = Maker::default();
    let x = make.input(&[100]);
    let double = make.pointwise(&[x], add(0, 0));
    let out = make.nest(&[100], &[double, x], |body| {
        let (i, keep) = (body.axis(0), body.constant(Scalar::bool(true)));
        let value = body.load(DType::F32, 0, [i]);
        let last = body.index(99);
        let mirrored = body.binary(Binary::Sub, last, i);
        Sink::Scatter { base: 1, index: vec![mirrored], keep, value, combine: None }
    });
    let fused = make.fused(&[out]);
    assert_eq!(fused.body.steps.len(), 2, "{fused:#?}");
}

#[test]
fn sorts_keep_their_keys_and_what_is_used() {
    let mut make = Maker::default();
    let ins: Vec<Buf> = (0..3).map(|_| make.input(&[8])).collect();
    let outs: Vec<Buf> = (0..3).map(|_| make.0.buffer(Ty::new(DType::F32, &[8]))).collect();
    make.0.body.steps.push(Step::Sort(Sort { ins: ins.clone(), outs: outs.clone(), axis: 0, keys: 1 }));
    let fused = make.fused(&[outs[2]]);
    let [Step::Sort(sort)] = fused.body.steps.as_slice() else { panic!("{fused:#?}") };
    assert_eq!(
        (sort.ins.as_slice(), sort.outs.as_slice()),
        ([ins[0], ins[2]].as_slice(), [outs[0], outs[2]].as_slice())
    );
}

#[test]
fn float_identities_keep_signed_zeros() {
    for (zero, goes) in [(0.0, false), (-0.0, true)] {
        let mut make = Maker::default();
        let x = make.input(&[8]);
        let out = make.pointwise(&[x], |body, x| {
            let zero = body.float(DType::F32, zero);
            body.binary(Binary::Add, x[0], zero)
        });
        let fused = make.fused(&[out]);
        assert_eq!(fused.body.steps.is_empty(), goes, "{fused:#?}");
    }
}
