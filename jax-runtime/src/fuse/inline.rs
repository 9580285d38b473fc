//! Producers into consumers: a map's value is computed where it is read, when that is legal and pays.

use std::collections::HashSet;

use jax_core::kernel::{Buf, Id, Nest, Op, Program, Sink, Step, Ty};

use super::contraction::as_contraction;
use super::cost::{self, Cost, MAX_NODES};
use super::splice::{self, Site, Source};
use super::walk::{self, Taken};

/// Inlines once; the steps that are no longer needed are left for `dce`. Says whether anything changed.
pub fn inline(program: &mut Program) -> bool {
    let mut plan = Plan::new(program);
    let taken = walk::take_nests(program);
    plan.read(&taken);
    for position in 0..taken.len() {
        plan.decide(&taken, position, &program.bufs);
    }
    let mut changed = false;
    let mut rebuilt = taken
        .iter()
        .enumerate()
        .map(|(position, old)| {
            if plan.gone(old) {
                return None;
            }
            let new = plan.rebuild(&taken, position, &program.bufs);
            changed |= new.0 != old.nest || new.1 != old.ins;
            Some(new)
        })
        .collect::<Vec<_>>()
        .into_iter();
    let mut taken = taken.into_iter();
    walk::for_each_step(&mut program.body, &mut |step| {
        if let Step::Nest { nest, ins, .. } = step
            && let (Some(new), Some(old)) = (rebuilt.next(), taken.next())
        {
            (*nest, *ins) = new.unwrap_or((old.nest, old.ins));
        }
    });
    changed
}

/// Which buffers are computed where they are read.
struct Plan {
    /// By buffer: the value of a map that is inlined, by the position of its nest.
    inlined: Vec<Option<(usize, Id)>>,
    /// By buffer: what it is a reshape of.
    reshape: Vec<Option<Buf>>,
    /// By buffer: whether it is needed in memory whatever the nests that read it do.
    held: Vec<bool>,
    /// By buffer: the nests that load it, once for each place.
    readers: Vec<Vec<usize>>,
    /// By buffer: what its value costs where it is inlined.
    costs: Vec<Option<Cost>>,
    /// By nest: the nodes that its body will have.
    nodes: Vec<usize>,
    /// By nest: whether it is a contraction that is to stay one.
    contraction: Vec<bool>,
    /// Loads that stay loads although their buffer is inlined elsewhere.
    denied: HashSet<(usize, Buf)>,
}

impl Plan {
    fn new(program: &mut Program) -> Plan {
        let count = program.bufs.len();
        let (mut held, mut reshape) = (vec![false; count], vec![None; count]);
        for output in &program.outputs {
            held[output.0 as usize] = true;
        }
        walk::for_each_step(&mut program.body, &mut |step| {
            if let Step::Reshape { from, to } = step {
                reshape[to.0 as usize] = Some(*from);
            }
            match step {
                Step::Nest { nest, ins, .. } => {
                    if let Sink::Scatter { base, .. } = nest.sink {
                        held[ins[base as usize].0 as usize] = true;
                    }
                }
                step => walk::for_each_buf(step, |buf, read| held[buf.0 as usize] |= read),
            }
        });
        Plan {
            inlined: vec![None; count],
            reshape,
            held,
            readers: vec![Vec::new(); count],
            costs: vec![None; count],
            nodes: Vec::new(),
            contraction: Vec::new(),
            denied: HashSet::new(),
        }
    }

    fn read(&mut self, taken: &[Taken]) {
        for (position, Taken { nest, ins, .. }) in taken.iter().enumerate() {
            self.nodes.push(nest.body.nodes().len());
            self.contraction.push(as_contraction(nest).is_some_and(|found| found.is_large()));
            for node in nest.body.nodes() {
                if let Op::Load { input, .. } = node.op {
                    self.readers[ins[input as usize].0 as usize].push(position);
                }
            }
        }
    }

