//! JAX's type promotion lattice, weak types included. Converting values to the promoted dtype is not done here.
//!
//! The edges are those of JAX's type promotion page (<https://docs.jax.dev/en/latest/type_promotion.html>). A node
//! is a strong dtype or one of the three weak kinds; the dtypes to promote to are the least upper bound of the
//! nodes. 64-bit dtypes are always there, yet the defaults of the weak kinds are the 32-bit ones, as in JAX when
//! it starts.

use super::dtype::{DType, Kind};

/// A dtype, and whether it is weak: whether it yields to strong ones, as a Python scalar's does.
pub type Typed = (DType, bool);

/// The dtype that a weak number of this kind gets when nothing stronger decides.
pub const fn default_dtype(kind: Kind) -> DType {
    match kind {
        Kind::Bool => DType::Bool,
        Kind::Signed => DType::I32,
        Kind::Unsigned => DType::U32,
        Kind::Float => DType::F32,
        Kind::Complex => DType::C64,
        Kind::Opaque => DType::Stack,
    }
}

/// The dtype in which functions without an integer meaning, such as `sin`, take an argument of this dtype.
///
/// Integers and `bool` of every width become `f32`, which is what JAX does unless 64-bit mode is switched on.
pub const fn to_inexact(dtype: DType) -> DType {
    if dtype.is_inexact() { dtype } else { default_dtype(Kind::Float) }
}

/// The dtype of an operation on two operands.
pub fn promote(a: Typed, b: Typed) -> Typed {
    result_type(&[a, b])
}

/// The dtype of an operation on any number of operands, of which there must be one at least.
///
/// This is not a fold of [`promote`]: the bound of three nodes can lie below the bound of a bound.
pub fn result_type(operands: &[Typed]) -> Typed {
    let Some(&(first, weak)) = operands.first() else { crate::bug!("no operands to promote") };
    let all_weak = operands.iter().all(|&(_, weak)| weak);
    let (dtype, weak) = if operands.len() == 1 {
        (first, weak)
    } else if let Some(dtype) = unsigned_number(operands) {
        (dtype, true)
    } else if !all_weak && operands.iter().all(|&(dtype, _)| dtype == first) {
        (first, false)
    } else {
        let nodes = operands.iter().fold(0, |set, &(dtype, weak)| set | 1 << Node::of(dtype, weak && !all_weak) as u32);
        let (dtype, weak) = least_upper_bound(nodes).typed();
        (dtype, weak || all_weak)
    };
    (dtype, weak && dtype != DType::Bool)
}

/// The dtype of weak unsigned integers among weak 32-bit ones: Rust's `u32` or `u64` and the literals it meets, which
/// Rust types after it. JAX, whose numbers are Python's, has no such operands.
fn unsigned_number(operands: &[Typed]) -> Option<DType> {
    let fits = |&(dtype, weak): &Typed| weak && (dtype == DType::I32 || dtype.kind() == Kind::Unsigned);
    let unsigned = operands.iter().map(|(dtype, _)| *dtype).filter(|dtype| dtype.kind() == Kind::Unsigned);
    unsigned.max_by_key(|dtype| dtype.size()).filter(|_| operands.iter().all(fits))
}

/// A point of the lattice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Node {
    Bool,
    WeakInt,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    WeakFloat,
    F16,
    BF16,
    F32,
    F64,
    WeakComplex,
    C64,
    C128,
}

impl Node {
    const ALL: [Node; 18] = [
        Node::Bool,
        Node::WeakInt,
        Node::I8,
        Node::I16,
        Node::I32,
        Node::I64,
        Node::U8,
        Node::U16,
        Node::U32,
        Node::U64,
        Node::WeakFloat,
        Node::F16,
        Node::BF16,
        Node::F32,
        Node::F64,
        Node::WeakComplex,
        Node::C64,
        Node::C128,
    ];

    fn of(dtype: DType, weak: bool) -> Node {
        match dtype.kind() {
            Kind::Signed | Kind::Unsigned if weak => return Node::WeakInt,
            Kind::Float if weak => return Node::WeakFloat,
            Kind::Complex if weak => return Node::WeakComplex,
            _ => {}
        }
        match dtype {
            DType::Bool => Node::Bool,
            DType::I8 => Node::I8,
            DType::I16 => Node::I16,
            DType::I32 => Node::I32,
            DType::I64 => Node::I64,
            DType::U8 => Node::U8,
            DType::U16 => Node::U16,
            DType::U32 => Node::U32,
            DType::U64 => Node::U64,
            DType::F16 => Node::F16,
            DType::BF16 => Node::BF16,
            DType::F32 => Node::F32,
            DType::F64 => Node::F64,
            DType::C64 => Node::C64,
            DType::C128 => Node::C128,
            DType::Stack => crate::bug!("a stack is promoted"),
        }
    }

