//! The scalar operations.
//!
//! Integers wrap. Integer division by zero gives -1 (all ones), remainder by zero the dividend, `MIN / -1`
//! gives `MIN` and `MIN % -1` gives 0, as XLA defines them. A shift by the width or more gives 0 (the sign,
//! for an arithmetic right shift). `Min` and `Max` propagate NaN. A float converts to an integer by
//! truncation, saturating, NaN to 0. Comparisons with NaN are false, except `Ne`.

use smallvec::SmallVec;

use super::body::Id;
use crate::base::Scalar;

/// Operations of one argument. The result has the argument's dtype unless stated.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[expect(missing_docs, reason = "the names are the mathematics")]
pub enum Unary {
    Neg,
    Abs,
    /// Logical not of `bool`, bitwise not of integers.
    Not,
    Floor,
    Ceil,
    Trunc,
    /// To the nearest integer, ties to even.
    RoundEven,
    Sqrt,
    /// Number of one bits.
    CountOnes,
    /// Number of leading zero bits; the width for 0.
    LeadingZeros,
    /// Real part: complex to its component dtype.
    Real,
    /// Imaginary part: complex to its component dtype.
    Imag,
    // Elementary functions: `kernel::expand` writes them in the operations above and below.
    Exp,
    Exp2,
    Expm1,
    Log,
    Log1p,
    Sin,
    Cos,
    Tan,
    Asin,
    Acos,
    Atan,
    Sinh,
    Cosh,
    Tanh,
    Asinh,
    Acosh,
    Atanh,
    Erf,
    Erfc,
    ErfInv,
    Logistic,
    Rsqrt,
    Cbrt,
}

/// Operations of two arguments of one dtype. Comparisons give `bool`; the others give that dtype.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[expect(missing_docs, reason = "the names are the mathematics")]
pub enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    /// C's remainder: the sign is the dividend's.
    Rem,
    Min,
    Max,
    And,
    Or,
    Xor,
    Shl,
    ShrLogical,
    ShrArithmetic,
    /// The upper half of the double-width product of integers.
    MulHigh,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    /// A complex number of two floats; the result is the complex dtype.
    Complex,
    // Elementary functions, expanded like the unary ones.
    Pow,
    Atan2,
}

/// What a node of a [`Body`](super::Body) computes from earlier nodes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Op {
    /// A constant.
    Const(Scalar),
    /// The coordinate of the current point along an axis of the nest, as `i64`.
    Axis(u32),
    /// An argument of a combiner body: accumulators first, then the new elements.
    Arg(u32),
    /// An element of an input of the nest. One `i64` index for each axis of the input; the verifier proves by
    /// intervals that each is in bounds, so a data-dependent index must be clamped.
    Load {
        /// Which input of the nest.
        input: u32,
        /// The element's coordinates.
        index: SmallVec<[Id; 4]>,
    },
    /// An element of a constant table; the index is proved in bounds like that of a load.
    Table {
        /// The table's entries, all of the node's dtype.
        table: std::sync::Arc<[Scalar]>,
        /// The entry's position, `i64`.
        index: Id,
    },
    /// A unary operation.
    Unary(Unary, Id),
    /// A binary operation.
    Binary(Binary, Id, Id),
    /// `a * b + c` with a single rounding, where the target has it or at the cost of emulation.
    MulAdd(Id, Id, Id),
    /// The second if the first (a `bool`) is true, else the third.
    Select(Id, Id, Id),
    /// The same value as `Select(pred, rare, common)`. Says that `pred` is almost always false, so that a
    /// backend branches around `rare` and all that only `rare` needs.
    Rare {
        /// When the rare value is meant.
        pred: Id,
        /// The rare value.
        rare: Id,
        /// The common value.
        common: Id,
    },
    /// The argument's value in the node's dtype.
    Convert(Id),
    /// The argument's bits as the node's dtype, of the same size.
    Bitcast(Id),
}

impl Op {
    /// Calls `f` with each argument, in order.
    pub fn for_each_arg(&self, mut f: impl FnMut(Id)) {
        match self {
            Op::Const(_) | Op::Axis(_) | Op::Arg(_) => {}
            Op::Load { index, .. } => index.iter().copied().for_each(f),
            Op::Table { index, .. } => f(*index),
            Op::Unary(_, a) | Op::Convert(a) | Op::Bitcast(a) => f(*a),
            Op::Binary(_, a, b) => [*a, *b].into_iter().for_each(f),
            Op::MulAdd(a, b, c) | Op::Select(a, b, c) => [*a, *b, *c].into_iter().for_each(f),
            Op::Rare { pred, rare, common } => [*pred, *rare, *common].into_iter().for_each(f),
        }
    }

    /// The same operation with each argument replaced by `f` of it.
    pub fn map_args(&self, mut f: impl FnMut(Id) -> Id) -> Op {
        match self {
            Op::Const(_) | Op::Axis(_) | Op::Arg(_) => self.clone(),
            Op::Load { input, index } => Op::Load { input: *input, index: index.iter().map(|&i| f(i)).collect() },
            Op::Table { table, index } => Op::Table { table: table.clone(), index: f(*index) },
            Op::Unary(op, a) => Op::Unary(*op, f(*a)),
            Op::Binary(op, a, b) => Op::Binary(*op, f(*a), f(*b)),
            Op::MulAdd(a, b, c) => Op::MulAdd(f(*a), f(*b), f(*c)),
            Op::Select(a, b, c) => Op::Select(f(*a), f(*b), f(*c)),
            Op::Rare { pred, rare, common } => Op::Rare { pred: f(*pred), rare: f(*rare), common: f(*common) },
            Op::Convert(a) => Op::Convert(f(*a)),
            Op::Bitcast(a) => Op::Bitcast(f(*a)),
        }
    }
}

impl Binary {
    /// Whether the result is a `bool` whatever the arguments.
    pub fn is_comparison(self) -> bool {
        matches!(self, Binary::Eq | Binary::Ne | Binary::Lt | Binary::Le | Binary::Gt | Binary::Ge)
    }

    /// Whether `kernel::expand` writes this in simpler operations for real dtypes.
    pub fn is_elementary(self) -> bool {
        matches!(self, Binary::Pow | Binary::Atan2)
    }
}

impl Unary {
    /// Whether `kernel::expand` writes this in simpler operations for real dtypes.
    pub fn is_elementary(self) -> bool {
        self >= Unary::Exp
    }
}
