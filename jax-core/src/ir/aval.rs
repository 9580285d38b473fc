//! Abstract values: what tracing knows of an array.

use std::fmt;
use std::sync::Arc;

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
    /// For stacks, the type of a record; `dtype` is then the record's, so that stacks of floats have tangents, which
    /// are stacks of tangents.
    pub record: Option<Arc<Aval>>,
}

impl Aval {
    /// A strongly typed abstract value.
    pub fn new(dtype: DType, shape: &[usize]) -> Aval {
        Aval { dtype, weak: false, shape: shape.iter().copied().collect(), record: None }
    }

    /// A weakly typed scalar.
    pub fn weak(dtype: DType) -> Aval {
        Aval { dtype, weak: true, shape: Shape::new(), record: None }
    }

    /// A stack of such records: as many as a loop pushes when it runs.
    pub fn stack_of(record: Aval) -> Aval {
        let record = record.with_weak(false);
        Aval { dtype: record.dtype, weak: false, shape: Shape::new(), record: Some(Arc::new(record)) }
    }

    /// Whether this is a stack, or an array of stacks.
    pub fn is_stack(&self) -> bool {
        self.record.is_some()
    }

    /// The same, with this weakness.
    pub fn with_weak(mut self, weak: bool) -> Aval {
        self.weak = weak;
        self
    }

    /// The same dtype and weakness with another shape.
    pub fn with_shape(&self, shape: &[usize]) -> Aval {
        Aval { shape: shape.iter().copied().collect(), ..self.clone() }
    }

    /// The same shape and weakness with another dtype.
    pub fn with_dtype(&self, dtype: DType) -> Aval {
        Aval { dtype, weak: self.weak, shape: self.shape.clone(), record: None }
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
        let dtype = if self.is_stack() { DType::Stack } else { self.dtype };
        Ty { dtype, shape: self.shape.clone() }
    }
}

impl fmt::Display for Aval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.record {
            Some(record) => write!(f, "stack<{record}>[")?,
            None => write!(f, "{}[", self.dtype.short_name())?,
        }
        for (axis, extent) in self.shape.iter().enumerate() {
            write!(f, "{}{extent}", if axis == 0 { "" } else { "," })?;
        }
        write!(f, "]")
    }
}
