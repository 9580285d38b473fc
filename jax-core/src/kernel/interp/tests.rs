//! The interpreter on small programs whose results are written out here.

use super::*;
use crate::kernel::{Binary, Branch, Carry, Reduction, Ty};

fn f32s(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

fn i64s(values: &[i64]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

fn map(program: &mut Program, shape: &[usize], ins: &[Buf], f: impl FnOnce(&mut Body) -> Vec<Id>) -> (Step, Vec<Buf>) {
    let mut body = Body::new();
    let values = f(&mut body);
    let inputs = ins.iter().map(|&buf| program.ty(buf).clone()).collect();
    let nest = Nest { extents: shape.iter().copied().collect(), inputs, body, sink: Sink::Map(values) };
    let outs: Vec<Buf> = nest.outputs().into_iter().map(|ty| program.buffer(ty)).collect();
    (Step::Nest { nest, ins: ins.to_vec(), outs: outs.clone(), span: None }, outs)
}

#[test]
fn reductions_over_trailing_axes() {
    let mut body = Body::new();
    let (i, j) = (body.axis(0), body.axis(1));
    let x = body.load(DType::F32, 0, [i, j]);
    let op = |op, init| Reduction { values: vec![x], init: vec![init], combine: Combine::Op(op) };
    let one = Scalar::from_f64(DType::F32, f64::NEG_INFINITY);
    // The position of the largest element: the first where several are equal.
    let mut pick = Body::new();
    let args: Vec<Id> = [DType::F32, DType::I64, DType::F32, DType::I64]
        .iter()
        .enumerate()
        .map(|(i, &dtype)| pick.push(dtype, Op::Arg(i as u32)))
        .collect();
    let newer = pick.binary(Binary::Gt, args[2], args[0]);
    let results = vec![pick.select(newer, args[2], args[0]), pick.select(newer, args[3], args[1])];
    let argmax = Reduction {
        values: vec![x, j],
        init: vec![one, Scalar::from_i128(DType::I64, 0)],
        combine: Combine::Body { body: pick, results },
    };
    let reductions = vec![op(Binary::Add, Scalar::zero(DType::F32)), op(Binary::Max, one), argmax];
    let sink = Sink::Reduce { axes: 1, reductions };
    let nest = Nest { extents: smallvec::smallvec![2, 3], inputs: vec![Ty::new(DType::F32, &[2, 3])], body, sink };
    let out = run_nest(&nest, &[&f32s(&[1.0, 2.0, 3.0, 6.0, 6.0, 4.0])]);
    assert_eq!(out, [f32s(&[6.0, 16.0]), f32s(&[3.0, 6.0]), f32s(&[3.0, 6.0]), i64s(&[2, 0])]);
    let empty = Nest { extents: smallvec::smallvec![2, 0], inputs: vec![Ty::new(DType::F32, &[2, 0])], ..nest };
    assert_eq!(run_nest(&empty, &[&[]])[0], f32s(&[0.0, 0.0]));
}

#[test]
fn scatters_in_order() {
    for (combine, expected) in [(None, [0.0, 3.0, 1.0]), (Some(Binary::Add), [0.0, 15.0, 11.0])] {
        let mut body = Body::new();
        let i = body.axis(0);
        let index = body.load(DType::I64, 1, [i]);
        let value = body.convert(DType::F32, i);
        let four = body.index(4);
        let keep = body.binary(Binary::Lt, i, four);
        let inputs = vec![Ty::new(DType::F32, &[3]), Ty::new(DType::I64, &[5])];
        let sink = Sink::Scatter { base: 0, index: vec![index], keep, value, combine };
        let nest = Nest { extents: smallvec::smallvec![5], inputs, body, sink };
        let out = run_nest(&nest, &[&f32s(&[0.0, 10.0, 10.0]), &i64s(&[1, 2, 1, 1, 0])]);
        assert_eq!(out, [f32s(&expected)]);
    }
}

#[test]
fn counted_loops_carry_slice_and_stack() {
    for (reverse, last, stacked) in [(false, 321i64, [1, 21, 321]), (true, 123, [123, 23, 3])] {
        let mut p = Program::default();
        let [xs, init] = [&[3][..], &[]].map(|shape| p.buffer(Ty::new(DType::I64, shape)));
        let [x, current, counter, after] = [(); 4].map(|()| p.buffer(Ty::new(DType::I64, &[])));
        let ys = p.buffer(Ty::new(DType::I64, &[3]));
        // next = current + x * 10^turn, where the turn is counted from the far end when reversed.
        let (step, next) = map(&mut p, &[], &[current, x, counter], |b| {
            let [c, x, i] = [0, 1, 2].map(|input| b.load(DType::I64, input, []));
            let mut power = b.index(1);
            for turn in 0..2 {
                let edge = b.index(if reverse { 1 - turn } else { turn });
                let reached = b.binary(if reverse { Binary::Le } else { Binary::Gt }, i, edge);
                let (ten, one) = (b.index(10), b.index(1));
                let factor = b.select(reached, ten, one);
                power = b.binary(Binary::Mul, power, factor);
            }
            let scaled = b.binary(Binary::Mul, x, power);
            vec![b.binary(Binary::Add, c, scaled)]
        });
        p.body.steps.push(Step::Loop(Loop {
            kind: LoopKind::Counted { extent: 3, reverse, counter: Some(counter) },
            carry: vec![Carry { init, current, next: next[0], last: after }],
            xs: vec![(xs, x)],
            ys: vec![(next[0], ys)],
            body: Block { steps: vec![step] },
        }));
        (p.inputs, p.outputs) = (vec![xs, init], vec![after, ys]);
        assert_eq!(run(&p, &[&i64s(&[1, 2, 3]), &i64s(&[0])]), [i64s(&[last]), i64s(&stacked)]);
    }
}

#[test]
fn while_loops_may_swap_what_they_carry() {
    let mut p = Program::default();
    let [a, b, a1, b1, a2, b2] = [(); 6].map(|()| p.buffer(Ty::new(DType::I64, &[])));
    let (cond, pred) = map(&mut p, &[], &[a1], |body| {
        let (a, limit) = (body.load(DType::I64, 0, []), body.index(10));
        vec![body.binary(Binary::Lt, a, limit)]
    });
    let (step, sum) = map(&mut p, &[], &[a1, b1], |body| {
        let [a, b] = [0, 1].map(|input| body.load(DType::I64, input, []));
        vec![body.binary(Binary::Add, a, b)]
    });
    p.body.steps.push(Step::Loop(Loop {
        kind: LoopKind::While { cond: Block { steps: vec![cond] }, pred: pred[0] },
        carry: vec![
            Carry { init: a, current: a1, next: b1, last: a2 },
            Carry { init: b, current: b1, next: sum[0], last: b2 },
        ],
        xs: vec![],
        ys: vec![],
        body: Block { steps: vec![step] },
    }));
    (p.inputs, p.outputs) = (vec![a, b], vec![a2, b2]);
    assert_eq!(run(&p, &[&i64s(&[0]), &i64s(&[1])]), [i64s(&[13]), i64s(&[21])]);
}

#[test]
fn branches_are_clamped() {
    let mut p = Program::default();
    let index = p.buffer(Ty::new(DType::I32, &[]));
    let [a, b, out] = [(); 3].map(|()| p.buffer(Ty::new(DType::I64, &[])));
    let branches = [a, b].map(|buf| Branch { body: Block::default(), results: vec![buf] }).to_vec();
    p.body.steps.push(Step::Cond { index, branches, outs: vec![out] });
    (p.inputs, p.outputs) = (vec![index, a, b], vec![out]);
    for (index, expected) in [(-5i32, 10), (0, 10), (1, 20), (7, 20)] {
        assert_eq!(run(&p, &[&index.to_le_bytes(), &i64s(&[10]), &i64s(&[20])]), [i64s(&[expected])]);
    }
}

#[test]
fn sorts_are_stable_along_an_inner_axis() {
    let mut p = Program::default();
    let [k, k2] = [(); 2].map(|()| p.buffer(Ty::new(DType::F32, &[3, 2])));
    let [v, v2] = [(); 2].map(|()| p.buffer(Ty::new(DType::I64, &[3, 2])));
    p.body.steps.push(Step::Sort(Sort { ins: vec![k, v], outs: vec![k2, v2], axis: 0, keys: 1 }));
    (p.inputs, p.outputs) = (vec![k, v], vec![k2, v2]);
    let out = run(&p, &[&f32s(&[0.0, 3.0, -0.0, f32::NAN, -1.0, 2.0]), &i64s(&[0, 1, 2, 3, 4, 5])]);
    assert_eq!(out[1], i64s(&[4, 5, 0, 1, 2, 3]));
}
