//! Loops without carry: turns that threads share, each with memory of its own for what a turn computes.

use std::collections::BTreeSet;
use std::ops::Range;

use jax_core::kernel::{self, Block, Buf, Ty};

use super::place::{Home, Plan};
use super::{LoopKind, Step};

/// Estimated operations below which a loop is not worth sharing between threads.
const PARALLEL_WORK: usize = 1 << 17;
/// Operations that a thread takes at a time, at least.
const CHUNK_WORK: usize = 1 << 14;
/// How often a loop of unknown trip count is taken to run.
const UNKNOWN_TURNS: usize = 32;
/// Bytes that a turn may need: they are on the thread's native stack.
const PRIVATE_BYTES: usize = 1 << 14;
/// Single elements that are kept in registers around a loop.
const WARM: usize = 12;

/// How threads share the turns of a loop. Chunks depend on sizes alone.
#[derive(Clone, PartialEq, Debug)]
pub struct Lanes {
    /// Turns of a chunk.
    pub chunk: usize,
    /// The buffers from outside that turns read or write.
    pub outer: Vec<Buf>,
    /// The part of the arena that turns use, of which each thread has its own.
    pub arena: Range<usize>,
}

/// What a loop defines and what it uses, by the buffers whose memory they are.
pub struct Inside {
    defined: BTreeSet<Buf>,
    used: BTreeSet<Buf>,
    read: BTreeSet<Buf>,
}

fn root(plan: &Plan, mut buf: Buf) -> Buf {
    while let Home::Same(other) = plan.homes[buf.0 as usize] {
        buf = other;
    }
    buf
}

impl Inside {
    /// Looks into a loop.
    pub fn of(turns: &kernel::Loop, plan: &Plan) -> Inside {
        let mut inside = Inside { defined: BTreeSet::new(), used: BTreeSet::new(), read: BTreeSet::new() };
        inside.turns(turns, plan);
        let results = turns.carry.iter().map(|carry| carry.last).chain(turns.ys.iter().map(|&(_, stacked)| stacked));
        for buf in results {
            inside.defined.remove(&root(plan, buf));
        }
        inside
    }

    fn define(&mut self, plan: &Plan, bufs: impl IntoIterator<Item = Buf>) {
        for buf in bufs {
            // A second name defines nothing.
            if !matches!(plan.homes[buf.0 as usize], Home::Same(_)) {
                self.defined.insert(buf);
            }
            self.used.insert(root(plan, buf));
        }
    }

    fn take(&mut self, plan: &Plan, bufs: impl IntoIterator<Item = Buf>) {
        self.used.extend(bufs.into_iter().map(|buf| root(plan, buf)));
    }

    fn block(&mut self, block: &Block, plan: &Plan) {
        for step in &block.steps {
            match step {
                kernel::Step::Nest { ins, outs, .. } => {
                    self.read.extend(ins.iter().map(|&buf| root(plan, buf)));
                    self.take(plan, ins.iter().copied());
                    self.define(plan, outs.iter().copied());
                }
                kernel::Step::Reshape { from, to } => self.take(plan, [*from, *to]),
                kernel::Step::Loop(turns) => self.turns(turns, plan),
                kernel::Step::Cond { index, branches, outs } => {
                    self.take(plan, [*index]);
                    for branch in branches {
                        self.block(&branch.body, plan);
                        self.take(plan, branch.results.iter().copied());
                    }
                    self.define(plan, outs.iter().copied());
                }
                kernel::Step::Call(call) => {
                    self.take(plan, [call.when]);
                    self.take(plan, call.ins.iter().copied());
                }
                kernel::Step::Sort(sort) => {
                    self.take(plan, sort.ins.iter().copied());
                    self.define(plan, sort.outs.iter().copied());
                }
            }
        }
    }

