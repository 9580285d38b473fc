//! What code costs, and when computing a value again is cheaper than keeping it in memory.

use jax_core::base::{DType, dtype::Kind};
use jax_core::kernel::{Binary, Body, Id, Node, Op, Unary};

use super::splice::reachable;

/// Nodes of a body beyond which nothing more is fused into it: code generation stays fast, and registers last.
pub const MAX_NODES: usize = 2000;

/// Buffers that a merged nest reads and writes at most: more streams than this defeat hardware prefetching.
pub const MAX_STREAMS: usize = 24;

/// Boxes of fewer points are merged even when they share nothing: starting a nest costs more than running it.
pub const SMALL: usize = 4096;

/// Storing an element, in simple operations.
const STORE: f64 = 4.0;

/// Loading an element that was stored, in simple operations.
const RELOAD: f64 = 3.0;

/// Operations and nodes of the code behind one value.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Cost {
    /// Simple operations.
    pub work: f64,
    /// Nodes.
    pub nodes: usize,
}

/// What a value of a body costs at one point; `load` gives what stands behind a load.
pub fn of_value(body: &Body, value: Id, mut load: impl FnMut(u32) -> Option<Cost>) -> Cost {
    let mut total = Cost::default();
    for position in reachable(body, &[value]) {
        let node = body.node(Id(position));
        let behind = match node.op {
            Op::Load { input, .. } => load(input),
            _ => None,
        };
        // Coordinates and constants are mostly in the reader already.
        let nodes = !matches!(node.op, Op::Axis(_) | Op::Const(_)) as usize;
        let cost = behind.unwrap_or_else(|| Cost { work: work(node), nodes });
        total = Cost { work: total.work + cost.work, nodes: total.nodes + cost.nodes };
    }
    total
}

/// Whether a value is better computed where it is read, `repeats` times for each of its points, than stored
/// and loaded. One that is kept in memory anyway (`held`) saves no store.
pub fn recompute(work: f64, repeats: f64, held: bool) -> bool {
    let stores = if held { 0.0 } else { 1.0 };
    work * (repeats - stores) <= STORE * stores + RELOAD * repeats
}

fn work(node: &Node) -> f64 {
    let simple = match &node.op {
        Op::Const(_) | Op::Axis(_) | Op::Arg(_) => 0.0,
        Op::Load { index, .. } if index.is_empty() => 0.0,
        Op::Load { .. } => 2.0,
        Op::Table { .. } => 3.0,
        Op::Unary(op, _) if op.is_elementary() => 20.0,
        Op::Unary(Unary::Sqrt, _) => 8.0,
        Op::Binary(op, ..) if op.is_elementary() => 40.0,
        Op::Binary(Binary::Div | Binary::Rem, ..) => 8.0,
        // Index arithmetic is mostly invariant in the innermost loop, or a step of an address.
        Op::Binary(Binary::Add | Binary::Sub | Binary::Mul, ..) if node.dtype == DType::I64 => 0.25,
        Op::Unary(..) | Op::Binary(..) | Op::MulAdd(..) => 1.0,
        Op::Select(..) | Op::Rare { .. } | Op::Convert(_) | Op::Bitcast(_) => 1.0,
    };
    if node.dtype.kind() == Kind::Complex { 4.0 * simple } else { simple }
}
