//! What is known of a value of the body, and the shape rules that operations share. A rule fails with the sentence
//! that the user reads; what is not known never fails.

use super::dtype::{DType, Element};
use super::spec::{Dim, Spec, Tree};
use crate::errors;

/// What is known of a value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// Nothing.
    Unknown,
    /// An array of which something is known.
    Array(Known),
    /// A host size that a dimension is named after, or that is written out.
    Size(Dim),
    /// A tuple, or an array literal.
    Tuple(Vec<Value>),
}

/// What is known of an array.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Known {
    /// The dtype.
    pub(crate) dtype: Option<Element>,
    /// The extents, if at least their number is known.
    pub(crate) dims: Option<Vec<Dim>>,
}

impl std::fmt::Display for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.dtype {
            Some(dtype) => f.write_str(dtype.dtype.name())?,
            None => f.write_str("_")?,
        }
        match &self.dims {
            Some(dims) => write!(f, "[{}]", list(dims)),
            None => f.write_str("[…]"),
        }
    }
}

/// Extents as a user writes them.
pub(crate) fn list(dims: &[Dim]) -> String {
    dims.iter().map(Dim::to_string).collect::<Vec<_>>().join(", ")
}

impl Known {
    /// An array without axes.
    pub(crate) fn scalar(dtype: Element) -> Known {
        Known { dtype: Some(dtype), dims: Some(Vec::new()) }
    }

    /// The same dtype with other extents.
    pub(crate) fn with_dims(&self, dims: Option<Vec<Dim>>) -> Known {
        Known { dtype: self.dtype, dims }
    }

    /// The number of axes.
    pub(crate) fn ndim(&self) -> Option<usize> {
        self.dims.as_ref().map(Vec::len)
    }
}

impl Value {
    /// What a declared type says.
    pub(crate) fn declared(tree: &Tree, name: Option<&str>) -> Value {
        match tree {
            Tree::Unknown | Tree::Each(_) => Value::Unknown,
            Tree::Array(Spec { dtype, dims, .. }) => {
                Value::Array(Known { dtype: Some(Element::strong(*dtype)), dims: Some(dims.clone()) })
            }
            Tree::Scalar(dtype) => Value::Array(Known::scalar(Element::weak(*dtype))),
            Tree::Size => name.map_or(Value::Unknown, |name| Value::Size(Dim::Named(name.to_owned()))),
            Tree::Tuple(members) => Value::Tuple(members.iter().map(|member| Value::declared(member, None)).collect()),
        }
    }

    /// The value as an operand: an array, or a host number as a scalar.
    pub(crate) fn operand(&self) -> Option<Known> {
        match self {
            Value::Array(known) => Some(known.clone()),
            Value::Size(_) => DType::named("i32").map(|dtype| Known::scalar(Element::weak(dtype))),
            Value::Unknown | Value::Tuple(_) => None,
        }
    }

    /// What holds of either of two values.
    pub(crate) fn meet(self, other: Value) -> Value {
        match (self, other) {
            (a, b) if a == b => a,
            (Value::Array(a), Value::Array(b)) => {
                let dims = match (a.dims, b.dims) {
                    (Some(a), Some(b)) if a.len() == b.len() => {
                        Some(a.into_iter().zip(b).map(|(a, b)| if a == b { a } else { Dim::Any }).collect())
                    }
                    _ => None,
                };
                Value::Array(Known { dtype: a.dtype.filter(|_| a.dtype == b.dtype), dims })
            }
            (Value::Tuple(a), Value::Tuple(b)) if a.len() == b.len() => {
                Value::Tuple(a.into_iter().zip(b).map(|(a, b)| a.meet(b)).collect())
            }
            _ => Value::Unknown,
        }
    }
}

/// A size that has to be the same on both sides; `None` if it cannot be.
pub(crate) fn same(a: &Dim, b: &Dim) -> Option<Dim> {
    match (a, b) {
        (Dim::Any, other) | (other, Dim::Any) => Some(other.clone()),
        (a, b) => (a == b).then(|| a.clone()),
    }
}

