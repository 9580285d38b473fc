//! Walking over the steps of a program: which buffers a step reads and which it defines.

use std::mem;

use jax_core::kernel::{Block, Body, Buf, Loop, LoopKind, Nest, Program, Sink, Step};

/// Calls `f` with each buffer that a step names itself, not in its inner blocks: first those it reads, with
/// `true`, then those it defines, with `false`. What an inner block gives to its step counts as read.
pub fn for_each_buf(step: &mut Step, mut f: impl FnMut(&mut Buf, bool)) {
    match step {
        Step::Nest { ins, outs, .. } => {
            ins.iter_mut().for_each(|buf| f(buf, true));
            outs.iter_mut().for_each(|buf| f(buf, false));
        }
        Step::Reshape { from, to } => {
            f(from, true);
            f(to, false);
        }
        Step::Loop(Loop { kind, carry, xs, ys, .. }) => {
            for carry in carry {
                f(&mut carry.init, true);
                f(&mut carry.next, true);
                f(&mut carry.current, false);
                f(&mut carry.last, false);
            }
            for (stacked, elem) in xs {
                f(stacked, true);
                f(elem, false);
            }
            for (elem, stacked) in ys {
                f(elem, true);
                f(stacked, false);
            }
            match kind {
                LoopKind::Counted { counter, .. } => counter.iter_mut().for_each(|buf| f(buf, false)),
                LoopKind::Stacked { .. } => {}
                LoopKind::While { pred, .. } => f(pred, true),
            }
        }
        Step::Cond { index, branches, outs } => {
            f(index, true);
            branches.iter_mut().flat_map(|branch| &mut branch.results).for_each(|buf| f(buf, true));
            outs.iter_mut().for_each(|buf| f(buf, false));
        }
        Step::Call(call) => {
            f(&mut call.when, true);
            call.ins.iter_mut().for_each(|buf| f(buf, true));
        }
        Step::Sort(sort) => {
            sort.ins.iter_mut().for_each(|buf| f(buf, true));
            sort.outs.iter_mut().for_each(|buf| f(buf, false));
        }
    }
}

/// The blocks inside a step, in the order in which they run.
pub fn blocks(step: &mut Step) -> Vec<&mut Block> {
    match step {
        Step::Loop(Loop { kind: LoopKind::While { cond, .. }, body, .. }) => vec![cond, body],
        Step::Loop(Loop { body, .. }) => vec![body],
        Step::Cond { branches, .. } => branches.iter_mut().map(|branch| &mut branch.body).collect(),
        Step::Nest { .. } | Step::Reshape { .. } | Step::Sort(_) | Step::Call(_) => Vec::new(),
    }
}

/// Calls `f` with every step, a step before those inside it.
pub fn for_each_step(block: &mut Block, f: &mut impl FnMut(&mut Step)) {
    for step in &mut block.steps {
        f(step);
        blocks(step).into_iter().for_each(|block| for_each_step(block, f));
    }
}

/// A nest taken out of its program.
pub struct Taken {
    /// The nest.
    pub nest: Nest,
    /// Its inputs.
    pub ins: Vec<Buf>,
    /// Its outputs.
    pub outs: Vec<Buf>,
    /// How often it runs, as far as that is known.
    pub turns: f64,
}

/// How often a loop of unknown trip count is taken to run.
const UNKNOWN_TURNS: f64 = 100.0;

/// Takes every nest out, in the order of `for_each_step`, leaving empty ones.
pub fn take_nests(program: &mut Program) -> Vec<Taken> {
    let mut taken = Vec::new();
    take(&mut program.body, 1.0, &mut taken);
    taken
}

fn take(block: &mut Block, turns: f64, taken: &mut Vec<Taken>) {
    for step in &mut block.steps {
        if let Step::Nest { nest, ins, outs, .. } = step {
            taken.push(Taken { nest: mem::replace(nest, empty()), ins: mem::take(ins), outs: outs.clone(), turns });
        }
        let turns = match step {
            Step::Loop(Loop { kind: LoopKind::Counted { extent, .. }, .. }) => turns * (*extent).max(1) as f64,
            Step::Loop(_) => turns * UNKNOWN_TURNS,
            _ => turns,
        };
        blocks(step).into_iter().for_each(|block| take(block, turns, taken));
    }
}

fn empty() -> Nest {
    Nest { extents: Default::default(), inputs: Vec::new(), body: Body::new(), sink: Sink::Map(Vec::new()) }
}
