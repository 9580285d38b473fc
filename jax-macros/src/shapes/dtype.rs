//! The dtypes as the macro knows them: by name, by kind, and what two of them promote to. The lattice itself is
//! jax-core's; where this one does not know, it says so and the tracing decides.

/// An element type, named as in `f32![…]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DType(&'static Row);

#[derive(Debug, PartialEq, Eq)]
struct Row {
    name: &'static str,
    variant: &'static str,
    kind: Kind,
    bits: u32,
}

/// The sort of number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Bool,
    Unsigned,
    Signed,
    Float,
    Complex,
}

const fn row(name: &'static str, variant: &'static str, kind: Kind, bits: u32) -> Row {
    Row { name, variant, kind, bits }
}

static ROWS: [Row; 15] = [
    row("bool", "Bool", Kind::Bool, 1),
    row("i8", "I8", Kind::Signed, 8),
    row("i16", "I16", Kind::Signed, 16),
    row("i32", "I32", Kind::Signed, 32),
    row("i64", "I64", Kind::Signed, 64),
    row("u8", "U8", Kind::Unsigned, 8),
    row("u16", "U16", Kind::Unsigned, 16),
    row("u32", "U32", Kind::Unsigned, 32),
    row("u64", "U64", Kind::Unsigned, 64),
    row("f16", "F16", Kind::Float, 16),
    row("bf16", "BF16", Kind::Float, 16),
    row("f32", "F32", Kind::Float, 32),
    row("f64", "F64", Kind::Float, 64),
    row("c64", "C64", Kind::Complex, 64),
    row("c128", "C128", Kind::Complex, 128),
];

impl DType {
    /// The dtype of this name.
    pub(crate) fn named(name: &str) -> Option<DType> {
        ROWS.iter().find(|row| row.name == name).map(DType)
    }

    /// `bool`.
    pub(crate) fn bool() -> DType {
        DType(&ROWS[0])
    }

    /// The name, as in `f32![…]`.
    pub(crate) fn name(self) -> &'static str {
        self.0.name
    }

    /// The variant of the library's `DType`.
    pub(crate) fn variant(self) -> &'static str {
        self.0.variant
    }

    /// The sort of number.
    pub(crate) fn kind(self) -> Kind {
        self.0.kind
    }

    /// Whether it is a float or complex.
    pub(crate) fn is_inexact(self) -> bool {
        self.kind() >= Kind::Float
    }

    fn is_integer(self) -> bool {
        matches!(self.kind(), Kind::Signed | Kind::Unsigned)
    }

    /// What two strong dtypes promote to, where that is simple: of one kind the wider, of two the greater kind.
    fn join(self, other: DType) -> Option<DType> {
        let (low, high) = if self.kind() <= other.kind() { (self, other) } else { (other, self) };
        if low.kind() == high.kind() {
            return match (low.0.bits, high.0.bits) {
                _ if low == high => Some(low),
                (a, b) if a < b => Some(high),
                (a, b) if a > b => Some(low),
                // f16 and bf16.
                _ => DType::named("f32"),
            };
        }
        match (low.kind(), high.kind()) {
            (Kind::Bool, _) => Some(high),
            (Kind::Unsigned, Kind::Signed) if low.0.bits < high.0.bits => Some(high),
            (Kind::Unsigned | Kind::Signed, Kind::Float | Kind::Complex) => Some(high),
            (Kind::Float, Kind::Complex) if low.0.bits <= high.0.bits / 2 => Some(high),
            _ => None,
        }
    }
}

/// A dtype and whether it yields to a strong one of its kind, as Rust scalars do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) dtype: DType,
    pub(crate) weak: bool,
}

impl Element {
    /// A strong dtype.
    pub(crate) fn strong(dtype: DType) -> Element {
        Element { dtype, weak: false }
    }

    /// The dtype of a Rust scalar.
    pub(crate) fn weak(dtype: DType) -> Element {
        Element { dtype, weak: true }
    }

    /// What two operands promote to, where that is known here.
    pub(crate) fn join(self, other: Element) -> Option<Element> {
        if self.weak == other.weak {
            return Some(Element { dtype: self.dtype.join(other.dtype)?, weak: self.weak });
        }
        let (weak, strong) = if self.weak { (self, other) } else { (other, self) };
        let yields = weak.dtype.kind() <= strong.dtype.kind() || (weak.dtype.is_integer() && strong.dtype.is_integer());
        match yields {
            true => Some(strong),
            false => None,
        }
    }
}
