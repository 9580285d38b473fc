//! Abstract values: what tracing knows of an array.

use std::fmt;

use crate::base::{DType, Shape};
use crate::kernel::Ty;

/// The dtype and shape of an array, and whether its dtype is weak (it came from a Rust scalar, and yields to any
/// other dtype of its kind).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Aval {
    /// The dtype of the elements.
    pub dtype: DType,
    /// Whether the dtype yields in promotion.
    pub weak: bool,
    /// The extents, outermost first.
    pub shape: Shape,
}

impl Aval {
    /// A strongly typed abstract value.
    pub fn new(dtype: DType, shape: &[usize]) -> Aval {
        Aval { dtype, weak: false, shape: shape.iter().copied().collect() }
    }

    /// A weakly typed scalar.
    pub fn weak(dtype: DType) -> Aval {
        Aval { dtype, weak: true, shape: Shape::new() }
    }

    /// The same, with this weakness.
    pub fn with_weak(mut self, weak: bool) -> Aval {
        self.weak = weak;
        self
    }

    /// The same dtype and weakness with another shape.
    pub fn with_shape(&self, shape: &[usize]) -> Aval {
        Aval { dtype: self.dtype, weak: self.weak, shape: shape.iter().copied().collect() }
    }

    /// The same shape and weakness with another dtype.
    pub fn with_dtype(&self, dtype: DType) -> Aval {
        Aval { dtype, weak: self.weak, shape: self.shape.clone() }
    }

    /// Number of axes.
    pub fn ndim(&self) -> usize {
        self.shape.len()
    }

    /// Number of elements.
    pub fn size(&self) -> usize {
        self.shape.iter().product()
    }

    /// The buffer type that holds such an array.
    pub fn ty(&self) -> Ty {
        Ty { dtype: self.dtype, shape: self.shape.clone() }
    }
}

impl fmt::Display for Aval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[", self.dtype.short_name())?;
        for (axis, extent) in self.shape.iter().enumerate() {
            write!(f, "{}{extent}", if axis == 0 { "" } else { "," })?;
        }
        write!(f, "]")
    }
}
