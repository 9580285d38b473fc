//! Dead code: steps, outputs, carried values and stacked slices that nothing needs.

use jax_core::kernel::{Block, Buf, Loop, LoopKind, Nest, Program, Sink, Step};

use super::splice::compact;
use super::walk;

/// Removes what no output of the program needs.
pub fn eliminate(program: &mut Program) {
    let mut body = std::mem::take(&mut program.body);
    loop {
        let mut needs = Needs { of: vec![Vec::new(); program.bufs.len()], live: vec![false; program.bufs.len()] };
        walk::for_each_step(&mut body, &mut |step| needs.collect(step));
        needs.mark(&program.outputs);
        let mut called = Vec::new();
        walk::for_each_step(&mut body, &mut |step| called.extend(called_for(step)));
        needs.mark(&called);
        if !needs.sweep(&mut body) {
            break;
        }
    }
    program.body = body;
}

/// What a step needs because the host is called in it: what the call sees, and what decides how often it happens.
fn called_for(step: &Step) -> Vec<Buf> {
    match step {
        Step::Call(call) => std::iter::once(call.when).chain(call.ins.iter().copied()).collect(),
        Step::Cond { index, .. } if step.calls_host() => vec![*index],
        Step::Loop(Loop { kind: LoopKind::While { pred, .. }, .. }) if step.calls_host() => vec![*pred],
        _ => Vec::new(),
    }
}

/// For each buffer those that its value depends on directly, and whether it is needed.
struct Needs {
    of: Vec<Vec<Buf>>,
    live: Vec<bool>,
}

impl Needs {
    fn collect(&mut self, step: &Step) {
        match step {
            Step::Nest { ins, outs, .. } => {
                // One entry beyond the buffers' stands for all inputs together.
                let all = Buf(self.of.len() as u32);
                outs.iter().for_each(|out| self.of[out.0 as usize].push(all));
                self.of.push(ins.clone());
                self.live.push(false);
            }
            Step::Reshape { from, to } => self.of[to.0 as usize].push(*from),
            Step::Loop(Loop { kind, carry, xs, ys, .. }) => {
                for carry in carry {
                    self.of[carry.current.0 as usize].extend([carry.init, carry.next]);
                    self.of[carry.last.0 as usize].extend([carry.init, carry.next]);
                }
                xs.iter().for_each(|&(stacked, elem)| self.of[elem.0 as usize].push(stacked));
                ys.iter().for_each(|&(elem, stacked)| self.of[stacked.0 as usize].push(elem));
                // How often the loop runs: what it is decided by belongs to every result.
                let deciding: Vec<Buf> = match kind {
                    LoopKind::Counted { .. } => Vec::new(),
                    LoopKind::Stacked { .. } => xs.iter().map(|&(_, elem)| elem).collect(),
                    LoopKind::While { pred, .. } => vec![*pred],
                };
                for result in carry.iter().map(|carry| carry.last).chain(ys.iter().map(|&(_, stacked)| stacked)) {
                    self.of[result.0 as usize].extend(&deciding);
                }
            }
            Step::Cond { index, branches, outs } => {
                for (position, out) in outs.iter().enumerate() {
                    let needs = &mut self.of[out.0 as usize];
                    needs.push(*index);
                    needs.extend(branches.iter().filter_map(|branch| branch.results.get(position)));
                }
            }
            Step::Call(_) => {}
            Step::Sort(sort) => {
                for (own, out) in sort.ins.iter().zip(&sort.outs) {
                    let needs = &mut self.of[out.0 as usize];
                    needs.extend(&sort.ins[..sort.keys]);
                    needs.push(*own);
                }
            }
        }
    }

    fn mark(&mut self, roots: &[Buf]) {
        let mut open = roots.to_vec();
        while let Some(buf) = open.pop() {
            if !std::mem::replace(&mut self.live[buf.0 as usize], true) {
                open.extend(&self.of[buf.0 as usize]);
            }
        }
    }

    fn live(&self, buf: Buf) -> bool {
        self.live[buf.0 as usize]
    }

    /// Whether something remains that may need less than before.
    fn sweep(&self, block: &mut Block) -> bool {
        let mut changed = false;
        block.steps.retain_mut(|step| {
            let keep = self.keep(step, &mut changed);
            if keep {
                for block in walk::blocks(step) {
                    changed |= self.sweep(block);
                }
            }
            keep
        });
        changed
    }

    fn keep(&self, step: &mut Step, changed: &mut bool) -> bool {
        let calls = step.calls_host();
        match step {
            Step::Nest { nest, ins, outs, .. } => {
                let wanted = outs.iter().any(|&out| self.live(out));
                if wanted && !outs.iter().all(|&out| self.live(out)) {
                    *changed |= self.prune(nest, ins, outs);
                }
                wanted
            }
            Step::Reshape { to, .. } => self.live(*to),
            Step::Loop(Loop { kind, carry, xs, ys, .. }) => {
                let wanted = carry.iter().any(|c| self.live(c.last)) || ys.iter().any(|y| self.live(y.1));
                carry.retain(|carry| self.live(carry.current) || self.live(carry.last));
                xs.retain(|&(_, elem)| self.live(elem));
                ys.retain(|&(_, stacked)| self.live(stacked));
                if let LoopKind::Counted { counter, .. } = kind {
                    *counter = counter.filter(|&counter| self.live(counter));
                }
                wanted || calls
            }
            Step::Call(_) => true,
            Step::Cond { branches, outs, .. } => {
                for branch in branches {
                    let mut live = outs.iter().map(|&out| self.live(out));
                    branch.results.retain(|_| live.next().unwrap_or(true));
                }
                outs.retain(|&out| self.live(out));
                calls || !outs.is_empty()
            }
            Step::Sort(sort) => {
                let (keys, outs) = (sort.keys, sort.outs.clone());
                let kept = |position: usize| position < keys || self.live(outs[position]);
                let wanted = outs.iter().any(|&out| self.live(out));
                let mut position = 0..;
                sort.ins.retain(|_| position.next().is_none_or(kept));
                let mut position = 0..;
                sort.outs.retain(|_| position.next().is_none_or(kept));
                wanted
            }
        }
    }

    /// Removes outputs that nothing needs, then code and inputs that no output needs.
    fn prune(&self, nest: &mut Nest, ins: &mut Vec<Buf>, outs: &mut Vec<Buf>) -> bool {
        let before = outs.len();
        match &mut nest.sink {
            Sink::Map(values) => {
                let mut live = outs.iter().map(|&out| self.live(out));
                values.retain(|_| live.next().unwrap_or(true));
                outs.retain(|&out| self.live(out));
            }
            Sink::Reduce { reductions, .. } => {
                let mut rest = std::mem::take(outs);
                reductions.retain(|reduction| {
                    let own: Vec<Buf> = rest.drain(..reduction.init.len().min(rest.len())).collect();
                    let live = own.iter().any(|&out| self.live(out));
                    if live {
                        outs.extend(own);
                    }
                    live
                });
            }
            Sink::Scatter { .. } => {}
        }
        if outs.len() == before {
            return false;
        }
        compact(nest, ins);
        true
    }
}