    fn decide(&mut self, taken: &[Taken], position: usize, bufs: &[Ty]) {
        let producer = &taken[position];
        let Sink::Map(values) = &producer.nest.sink else { return };
        // Several outputs share code: they are inlined together into one reader, or only where that is free.
        let together = producer.outs.len() == 1 || self.one_reader(&producer.outs);
        for (&value, &out) in values.iter().zip(&producer.outs) {
            if self.readers[out.0 as usize].is_empty() {
                continue;
            }
            let cost = cost::of_value(&producer.nest.body, value, |input| {
                let buf = producer.ins[input as usize];
                self.inlined[buf.0 as usize].and(self.costs[buf.0 as usize])
            });
            self.inlined[out.0 as usize] = Some((position, value));
            if self.pays(taken, position, out, cost, together, bufs) {
                self.costs[out.0 as usize] = Some(cost);
                for &reader in &self.readers[out.0 as usize] {
                    self.nodes[reader] += cost.nodes;
                }
            } else {
                self.inlined[out.0 as usize] = None;
            }
        }
    }

    fn one_reader(&self, outs: &[Buf]) -> bool {
        let mut readers = outs.iter().flat_map(|out| &self.readers[out.0 as usize]);
        let first = readers.next();
        outs.iter().all(|out| !self.held[out.0 as usize]) && readers.all(|reader| Some(reader) == first)
    }

    fn pays(&mut self, taken: &[Taken], position: usize, out: Buf, cost: Cost, together: bool, bufs: &[Ty]) -> bool {
        let points = |taken: &Taken| taken.turns * taken.nest.extents.iter().product::<usize>() as f64;
        let producer = &taken[position];
        if points(producer) == 0.0 {
            return false;
        }
        let (mut repeats, mut held) = (0.0, self.held[out.0 as usize] || !together);
        let readers = self.readers[out.0 as usize].clone();
        for &reader in &readers {
            if self.nodes[reader] + cost.nodes > MAX_NODES {
                return false;
            }
            if !self.contraction[reader] {
                repeats += points(&taken[reader]) / points(producer);
            } else if !self.stays_contraction(taken, reader, bufs) {
                self.denied.insert((reader, out));
                self.held[out.0 as usize] = true;
                held = true;
            }
        }
        cost::recompute(cost.work, repeats, held)
    }

    /// Whether a contraction is one still with what is inlined so far, over no more batch axes.
    fn stays_contraction(&self, taken: &[Taken], reader: usize, bufs: &[Ty]) -> bool {
        let batch = |nest| as_contraction(nest).map(|found| found.batch.len());
        match (batch(&taken[reader].nest), batch(&self.rebuild(taken, reader, bufs).0)) {
            (Some(before), Some(after)) => after <= before,
            _ => false,
        }
    }

    /// Whether nothing reads what a nest stores any more, so that building it anew would be in vain.
    fn gone(&self, taken: &Taken) -> bool {
        taken.outs.iter().all(|out| self.inlined[out.0 as usize].is_some() && !self.held[out.0 as usize])
    }

    fn rebuild(&self, taken: &[Taken], reader: usize, bufs: &[Ty]) -> (Nest, Vec<Buf>) {
        let Taken { nest, ins, .. } = &taken[reader];
        let base = match nest.sink {
            Sink::Scatter { base, .. } => Some(ins[base as usize]),
            _ => None,
        };
        splice::rebuild(bufs, Site { nest, ins }, |buf| {
            if let Some(from) = self.reshape[buf.0 as usize] {
                return (base != Some(from)).then_some(Source::Reshape(from));
            }
            let (position, value) = self.inlined[buf.0 as usize]?;
            let Taken { nest, ins, .. } = &taken[position];
            // What a scatter starts as may be overwritten in place, so nothing that loads it moves there.
            let clobbered = base.is_some_and(|base| ins.contains(&base));
            let stays = clobbered || self.denied.contains(&(reader, buf));
            (!stays).then_some(Source::Value(Site { nest, ins }, value))
        })
    }
}
