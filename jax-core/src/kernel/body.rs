//! Straight-line scalar code over one point of a nest: a hash-consed DAG in topological order.

use std::collections::HashMap;

use smallvec::SmallVec;

use super::op::{Binary, Op, Unary};
use crate::base::{DType, Scalar};

/// A node of a [`Body`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Id(pub u32);

/// One operation and the dtype of its result.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Node {
    /// The dtype of the value.
    pub dtype: DType,
    /// How it is computed.
    pub op: Op,
}

/// A DAG of scalar operations. A node's arguments come before it, and equal nodes are one node.
#[derive(Clone, Default, Debug)]
pub struct Body {
    nodes: Vec<Node>,
    known: HashMap<Node, Id>,
}

impl PartialEq for Body {
    fn eq(&self, other: &Body) -> bool {
        self.nodes == other.nodes
    }
}

impl Eq for Body {}

impl std::hash::Hash for Body {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.nodes.hash(state);
    }
}

impl Body {
    /// An empty body.
    pub fn new() -> Body {
        Body::default()
    }

    /// The nodes in order; a node's [`Id`] is its position.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The node with this id.
    pub fn node(&self, id: Id) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// The dtype of a node.
    pub fn dtype(&self, id: Id) -> DType {
        self.node(id).dtype
    }

    /// The constant that a node is, if it is one.
    pub fn as_const(&self, id: Id) -> Option<Scalar> {
        match self.node(id).op {
            Op::Const(value) => Some(value),
            _ => None,
        }
    }

    /// Adds a node exactly as given, or finds the equal one that is there.
    pub fn push(&mut self, dtype: DType, op: Op) -> Id {
        let node = Node { dtype, op };
        if let Some(&id) = self.known.get(&node) {
            return id;
        }
        let id = Id(self.nodes.len() as u32);
        self.nodes.push(node.clone());
        self.known.insert(node, id);
        id
    }

    /// A constant.
    pub fn constant(&mut self, value: Scalar) -> Id {
        self.push(value.dtype(), Op::Const(value))
    }

    /// A constant of this dtype, converted from `f64`.
    pub fn float(&mut self, dtype: DType, value: f64) -> Id {
        self.constant(Scalar::from_f64(dtype, value))
    }

    /// An `i64` constant: an index.
    pub fn index(&mut self, value: i64) -> Id {
        self.constant(Scalar::from_i128(DType::I64, value as i128))
    }

    /// The coordinate along an axis of the nest.
    pub fn axis(&mut self, axis: usize) -> Id {
        self.push(DType::I64, Op::Axis(axis as u32))
    }

    /// An element of an input of this dtype.
    pub fn load(&mut self, dtype: DType, input: usize, index: impl IntoIterator<Item = Id>) -> Id {
        let index: SmallVec<[Id; 4]> = index.into_iter().collect();
        self.push(dtype, Op::Load { input: input as u32, index })
    }

    /// A unary operation.
    pub fn unary(&mut self, op: Unary, a: Id) -> Id {
        let dtype = self.dtype(a);
        let dtype = if matches!(op, Unary::Real | Unary::Imag) { dtype.component() } else { dtype };
        self.push(dtype, Op::Unary(op, a))
    }

    /// A binary operation. Index arithmetic (`i64` sums and products of constants) is folded.
    pub fn binary(&mut self, op: Binary, a: Id, b: Id) -> Id {
        let dtype = self.dtype(a);
        debug_assert_eq!(dtype, self.dtype(b), "{op:?} of two dtypes");
        if dtype == DType::I64
            && let Some(id) = self.fold_index(op, a, b)
        {
            return id;
        }
        let dtype = match op {
            _ if op.is_comparison() => DType::Bool,
            Binary::Complex if dtype == DType::F32 => DType::C64,
            Binary::Complex => DType::C128,
            _ => dtype,
        };
        self.push(dtype, Op::Binary(op, a, b))
    }

