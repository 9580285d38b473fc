//! Where every buffer lives: in a caller's buffer, in the arena, or where an enclosing loop says.
//!
//! Results are written where they are needed: an output's steps write into the result itself, a loop's turn
//! writes into the slot of the next turn or the slice of a stack, branches write into the step's results.

use std::collections::{BTreeMap, HashMap};

use jax_core::kernel::{Block, Buf, Carry, Loop, LoopKind, Nest, Op, Program, Sink, Step};

use super::affine::{flatten, is_identity};
use super::claim;
use super::loops::{LoopNest, Split};
use super::target::Target;
use crate::memory::ALIGN;

/// Where a buffer is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Home {
    /// Nowhere: it is never computed.
    None,
    /// In a buffer that the caller gives.
    Input(usize),
    /// In a buffer that the caller gets.
    Output(usize),
    /// In the arena, at this offset.
    Arena(usize),
    /// Where the other buffer is.
    Same(Buf),
    /// Where the enclosing loop says: a carried value, its successor, or a slice of a stack, by its number.
    Bound(usize),
}

/// An input whose memory may become an output's, if nobody else holds it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Donation {
    /// The input.
    pub input: usize,
    /// The output.
    pub output: usize,
}

/// Slots of a carried value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slots {
    /// The second slot's offset in the arena, if turns alternate.
    pub spare: Option<usize>,
    /// Whether a turn copies the next value.
    pub copy: bool,
}

/// The places of a program's buffers.
#[derive(Debug)]
pub struct Plan {
    /// By buffer.
    pub homes: Vec<Home>,
    /// Bytes of the arena.
    pub arena: usize,
    /// Outputs that are copied from a buffer elsewhere.
    pub copies: Vec<(Buf, usize)>,
    /// Inputs that may become outputs.
    pub donations: Vec<Donation>,
    /// Slots of carried values that turns change, by their `current` buffer.
    pub carries: HashMap<Buf, Slots>,
    /// Slices that are written directly into their stack, by slice.
    pub slices: HashMap<Buf, Buf>,
    /// Offset of the partial results of each nest, in program order.
    pub partials: Vec<Option<usize>>,
    storage: Vec<Option<usize>>,
}

impl Plan {
    /// Whether two buffers are one piece of memory.
    pub fn shares(&self, a: Buf, b: Buf) -> bool {
        let storage = |buf: Buf| self.storage[buf.0 as usize];
        storage(a).is_some() && storage(a) == storage(b)
    }
}

/// A piece of memory and when it is in use, in positions of the walk over the program.
struct Storage {
    bytes: usize,
    /// `None`: in the arena.
    home: Option<Home>,
    first: usize,
    last: usize,
}

/// Gives every buffer its place.
pub fn place(program: &Program, target: &Target) -> Plan {
    let mut uses = Uses::new(program);
    uses.aliases(&program.body);
    program.inputs.iter().for_each(|&input| uses.define(input));
    uses.block(&program.body);
    uses.position += 1;
    program.outputs.iter().for_each(|&output| uses.read(output));
    let mut placer = Placer {
        program,
        target,
        storage: vec![None; program.bufs.len()],
        storages: Vec::new(),
        position: 0,
        carries: HashMap::new(),
        slices: HashMap::new(),
        partials: Vec::new(),
        uses,
    };
    for (position, &input) in program.inputs.iter().enumerate() {
        placer.assign(input, Some(Home::Input(position)), 0);
    }
    let mut copies = Vec::new();
    for (position, &output) in program.outputs.iter().enumerate() {
        let storage = placer.open(program.ty(output).bytes(), Some(Home::Output(position)), usize::MAX);
        if !placer.claim(&program.body, output, storage) {
            copies.push((output, position));
        }
    }
    placer.block(&program.body);
    placer.finish(copies)
}

/// Names, definitions and last uses of buffers.
struct Uses {
    /// The buffer whose memory a reshape, or a loop that does not change it, gives another name.
    alias: Vec<Option<Buf>>,
    defined: Vec<usize>,
    last: Vec<usize>,
    /// The last position of each loop, by its first.
    ends: HashMap<usize, usize>,
    position: usize,
}

impl Uses {
    fn new(program: &Program) -> Uses {
        let count = program.bufs.len();
        Uses {
            alias: vec![None; count],
            defined: vec![0; count],
            last: vec![0; count],
            ends: HashMap::new(),
            position: 0,
        }
    }

