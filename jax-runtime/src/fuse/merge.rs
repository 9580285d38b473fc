//! Siblings: maps over one box, and reductions over one box and the same axes, become one nest.
//!
//! Note on order: each step gets a level, the largest number of edges on a path to it that are not from a map
//! to a map over the same box reading it point by point. Steps of one level over one box can then always be
//! one nest: a path between two of them has only edges inside the group, so merging makes no cycle.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use jax_core::base::Shape;
use jax_core::bug;
use jax_core::kernel::{Block, Buf, Loop, LoopKind, Nest, Op, Program, Sink, Step, Ty};

use super::contraction::as_contraction;
use super::copies::reads_its_point;
use super::cost::{MAX_NODES, MAX_STREAMS, SMALL};
use super::splice::{self, Site, Splicer};
use super::walk;

/// Merges siblings in every block. Says whether anything changed.
pub fn merge(program: &mut Program) -> bool {
    let mut places = vec![None; program.bufs.len()];
    merge_block(&mut program.body, &program.bufs, &mut places, &mut 0)
}

/// By buffer: the block that defines it and the step there.
type Places = [Option<(usize, usize)>];

fn merge_block(block: &mut Block, bufs: &[Ty], places: &mut Places, blocks: &mut usize) -> bool {
    let mut changed = false;
    for step in &mut block.steps {
        for inner in walk::blocks(step) {
            changed |= merge_block(inner, bufs, places, blocks);
        }
    }
    *blocks += 1;
    let reads = dependencies(block, places, *blocks);
    let groups = groups(&block.steps, &reads);
    if groups.is_empty() {
        return changed;
    }
    let mut clusters = groups;
    let mut cluster_of = vec![usize::MAX; block.steps.len()];
    for (cluster, members) in clusters.iter().enumerate() {
        members.iter().for_each(|&member| cluster_of[member] = cluster);
    }
    for (step, cluster) in cluster_of.iter_mut().enumerate() {
        if *cluster == usize::MAX {
            *cluster = clusters.len();
            clusters.push(vec![step]);
        }
    }
    let mut steps: Vec<Option<Step>> = std::mem::take(&mut block.steps).into_iter().map(Some).collect();
    for cluster in sorted(&clusters, &cluster_of, &reads) {
        let members: Vec<Step> = clusters[cluster].iter().filter_map(|&step| steps[step].take()).collect();
        block.steps.extend(joined(members, bufs));
    }
    true
}

/// For each step of a block the steps of that block that it reads from, and the buffers through which.
fn dependencies(block: &mut Block, places: &mut Places, number: usize) -> Vec<Vec<(usize, Buf)>> {
    let mut reads = Vec::with_capacity(block.steps.len());
    let calls = block.calls_host();
    let mut last_in_order = None;
    for (position, step) in block.steps.iter_mut().enumerate() {
        let mut found = Vec::new();
        if in_order(step) {
            // A call stays where it is among calls, and among loops: one that fails may be there to prevent the next
            // loop from running for ever.
            found.extend(last_in_order.map(|step| (step, Buf(u32::MAX))));
            last_in_order = calls.then_some(position);
        }
        let mut visit = |buf: &mut Buf, read: bool| match places[buf.0 as usize] {
            Some((block, step)) if read && block == number && step != position => found.push((step, *buf)),
            _ => {}
        };
        walk::for_each_buf(step, &mut visit);
        for inner in walk::blocks(step) {
            walk::for_each_step(inner, &mut |step| walk::for_each_buf(step, &mut visit));
        }
        walk::for_each_buf(step, |buf, read| {
            if !read {
                places[buf.0 as usize] = Some((number, position));
            }
        });
        reads.push(found);
    }
    reads
}

/// Whether a step keeps its place among others like it, in a block that calls the host.
fn in_order(step: &Step) -> bool {
    step.calls_host() || matches!(step, Step::Loop(Loop { kind: LoopKind::While { .. }, .. }))
}

/// What steps must share to become one nest: level, box, and reduced axes if any.
type Key = (usize, Shape, Option<usize>);

/// The groups of two and more steps that are merged.
fn groups(steps: &[Step], reads: &[Vec<(usize, Buf)>]) -> Vec<Vec<usize>> {
    let mut levels = vec![0; steps.len()];
    let mut known: HashMap<Key, usize> = HashMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (position, step) in steps.iter().enumerate() {
        let shifted = shifted(step);
        for &(from, buf) in &reads[position] {
            let inside = match (map(&steps[from]), map(step)) {
                (Some(from), Some(to)) => from.extents == to.extents && !shifted.contains(&buf),
                _ => false,
            };
            levels[position] = levels[position].max(levels[from] + !inside as usize);
        }
        if let Some((extents, axes)) = mergeable(step) {
            let group = *known.entry((levels[position], extents, axes)).or_insert(groups.len());
            if group == groups.len() {
                groups.push(Vec::new());
            }
            groups[group].push(position);
        }
    }
    groups.iter().flat_map(|members| related(members, steps)).filter(|members| members.len() > 1).collect()
}

fn map(step: &Step) -> Option<&Nest> {
    match step {
        Step::Nest { nest, .. } if matches!(nest.sink, Sink::Map(_)) => Some(nest),
        _ => None,
    }
}

/// The buffers that a nest does not read at its own point only.
fn shifted(step: &Step) -> HashSet<Buf> {
    let Step::Nest { nest, ins, .. } = step else { return HashSet::new() };
    let loads = nest.body.nodes().iter().filter_map(|node| match node.op {
        Op::Load { input, .. } if !reads_its_point(nest, &node.op) => Some(ins[input as usize]),
        _ => None,
    });
    loads.collect()
}

