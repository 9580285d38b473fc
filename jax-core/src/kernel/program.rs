//! Programs: buffers, and blocks of steps that define them.
//!
//! A buffer is defined once, by a step or as an input, before it is read; a block sees the buffers of the
//! blocks around it. Shapes are static.

use super::host::Call;
use super::nest::{Nest, Ty};
use crate::base::Span;

/// A buffer of a [`Program`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Buf(pub u32);

/// A whole computation.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Program {
    /// The type of every buffer, by number, those of inner blocks included.
    pub bufs: Vec<Ty>,
    /// The buffers that the caller gives.
    pub inputs: Vec<Buf>,
    /// The buffers that the caller gets. One buffer may be given back twice, and an input may be.
    pub outputs: Vec<Buf>,
    /// The steps.
    pub body: Block,
}

/// Steps in order.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Block {
    /// The steps.
    pub steps: Vec<Step>,
}

/// One step: it reads buffers defined before it and defines new ones.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Step {
    /// A loop nest.
    Nest {
        /// The nest.
        nest: Nest,
        /// Its inputs.
        ins: Vec<Buf>,
        /// Its outputs.
        outs: Vec<Buf>,
        /// The user's line that it comes from.
        span: Option<Span>,
    },
    /// The same elements under another shape with as many elements, in row-major order.
    Reshape {
        /// The buffer.
        from: Buf,
        /// The buffer under its new shape.
        to: Buf,
    },
    /// A counted or conditional loop.
    Loop(Loop),
    /// One of several blocks, by a scalar `i32` that is clamped into range.
    Cond {
        /// Which branch.
        index: Buf,
        /// The branches; each gives one buffer for each of `outs`.
        branches: Vec<Branch>,
        /// The results.
        outs: Vec<Buf>,
    },
    /// A sort along an axis.
    Sort(Sort),
    /// A call of the host.
    Call(Call),
}

/// A branch of a [`Step::Cond`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Branch {
    /// The steps.
    pub body: Block,
    /// What the branch gives: buffers of its block or of a block around it.
    pub results: Vec<Buf>,
}

/// A loop.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Loop {
    /// How often it runs.
    pub kind: LoopKind,
    /// What one turn hands to the next.
    pub carry: Vec<Carry>,
    /// Stacked inputs and the buffer that is their slice in a turn: `elem = stacked[i]`. A while loop has none. A
    /// record that a stack does not have, or has in another size, reads as zeros.
    pub xs: Vec<(Buf, Buf)>,
    /// Slices that a turn gives and the stacked buffer they form: `stacked[i] = elem`. Where the number of turns is
    /// not known before the program runs, each is a stack, a scalar of dtype `Stack`.
    pub ys: Vec<(Buf, Buf)>,
    /// The steps of a turn.
    pub body: Block,
}

/// How often a [`Loop`] runs.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum LoopKind {
    /// `extent` times.
    Counted {
        /// The trip count.
        extent: usize,
        /// Whether the turns visit the slices from the last to the first.
        reverse: bool,
        /// A scalar `i64` buffer holding the index of the turn's slice, if the body needs it.
        counter: Option<Buf>,
    },
    /// As often as the longest of the stacks `xs` has records, of whatever type the turn reads them as.
    Stacked {
        /// Whether the turns visit the records from the last to the first.
        reverse: bool,
    },
    /// As long as `pred`, a scalar `bool` that `cond` computes from the carried buffers, holds.
    While {
        /// The steps that compute the predicate.
        cond: Block,
        /// The predicate.
        pred: Buf,
    },
}

/// A value that a loop carries from turn to turn; all four buffers have one type.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Carry {
    /// Its value before the first turn, defined outside.
    pub init: Buf,
    /// Its value during a turn, defined by the loop.
    pub current: Buf,
    /// Its value after a turn: defined in the body, or any buffer visible there.
    pub next: Buf,
    /// Its value after the loop, defined by the loop.
    pub last: Buf,
}

/// A stable lexicographic sort along an axis.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Sort {
    /// The operands, of one shape; they are permuted together.
    pub ins: Vec<Buf>,
    /// The sorted operands.
    pub outs: Vec<Buf>,
    /// The axis.
    pub axis: usize,
    /// How many of the first operands are compared. Floats compare as numbers with `-0 == 0` and NaN last.
    pub keys: usize,
}

impl Program {
    /// A new buffer of this type.
    pub fn buffer(&mut self, ty: Ty) -> Buf {
        self.bufs.push(ty);
        Buf(self.bufs.len() as u32 - 1)
    }

    /// Whether a step somewhere calls the host.
    pub fn calls_host(&self) -> bool {
        self.body.calls_host()
    }

    /// The type of a buffer.
    pub fn ty(&self, buf: Buf) -> &Ty {
        &self.bufs[buf.0 as usize]
    }
}

impl Block {
    /// Whether a step somewhere in the block calls the host.
    pub fn calls_host(&self) -> bool {
        self.steps.iter().any(Step::calls_host)
    }
}

impl Step {
    /// Whether the step, or one inside it, calls the host.
    pub fn calls_host(&self) -> bool {
        match self {
            Step::Call(_) => true,
            Step::Loop(Loop { kind, body, .. }) => {
                matches!(kind, LoopKind::While { cond, .. } if cond.calls_host()) || body.calls_host()
            }
            Step::Cond { branches, .. } => branches.iter().any(|branch| branch.body.calls_host()),
            Step::Nest { .. } | Step::Reshape { .. } | Step::Sort(_) => false,
        }
    }
}
