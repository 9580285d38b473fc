//! Reshapes between pointwise nests: the nest takes the shape from before the reshape, which then follows it.
//!
//! A load through a reshape whose index comes out without a division needs none of this: `splice` does it.

use std::mem;
use std::ops::Range;

use jax_core::base::Shape;
use jax_core::kernel::{Block, Body, Buf, Id, Nest, Op, Program, Sink, Step, Ty};

use super::copies::reads_its_point;
use super::{splice, walk};

/// The shortest runs of axes of two shapes of one size that hold as many elements on both sides.
pub fn runs(to: &[usize], from: &[usize]) -> Vec<(Range<usize>, Range<usize>)> {
    let mut runs = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < to.len() || j < from.len() {
        let start = (i, j);
        let (mut here, mut there) = (1, 1);
        while (i < to.len() || j < from.len()) && (here != there || here == 1) {
            if i < to.len() && (here <= there || j == from.len()) {
                here *= to[i];
                i += 1;
            } else {
                there *= from[j];
                j += 1;
            }
        }
        runs.push((start.0..i, start.1..j));
    }
    runs
}

/// Whether an index into `to` becomes one into `from` without a division.
fn merges(to: &[usize], from: &[usize]) -> bool {
    runs(to, from).into_iter().all(|(_, inner)| from[inner].iter().filter(|&&extent| extent != 1).count() <= 1)
}

/// Moves reshapes down past pointwise maps where that lets a map fuse with one before. Says whether any moved.
pub fn sink(program: &mut Program) -> bool {
    let count = program.bufs.len();
    let mut known = Known { from: vec![None; count], mapped: vec![false; count], changed: false };
    let mut body = mem::take(&mut program.body);
    known.block(&mut body, program);
    program.body = body;
    known.changed
}

struct Known {
    /// By buffer: what it is a reshape of.
    from: Vec<Option<Buf>>,
    /// By buffer: whether a map defines it.
    mapped: Vec<bool>,
    changed: bool,
}

impl Known {
    fn block(&mut self, block: &mut Block, program: &mut Program) {
        for mut step in mem::take(&mut block.steps) {
            walk::blocks(&mut step).into_iter().for_each(|inner| self.block(inner, program));
            let shape = self.better_shape(&step, program);
            match (step, shape) {
                (Step::Nest { nest, ins, outs, span }, Some(shape)) => {
                    let (before, nest, ins) = self.reshaped(nest, ins, &shape, program);
                    block.steps.extend(before);
                    let moved: Vec<Buf> = nest.outputs().into_iter().map(|ty| self.buffer(program, ty)).collect();
                    block.steps.push(Step::Nest { nest, ins, outs: moved.clone(), span });
                    for (from, to) in moved.into_iter().zip(outs) {
                        self.mapped[from.0 as usize] = true;
                        self.from[to.0 as usize] = Some(from);
                        block.steps.push(Step::Reshape { from, to });
                    }
                    self.changed = true;
                }
                (step, _) => {
                    match &step {
                        Step::Reshape { from, to } => self.from[to.0 as usize] = Some(*from),
                        Step::Nest { nest: Nest { sink: Sink::Map(_), .. }, outs, .. } => {
                            outs.iter().for_each(|out| self.mapped[out.0 as usize] = true);
                        }
                        _ => {}
                    }
                    block.steps.push(step);
                }
            }
        }
    }

    fn buffer(&mut self, program: &mut Program, ty: Ty) -> Buf {
        self.from.push(None);
        self.mapped.push(false);
        program.buffer(ty)
    }

    /// The shape that a pointwise map should rather have, so that what it reads can be fused into it.
    fn better_shape(&self, step: &Step, program: &Program) -> Option<Shape> {
        let Step::Nest { nest, ins, .. } = step else { return None };
        if !matches!(nest.sink, Sink::Map(_)) || !is_pointwise(nest) || nest.extents.contains(&0) {
            return None;
        }
        let full: Vec<Buf> = ins.iter().copied().filter(|&buf| program.ty(buf).shape == nest.extents).collect();
        let source = |buf: Buf| self.from[buf.0 as usize];
        let shape = full.iter().find_map(|&buf| {
            let from = source(buf).filter(|from| self.mapped[from.0 as usize])?;
            let shape = &program.ty(from).shape;
            (!merges(&nest.extents, shape)).then(|| shape.clone())
        })?;
        let others = full.iter().all(|&buf| {
            merges(&shape, &nest.extents) || source(buf).is_some_and(|from| program.ty(from).shape == shape)
        });
        others.then_some(shape)
    }

    /// A pointwise map over another shape, and the reshapes that it needs before it.
    fn reshaped(
        &mut self,
        nest: Nest,
        ins: Vec<Buf>,
        shape: &Shape,
        program: &mut Program,
    ) -> (Vec<Step>, Nest, Vec<Buf>) {
        let mut before = Vec::new();
        let mut moved = Vec::new();
        for buf in ins {
            let ty = program.ty(buf).clone();
            moved.push(match self.from[buf.0 as usize] {
                _ if ty.shape != nest.extents => buf,
                Some(from) if program.ty(from).shape == *shape => from,
                _ => {
                    let to = self.buffer(program, Ty::new(ty.dtype, shape));
                    self.from[to.0 as usize] = Some(buf);
                    before.push(Step::Reshape { from: buf, to });
                    to
                }
            });
        }
        let mut body = Body::new();
        let roots = splice::values(&nest.sink);
        let values = body.import(&nest.body, &roots, |body, node| match &node.op {
            Op::Load { input, index } if !index.is_empty() => {
                let index: Vec<Id> = (0..shape.len()).map(|axis| body.axis(axis)).collect();
                Some(body.load(node.dtype, *input as usize, index))
            }
            _ => None,
        });
        let inputs = moved.iter().map(|&buf| program.ty(buf).clone()).collect();
        let mut nest = Nest { extents: shape.clone(), inputs, body, sink: Sink::Map(values) };
        // The old coordinates are still there, though nothing reads them.
        splice::compact(&mut nest, &mut moved);
        (before, nest, moved)
    }
}

/// Whether a nest reads only its own point of arrays of its extents, and scalars, and no coordinates.
fn is_pointwise(nest: &Nest) -> bool {
    let is_axis = |id: Id| matches!(nest.body.node(id).op, Op::Axis(_));
    splice::values(&nest.sink).into_iter().all(|id| !is_axis(id))
        && nest.body.nodes().iter().all(|node| match &node.op {
            Op::Load { index, .. } => index.is_empty() || reads_its_point(nest, &node.op),
            op => {
                let mut free = true;
                op.for_each_arg(|arg| free &= !is_axis(arg));
                free
            }
        })
}
