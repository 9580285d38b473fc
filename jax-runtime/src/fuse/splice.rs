//! Building one nest out of several: loads of a buffer replaced by the code that computes the element.
//!
//! Which loads are replaced is the caller's decision (`inline`, `merge`); nothing here weighs costs.

use std::collections::HashMap;

use jax_core::base::shape;
use jax_core::kernel::{Binary, Body, Buf, Id, Nest, Op, Sink, Ty};
use smallvec::SmallVec;

use super::reshape;
use super::simplify::Builder;

/// A nest with the buffers that it reads.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    /// The nest.
    pub nest: &'a Nest,
    /// Its inputs.
    pub ins: &'a [Buf],
}

/// What stands behind a buffer, when its elements may be computed where they are read.
#[derive(Clone, Copy)]
pub enum Source<'a> {
    /// A value of a map.
    Value(Site<'a>, Id),
    /// The same elements under another shape.
    Reshape(Buf),
}

type Index = SmallVec<[Id; 4]>;

/// A nest under construction.
pub struct Splicer<'a, F> {
    builder: Builder,
    bufs: &'a [Ty],
    source: F,
    ins: Vec<Buf>,
    slots: HashMap<Buf, u32>,
    memo: HashMap<(Buf, Index), Id>,
}

/// A body whose nodes are being copied, up to `next` of `order`.
struct Frame<'a> {
    body: &'a Body,
    ins: &'a [Buf],
    axes: Index,
    order: Vec<u32>,
    next: usize,
    copied: Vec<Id>,
    /// The load that asked for this, and the node that is its value.
    target: Option<((Buf, Index), Id)>,
}

impl<'a, F: Fn(Buf) -> Option<Source<'a>>> Splicer<'a, F> {
    /// An empty nest over a box; `source` says which loads are replaced.
    pub fn new(extents: &[usize], bufs: &'a [Ty], source: F) -> Self {
        let builder = Builder::new(extents);
        Splicer { builder, bufs, source, ins: Vec::new(), slots: HashMap::new(), memo: HashMap::new() }
    }

    /// Copies what `roots` of a nest over this box need.
    pub fn copy(&mut self, site: Site<'a>, roots: &[Id]) -> Vec<Id> {
        let axes = self.axes(site.nest.extents.len());
        let mut stack = vec![Frame::new(site, axes, roots, None)];
        while let Some(frame) = stack.last_mut() {
            let Some(&position) = frame.order.get(frame.next) else {
                match stack.pop() {
                    Some(Frame { target: Some((key, value)), copied, .. }) => {
                        self.memo.insert(key, copied[value.0 as usize]);
                        continue;
                    }
                    Some(frame) => return roots.iter().map(|root| frame.copied[root.0 as usize]).collect(),
                    None => break,
                }
            };
            let node = frame.body.node(Id(position));
            let op = node.op.map_args(|arg| frame.copied[arg.0 as usize]);
            let copied = match op {
                Op::Axis(axis) => frame.axes[axis as usize],
                Op::Load { input, index } => match self.load(frame.ins[input as usize], index) {
                    Ok(id) => id,
                    Err(callee) => {
                        stack.push(*callee);
                        continue;
                    }
                },
                op => self.builder.push(node.dtype, op),
            };
            frame.copied[position as usize] = copied;
            frame.next += 1;
        }
        Vec::new()
    }

    /// Makes a buffer's element at the current point known as a node.
    pub fn define(&mut self, buf: Buf, value: Id) {
        let axes = self.axes(self.bufs[buf.0 as usize].shape.len());
        self.memo.insert((buf, axes), value);
    }

    fn axes(&mut self, rank: usize) -> Index {
        (0..rank).map(|axis| self.builder.axis(axis)).collect()
    }

    /// The node of a load, or the code that computes it first.
    fn load(&mut self, mut buf: Buf, mut index: Index) -> Result<Id, Box<Frame<'a>>> {
        loop {
            let key = (buf, index);
            if let Some(&id) = self.memo.get(&key) {
                return Ok(id);
            }
            index = key.1;
            match (self.source)(buf) {
                Some(Source::Value(site, value)) => {
                    let target = Some(((buf, index.clone()), value));
                    return Err(Box::new(Frame::new(site, index, &[value], target)));
                }
                Some(Source::Reshape(from)) => match self.reshaped(buf, from, &index) {
                    Some(there) => (buf, index) = (from, there),
                    None => break,
                },
                None => break,
            }
        }
        let ty = &self.bufs[buf.0 as usize];
        let ins = &mut self.ins;
        let input = *self.slots.entry(buf).or_insert_with(|| {
            ins.push(buf);
            ins.len() as u32 - 1
        });
        Ok(self.builder.push(ty.dtype, Op::Load { input, index }))
    }

    /// The index into `from` of the element that `index` names in `to`, if it comes out without a division.
    fn reshaped(&mut self, to: Buf, from: Buf, index: &[Id]) -> Option<Index> {
        let bufs = self.bufs;
        let (to, from) = (&bufs[to.0 as usize].shape, &bufs[from.0 as usize].shape);
        if to.contains(&0) {
            return None;
        }
        let before = self.builder.body.nodes().len();
        let mut there: Index = from.iter().map(|_| self.builder.index(0)).collect();
        for (outer, inner) in reshape::runs(to, from) {
            let strides = shape::strides(&to[outer.clone()]);
            let mut position = self.builder.index(0);
            for (&id, &stride) in index[outer].iter().zip(&strides) {
                let stride = self.builder.index(stride as i64);
                let step = self.builder.indexed(Binary::Mul, id, stride);
                position = self.builder.indexed(Binary::Add, position, step);
            }
            let strides = shape::strides(&from[inner.clone()]);
            for (axis, &stride) in inner.clone().zip(&strides) {
                let (stride, extent) = (self.builder.index(stride as i64), self.builder.index(from[axis] as i64));
                let quotient = self.builder.indexed(Binary::Div, position, stride);
                // The outermost axis of a run needs no remainder.
                there[axis] =
                    if axis == inner.start { quotient } else { self.builder.indexed(Binary::Rem, quotient, extent) };
            }
        }
        let divides = |id: &Id| {
            let mut open = vec![*id];
            while let Some(id) = open.pop() {
                let op = &self.builder.body.node(id).op;
                if matches!(op, Op::Binary(Binary::Div | Binary::Rem, ..)) && id.0 as usize >= before {
                    return true;
                }
                if id.0 as usize >= before {
                    op.for_each_arg(|arg| open.push(arg));
                }
            }
            false
        };
        (!there.iter().any(divides)).then_some(there)
    }

    /// The nest over these extents with this sink, whose ids are those that `copy` gave, and its inputs.
    pub fn finish(self, extents: &[usize], sink: Sink, base: Option<Buf>) -> (Nest, Vec<Buf>) {
        let (mut ins, bufs) = (self.ins, self.bufs);
        let inputs = ins.iter().map(|buf| bufs[buf.0 as usize].clone()).collect();
        let extents = extents.iter().copied().collect();
        let mut nest = Nest { extents, inputs, body: self.builder.body, sink };
        compact(&mut nest, &mut ins);
        if let (Some(buf), Sink::Scatter { base, .. }) = (base, &mut nest.sink) {
            *base = ins.len() as u32;
            nest.inputs.push(bufs[buf.0 as usize].clone());
            ins.push(buf);
        }
        (nest, ins)
    }
}

