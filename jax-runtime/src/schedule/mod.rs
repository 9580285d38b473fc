//! The typed stage between programs and machine code: loops chosen, claims made, every buffer given a place.
//!
//! A schedule names no instruction; a backend makes no choice.

pub mod affine;
pub mod claim;
mod lanes;
pub mod loops;
pub mod place;
pub mod print;
pub mod target;

use jax_core::base::DType;
use jax_core::kernel::{self, Block, Buf, Call, Program, Sort, Ty};

pub use claim::Gemm;
pub use lanes::Lanes;
pub use loops::{Access, LoopNest, Split, Vector};
pub use place::{Donation, Home};
pub use target::Target;

/// A program ready for a backend.
#[derive(Clone, PartialEq, Debug)]
pub struct Schedule {
    /// The processor it is for.
    pub target: Target,
    /// The type of every buffer.
    pub bufs: Vec<Ty>,
    /// The buffers that the caller gives.
    pub inputs: Vec<Buf>,
    /// The buffers that the caller gets.
    pub outputs: Vec<Buf>,
    /// Where each buffer is.
    pub homes: Vec<Home>,
    /// Bytes of all temporaries together.
    pub arena: usize,
    /// The steps.
    pub steps: Vec<Step>,
    /// Outputs that are copies of a buffer that lives elsewhere.
    pub copies: Vec<(Buf, usize)>,
    /// Inputs whose memory may become an output's.
    pub donations: Vec<Donation>,
}

/// One step.
#[derive(Clone, PartialEq, Debug)]
pub enum Step {
    /// Loops.
    Loops {
        /// The loops.
        loops: Box<LoopNest>,
        /// What they read.
        ins: Vec<Buf>,
        /// What they write.
        outs: Vec<Buf>,
        /// Offset in the arena of the partial results of a reduction that threads share.
        partials: Option<usize>,
    },
    /// A matrix product by the host library.
    Gemm {
        /// Its shape.
        gemm: Gemm,
        /// The operands.
        ins: [Buf; 2],
        /// The result.
        out: Buf,
    },
    /// A sort by the host library.
    Sort(Sort),
    /// A call of the host.
    Call(Call),
    /// A loop.
    Loop(Loop),
    /// One of several blocks.
    Cond {
        /// Which, a scalar `i32`.
        index: Buf,
        /// The blocks.
        branches: Vec<Branch>,
        /// The results.
        outs: Vec<Buf>,
    },
}

/// A branch.
#[derive(Clone, PartialEq, Debug)]
pub struct Branch {
    /// The steps.
    pub steps: Vec<Step>,
    /// The results.
    pub results: Vec<Buf>,
    /// Results that live elsewhere, and where they are copied.
    pub copies: Vec<(Buf, Buf)>,
}

/// A loop.
#[derive(Clone, PartialEq, Debug)]
pub struct Loop {
    /// How often it runs.
    pub kind: LoopKind,
    /// What one turn hands to the next; values that no turn changes are not here.
    pub carry: Vec<Carry>,
    /// Stacked inputs and their slices.
    pub xs: Vec<(Buf, Buf)>,
    /// Slices, the stacked buffers they form, and whether a turn must copy the slice.
    pub ys: Vec<(Buf, Buf, bool)>,
    /// The steps of a turn.
    pub steps: Vec<Step>,
    /// Whether the stacks that a turn makes go with the turn.
    pub frees: bool,
    /// Single elements that turns read from outside.
    pub warm: Vec<Buf>,
    /// How threads share the turns.
    pub lanes: Option<Lanes>,
}

/// How often a loop runs.
#[derive(Clone, PartialEq, Debug)]
pub enum LoopKind {
    /// A known number of turns.
    Counted {
        /// How many.
        extent: usize,
        /// Whether slices are visited from the last to the first.
        reverse: bool,
        /// The buffer of the turn's index.
        counter: Option<Buf>,
    },
    /// As often as the longest of the stacks that it reads has records.
    Stacked {
        /// Whether records are visited from the last to the first.
        reverse: bool,
    },
    /// Until a predicate fails.
    While {
        /// The steps that compute it.
        steps: Vec<Step>,
        /// The predicate.
        pred: Buf,
    },
}

/// A carried value.
#[derive(Clone, PartialEq, Debug)]
pub struct Carry {
    /// The program's four buffers.
    pub bufs: kernel::Carry,
    /// Offset in the arena of a second slot, between which and the result's the value alternates; without one
    /// each turn updates it in place.
    pub spare: Option<usize>,
    /// Whether a turn ends with a copy of the next value, because it lives elsewhere.
    pub copy: bool,
}

