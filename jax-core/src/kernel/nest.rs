//! Loop nests: a box of points, a body evaluated at each, and what becomes of the values.

use super::body::{Body, Id};
use super::op::Binary;
use crate::base::{DType, Scalar, Shape};

/// The type of a buffer: dtype and shape, row-major and contiguous.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Ty {
    /// The dtype of the elements.
    pub dtype: DType,
    /// The extents, outermost first.
    pub shape: Shape,
}

/// A body over every point of a box.
///
/// The result does not depend on the order in which points are visited, except that a [`Sink::Scatter`]
/// applies its updates in row-major order.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Nest {
    /// The extents of the box, outermost first. A reduction's reduced axes are the last ones.
    pub extents: Shape,
    /// The types of the inputs that the body loads from.
    pub inputs: Vec<Ty>,
    /// The scalar code.
    pub body: Body,
    /// Where the values go.
    pub sink: Sink,
}

/// What becomes of the values that a nest computes. Each sink defines its output buffers, in order.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Sink {
    /// Each value is stored at its point: one output a value, its shape the nest's extents.
    Map(Vec<Id>),
    /// Values are combined over the last `axes` axes: the outputs have the shape of the other extents.
    Reduce {
        /// How many trailing axes are reduced.
        axes: usize,
        /// One or several independent reductions over the same points.
        reductions: Vec<Reduction>,
    },
    /// The output starts as a copy of an input (or as that input's own memory, when nobody else needs it); then,
    /// point by point in row-major order, `out[index] = combine(out[index], value)` where `keep` holds.
    Scatter {
        /// The input that the output starts as; it has the output's type. The body does not load from it.
        base: u32,
        /// One `i64` for each axis of the output; proved in bounds like a load's.
        index: Vec<Id>,
        /// Whether this point updates anything (a `bool`).
        keep: Id,
        /// The new element.
        value: Id,
        /// How old and new combine; `None` replaces.
        combine: Option<Binary>,
    },
}

/// A reduction: a monoid with its neutral element over one or more values.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Reduction {
    /// The values that are combined; one output each.
    pub values: Vec<Id>,
    /// What the accumulators start as: the neutral element.
    pub init: Vec<Scalar>,
    /// How two partial results combine. It is associative and commutative up to rounding.
    pub combine: Combine,
}

/// The operation of a monoid.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Combine {
    /// Add, Mul, Min, Max, And, Or or Xor of one value.
    Op(Binary),
    /// Any code: `Arg(0..n)` are one partial result, `Arg(n..2n)` the other.
    Body {
        /// The code; it neither loads nor reads axes.
        body: Body,
        /// The combined values.
        results: Vec<Id>,
    },
}

impl Ty {
    /// A buffer type.
    pub fn new(dtype: DType, shape: &[usize]) -> Ty {
        Ty { dtype, shape: shape.iter().copied().collect() }
    }

    /// Number of elements.
    pub fn size(&self) -> usize {
        self.shape.iter().product()
    }

    /// Number of bytes.
    pub fn bytes(&self) -> usize {
        self.size() * self.dtype.size()
    }
}

impl Nest {
    /// The types of the outputs, in order.
    pub fn outputs(&self) -> Vec<Ty> {
        match &self.sink {
            Sink::Map(values) => values.iter().map(|&v| Ty::new(self.body.dtype(v), &self.extents)).collect(),
            Sink::Reduce { axes, reductions } => {
                let kept = &self.extents[..self.extents.len() - axes];
                reductions.iter().flat_map(|r| r.init.iter().map(|init| Ty::new(init.dtype(), kept))).collect()
            }
            Sink::Scatter { base, .. } => vec![self.inputs[*base as usize].clone()],
        }
    }
}
