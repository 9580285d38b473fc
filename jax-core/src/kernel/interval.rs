//! Intervals: between which values the integers of a body lie. What proves that indices are in bounds.

use super::body::{Body, Id};
use super::op::{Binary, Op, Unary};
use crate::base::{DType, Kind, Scalar};

/// The integers from `low` to `high`, both included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Interval {
    /// The least value.
    pub low: i128,
    /// The greatest value.
    pub high: i128,
}

impl Interval {
    /// From `low` to `high`, both included.
    pub fn new(low: i128, high: i128) -> Interval {
        Interval { low, high }
    }

    /// All values of an integer dtype or `bool`; `None` for other dtypes.
    pub fn of(dtype: DType) -> Option<Interval> {
        match dtype.kind() {
            Kind::Bool => Some(Interval::new(0, 1)),
            Kind::Unsigned => Some(Interval::new(0, (1 << dtype.bits()) - 1)),
            Kind::Signed => Some(Interval::new(-(1 << (dtype.bits() - 1)), (1 << (dtype.bits() - 1)) - 1)),
            Kind::Float | Kind::Complex | Kind::Opaque => None,
        }
    }

    /// Whether every value is an index of an axis of this extent.
    pub fn within(self, extent: usize) -> bool {
        self.low >= 0 && self.high < extent as i128
    }

    fn contains(self, other: Interval) -> bool {
        self.low <= other.low && other.high <= self.high
    }

    fn union(self, other: Interval) -> Interval {
        Interval::new(self.low.min(other.low), self.high.max(other.high))
    }

    /// The smallest interval around these values.
    fn around(values: [i128; 4]) -> Interval {
        values.iter().fold(Interval::new(values[0], values[0]), |all, &value| all.union(Interval::new(value, value)))
    }
}

/// For each node the interval that its value lies in, over all points of a box with these extents, none of which
/// is 0; `None` for floats and complex numbers.
pub fn intervals(body: &Body, extents: &[usize]) -> Vec<Option<Interval>> {
    let mut known: Vec<Option<Interval>> = Vec::with_capacity(body.nodes().len());
    for node in body.nodes() {
        let all = Interval::of(node.dtype);
        let interval = all.and_then(|all| {
            let arg = |Id(id): Id| known.get(id as usize).copied().flatten();
            // A value that may not fit wraps to anything.
            evaluate(&node.op, all, extents, arg).filter(|&interval| all.contains(interval)).or(Some(all))
        });
        known.push(interval);
    }
    known
}

fn evaluate(op: &Op, all: Interval, extents: &[usize], arg: impl Fn(Id) -> Option<Interval>) -> Option<Interval> {
    match op {
        Op::Const(value) => Some(point(*value)),
        Op::Axis(axis) => extents.get(*axis as usize).map(|&extent| Interval::new(0, extent as i128 - 1)),
        Op::Table { table, .. } => table.iter().map(|&entry| point(entry)).reduce(Interval::union),
        Op::Select(_, a, b) | Op::Rare { rare: a, common: b, .. } => Some(arg(*a)?.union(arg(*b)?)),
        Op::Convert(a) => {
            let a = arg(*a)?;
            if all == Interval::new(0, 1) { None } else { Some(a) }
        }
        Op::Binary(op, a, b) => binary(*op, arg(*a)?, arg(*b)?),
        Op::MulAdd(a, b, c) => {
            let product = binary(Binary::Mul, arg(*a)?, arg(*b)?)?;
            all.contains(product).then_some(())?;
            binary(Binary::Add, product, arg(*c)?)
        }
        Op::Unary(op, a) => {
            let a = arg(*a)?;
            match op {
                Unary::Neg => Some(Interval::new(-a.high, -a.low)),
                Unary::Abs if a.low >= 0 => Some(a),
                Unary::Abs => Some(Interval::new(0, a.high.max(-a.low))),
                Unary::CountOnes | Unary::LeadingZeros => Some(Interval::new(0, 64)),
                _ => None,
            }
        }
        Op::Arg(_) | Op::Load { .. } | Op::Bitcast(_) => None,
    }
}

fn point(value: Scalar) -> Interval {
    Interval::new(value.as_i128(), value.as_i128())
}