/// Whether stacks are made by these steps, other than in turns that free their own.
pub fn makes_stacks(steps: &[Step]) -> bool {
    steps.iter().any(|step| match step {
        Step::Loop(inner) => {
            let touches = !inner.xs.is_empty() || !inner.ys.is_empty();
            let own = touches && !matches!(inner.kind, LoopKind::Counted { .. });
            let pred = matches!(&inner.kind, LoopKind::While { steps, .. } if makes_stacks(steps));
            own || pred || makes_stacks(&inner.steps)
        }
        Step::Cond { branches, .. } => branches.iter().any(|branch| makes_stacks(&branch.steps)),
        Step::Loops { .. } | Step::Gemm { .. } | Step::Sort(_) | Step::Call(_) => false,
    })
}

/// Schedules a verified, fused and expanded program.
pub fn schedule(program: Program, target: &Target) -> Schedule {
    let plan = place::place(&program, target);
    let mut lower = Lower { target, plan: &plan, bufs: &program.bufs, partials: plan.partials.iter().copied() };
    let steps = lower.block(&program.body);
    Schedule {
        target: target.clone(),
        steps,
        homes: plan.homes,
        arena: plan.arena,
        copies: plan.copies,
        donations: plan.donations,
        bufs: program.bufs,
        inputs: program.inputs,
        outputs: program.outputs,
    }
}

struct Lower<'a, P> {
    target: &'a Target,
    plan: &'a place::Plan,
    bufs: &'a [Ty],
    partials: P,
}

impl<P: Iterator<Item = Option<usize>>> Lower<'_, P> {
    fn block(&mut self, block: &Block) -> Vec<Step> {
        block.steps.iter().filter_map(|step| self.step(step)).collect()
    }

    fn step(&mut self, step: &kernel::Step) -> Option<Step> {
        Some(match step {
            kernel::Step::Reshape { .. } => return None,
            kernel::Step::Nest { nest, ins, outs, .. } => {
                let partials = self.partials.next().flatten();
                if let Some(gemm) = claim::gemm(nest, self.target) {
                    let operands = gemm.inputs.map(|input| ins[input]);
                    return Some(Step::Gemm { gemm, ins: operands, out: outs[0] });
                }
                let mut loops = LoopNest::new(nest.clone(), self.target);
                if partials.is_none() && matches!(loops.split, Split::Reduced { .. }) {
                    loops.split = Split::None;
                }
                let partials = partials.filter(|_| matches!(loops.split, Split::Reduced { .. }));
                Step::Loops { loops: Box::new(loops), ins: ins.clone(), outs: outs.clone(), partials }
            }
            kernel::Step::Sort(sort) => Step::Sort(sort.clone()),
            kernel::Step::Call(call) => Step::Call(call.clone()),
            kernel::Step::Cond { index, branches, outs } => {
                let mut scheduled = Vec::new();
                for branch in branches {
                    let steps = self.block(&branch.body);
                    let pairs = branch.results.iter().copied().zip(outs.iter().copied());
                    let copies = pairs.filter(|&(from, to)| !self.plan.shares(from, to)).collect();
                    scheduled.push(Branch { steps, results: branch.results.clone(), copies });
                }
                Step::Cond { index: *index, branches: scheduled, outs: outs.clone() }
            }
            kernel::Step::Loop(inner) => Step::Loop(self.turn(inner)),
        })
    }

    fn turn(&mut self, inner: &kernel::Loop) -> Loop {
        let kind = match &inner.kind {
            kernel::LoopKind::Counted { extent, reverse, counter } => {
                LoopKind::Counted { extent: *extent, reverse: *reverse, counter: *counter }
            }
            kernel::LoopKind::Stacked { reverse } => LoopKind::Stacked { reverse: *reverse },
            kernel::LoopKind::While { cond, pred } => LoopKind::While { steps: self.block(cond), pred: *pred },
        };
        let steps = self.block(&inner.body);
        let carry = inner.carry.iter().filter_map(|carry| {
            let slots = self.plan.carries.get(&carry.current)?;
            Some(Carry { bufs: carry.clone(), spare: slots.spare, copy: slots.copy })
        });
        let ys = inner.ys.iter().map(|&(elem, stacked)| {
            let direct = self.plan.slices.get(&elem) == Some(&stacked);
            (elem, stacked, !direct)
        });
        let handed = inner.carry.iter().map(|carry| carry.next).chain(inner.ys.iter().map(|&(elem, _)| elem));
        let stays = handed.into_iter().all(|buf| self.bufs[buf.0 as usize].dtype != DType::Stack);
        let frees =
            stays && (makes_stacks(&steps) || matches!(&kind, LoopKind::While { steps, .. } if makes_stacks(steps)));
        let (carry, ys): (Vec<Carry>, Vec<_>) = (carry.collect(), ys.collect());
        let inside = lanes::Inside::of(inner, self.plan);
        let warm = inside.warm(self.bufs);
        let lanes = if carry.is_empty() { inside.lanes(&kind, &steps, self.plan, self.bufs) } else { None };
        Loop { kind, carry, xs: inner.xs.clone(), ys, steps, frees, warm, lanes }
    }
}
