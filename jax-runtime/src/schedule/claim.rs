//! Claims: nests that a host library computes better. One so far: contractions become GEMM calls.
//! Every claimed nest also runs as generic code, which small sizes do.

use jax_core::base::DType;
use jax_core::kernel::{Binary, Combine, Id, Nest, Op, Sink};

use super::loops::{Access, LoopNest};
use super::target::Target;

/// Multiplications below which generic code beats the call.
const GEMM_WORK: usize = 1 << 12;

/// A batched matrix product `out[b, m, n] = Σ_k lhs[b, m, k]·rhs[b, k, n]`, strides in elements.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Gemm {
    /// The element type.
    pub dtype: DType,
    /// Which inputs of the nest are multiplied.
    pub inputs: [usize; 2],
    /// Outer loops: extent, then strides of out, lhs and rhs.
    pub batch: Vec<(usize, [i64; 3])>,
    /// Rows: extent, strides of out and lhs.
    pub m: (usize, [i64; 2]),
    /// Columns: extent, strides of out and rhs.
    pub n: (usize, [i64; 2]),
    /// Products summed: extent, strides of lhs and rhs.
    pub k: (usize, [i64; 2]),
    /// Positions of the first elements of lhs and rhs.
    pub offset: [i64; 2],
}

/// The matrix product that a nest is, if it is one worth a call.
pub fn gemm(nest: &Nest, target: &Target) -> Option<Gemm> {
    let Sink::Reduce { axes, reductions } = &nest.sink else { return None };
    let [reduction] = &reductions[..] else { return None };
    let (&[value], Combine::Op(Binary::Add)) = (&reduction.values[..], &reduction.combine) else { return None };
    let dtype = nest.body.dtype(value);
    let native = matches!(dtype, DType::F32 | DType::F64 | DType::C64 | DType::C128);
    if !native || *axes == 0 || reduction.init[0].as_bool() || nest.extents.contains(&0) {
        return None;
    }
    let Op::Binary(Binary::Mul, a, b) = nest.body.node(value).op else { return None };
    let loops = LoopNest::new(nest.clone(), target);
    let load = |id: Id| match (&nest.body.node(id).op, &loops.loads[id.0 as usize]) {
        (Op::Load { input, .. }, Some(access)) if access.terms.is_empty() => Some((*input as usize, access)),
        _ => None,
    };
    let (mut lhs, mut rhs) = (load(a)?, load(b)?);
    if loops.extents.len() != loops.kept + 1 || loops.points() < GEMM_WORK {
        return None;
    }
    let k = loops.kept;
    let only = |this: &Access, other: &Access, axis: usize| this.strides[axis] != 0 && other.strides[axis] == 0;
    let kept_only = |this: &Access, other: &Access| (0..k).filter(|&axis| only(this, other, axis)).collect::<Vec<_>>();
    let (rows, columns) = (kept_only(lhs.1, rhs.1), kept_only(rhs.1, lhs.1));
    // The rows are the operand whose own loops come first, so that the result's columns are contiguous.
    let swap = columns.first().is_some_and(|c| rows.first().is_some_and(|r| c < r));
    let (rows, columns) = if swap { (columns, rows) } else { (rows, columns) };
    if swap {
        std::mem::swap(&mut lhs, &mut rhs);
    }
    if lhs.1.strides[k] == 0 || rhs.1.strides[k] == 0 {
        return None;
    }
    let largest = |axes: &[usize]| axes.iter().copied().max_by_key(|&axis| loops.extents[axis]);
    let (row, column) = (largest(&rows), largest(&columns));
    let extent = |axis: Option<usize>| axis.map_or(1, |axis| loops.extents[axis]);
    let stride = |access: &Access, axis: Option<usize>| axis.map_or(0, |axis| access.strides[axis]);
    // A matrix-vector product streams the matrix once; generic code does that as well as a call.
    if extent(row).min(extent(column)) < 2 || extent(row) * extent(column) * loops.extents[k] < GEMM_WORK {
        return None;
    }
    let batch = (0..k)
        .filter(|&axis| Some(axis) != row && Some(axis) != column)
        .map(|axis| (loops.extents[axis], [loops.store.strides[axis], lhs.1.strides[axis], rhs.1.strides[axis]]))
        .collect();
    Some(Gemm {
        dtype,
        inputs: [lhs.0, rhs.0],
        batch,
        m: (extent(row), [stride(&loops.store, row), stride(lhs.1, row)]),
        n: (extent(column), [stride(&loops.store, column), stride(rhs.1, column)]),
        k: (loops.extents[k], [lhs.1.strides[k], rhs.1.strides[k]]),
        offset: [lhs.1.offset, rhs.1.offset],
    })
}