    fn turns(&mut self, turns: &kernel::Loop, plan: &Plan) {
        for carry in &turns.carry {
            self.take(plan, [carry.init, carry.next]);
            self.define(plan, [carry.current, carry.last]);
        }
        for &(stacked, slice) in &turns.xs {
            self.take(plan, [stacked]);
            self.define(plan, [slice]);
        }
        for &(slice, stacked) in &turns.ys {
            self.take(plan, [slice]);
            self.define(plan, [stacked]);
        }
        match &turns.kind {
            kernel::LoopKind::Counted { counter, .. } => self.define(plan, *counter),
            kernel::LoopKind::Stacked { .. } => {}
            kernel::LoopKind::While { cond, pred } => {
                self.block(cond, plan);
                self.take(plan, [*pred]);
            }
        }
        self.block(&turns.body, plan);
    }

    /// Single elements that nests inside read and that are defined outside.
    pub fn warm(&self, bufs: &[Ty]) -> Vec<Buf> {
        let outside = self.read.difference(&self.defined).copied();
        outside.filter(|buf| bufs[buf.0 as usize].size() == 1).take(WARM).collect()
    }

    /// How threads share a loop that carries nothing, if that pays.
    pub fn lanes(&self, kind: &LoopKind, steps: &[Step], plan: &Plan, bufs: &[Ty]) -> Option<Lanes> {
        let LoopKind::Counted { extent, .. } = *kind else { return None };
        let turn = work(steps)?.max(1);
        if extent < 2 || extent.saturating_mul(turn) < PARALLEL_WORK {
            return None;
        }
        let mut arena: Option<Range<usize>> = None;
        let mut hold = |offset: usize, bytes: usize| {
            let own = offset..offset + bytes.next_multiple_of(crate::memory::ALIGN);
            let all = arena.clone().unwrap_or_else(|| own.clone());
            arena = Some(all.start.min(own.start)..all.end.max(own.end));
        };
        for buf in &self.defined {
            let bytes = bufs[buf.0 as usize].bytes();
            if let Home::Arena(offset) = plan.homes[buf.0 as usize] {
                hold(offset, bytes);
            }
            if let Some(offset) = plan.carries.get(buf).and_then(|slots| slots.spare) {
                hold(offset, bytes);
            }
        }
        let arena = arena.unwrap_or(0..0);
        let chunk = extent.div_ceil(256).max(CHUNK_WORK.div_ceil(turn));
        if arena.len() > PRIVATE_BYTES || chunk >= extent {
            return None;
        }
        let nowhere = |buf: &&Buf| plan.homes[buf.0 as usize] == Home::None;
        let outer = self.used.difference(&self.defined).filter(|buf| !nowhere(buf)).copied().collect();
        Some(Lanes { chunk, outer, arena })
    }
}

/// Estimated operations of a block; `None` if it must run in order, or threads share parts of it that need memory of
/// their own.
fn work(steps: &[Step]) -> Option<usize> {
    steps.iter().try_fold(0usize, |sum, step| {
        let own = match step {
            // Calls of the host come in order.
            Step::Loops { partials: Some(_), .. } | Step::Call(_) => return None,
            Step::Loops { loops, .. } => loops.points().saturating_mul(loops.operations().max(1)),
            Step::Gemm { gemm, .. } => gemm.m.0 * gemm.n.0 * gemm.k.0,
            Step::Sort(_) => 1 << 10,
            Step::Cond { branches, .. } => {
                let each = branches.iter().map(|branch| work(&branch.steps));
                each.collect::<Option<Vec<usize>>>()?.into_iter().max().unwrap_or(0)
            }
            Step::Loop(inner) => {
                let turns = match &inner.kind {
                    LoopKind::Counted { extent, .. } => *extent,
                    _ => UNKNOWN_TURNS,
                };
                if let LoopKind::While { steps, .. } = &inner.kind {
                    work(steps)?;
                }
                work(&inner.steps)?.max(1).saturating_mul(turns)
            }
        };
        Some(sum.saturating_add(own))
    })
}