    fn fold_index(&mut self, op: Binary, a: Id, b: Id) -> Option<Id> {
        let (x, y) = (self.as_const(a).map(Scalar::as_i128), self.as_const(b).map(Scalar::as_i128));
        match (op, x, y) {
            (Binary::Add, Some(x), Some(y)) => Some(self.index((x as i64).wrapping_add(y as i64))),
            (Binary::Sub, Some(x), Some(y)) => Some(self.index((x as i64).wrapping_sub(y as i64))),
            (Binary::Mul, Some(x), Some(y)) => Some(self.index((x as i64).wrapping_mul(y as i64))),
            (Binary::Add, Some(0), _) => Some(b),
            (Binary::Add | Binary::Sub, _, Some(0)) => Some(a),
            (Binary::Mul, Some(1), _) => Some(b),
            (Binary::Mul | Binary::Div, _, Some(1)) => Some(a),
            (Binary::Mul, Some(0), _) | (Binary::Mul, _, Some(0)) => Some(self.index(0)),
            (Binary::Rem, _, Some(1)) => Some(self.index(0)),
            _ => None,
        }
    }

    /// `a * b + c`, rounded once.
    pub fn mul_add(&mut self, a: Id, b: Id, c: Id) -> Id {
        self.push(self.dtype(a), Op::MulAdd(a, b, c))
    }

    /// `on_true` if `pred`, else `on_false`.
    pub fn select(&mut self, pred: Id, on_true: Id, on_false: Id) -> Id {
        match self.as_const(pred) {
            Some(value) if value.as_bool() => on_true,
            Some(_) => on_false,
            None if on_true == on_false => on_true,
            None => self.push(self.dtype(on_true), Op::Select(pred, on_true, on_false)),
        }
    }

    /// The value in another dtype.
    pub fn convert(&mut self, dtype: DType, a: Id) -> Id {
        if self.dtype(a) == dtype { a } else { self.push(dtype, Op::Convert(a)) }
    }

    /// The bits as another dtype of the same size.
    pub fn bitcast(&mut self, dtype: DType, a: Id) -> Id {
        if self.dtype(a) == dtype { a } else { self.push(dtype, Op::Bitcast(a)) }
    }

    /// `i64` index clamped into `0..extent`: what a data-dependent index needs before a load.
    pub fn clamp_index(&mut self, index: Id, extent: usize) -> Id {
        let (zero, last) = (self.index(0), self.index(extent as i64 - 1));
        let low = self.binary(Binary::Max, index, zero);
        self.binary(Binary::Min, low, last)
    }

    /// Copies what `roots` of another body need into this one. `leaf` says what becomes of axes, arguments and
    /// loads (given with their arguments already copied); `None` keeps them as they are.
    pub fn import(
        &mut self,
        other: &Body,
        roots: &[Id],
        mut leaf: impl FnMut(&mut Body, &Node) -> Option<Id>,
    ) -> Vec<Id> {
        let mut needed = vec![false; other.nodes.len()];
        for &Id(root) in roots {
            needed[root as usize] = true;
        }
        for position in (0..other.nodes.len()).rev() {
            if needed[position] {
                other.nodes[position].op.for_each_arg(|Id(arg)| needed[arg as usize] = true);
            }
        }
        let mut copied: Vec<Option<Id>> = vec![None; other.nodes.len()];
        for (position, node) in other.nodes.iter().enumerate().filter(|(position, _)| needed[*position]) {
            let op = node.op.map_args(|Id(arg)| copied[arg as usize].unwrap_or(Id(0)));
            let node = Node { dtype: node.dtype, op };
            let replaced = match node.op {
                Op::Axis(_) | Op::Arg(_) | Op::Load { .. } => leaf(self, &node),
                _ => None,
            };
            let id = replaced.unwrap_or_else(|| match node.op {
                Op::Binary(op, a, b) if node.dtype == DType::I64 => self.binary(op, a, b),
                op => self.push(node.dtype, op),
            });
            copied[position] = Some(id);
        }
        roots.iter().map(|&Id(root)| copied[root as usize].unwrap_or(Id(0))).collect()
    }
}
