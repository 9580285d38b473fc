//! What a reader can choose about how arrays print.

/// Where the sign of a non-negative number goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Sign {
    /// Nowhere.
    #[default]
    Minus,
    /// A `+` before it.
    Plus,
    /// A space before it.
    Space,
}

/// How arrays print; the names and defaults are those of `numpy.set_printoptions`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PrintOptions {
    /// Most digits after the decimal point.
    pub precision: usize,
    /// Number of elements above which the middle of an array is left out.
    pub threshold: usize,
    /// Elements kept at both ends of each axis that is summarized; with 0 only the ellipsis.
    pub edgeitems: usize,
    /// Columns after which lines wrap.
    pub linewidth: usize,
    /// Whether small numbers print as zero rather than with an exponent.
    pub suppress: bool,
    /// How the sign of floats and integers prints.
    pub sign: Sign,
}

impl Default for PrintOptions {
    fn default() -> PrintOptions {
        PrintOptions { precision: 8, threshold: 1000, edgeitems: 3, linewidth: 75, suppress: false, sign: Sign::Minus }
    }
}
