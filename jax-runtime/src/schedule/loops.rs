//! How one nest runs: which loops in which order, which of them in vectors, which shared between threads.
//!
//! Addresses are strides over these loops; what the loops compute is the nest's own body.

use std::collections::HashSet;

use jax_core::base::DType;
use jax_core::base::shape::strides;
use jax_core::kernel::{Combine, Id, Nest, Op, Sink};

use super::affine::{Affine, flatten};
use super::target::Target;

/// Estimated operations below which a nest is not worth sharing between threads.
const PARALLEL_WORK: usize = 1 << 17;
/// Points of one chunk that threads take, at least.
const CHUNK_POINTS: usize = 1 << 13;
/// Reductions of bodies with at most three times this many operations are unrolled fourfold.
const LIGHT_BODY: usize = 8;
/// Other nests whose bodies have at most this many operations, an exponential and some more, are unrolled twofold: what
/// the register allocator carries from turn to turn through memory is then off the critical path.
const MEDIUM_BODY: usize = 48;

/// A nest with its loops chosen.
#[derive(Clone, PartialEq, Debug)]
pub struct LoopNest {
    /// The nest. Its axes are named by `loop_of`.
    pub nest: Nest,
    /// Trip counts, outermost first: kept loops, then reduced ones.
    pub extents: Vec<usize>,
    /// How many of the loops are kept, not reduced.
    pub kept: usize,
    /// The loop that counts an axis; `None` for an axis of one point or one merged with its neighbour.
    pub loop_of: Vec<Option<usize>>,
    /// Where each load of the body reads, by node.
    pub loads: Vec<Option<Access>>,
    /// Where results are stored (where a scatter updates).
    pub store: Access,
    /// The nodes that are computed: all but those that only addresses need.
    pub needed: Vec<bool>,
    /// The loop that runs in vectors.
    pub vector: Option<Vector>,
    /// What threads share.
    pub split: Split,
}

/// An element position: strides in elements over the loops, and what is added.
#[derive(Clone, PartialEq, Debug)]
pub struct Access {
    /// The stride of each loop.
    pub strides: Vec<i64>,
    /// The position at the origin.
    pub offset: i64,
    /// Computed terms and their factors.
    pub terms: Vec<(Id, i64)>,
}

/// The loop that runs in vectors.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Vector {
    /// Which loop.
    pub axis: usize,
    /// Points that one vector covers.
    pub lanes: usize,
    /// Vectors in a step.
    pub unroll: usize,
}

/// What threads share. Chunks depend on sizes alone, so results do not depend on the number of threads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Split {
    /// Nothing: the caller runs all.
    None,
    /// Chunks of this many turns of the outermost loop, which is kept.
    Kept {
        /// Turns of a chunk.
        chunk: usize,
    },
    /// Chunks of the outermost loop, which is reduced; each gives partial results that are combined in order.
    Reduced {
        /// Turns of a chunk.
        chunk: usize,
    },
}

impl LoopNest {
    /// Chooses the loops of a nest.
    pub fn new(nest: Nest, target: &Target) -> LoopNest {
        let reduced = match &nest.sink {
            Sink::Reduce { axes, .. } => *axes,
            _ => 0,
        };
        let rank = nest.extents.len();
        let kept_rank = rank - reduced;
        let (needed, forms) = needed_nodes(&nest);
        let store = match &nest.sink {
            Sink::Scatter { base, index, .. } => flatten(&nest, &nest.inputs[*base as usize].shape, index),
            _ => {
                let mut form = flatten(&nest, &[], &[]);
                for (axis, stride) in strides(&nest.extents[..kept_rank]).into_iter().enumerate() {
                    form.axes[axis] = stride as i64;
                }
                form
            }
        };
        let counted: HashSet<usize> = (0..nest.body.nodes().len())
            .filter(|&node| needed[node])
            .filter_map(|node| match nest.body.nodes()[node].op {
                Op::Axis(axis) => Some(axis as usize),
                _ => None,
            })
            .collect();
        // Merge an axis into the loop before it where every address steps through both as through one.
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut kept = 0;
        for axis in 0..rank {
            if axis == kept_rank {
                kept = groups.len();
            }
            if nest.extents[axis] == 1 {
                continue;
            }
            let extent = nest.extents[axis] as i64;
            let merges = |outer: usize| {
                !counted.contains(&axis)
                    && !counted.contains(&outer)
                    && (forms.iter().flatten().chain([&store]))
                        .all(|form: &Affine| form.axes[outer] == form.axes[axis] * extent)
            };
            let starts_reduced = axis >= kept_rank && groups.len() == kept;
            match groups.last_mut() {
                Some(group) if !starts_reduced && group.last().is_some_and(|&outer| merges(outer)) => group.push(axis),
                _ => groups.push(vec![axis]),
            }
        }
        if reduced == 0 {
            kept = groups.len();
        }
        let kept = kept.min(groups.len());
        let mut loop_of = vec![None; rank];
        for (position, group) in groups.iter().enumerate() {
            if let [axis] = group[..] {
                loop_of[axis] = Some(position);
            }
        }
        let access = |form: &Affine| Access {
            strides: groups.iter().map(|group| group.last().map_or(0, |&axis| form.axes[axis])).collect(),
            offset: form.constant,
            terms: form.terms.iter().map(|(&id, &factor)| (id, factor)).collect(),
        };
        let mut result = LoopNest {
            extents: groups.iter().map(|group| group.iter().map(|&axis| nest.extents[axis]).product()).collect(),
            kept,
            loop_of,
            loads: forms.iter().map(|form| form.as_ref().map(access)).collect(),
            store: access(&store),
            needed,
            vector: None,
            split: Split::None,
            nest,
        };
        result.vector = result.choose_vector(target);
        result.split = result.choose_split();
        result
    }