    fn typed(self) -> Typed {
        match self {
            Node::WeakInt => (default_dtype(Kind::Signed), true),
            Node::WeakFloat => (default_dtype(Kind::Float), true),
            Node::WeakComplex => (default_dtype(Kind::Complex), true),
            Node::Bool => (DType::Bool, false),
            Node::I8 => (DType::I8, false),
            Node::I16 => (DType::I16, false),
            Node::I32 => (DType::I32, false),
            Node::I64 => (DType::I64, false),
            Node::U8 => (DType::U8, false),
            Node::U16 => (DType::U16, false),
            Node::U32 => (DType::U32, false),
            Node::U64 => (DType::U64, false),
            Node::F16 => (DType::F16, false),
            Node::BF16 => (DType::BF16, false),
            Node::F32 => (DType::F32, false),
            Node::F64 => (DType::F64, false),
            Node::C64 => (DType::C64, false),
            Node::C128 => (DType::C128, false),
        }
    }

    /// The nodes directly above.
    const fn above(self) -> &'static [Node] {
        match self {
            Node::Bool => &[Node::WeakInt],
            Node::WeakInt => &[Node::U8, Node::I8],
            Node::U8 => &[Node::I16, Node::U16],
            Node::U16 => &[Node::I32, Node::U32],
            Node::U32 => &[Node::I64, Node::U64],
            Node::I8 => &[Node::I16],
            Node::I16 => &[Node::I32],
            Node::I32 => &[Node::I64],
            Node::I64 | Node::U64 => &[Node::WeakFloat],
            Node::WeakFloat => &[Node::BF16, Node::F16, Node::WeakComplex],
            Node::BF16 | Node::F16 => &[Node::F32],
            Node::F32 => &[Node::F64, Node::C64],
            Node::F64 | Node::C64 => &[Node::C128],
            Node::WeakComplex => &[Node::C64],
            Node::C128 => &[],
        }
    }

    /// The set of this node and all above it, one bit each.
    fn upper(self) -> u32 {
        self.above().iter().fold(1 << self as u32, |set, node| set | node.upper())
    }
}

/// The least node above all of a set.
fn least_upper_bound(nodes: u32) -> Node {
    let members = |set: u32| Node::ALL.into_iter().filter(move |&n| set & 1 << n as u32 != 0);
    let common = members(nodes).fold(u32::MAX, |set, node| set & node.upper());
    match members(common).find(|node| common & !node.upper() == 0) {
        Some(node) => node,
        None => crate::bug!("the promotion lattice has no least bound of {:?}", members(nodes).collect::<Vec<_>>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_has_a_least_bound_and_order_does_not_matter() {
        let all = || DType::ALL.into_iter().flat_map(|d| [(d, false), (d, true)]);
        for a in all() {
            for b in all() {
                assert_eq!(promote(a, b), promote(b, a), "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn weak_operands_yield() {
        use DType::*;
        assert_eq!(promote((I32, true), (I64, false)), (I64, false));
        assert_eq!(promote((F32, true), (BF16, false)), (BF16, false));
        assert_eq!(promote((F32, true), (I64, false)), (F32, true));
        assert_eq!(promote((I32, true), (Bool, false)), (I32, true));
        assert_eq!(promote((C64, true), (F64, false)), (C128, false));
        assert_eq!(promote((F16, false), (BF16, false)), (F32, false));
        assert_eq!(promote((U64, false), (I64, false)), (F32, true));
        assert_eq!(promote((I32, true), (F32, true)), (F32, true));
        assert_eq!(promote((Bool, true), (Bool, true)), (Bool, false));
        assert_eq!(result_type(&[(I64, false), (U64, false), (F16, false)]), (F16, false));
    }

    #[test]
    fn functions_of_real_numbers_take_integers_as_f32() {
        assert_eq!(to_inexact(DType::I64), DType::F32);
        assert_eq!(to_inexact(DType::Bool), DType::F32);
        assert_eq!(to_inexact(DType::F16), DType::F16);
        assert_eq!(to_inexact(DType::C128), DType::C128);
    }
}