impl<'a> Frame<'a> {
    fn new(site: Site<'a>, axes: Index, roots: &[Id], target: Option<((Buf, Index), Id)>) -> Frame<'a> {
        let body = &site.nest.body;
        let order = reachable(body, roots);
        Frame { body, ins: site.ins, axes, order, next: 0, copied: vec![Id(0); body.nodes().len()], target }
    }
}

/// The nodes that `roots` need, themselves included, in order.
pub fn reachable(body: &Body, roots: &[Id]) -> Vec<u32> {
    let mut needed = vec![false; body.nodes().len()];
    for root in roots {
        needed[root.0 as usize] = true;
    }
    let mut order = Vec::new();
    for position in (0..needed.len()).rev() {
        if needed[position] {
            order.push(position as u32);
            body.nodes()[position].op.for_each_arg(|arg| needed[arg.0 as usize] = true);
        }
    }
    order.reverse();
    order
}

/// Calls `f` with each id that a sink names in the nest's body.
pub fn for_each_value(sink: &mut Sink, mut f: impl FnMut(&mut Id)) {
    match sink {
        Sink::Map(values) => values.iter_mut().for_each(f),
        Sink::Reduce { reductions, .. } => {
            reductions.iter_mut().flat_map(|reduction| &mut reduction.values).for_each(f);
        }
        Sink::Scatter { index, keep, value, .. } => {
            index.iter_mut().for_each(&mut f);
            f(keep);
            f(value);
        }
    }
}

/// The ids that a sink names in the nest's body.
pub fn values(sink: &Sink) -> Vec<Id> {
    let (mut sink, mut found) = (sink.clone(), Vec::new());
    for_each_value(&mut sink, |id| found.push(*id));
    found
}

/// Builds a nest anew, with the loads that `source` knows replaced.
pub fn rebuild<'a>(bufs: &'a [Ty], site: Site<'a>, source: impl Fn(Buf) -> Option<Source<'a>>) -> (Nest, Vec<Buf>) {
    let mut splicer = Splicer::new(&site.nest.extents, bufs, source);
    let mut copied = splicer.copy(site, &values(&site.nest.sink)).into_iter();
    let mut sink = site.nest.sink.clone();
    for_each_value(&mut sink, |id| *id = copied.next().unwrap_or(*id));
    let base = match &site.nest.sink {
        Sink::Scatter { base, .. } => site.ins.get(*base as usize).copied(),
        _ => None,
    };
    splicer.finish(&site.nest.extents, sink, base)
}

/// Removes code that no value of the sink needs, and inputs that are not loaded from.
pub fn compact(nest: &mut Nest, ins: &mut Vec<Buf>) {
    let mut body = Body::new();
    let mut moved = vec![Id(0); nest.body.nodes().len()];
    let mut slots = vec![None; ins.len()];
    let (mut kept_ins, mut kept_inputs) = (Vec::new(), Vec::new());
    for position in reachable(&nest.body, &values(&nest.sink)) {
        let node = nest.body.node(Id(position));
        let op = match node.op.map_args(|arg| moved[arg.0 as usize]) {
            Op::Load { input, index } => {
                let slot = *slots[input as usize].get_or_insert_with(|| {
                    kept_ins.push(ins[input as usize]);
                    kept_inputs.push(nest.inputs[input as usize].clone());
                    kept_ins.len() as u32 - 1
                });
                Op::Load { input: slot, index }
            }
            op => op,
        };
        moved[position as usize] = body.push(node.dtype, op);
    }
    for_each_value(&mut nest.sink, |id| *id = moved[id.0 as usize]);
    (nest.body, nest.inputs, *ins) = (body, kept_inputs, kept_ins);
}