    fn root(&self, mut buf: Buf) -> Buf {
        while let Some(other) = self.alias[buf.0 as usize] {
            buf = other;
        }
        buf
    }

    fn last_of(&self, buf: Buf) -> usize {
        self.last[self.root(buf).0 as usize]
    }

    fn aliases(&mut self, block: &Block) {
        for step in &block.steps {
            match step {
                Step::Reshape { from, to } => self.alias[to.0 as usize] = Some(*from),
                Step::Cond { branches, .. } => branches.iter().for_each(|branch| self.aliases(&branch.body)),
                Step::Loop(inner) => {
                    if let LoopKind::While { cond, .. } = &inner.kind {
                        self.aliases(cond);
                    }
                    self.aliases(&inner.body);
                    for carry in &inner.carry {
                        if self.root(carry.next) == carry.current {
                            self.alias[carry.current.0 as usize] = Some(carry.init);
                            self.alias[carry.last.0 as usize] = Some(carry.init);
                        }
                    }
                }
                Step::Nest { .. } | Step::Sort(_) | Step::Call(_) => {}
            }
        }
    }

    fn define(&mut self, buf: Buf) {
        self.defined[buf.0 as usize] = self.position;
        self.last[buf.0 as usize] = self.last[buf.0 as usize].max(self.position);
    }

    fn read(&mut self, buf: Buf) {
        let root = self.root(buf).0 as usize;
        self.last[root] = self.last[root].max(self.position);
    }

    fn block(&mut self, block: &Block) {
        for step in &block.steps {
            self.position += 1;
            match step {
                Step::Nest { ins, outs, .. } | Step::Sort(jax_core::kernel::Sort { ins, outs, .. }) => {
                    ins.iter().for_each(|&buf| self.read(buf));
                    outs.iter().for_each(|&buf| self.define(buf));
                }
                Step::Reshape { .. } => {}
                Step::Call(call) => {
                    self.read(call.when);
                    call.ins.iter().for_each(|&buf| self.read(buf));
                }
                Step::Cond { index, branches, outs } => {
                    self.read(*index);
                    outs.iter().for_each(|&buf| self.define(buf));
                    for branch in branches {
                        self.block(&branch.body);
                        self.position += 1;
                        branch.results.iter().for_each(|&buf| self.read(buf));
                    }
                    outs.iter().for_each(|&buf| self.read(buf));
                }
                Step::Loop(inner) => self.turns(inner),
            }
        }
    }

    fn turns(&mut self, inner: &Loop) {
        let begin = self.position;
        inner.carry.iter().for_each(|carry| self.read(carry.init));
        inner.xs.iter().for_each(|&(stacked, _)| self.read(stacked));
        for carry in &inner.carry {
            self.define(carry.last);
        }
        inner.ys.iter().for_each(|&(_, stacked)| self.define(stacked));
        self.position += 1;
        inner.carry.iter().for_each(|carry| self.define(carry.current));
        inner.xs.iter().for_each(|&(_, slice)| self.define(slice));
        match &inner.kind {
            LoopKind::Counted { counter, .. } => counter.iter().for_each(|&buf| self.define(buf)),
            LoopKind::Stacked { .. } => {}
            LoopKind::While { cond, pred } => {
                self.block(cond);
                self.position += 1;
                self.read(*pred);
            }
        }
        self.block(&inner.body);
        self.position += 1;
        inner.carry.iter().for_each(|carry| self.read(carry.next));
        inner.ys.iter().for_each(|&(slice, _)| self.read(slice));
        self.position += 1;
        inner.xs.iter().for_each(|&(stacked, _)| self.read(stacked));
        inner.carry.iter().for_each(|carry| self.read(carry.last));
        inner.ys.iter().for_each(|&(_, stacked)| self.read(stacked));
        self.ends.insert(begin, self.position);
        // What a turn reads from outside must last until the last turn.
        for buf in 0..self.last.len() {
            if self.defined[buf] <= begin && self.last[buf] > begin {
                self.last[buf] = self.position;
            }
        }
    }
}

