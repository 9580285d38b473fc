//! The pattern of a tensor contraction: the one place that says which nests a matrix multiplication can do.
//!
//! The fuser leaves such nests recognizable, and the scheduler hands them to a GEMM. What a GEMM is or which
//! dtypes it takes is not known here.

use jax_core::base::{DType, shape};
use jax_core::kernel::{Binary, Combine, Id, Nest, Op, Reduction, Sink};

use super::affine::Affine;

/// `out[b, i, j] = Σ_p a[b, i, p] * b[b, p, j]` over batch points `b`, with any element strides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contraction {
    /// The dtype of both operands, of the sum and of the output.
    pub dtype: DType,
    /// The extents of the batch axes, outermost first.
    pub batch: Vec<usize>,
    /// Rows of `a` and of the output.
    pub m: usize,
    /// Columns of `b` and of the output.
    pub n: usize,
    /// The summed extent.
    pub k: usize,
    /// The left operand: its rows are `m`, its columns `k`.
    pub a: Operand,
    /// The right operand: its rows are `k`, its columns `n`.
    pub b: Operand,
    /// The output: its rows are `m`, its columns `n`, its offset 0.
    pub out: Operand,
}

/// Where the elements of a matrix of a [`Contraction`] lie, in elements from the start of a buffer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Operand {
    /// Which input of the nest; for the output, which output.
    pub input: usize,
    /// The first element.
    pub offset: i64,
    /// The stride of each batch axis.
    pub batch: Vec<i64>,
    /// The stride from a row to the next.
    pub row: i64,
    /// The stride from a column to the next.
    pub column: i64,
}

/// Multiplications below which a contraction is fused like any other reduction.
const LARGE: usize = 16 * 16 * 16;

impl Contraction {
    /// Number of multiplications.
    pub fn multiplications(&self) -> usize {
        self.batch.iter().product::<usize>() * self.m * self.n * self.k
    }

    /// Whether this is worth a matrix multiplication, so that nothing may be fused into it that would hide it.
    pub fn is_large(&self) -> bool {
        self.multiplications() >= LARGE && self.k > 1 && self.m * self.n > 1
    }
}

/// A run of axes walked as one: the extent, and the strides in `a`, in `b` and in the output.
#[derive(Clone, Copy)]
struct Run {
    extent: usize,
    strides: [i64; 3],
}

/// The contraction that a nest is, if it is one: a sum over the trailing axes of the product of two loads at
/// affine places. Axes along which only one operand moves become `m` or `n`, the others batch axes.
pub fn as_contraction(nest: &Nest) -> Option<Contraction> {
    let (axes, value) = sum(&nest.sink)?;
    let Op::Binary(Binary::Mul, left, right) = nest.body.node(value).op else { return None };
    let dtype = nest.body.dtype(value);
    let (a, b) = (load(nest, left)?, load(nest, right)?);
    let kept = nest.extents.len() - axes;
    let out = shape::strides(&nest.extents[..kept]);
    let run = |axis: usize| Run {
        extent: nest.extents[axis],
        strides: [a.1.coefficients[axis], b.1.coefficients[axis], out.get(axis).copied().unwrap_or(0) as i64],
    };
    let (mut batch, mut rows, mut columns) = (Vec::new(), Vec::new(), Vec::new());
    for run in (0..kept).map(run).filter(|run| run.extent != 1) {
        match run.strides.map(|stride| stride != 0) {
            [true, false, _] => collapse(&mut rows, run),
            [false, true, _] => collapse(&mut columns, run),
            _ => batch.push(run),
        }
    }
    let mut summed = Vec::new();
    for run in (kept..nest.extents.len()).map(run).filter(|run| run.extent != 1) {
        if run.strides[0] == 0 || run.strides[1] == 0 {
            return None;
        }
        collapse(&mut summed, run);
    }
    let one = Run { extent: 1, strides: [0; 3] };
    let k = summed.pop().unwrap_or(one);
    if !summed.is_empty() {
        return None;
    }
    let m = rows.pop().unwrap_or(one);
    let n = columns.pop().unwrap_or(one);
    batch.extend(rows);
    batch.extend(columns);
    let operand = |which: usize, input: usize, offset: i64, row: Run, column: Run| Operand {
        input,
        offset,
        batch: batch.iter().map(|run| run.strides[which]).collect(),
        row: row.strides[which],
        column: column.strides[which],
    };
    Some(Contraction {
        dtype,
        batch: batch.iter().map(|run| run.extent).collect(),
        m: m.extent,
        n: n.extent,
        k: k.extent,
        a: operand(0, a.0, a.1.constant, m, k),
        b: operand(1, b.0, b.1.constant, k, n),
        out: operand(2, 0, 0, m, n),
    })
}

