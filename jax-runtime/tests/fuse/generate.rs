//! Random programs: pointwise operations, index maps, reductions, scatters, reshapes, loops and branches.

use jax_core::base::{DType, Scalar};
use jax_core::kernel::*;

/// A linear congruential generator (Knuth's MMIX constants).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.0 >> 33) as usize) % n
    }
}

const SHAPES: [&[usize]; 8] = [&[], &[4], &[3, 4], &[4, 3], &[12], &[1, 4], &[2, 2, 3], &[4, 1]];

pub fn program(seed: u64) -> (Program, Vec<Vec<Scalar>>) {
    let mut make = Generator { random: Random::new(seed), program: Program::default() };
    let (mut known, mut inputs) = (Vec::new(), Vec::new());
    for shape in SHAPES {
        let buf = make.program.buffer(Ty::new(DType::F32, shape));
        make.program.inputs.push(buf);
        known.push(buf);
        let size: usize = shape.iter().product();
        let element = |_| Scalar::from_f64(DType::F32, make.random.below(17) as f64 / 4.0 - 2.0);
        inputs.push((0..size).map(element).collect());
    }
    let count = 3 + make.random.below(25);
    make.program.body = make.block(&mut known, count, 2);
    for _ in 0..1 + make.random.below(4) {
        let output = make.pick(&known);
        make.program.outputs.push(output);
    }
    (make.program, inputs)
}

struct Generator {
    random: Random,
    program: Program,
}

impl Generator {
    /// Any known buffer, the newest more often.
    fn pick(&mut self, known: &[Buf]) -> Buf {
        let first = if self.random.below(2) == 0 { known.len().saturating_sub(5) } else { 0 };
        known[first + self.random.below(known.len() - first)]
    }