/// Whether a step may write `output` over `input`: it is done with each element before it writes that element.
fn overwrites(uses: &Uses, step: &Step, input: Buf, output: Buf) -> bool {
    let input = uses.root(input);
    match step {
        Step::Nest { nest, ins, outs, .. } if outs.contains(&output) => {
            let aliased = |position: usize| uses.root(ins[position]) == input;
            match &nest.sink {
                Sink::Map(_) => elementwise(nest, aliased),
                Sink::Scatter { base, .. } => {
                    let loaded = nest.body.nodes().iter().any(|node| match node.op {
                        Op::Load { input, .. } => aliased(input as usize),
                        _ => false,
                    });
                    aliased(*base as usize) && !loaded
                }
                Sink::Reduce { .. } => false,
            }
        }
        Step::Loop(inner) => {
            let starts = |carry: &&Carry| uses.root(carry.init) == input;
            inner.carry.iter().filter(starts).count() == 1
                && (inner.carry.iter().filter(starts))
                    .any(|carry| carry.last == output && updates_in_place(uses, inner, carry))
        }
        _ => false,
    }
}

/// Whether a map reads these inputs only at the element that it is about to write, of the size it writes.
fn elementwise(nest: &Nest, which: impl Fn(usize) -> bool) -> bool {
    let sizes = nest.outputs();
    nest.body.nodes().iter().all(|node| match &node.op {
        Op::Load { input, index } if which(*input as usize) => {
            let ty = &nest.inputs[*input as usize];
            sizes.iter().all(|out| out.dtype.size() == ty.dtype.size())
                && ty.size() == nest.extents.iter().product::<usize>()
                && is_identity(&flatten(nest, &ty.shape, index), &nest.extents)
        }
        _ => true,
    })
}

/// Whether turns may update a carried value in its place.
fn updates_in_place(uses: &Uses, inner: &Loop, carry: &Carry) -> bool {
    let (current, next) = (uses.root(carry.current), uses.root(carry.next));
    let shared = inner.carry.iter().filter(|other| uses.root(other.next) == next).count();
    let Some(step) = inner.body.steps.iter().find(|step| defines(step).any(|buf| buf == next)) else { return false };
    shared == 1 && overwrites(uses, step, current, next) && uses.last_of(current) <= uses.defined[next.0 as usize]
}

/// The buffers that a step defines for the steps after it; a reshape defines none of its own.
fn defines(step: &Step) -> Box<dyn Iterator<Item = Buf> + '_> {
    match step {
        Step::Nest { outs, .. } | Step::Cond { outs, .. } => Box::new(outs.iter().copied()),
        Step::Sort(sort) => Box::new(sort.outs.iter().copied()),
        Step::Loop(inner) => {
            Box::new(inner.carry.iter().map(|carry| carry.last).chain(inner.ys.iter().map(|&(_, stacked)| stacked)))
        }
        Step::Reshape { .. } | Step::Call(_) => Box::new(std::iter::empty()),
    }
}

struct Placer<'a> {
    program: &'a Program,
    target: &'a Target,
    uses: Uses,
    /// By root buffer.
    storage: Vec<Option<usize>>,
    storages: Vec<Storage>,
    position: usize,
    carries: HashMap<Buf, (Option<usize>, bool)>,
    slices: HashMap<Buf, Buf>,
    /// A storage for each nest that needs one.
    partials: Vec<Option<usize>>,
}

