//! Fusion keeps values, and fuses what it should.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "fuse/generate.rs"]
mod generate;
#[path = "fuse/oracle.rs"]
mod oracle;

use std::time::Instant;

use jax_core::base::{DType, Scalar};
use jax_core::kernel::*;
use jax_runtime::fuse::fuse;

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
        println!("diamond {diamond}: {took:?}, {} nests", fused.body.steps.len());
        assert!(fused.body.steps.len() <= 4, "{}", fused.body.steps.len());
        if !cfg!(debug_assertions) {
            assert!(took.as_millis() < 100, "{took:?}");
        }
    }
}
