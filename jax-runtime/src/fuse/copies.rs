//! Copies: buffers that are another buffer under a second name are replaced by it.

use jax_core::kernel::{Block, Buf, Loop, Nest, Op, Program, Sink, Step};

use super::walk;

/// Replaces copies by what they copy, everywhere. The steps that made them are left for `dce`.
pub fn forward(program: &mut Program) -> bool {
    let mut names = Names { program: program.bufs.len(), same: (0..program.bufs.len() as u32).map(Buf).collect() };
    let mut reshaped = vec![None; program.bufs.len()];
    let mut body = std::mem::take(&mut program.body);
    names.collect(&mut body, program, &mut reshaped);
    let mut changed = false;
    let mut rename = |buf: &mut Buf| {
        let to = names.resolve(*buf);
        changed |= to != *buf;
        *buf = to;
    };
    walk::for_each_step(&mut body, &mut |step| {
        walk::for_each_buf(step, |buf, read| {
            if read {
                rename(buf);
            }
        });
    });
    program.outputs.iter_mut().for_each(rename);
    program.body = body;
    changed
}

struct Names {
    program: usize,
    same: Vec<Buf>,
}

impl Names {
    fn resolve(&self, mut buf: Buf) -> Buf {
        // A chain is no longer than there are buffers; each step goes to an earlier definition.
        for _ in 0..self.program {
            let next = self.same[buf.0 as usize];
            if next == buf {
                break;
            }
            buf = next;
        }
        buf
    }

    fn alias(&mut self, copy: Buf, of: Buf) {
        self.same[copy.0 as usize] = self.resolve(of);
    }

    fn collect(&mut self, block: &mut Block, program: &Program, reshaped: &mut [Option<Buf>]) {
        for step in &mut block.steps {
            walk::blocks(step).into_iter().for_each(|block| self.collect(block, program, reshaped));
            match step {
                Step::Nest { nest, ins, outs, .. } => self.nest(nest, ins, outs),
                Step::Reshape { from, to } => {
                    let source = self.resolve(*from);
                    *from = reshaped[source.0 as usize].unwrap_or(source);
                    reshaped[to.0 as usize] = Some(*from);
                    if program.ty(*from) == program.ty(*to) {
                        self.alias(*to, *from);
                    }
                }
                Step::Loop(Loop { carry, .. }) => {
                    for carry in carry.iter().filter(|carry| carry.init != carry.current) {
                        if self.resolve(carry.next) == carry.current {
                            self.alias(carry.current, carry.init);
                            self.alias(carry.last, carry.init);
                        }
                    }
                }
                Step::Cond { .. } | Step::Sort(_) | Step::Call(_) => {}
            }
        }
    }

    fn nest(&mut self, nest: &Nest, ins: &[Buf], outs: &[Buf]) {
        match &nest.sink {
            Sink::Map(values) => {
                for (position, (&value, &out)) in values.iter().zip(outs).enumerate() {
                    if let Some(twin) = values[..position].iter().position(|&other| other == value) {
                        self.alias(out, outs[twin]);
                    } else if let Op::Load { input, .. } = &nest.body.node(value).op
                        && reads_its_point(nest, &nest.body.node(value).op)
                    {
                        self.alias(out, ins[*input as usize]);
                    }
                }
            }
            Sink::Reduce { reductions, .. } => {
                let mut first = 0;
                let starts: Vec<usize> = reductions
                    .iter()
                    .map(|reduction| {
                        first += reduction.init.len();
                        first - reduction.init.len()
                    })
                    .collect();
                for (position, reduction) in reductions.iter().enumerate() {
                    if let Some(twin) = reductions[..position].iter().position(|other| other == reduction) {
                        for part in 0..reduction.init.len() {
                            self.alias(outs[starts[position] + part], outs[starts[twin] + part]);
                        }
                    }
                }
            }
            Sink::Scatter { .. } => {}
        }
    }
}

/// Whether this load of a nest reads, at every point, the element at that point of an input of the nest's extents.
pub fn reads_its_point(nest: &Nest, op: &Op) -> bool {
    let Op::Load { input, index } = op else { return false };
    nest.inputs[*input as usize].shape == nest.extents
        && index.iter().enumerate().all(|(axis, &id)| match &nest.body.node(id).op {
            Op::Axis(k) => *k as usize == axis,
            Op::Const(value) => nest.extents[axis] == 1 && value.as_i128() == 0,
            _ => false,
        })
}