fn broadcast_dim(a: &Dim, b: &Dim) -> Option<Dim> {
    match (a, b) {
        (Dim::Size(1), other) | (other, Dim::Size(1)) => Some(other.clone()),
        (a, b) => same(a, b),
    }
}

/// The extents that operands broadcast to (NumPy's rule: aligned at the last axis, 1 stretches).
pub(crate) fn broadcast(op: &str, operands: &[Known]) -> Result<Option<Vec<Dim>>, String> {
    let mut out: Vec<Dim> = Vec::new();
    let mut all_known = true;
    for operand in operands {
        let Some(dims) = &operand.dims else {
            all_known = false;
            continue;
        };
        if dims.len() > out.len() {
            let missing = dims.len() - out.len();
            out.splice(0..0, std::iter::repeat_n(Dim::Size(1), missing));
        }
        let offset = out.len() - dims.len();
        for (axis, dim) in dims.iter().enumerate() {
            match broadcast_dim(&out[offset + axis], dim) {
                Some(joined) => out[offset + axis] = joined,
                None => {
                    let shapes = operands.iter().map(|known| format!("{known}")).collect::<Vec<_>>();
                    return Err(errors::incompatible_shapes(op, &shapes, &[out[offset + axis].clone(), dim.clone()]));
                }
            }
        }
    }
    Ok(all_known.then_some(out))
}

/// The dtype that operands promote to, where it is known.
pub(crate) fn promoted(operands: &[Known]) -> Option<Element> {
    let mut dtypes = operands.iter().map(|known| known.dtype);
    let first = dtypes.next()??;
    dtypes.try_fold(first, |all, dtype| all.join(dtype?))
}

/// The dtype of a function that gives floats, of this one.
pub(crate) fn inexact(dtype: Option<Element>) -> Option<Element> {
    let dtype = dtype?;
    if dtype.dtype.is_inexact() { Some(dtype) } else { DType::named("f32").map(Element::strong) }
}

/// The product of two operands over one axis of each, as `dot` and `@` have it: the last of the first, the last but
/// one of the second. With `batched`, axes before those broadcast (`matmul`).
pub(crate) fn product(op: &str, a: &Known, b: &Known, batched: bool) -> Result<Known, String> {
    let dtype = promoted(&[a.clone(), b.clone()]);
    let (Some(left), Some(right)) = (&a.dims, &b.dims) else { return Ok(Known { dtype, dims: None }) };
    if left.is_empty() || right.is_empty() {
        if batched {
            return Err(errors::matmul_of_scalar(op, &a.to_string(), &b.to_string()));
        }
        return Ok(Known { dtype, dims: broadcast(op, &[a.clone(), b.clone()])? });
    }
    let right_axis = right.len().saturating_sub(2);
    let (summed, with) = (&left[left.len() - 1], &right[right_axis]);
    if same(summed, with).is_none() {
        return Err(errors::contraction(op, &a.to_string(), &b.to_string(), summed, with));
    }
    let (rows, columns) = (&left[..left.len() - 1], right.get(right_axis + 1));
    let dims = if batched && (left.len() > 2 || right.len() > 2) {
        let (outer, row) = rows.split_at(left.len().saturating_sub(2));
        let stack = |dims: &[Dim]| Known { dtype: None, dims: Some(dims.to_vec()) };
        let dims = broadcast(op, &[stack(outer), stack(&right[..right_axis])])?;
        dims.map(|dims| dims.into_iter().chain(row.iter().cloned()).chain(columns.cloned()).collect())
    } else {
        Some(rows.iter().chain(&right[..right_axis]).chain(columns).cloned().collect())
    };
    Ok(Known { dtype, dims })
}

/// An axis counted from the front.
pub(crate) fn axis(op: &str, axis: i64, known: &Known, ndim: usize) -> Result<usize, String> {
    let found = if axis < 0 { axis + ndim as i64 } else { axis };
    if (0..ndim as i64).contains(&found) {
        Ok(found as usize)
    } else {
        Err(errors::axis_out_of_bounds(op, axis, ndim, &known.to_string()))
    }
}