/// The number of summed axes and the summed value of a sink that is one plain sum.
fn sum(sink: &Sink) -> Option<(usize, Id)> {
    let Sink::Reduce { axes, reductions } = sink else { return None };
    let [Reduction { values, init, combine: Combine::Op(Binary::Add) }] = reductions.as_slice() else { return None };
    match (values.as_slice(), init.as_slice()) {
        (&[value], [init]) if !init.as_bool() => Some((*axes, value)),
        _ => None,
    }
}

fn load(nest: &Nest, id: Id) -> Option<(usize, Affine)> {
    match &nest.body.node(id).op {
        Op::Load { input, index } => Some((*input as usize, Affine::of_load(nest, *input, index)?)),
        _ => None,
    }
}

/// Appends a run, joined to the one before when a single stride in every buffer walks both.
fn collapse(runs: &mut Vec<Run>, inner: Run) {
    if let Some(outer) = runs.last_mut()
        && (0..3).all(|i| outer.strides[i] == inner.strides[i] * inner.extent as i64)
    {
        *outer = Run { extent: outer.extent * inner.extent, strides: inner.strides };
    } else {
        runs.push(inner);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jax_core::base::Scalar;
    use jax_core::kernel::{Body, Ty};

    /// `Σ` over the last axis of `x[axes of a] * y[axes of b]`.
    fn product(extents: &[usize], a: &[usize], b: &[usize]) -> Nest {
        let mut body = Body::new();
        let ty = |axes: &[usize]| Ty::new(DType::F32, &axes.iter().map(|&k| extents[k]).collect::<Vec<_>>());
        let x: Vec<Id> = a.iter().map(|&k| body.axis(k)).collect();
        let y: Vec<Id> = b.iter().map(|&k| body.axis(k)).collect();
        let x = body.load(DType::F32, 0, x);
        let y = body.load(DType::F32, 1, y);
        let value = body.binary(Binary::Mul, x, y);
        let reduction =
            Reduction { values: vec![value], init: vec![Scalar::zero(DType::F32)], combine: Combine::Op(Binary::Add) };
        Nest {
            extents: extents.iter().copied().collect(),
            inputs: vec![ty(a), ty(b)],
            body,
            sink: Sink::Reduce { axes: 1, reductions: vec![reduction] },
        }
    }

    #[test]
    fn matrix_product() {
        let found = as_contraction(&product(&[3, 5, 7], &[0, 2], &[2, 1])).expect("a contraction");
        assert_eq!((found.m, found.n, found.k, found.batch.len()), (3, 5, 7, 0));
        assert_eq!((found.a.row, found.a.column), (7, 1));
        assert_eq!((found.b.row, found.b.column), (5, 1));
        assert_eq!((found.out.row, found.out.column), (5, 1));
        assert!(!found.is_large());
    }

    #[test]
    fn transposed_operand_and_batch() {
        let found = as_contraction(&product(&[2, 3, 5, 7], &[0, 3, 1], &[0, 2, 3])).expect("a contraction");
        assert_eq!((found.batch.as_slice(), found.m, found.n, found.k), ([2].as_slice(), 3, 5, 7));
        assert_eq!((found.a.batch.as_slice(), found.a.row, found.a.column), ([21].as_slice(), 1, 3));
        assert_eq!((found.b.batch.as_slice(), found.b.row, found.b.column), ([35].as_slice(), 1, 7));
        assert_eq!((found.out.batch.as_slice(), found.out.row, found.out.column), ([15].as_slice(), 5, 1));
    }

    #[test]
    fn adjacent_rows_collapse() {
        let found = as_contraction(&product(&[2, 3, 5, 7], &[0, 1, 3], &[3, 2])).expect("a contraction");
        assert_eq!((found.m, found.n, found.k, found.batch.len()), (6, 5, 7, 0));
        assert_eq!((found.a.row, found.out.row), (7, 5));
    }

    #[test]
    fn a_sum_is_none() {
        assert_eq!(as_contraction(&product(&[3, 5, 7], &[0, 2], &[1])), None);
    }
}