impl Placer<'_> {
    fn open(&mut self, bytes: usize, home: Option<Home>, first: usize) -> usize {
        self.storages.push(Storage { bytes, home, first, last: 0 });
        self.storages.len() - 1
    }

    fn attach(&mut self, buf: Buf, storage: usize, first: usize) {
        self.storage[buf.0 as usize] = Some(storage);
        let last = self.uses.last[buf.0 as usize];
        let entry = &mut self.storages[storage];
        entry.first = entry.first.min(first);
        entry.last = entry.last.max(last).max(first);
    }

    fn assign(&mut self, buf: Buf, home: Option<Home>, first: usize) {
        if self.storage[buf.0 as usize].is_none() {
            let storage = self.open(self.program.ty(buf).bytes(), home, first);
            self.attach(buf, storage, first);
        }
    }

    /// Asks that a result of a block be computed in this storage; `false` if it must be copied there.
    fn claim(&mut self, block: &Block, result: Buf, storage: usize) -> bool {
        let root = self.uses.root(result);
        let here = block.steps.iter().any(|step| defines(step).any(|buf| buf == root));
        if !here || self.storage[root.0 as usize].is_some() {
            return false;
        }
        let first = self.uses.defined[root.0 as usize];
        self.attach(root, storage, first);
        true
    }

    fn block(&mut self, block: &Block) {
        for step in &block.steps {
            self.position += 1;
            let position = self.position;
            match step {
                Step::Nest { nest, ins, outs, .. } => {
                    for &out in outs {
                        self.reuse(step, ins, out);
                        self.assign(out, None, position);
                    }
                    let partial = self.partial_bytes(nest).map(|bytes| {
                        let storage = self.open(bytes, None, position);
                        self.storages[storage].last = position;
                        storage
                    });
                    self.partials.push(partial);
                }
                Step::Sort(sort) => sort.outs.iter().for_each(|&out| self.assign(out, None, position)),
                Step::Reshape { .. } | Step::Call(_) => {}
                Step::Cond { branches, outs, .. } => {
                    outs.iter().for_each(|&out| self.assign(out, None, position));
                    for branch in branches {
                        for (&result, out) in branch.results.iter().zip(outs) {
                            if let Some(storage) = self.storage[out.0 as usize] {
                                self.claim(&branch.body, result, storage);
                            }
                        }
                        self.block(&branch.body);
                        self.position += 1;
                    }
                }
                Step::Loop(inner) => self.turns(step, inner),
            }
        }
    }

    /// Lets a nest write over an input that it is the last to read.
    fn reuse(&mut self, step: &Step, ins: &[Buf], out: Buf) {
        if self.storage[out.0 as usize].is_some() {
            return;
        }
        for &input in ins {
            let root = self.uses.root(input);
            let Some(storage) = self.storage[root.0 as usize] else { continue };
            let entry = &self.storages[storage];
            if entry.home.is_none()
                && entry.last == self.position
                && entry.bytes == self.program.ty(out).bytes()
                && overwrites(&self.uses, step, input, out)
            {
                return self.attach(out, storage, self.position);
            }
        }
    }

    /// Bytes of the partial results of a reduction that threads share.
    fn partial_bytes(&self, nest: &Nest) -> Option<usize> {
        if !matches!(nest.sink, Sink::Reduce { .. }) || claim::gemm(nest, self.target).is_some() {
            return None;
        }
        let loops = LoopNest::new(nest.clone(), self.target);
        // Expansion only adds operations, so a nest that is shared before it is shared after it.
        let Split::Reduced { chunk } = loops.split else { return None };
        let chunks = loops.extents[0].div_ceil(chunk).max(64) + 1;
        Some(chunks * nest.outputs().iter().map(|ty| ty.bytes()).sum::<usize>())
    }

    fn turns(&mut self, step: &Step, inner: &Loop) {
        let begin = self.position;
        let end = self.uses.ends.get(&begin).copied().unwrap_or(usize::MAX);
        inner.ys.iter().for_each(|&(_, stacked)| self.assign(stacked, None, begin));
        for carry in &inner.carry {
            if self.uses.alias[carry.current.0 as usize].is_some() {
                continue;
            }
            self.reuse(step, &[carry.init], carry.last);
            self.assign(carry.last, None, begin);
            self.assign(carry.current, Some(Home::Bound(0)), begin);
            let bytes = self.program.ty(carry.current).bytes();
            let in_place = updates_in_place(&self.uses, inner, carry);
            let spare = (!in_place).then(|| self.open(bytes, None, begin));
            if let Some(spare) = spare {
                self.storages[spare].last = end;
                // The first turn reads the initial value where it is.
                let init = self.uses.root(carry.init);
                if let Some(storage) = self.storage[init.0 as usize] {
                    self.storages[storage].last = self.storages[storage].last.max(end);
                }
            }
            let next = self.open(bytes, Some(Home::Bound(0)), begin);
            let copy = !self.claim(&inner.body, carry.next, next);
            self.carries.insert(carry.current, (spare, copy));
        }
        for &(_, slice) in &inner.xs {
            self.assign(slice, Some(Home::Bound(0)), begin);
        }
        for &(slice, stacked) in &inner.ys {
            let storage = self.open(self.program.ty(slice).bytes(), Some(Home::Bound(0)), begin);
            if self.claim(&inner.body, slice, storage) {
                self.slices.insert(slice, stacked);
            }
        }
        self.position += 1;
        match &inner.kind {
            LoopKind::Counted { counter, .. } => {
                if let Some(counter) = counter {
                    self.assign(*counter, None, self.position);
                }
            }
            LoopKind::Stacked { .. } => {}
            LoopKind::While { cond, .. } => {
                self.block(cond);
                self.position += 1;
            }
        }
        self.block(&inner.body);
        self.position += 2;
    }

    fn finish(mut self, copies: Vec<(Buf, usize)>) -> Plan {
        let (offsets, arena) = self.pack();
        let donations = self.donations();
        let storage: Vec<Option<usize>> =
            (0..self.storage.len()).map(|buf| self.storage[self.uses.root(Buf(buf as u32)).0 as usize]).collect();
        let home = |buf: usize| match (self.uses.alias[buf], self.storage[buf]) {
            (Some(other), _) => Home::Same(other),
            (None, None) => Home::None,
            (None, Some(storage)) => match self.storages[storage].home {
                Some(Home::Bound(_)) => Home::Bound(storage),
                Some(home) => home,
                None => Home::Arena(offsets[storage]),
            },
        };
        Plan {
            homes: (0..self.storage.len()).map(home).collect(),
            arena,
            copies,
            donations,
            carries: self
                .carries
                .iter()
                .map(|(&buf, &(spare, copy))| (buf, Slots { spare: spare.map(|s| offsets[s]), copy }))
                .collect(),
            partials: self.partials.iter().map(|partial| partial.map(|s| offsets[s])).collect(),
            slices: std::mem::take(&mut self.slices),
            storage,
        }
    }

    /// First fit, largest first: offsets of the storages in the arena, and its size.
    fn pack(&self) -> (Vec<usize>, usize) {
        let mut order: Vec<usize> = (0..self.storages.len()).filter(|&s| self.storages[s].home.is_none()).collect();
        order.sort_by_key(|&s| (std::cmp::Reverse(self.storages[s].bytes), s));
        let mut offsets = vec![0; self.storages.len()];
        let (mut placed, mut arena): (Vec<usize>, usize) = (Vec::new(), 0);
        for storage in order {
            let Storage { bytes, first, last, .. } = self.storages[storage];
            let bytes = bytes.next_multiple_of(ALIGN);
            let mut taken: BTreeMap<usize, usize> = BTreeMap::new();
            for &other in &placed {
                let theirs = &self.storages[other];
                if theirs.first <= last && first <= theirs.last {
                    let end = offsets[other] + theirs.bytes.next_multiple_of(ALIGN);
                    let entry = taken.entry(offsets[other]).or_insert(end);
                    *entry = end.max(*entry);
                }
            }
            let mut offset = 0;
            for (start, end) in taken {
                if offset + bytes <= start {
                    break;
                }
                offset = offset.max(end);
            }
            offsets[storage] = offset;
            arena = arena.max(offset + bytes);
            placed.push(storage);
        }
        (offsets, arena)
    }

    /// Pairs of an input and an output that may be one memory: the output is first written after the input is
    /// last read, or element by element by the step that reads it last.
    fn donations(&self) -> Vec<Donation> {
        let mut donations: Vec<Donation> = Vec::new();
        for (output, buf) in self.program.outputs.iter().enumerate() {
            let root = self.uses.root(*buf);
            let Some(storage) = self.storage[root.0 as usize] else { continue };
            let entry = &self.storages[storage];
            if entry.home != Some(Home::Output(output)) {
                continue;
            }
            let step = self.program.body.steps.iter().find(|step| defines(step).any(|out| out == root));
            let fits = |input: &(usize, &Buf)| {
                let (position, &buf) = *input;
                let last = self.uses.last[buf.0 as usize];
                let early = last < entry.first
                    || (last == entry.first && step.is_some_and(|step| overwrites(&self.uses, step, buf, root)));
                let taken = donations.iter().any(|donation| donation.input == position);
                early && !taken && self.program.ty(buf).bytes() == entry.bytes && entry.bytes > 0
            };
            if let Some((input, _)) = self.program.inputs.iter().enumerate().find(fits) {
                donations.push(Donation { input, output });
            }
        }
        donations
    }
}