    /// Points of the nest.
    pub fn points(&self) -> usize {
        self.extents.iter().product()
    }

    /// Points that one result stands for.
    pub fn reduced_points(&self) -> usize {
        self.extents[self.kept..].iter().product()
    }

    /// Operations at a point.
    pub fn operations(&self) -> usize {
        let nodes = self.nest.body.nodes().iter().zip(&self.needed);
        nodes.filter(|(node, needed)| **needed && !matches!(node.op, Op::Const(_) | Op::Axis(_))).count()
    }

    /// The element size that decides the lanes: the narrowest that vector registers hold, so that wider values
    /// take several registers.
    fn element_bytes(&self) -> Option<usize> {
        let widths = self.nest.body.nodes().iter().zip(&self.needed).filter(|(_, needed)| **needed);
        widths
            .filter(|(node, _)| !matches!(node.op, Op::Const(_) | Op::Axis(_)))
            .filter_map(|(node, _)| match node.dtype {
                DType::F32 | DType::I32 | DType::U32 => Some(4),
                DType::F64 | DType::I64 | DType::U64 => Some(8),
                DType::C64 => Some(4),
                DType::C128 => Some(8),
                _ => None,
            })
            .min()
    }

    fn choose_vector(&self, target: &Target) -> Option<Vector> {
        if matches!(self.nest.sink, Sink::Scatter { .. }) || self.extents.is_empty() {
            return None;
        }
        let lanes = target.lanes(self.element_bytes()?);
        if lanes < 2 {
            return None;
        }
        let contiguous = |axis: usize| {
            let loads = self.loads.iter().flatten().filter(|load| load.strides[axis].abs() == 1).count();
            let strided = self.loads.iter().flatten().filter(|load| load.strides[axis].abs() > 1).count();
            loads as i64 - strided as i64
        };
        let last = self.extents.len() - 1;
        let mut candidates: Vec<usize> = Vec::new();
        if self.kept > 0 {
            candidates.push(self.kept - 1);
        }
        if last >= self.kept {
            candidates.push(last);
        }
        // The later candidate wins a tie: a row reduction where both would do.
        let axis =
            candidates.into_iter().filter(|&axis| self.extents[axis] >= lanes).max_by_key(|&axis| contiguous(axis))?;
        let available = self.extents[axis] / lanes;
        let reduces = matches!(self.nest.sink, Sink::Reduce { .. });
        let wanted = match reduces {
            true if self.operations() <= 3 * LIGHT_BODY => 4,
            false if self.operations() <= MEDIUM_BODY => 2,
            _ => 1,
        };
        let unroll = if available >= wanted { wanted } else { 1 };
        Some(Vector { axis, lanes, unroll })
    }

    fn choose_split(&self) -> Split {
        let points = self.points();
        if self.extents.is_empty()
            || matches!(self.nest.sink, Sink::Scatter { .. })
            || points.saturating_mul(self.operations().max(1)) < PARALLEL_WORK
        {
            return Split::None;
        }
        let inner = points / self.extents[0];
        let step = match self.vector {
            Some(vector) if vector.axis == 0 => vector.lanes * vector.unroll,
            _ => 1,
        };
        let wanted = CHUNK_POINTS.div_ceil(inner.max(1)).max(self.extents[0].div_ceil(64));
        let chunk = wanted.next_multiple_of(step);
        if chunk >= self.extents[0] {
            return Split::None;
        }
        if self.kept > 0 {
            return Split::Kept { chunk };
        }
        match &self.nest.sink {
            Sink::Reduce { .. } => Split::Reduced { chunk },
            _ => Split::None,
        }
    }

    /// The values that every point computes, in the order of the outputs.
    pub fn values(&self) -> Vec<Id> {
        match &self.nest.sink {
            Sink::Map(values) => values.clone(),
            Sink::Reduce { reductions, .. } => reductions.iter().flat_map(|r| r.values.iter().copied()).collect(),
            Sink::Scatter { keep, value, .. } => vec![*keep, *value],
        }
    }

    /// Whether any reduction combines by more than one scalar operation.
    pub fn has_general_monoid(&self) -> bool {
        match &self.nest.sink {
            Sink::Reduce { reductions, .. } => reductions.iter().any(|r| matches!(r.combine, Combine::Body { .. })),
            _ => false,
        }
    }
}

/// The nodes that values need (not those that only affine addresses do), and the positions of needed loads.
fn needed_nodes(nest: &Nest) -> (Vec<bool>, Vec<Option<Affine>>) {
    let count = nest.body.nodes().len();
    let (mut needed, mut forms) = (vec![false; count], vec![None; count]);
    match &nest.sink {
        Sink::Map(values) => values.iter().for_each(|id| needed[id.0 as usize] = true),
        Sink::Reduce { reductions, .. } => {
            reductions.iter().flat_map(|r| &r.values).for_each(|id| needed[id.0 as usize] = true);
        }
        Sink::Scatter { base, index, keep, value, .. } => {
            needed[keep.0 as usize] = true;
            needed[value.0 as usize] = true;
            let form = flatten(nest, &nest.inputs[*base as usize].shape, index);
            form.terms.keys().for_each(|id| needed[id.0 as usize] = true);
        }
    }
    for position in (0..count).rev().filter(|&position| position < count) {
        if !needed[position] {
            continue;
        }
        match &nest.body.nodes()[position].op {
            Op::Load { input, index } => {
                let form = flatten(nest, &nest.inputs[*input as usize].shape, index);
                form.terms.keys().for_each(|id| needed[id.0 as usize] = true);
                forms[position] = Some(form);
            }
            op => op.for_each_arg(|id| needed[id.0 as usize] = true),
        }
    }
    (needed, forms)
}