fn binary(op: Binary, a: Interval, b: Interval) -> Option<Interval> {
    match op {
        Binary::Add => Some(Interval::new(a.low + b.low, a.high + b.high)),
        Binary::Sub => Some(Interval::new(a.low - b.high, a.high - b.low)),
        // Factors of at most 64 bits: products of two unsigned ones may not fit even an `i128`.
        Binary::Mul => {
            let corners = [(a.low, b.low), (a.low, b.high), (a.high, b.low), (a.high, b.high)];
            let [p, q, r, s] = corners.map(|(x, y)| x.checked_mul(y));
            Some(Interval::around([p?, q?, r?, s?]))
        }
        // Truncating division by a positive number is monotonic in the dividend, and its magnitude shrinks with
        // the divisor.
        Binary::Div if b.low > 0 => {
            Some(Interval::around([a.low / b.low, a.low / b.high, a.high / b.low, a.high / b.high]))
        }
        Binary::Rem if b.low > 0 => {
            let (lowest, highest) = (1 - b.high, b.high - 1);
            let unchanged = a.low > -b.low && a.high < b.low;
            Some(if unchanged { a } else { Interval::new(a.low.clamp(lowest, 0), a.high.clamp(0, highest)) })
        }
        Binary::Min => Some(Interval::new(a.low.min(b.low), a.high.min(b.high))),
        Binary::Max => Some(Interval::new(a.low.max(b.low), a.high.max(b.high))),
        // The bits of a number that is not negative bound what remains of the other.
        Binary::And if a.low >= 0 && b.low >= 0 => Some(Interval::new(0, a.high.min(b.high))),
        Binary::And if b.low >= 0 => Some(Interval::new(0, b.high)),
        Binary::And if a.low >= 0 => Some(Interval::new(0, a.high)),
        Binary::ShrLogical | Binary::ShrArithmetic if a.low >= 0 && b.low >= 0 => {
            let shift = |value: i128, by: i128| value >> by.min(127);
            Some(Interval::new(shift(a.low, b.high), shift(a.high, b.low)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::interp::scalar;

    /// Every interval holds every value, tried on all pairs of small ranges.
    #[test]
    fn binary_operations_stay_inside() {
        use Binary::*;
        let ranges: Vec<Interval> =
            (-4..=4).flat_map(|low| (low..=4).map(move |high| Interval::new(low, high))).collect();
        for op in [Add, Sub, Mul, Div, Rem, Min, Max, And, Or, Xor, Shl, ShrLogical, ShrArithmetic] {
            for &a in &ranges {
                for &b in &ranges {
                    let Some(bound) = binary(op, a, b) else { continue };
                    for x in a.low..=a.high {
                        for y in b.low..=b.high {
                            let [x, y] = [x, y].map(|v| Scalar::from_i128(DType::I64, v));
                            let value = scalar::binary(op, x, y).as_i128();
                            assert!(bound.low <= value && value <= bound.high, "{op:?} of {a:?}, {b:?}: {value}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn index_arithmetic_is_exact() {
        let mut body = Body::new();
        let (i, j) = (body.axis(0), body.axis(1));
        let four = body.index(4);
        let row = body.binary(Binary::Mul, i, four);
        let flat = body.binary(Binary::Add, row, j);
        let div = body.binary(Binary::Div, flat, four);
        let rem = body.binary(Binary::Rem, flat, four);
        let wild = body.load(DType::I32, 0, [i]);
        let wide = body.convert(DType::I64, wild);
        let clamped = body.clamp_index(wide, 7);
        let narrow = body.convert(DType::I8, wide);
        let known = intervals(&body, &[3, 4]);
        let of = |id: Id| known[id.0 as usize];
        assert_eq!(of(flat), Some(Interval::new(0, 11)));
        assert_eq!(of(div), Some(Interval::new(0, 2)));
        assert_eq!(of(rem), Some(Interval::new(0, 3)));
        assert_eq!(of(wide), Interval::of(DType::I32));
        assert_eq!(of(clamped), Some(Interval::new(0, 6)));
        assert_eq!(of(narrow), Interval::of(DType::I8));
    }

    #[test]
    fn overflow_gives_everything() {
        let mut body = Body::new();
        let (i, big) = (body.axis(0), body.index(i64::MAX));
        let sum = body.binary(Binary::Add, i, big);
        assert_eq!(intervals(&body, &[2])[sum.0 as usize], Interval::of(DType::I64));
    }
}