    fn shape(&mut self) -> &'static [usize] {
        SHAPES[self.random.below(SHAPES.len())]
    }

    fn block(&mut self, known: &mut Vec<Buf>, count: usize, depth: usize) -> Block {
        let mut block = Block::default();
        for _ in 0..count {
            let step = match self.random.below(if depth > 0 { 19 } else { 16 }) {
                16 => self.turns(known, depth),
                17 => self.cond(known, depth),
                18 => self.repeat(known, depth),
                14 | 15 => self.scatter(known),
                12 | 13 => self.reduce(known),
                10 | 11 => self.reshape(known),
                _ => self.map(known),
            };
            block.steps.push(step);
        }
        block
    }

    fn nest(&mut self, extents: &[usize], ins: Vec<Buf>, body: Body, sink: Sink, known: &mut Vec<Buf>) -> Step {
        let inputs = ins.iter().map(|&buf| self.program.ty(buf).clone()).collect();
        let nest = Nest { extents: extents.iter().copied().collect(), inputs, body, sink };
        let outs: Vec<Buf> = nest.outputs().into_iter().map(|ty| self.program.buffer(ty)).collect();
        known.extend(&outs);
        Step::Nest { nest, ins, outs, span: None }
    }

    /// A load at some place that is in bounds: an axis, an axis shifted or mirrored, a constant, a gather.
    fn load(&mut self, body: &mut Body, slot: usize, shape: &[usize], extents: &[usize]) -> Id {
        if shape == extents && self.random.below(4) > 0 {
            let index: Vec<Id> = (0..shape.len()).map(|axis| body.axis(axis)).collect();
            return body.load(DType::F32, slot, index);
        }
        let index: Vec<Id> = shape
            .iter()
            .map(|&extent| {
                let axes: Vec<usize> = (0..extents.len()).filter(|&axis| extents[axis] <= extent).collect();
                if axes.is_empty() || self.random.below(5) == 0 {
                    let wide = (0..extents.len()).find(|&axis| extents[axis] > extent);
                    return match wide {
                        Some(axis) => {
                            let axis = body.axis(axis);
                            body.clamp_index(axis, extent)
                        }
                        None => body.index(self.random.below(extent) as i64),
                    };
                }
                let axis = axes[self.random.below(axes.len())];
                let (room, place) = (extent - extents[axis], body.axis(axis));
                if self.random.below(4) == 0 {
                    let last = body.index(extents[axis] as i64 - 1);
                    return body.binary(Binary::Sub, last, place);
                }
                let shift = body.index(self.random.below(room + 1) as i64);
                body.binary(Binary::Add, place, shift)
            })
            .collect();
        body.load(DType::F32, slot, index)
    }

    /// Some scalar code over a few loads.
    fn value(&mut self, body: &mut Body, ins: &mut Vec<Buf>, known: &[Buf], extents: &[usize]) -> Id {
        let mut values = Vec::new();
        for _ in 0..1 + self.random.below(3) {
            let buf = self.pick(known);
            ins.push(buf);
            let shape = self.program.ty(buf).shape.clone();
            values.push(self.load(body, ins.len() - 1, &shape, extents));
        }
        for _ in 0..self.random.below(4) {
            let a = values[self.random.below(values.len())];
            let b = values[self.random.below(values.len())];
            let new = match self.random.below(9) {
                0 => body.unary(Unary::Neg, a),
                1 => body.unary(Unary::Exp, a),
                2 => body.binary(Binary::Mul, a, b),
                3 => body.binary(Binary::Sub, a, b),
                4 => {
                    let one = body.float(DType::F32, 1.0);
                    body.binary(Binary::Mul, a, one)
                }
                5 => {
                    let wide = body.convert(DType::F64, a);
                    body.convert(DType::F32, wide)
                }
                6 => {
                    let less = body.binary(Binary::Lt, a, b);
                    let not = body.unary(Unary::Not, less);
                    body.select(not, a, b)
                }
                7 => {
                    let zero = body.float(DType::F32, 0.0);
                    body.binary(Binary::Add, a, zero)
                }
                _ => body.binary(Binary::Add, a, b),
            };
            values.push(new);
        }
        values.pop().expect("a value")
    }

    fn map(&mut self, known: &mut Vec<Buf>) -> Step {
        let extents = self.shape();
        let (mut body, mut ins) = (Body::new(), Vec::new());
        let count = 1 + self.random.below(5) / 4;
        let values = (0..count).map(|_| self.value(&mut body, &mut ins, known, extents)).collect();
        self.nest(extents, ins, body, Sink::Map(values), known)
    }

    fn reduce(&mut self, known: &mut Vec<Buf>) -> Step {
        let extents = SHAPES[1 + self.random.below(SHAPES.len() - 1)];
        let (mut body, mut ins) = (Body::new(), Vec::new());
        let value = self.value(&mut body, &mut ins, known, extents);
        let (combine, init) =
            if self.random.below(2) == 0 { (Binary::Add, 0.0) } else { (Binary::Max, f64::NEG_INFINITY) };
        let reduction = Reduction {
            values: vec![value],
            init: vec![Scalar::from_f64(DType::F32, init)],
            combine: Combine::Op(combine),
        };
        // One that leaves a known shape.
        let kept = (0..extents.len()).rev().find(|&kept| SHAPES.contains(&&extents[..kept])).unwrap_or(0);
        let sink = Sink::Reduce { axes: extents.len() - kept, reductions: vec![reduction] };
        self.nest(extents, ins, body, sink, known)
    }

    fn scatter(&mut self, known: &mut Vec<Buf>) -> Step {
        let extents = self.shape();
        let (mut body, mut ins) = (Body::new(), Vec::new());
        let value = self.value(&mut body, &mut ins, known, extents);
        let base = self.pick(known);
        ins.push(base);
        let shape = self.program.ty(base).shape.clone();
        let index = shape
            .iter()
            .map(|&extent| {
                let place =
                    if extents.is_empty() { body.index(0) } else { body.axis(self.random.below(extents.len())) };
                body.clamp_index(place, extent)
            })
            .collect();
        let keep = body.constant(Scalar::bool(true));
        let combine = (self.random.below(2) == 0).then_some(Binary::Add);
        let sink = Sink::Scatter { base: ins.len() as u32 - 1, index, keep, value, combine };
        self.nest(extents, ins, body, sink, known)
    }

    fn reshape(&mut self, known: &mut Vec<Buf>) -> Step {
        let from = self.pick(known);
        let size = self.program.ty(from).size();
        let shapes: Vec<_> = SHAPES.into_iter().filter(|shape| shape.iter().product::<usize>() == size).collect();
        let to = self.program.buffer(Ty::new(DType::F32, shapes[self.random.below(shapes.len())]));
        known.push(to);
        Step::Reshape { from, to }
    }

    fn turns(&mut self, known: &mut Vec<Buf>, depth: usize) -> Step {
        let mut inner = known.clone();
        let mut carry = Vec::new();
        for _ in 0..1 + self.random.below(2) {
            let init = self.pick(known);
            let ty = self.program.ty(init).clone();
            let (current, last) = (self.program.buffer(ty.clone()), self.program.buffer(ty));
            inner.push(current);
            carry.push(Carry { init, current, next: current, last });
        }
        let mut xs = Vec::new();
        if let Some(&stacked) = known.iter().rev().find(|&&buf| *self.program.ty(buf).shape == [3, 4]) {
            let elem = self.program.buffer(Ty::new(DType::F32, &[4]));
            inner.push(elem);
            xs.push((stacked, elem));
        }
        let count = 1 + self.random.below(8);
        let body = self.block(&mut inner, count, depth - 1);
        let of_type = |make: &mut Generator, ty: &Ty| {
            let fits: Vec<Buf> = inner.iter().copied().filter(|&buf| make.program.ty(buf) == ty).collect();
            fits[fits.len() - 1 - make.random.below(fits.len().min(4))]
        };
        for carry in &mut carry {
            let ty = self.program.ty(carry.init).clone();
            carry.next = of_type(self, &ty);
            known.push(carry.last);
        }
        let elem = of_type(self, &Ty::new(DType::F32, &[4]));
        let stacked = self.program.buffer(Ty::new(DType::F32, &[3, 4]));
        known.push(stacked);
        let kind = LoopKind::Counted { extent: 3, reverse: self.random.below(2) == 0, counter: None };
        Step::Loop(Loop { kind, carry, xs, ys: vec![(elem, stacked)], body })
    }

    fn cond(&mut self, known: &mut Vec<Buf>, depth: usize) -> Step {
        let index = self.program.buffer(Ty::new(DType::I32, &[]));
        let ty = self.program.ty(self.program.inputs[1]).clone();
        let branches = (0..2)
            .map(|_| {
                let mut inner = known.clone();
                let count = 1 + self.random.below(5);
                let body = self.block(&mut inner, count, depth - 1);
                let fits: Vec<Buf> = inner.iter().copied().filter(|&buf| *self.program.ty(buf) == ty).collect();
                Branch { body, results: vec![fits[fits.len() - 1 - self.random.below(fits.len().min(3))]] }
            })
            .collect();
        let out = self.program.buffer(ty);
        known.push(out);
        let (mut body, from) = (Body::new(), self.program.inputs[0]);
        let value = body.load(DType::F32, 0, []);
        let value = body.convert(DType::I32, value);
        let inputs = vec![self.program.ty(from).clone()];
        let nest = Nest { extents: Default::default(), inputs, body, sink: Sink::Map(vec![value]) };
        let choose = Step::Nest { nest, ins: vec![from], outs: vec![index], span: None };
        let cond = Step::Cond { index, branches, outs: vec![out] };
        // A loop of one turn keeps the two steps together.
        let kind = LoopKind::Counted { extent: 1, reverse: false, counter: None };
        let stacked = self.program.buffer(Ty::new(DType::F32, &[1, 4]));
        known.pop();
        known.push(stacked);
        let body = Block { steps: vec![choose, cond] };
        Step::Loop(Loop { kind, carry: Vec::new(), xs: Vec::new(), ys: vec![(out, stacked)], body })
    }

    /// As long as a carried number, which grows by one each turn, is below three.
    fn repeat(&mut self, known: &mut Vec<Buf>, depth: usize) -> Step {
        let mut carry = Vec::new();
        for init in [self.program.inputs[0], self.pick(known)] {
            let ty = self.program.ty(init).clone();
            let (current, last) = (self.program.buffer(ty.clone()), self.program.buffer(ty));
            carry.push(Carry { init, current, next: current, last });
        }
        let mut code = Body::new();
        let (number, limit) = (code.load(DType::F32, 0, []), code.float(DType::F32, 3.0));
        let less = code.binary(Binary::Lt, number, limit);
        let mut pred = Vec::new();
        let test = self.nest(&[], vec![carry[0].current], code, Sink::Map(vec![less]), &mut pred);
        let mut code = Body::new();
        let (number, one) = (code.load(DType::F32, 0, []), code.float(DType::F32, 1.0));
        let more = code.binary(Binary::Add, number, one);
        let mut grown = Vec::new();
        let grow = self.nest(&[], vec![carry[0].current], code, Sink::Map(vec![more]), &mut grown);
        carry[0].next = grown[0];
        let mut inner = known.clone();
        inner.extend(carry.iter().map(|carry| carry.current));
        let count = 1 + self.random.below(6);
        let mut body = self.block(&mut inner, count, depth - 1);
        body.steps.push(grow);
        let ty = self.program.ty(carry[1].init).clone();
        let fits: Vec<Buf> = inner.iter().copied().filter(|&buf| *self.program.ty(buf) == ty).collect();
        carry[1].next = fits[fits.len() - 1 - self.random.below(fits.len().min(3))];
        known.extend(carry.iter().map(|carry| carry.last));
        let kind = LoopKind::While { cond: Block { steps: vec![test] }, pred: pred[0] };
        Step::Loop(Loop { kind, carry, xs: Vec::new(), ys: Vec::new(), body })
    }
}