fn mergeable(step: &Step) -> Option<(Shape, Option<usize>)> {
    let Step::Nest { nest, .. } = step else { return None };
    match nest.sink {
        Sink::Map(_) => Some((nest.extents.clone(), None)),
        Sink::Reduce { axes, .. } => {
            let alone = as_contraction(nest).is_some_and(|found| found.is_large());
            (!alone).then(|| (nest.extents.clone(), Some(axes)))
        }
        Sink::Scatter { .. } => None,
    }
}

/// Splits steps that could be merged into those that share data, none too large.
fn related(members: &[usize], steps: &[Step]) -> Vec<Vec<usize>> {
    let mut owner: HashMap<Buf, usize> = HashMap::new();
    let mut parents: Vec<usize> = (0..members.len()).collect();
    let mut first_small = None;
    for (position, &member) in members.iter().enumerate() {
        let Step::Nest { nest, ins, outs, .. } = &steps[member] else { continue };
        let shared = ins.iter().zip(&nest.inputs).filter(|(_, ty)| ty.size() > 1).map(|(buf, _)| buf);
        for &buf in shared.chain(outs) {
            let other = *owner.entry(buf).or_insert(position);
            join(&mut parents, position, other);
        }
        if nest.extents.iter().product::<usize>() < SMALL {
            let other = *first_small.get_or_insert(position);
            join(&mut parents, position, other);
        }
    }
    let mut chunks: Vec<Vec<usize>> = Vec::new();
    let mut open: HashMap<usize, Chunk> = HashMap::new();
    for (position, &member) in members.iter().enumerate() {
        let Step::Nest { nest, ins, outs, .. } = &steps[member] else { continue };
        let root = root(&mut parents, position);
        let chunk = open.entry(root).or_default();
        let nodes = nest.body.nodes().len();
        let fresh = ins.iter().chain(outs).filter(|&buf| !chunk.streams.contains(buf)).count();
        let full = chunk.nodes + nodes > MAX_NODES || chunk.streams.len() + fresh > MAX_STREAMS;
        if full || chunk.nodes == 0 {
            *chunk = Chunk { number: chunks.len(), ..Chunk::default() };
            chunks.push(Vec::new());
        }
        chunk.nodes += nodes.max(1);
        chunk.streams.extend(ins.iter().chain(outs));
        chunks[chunk.number].push(member);
    }
    chunks
}

#[derive(Default)]
struct Chunk {
    number: usize,
    nodes: usize,
    streams: HashSet<Buf>,
}

fn root(parents: &mut [usize], mut position: usize) -> usize {
    while parents[position] != position {
        parents[position] = parents[parents[position]];
        position = parents[position];
    }
    position
}

fn join(parents: &mut [usize], a: usize, b: usize) {
    let (a, b) = (root(parents, a), root(parents, b));
    parents[a.max(b)] = a.min(b);
}

/// An order of the clusters in which each comes after what it reads, as near as may be to that of the steps.
fn sorted(clusters: &[Vec<usize>], cluster_of: &[usize], reads: &[Vec<(usize, Buf)>]) -> Vec<usize> {
    let mut readers = vec![Vec::new(); clusters.len()];
    let mut waiting = vec![0usize; clusters.len()];
    for (step, read) in reads.iter().enumerate() {
        for &(from, _) in read {
            let (from, to) = (cluster_of[from], cluster_of[step]);
            if from != to {
                readers[from].push(to);
                waiting[to] += 1;
            }
        }
    }
    let last = |cluster: usize| Reverse((clusters[cluster].last().copied(), cluster));
    let mut ready: BinaryHeap<_> = (0..clusters.len()).filter(|&c| waiting[c] == 0).map(last).collect();
    let mut order = Vec::with_capacity(clusters.len());
    while let Some(Reverse((_, cluster))) = ready.pop() {
        order.push(cluster);
        for &reader in &readers[cluster] {
            waiting[reader] -= 1;
            if waiting[reader] == 0 {
                ready.push(last(reader));
            }
        }
    }
    if order.len() != clusters.len() {
        bug!("merging nests made a cycle");
    }
    order
}

/// The steps of a cluster as one nest; a single step as it is.
fn joined(mut members: Vec<Step>, bufs: &[Ty]) -> Option<Step> {
    if members.len() < 2 {
        return members.pop();
    }
    let Some(Step::Nest { nest: first, span, .. }) = members.first() else { bug!("a cluster of something else") };
    let (extents, span) = (first.extents.clone(), *span);
    let mut sink = match &first.sink {
        Sink::Reduce { axes, .. } => Sink::Reduce { axes: *axes, reductions: Vec::new() },
        _ => Sink::Map(Vec::new()),
    };
    let mut splicer = Splicer::new(&extents, bufs, |_| None);
    let mut all_outs = Vec::new();
    for member in &members {
        let Step::Nest { nest, ins, outs, .. } = member else { continue };
        let copied = splicer.copy(Site { nest, ins }, &splice::values(&nest.sink));
        match (&mut sink, &nest.sink) {
            (Sink::Map(values), Sink::Map(_)) => {
                outs.iter().zip(&copied).for_each(|(&out, &value)| splicer.define(out, value));
                values.extend(copied);
            }
            (Sink::Reduce { reductions, .. }, Sink::Reduce { reductions: more, .. }) => {
                let mut copied = copied.into_iter();
                for reduction in more {
                    let mut reduction = reduction.clone();
                    reduction.values.iter_mut().zip(&mut copied).for_each(|(value, copy)| *value = copy);
                    reductions.push(reduction);
                }
            }
            _ => bug!("a cluster of different nests"),
        }
        all_outs.extend(outs);
    }
    let (nest, ins) = splicer.finish(&extents, sink, None);
    Some(Step::Nest { nest, ins, outs: all_outs, span })
}
