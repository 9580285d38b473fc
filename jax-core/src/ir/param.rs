//! Parameters of primitives, as data: what printing, parsing and error texts see of them.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::jaxpr::{ClosedJaxpr, Jaxpr};
use crate::base::print::literal;
use crate::base::{DType, Scalar};

/// The value of one parameter of a primitive.
#[derive(Clone, PartialEq, Debug)]
pub enum Param {
    /// `None`.
    None,
    /// An integer.
    Int(i64),
    /// A truth value.
    Bool(bool),
    /// A number.
    Scalar(Scalar),
    /// A dtype.
    DType(DType),
    /// A bare word.
    Word(String),
    /// A tuple.
    Tuple(Vec<Param>),
    /// A list.
    List(Vec<Param>),
    /// Named fields, as in `GatherDimensionNumbers(…)`.
    Record(Cow<'static, str>, Vec<(Cow<'static, str>, Param)>),
    /// A program.
    Jaxpr(Arc<ClosedJaxpr>),
}

/// The parameters of an equation, by name, in the order in which they print.
pub type Params = Vec<(&'static str, Param)>;

impl Param {
    /// A tuple of integers.
    pub fn ints<T: Copy + TryInto<i64>>(values: &[T]) -> Param {
        Param::Tuple(values.iter().map(|&v| Param::Int(v.try_into().unwrap_or(i64::MAX))).collect())
    }

    /// A list of integers.
    pub fn list<T: Copy + TryInto<i64>>(values: &[T]) -> Param {
        match Param::ints(values) {
            Param::Tuple(items) => Param::List(items),
            other => other,
        }
    }

    /// `None` or the parameter.
    pub fn option(value: Option<Param>) -> Param {
        value.unwrap_or(Param::None)
    }

    /// The integers of a tuple or list of integers.
    pub fn as_usizes(&self) -> Option<Vec<usize>> {
        match self {
            Param::Tuple(items) | Param::List(items) => items.iter().map(Param::as_usize).collect(),
            _ => None,
        }
    }

    /// Named fields, as in `GatherDimensionNumbers(…)`.
    pub fn record(name: &'static str, fields: Vec<(&'static str, Param)>) -> Param {
        Param::Record(name.into(), fields.into_iter().map(|(field, value)| (field.into(), value)).collect())
    }

    /// The non-negative integer.
    pub fn as_usize(&self) -> Option<usize> {
        usize::try_from(self.as_int()?).ok()
    }

    /// The program, if it closes over nothing.
    pub fn as_jaxpr(&self) -> Option<Arc<Jaxpr>> {
        match self {
            Param::Jaxpr(closed) if closed.consts.is_empty() => Some(closed.jaxpr.clone()),
            _ => None,
        }
    }

    /// The integer.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Param::Int(value) => Some(*value),
            _ => None,
        }
    }
}

impl fmt::Display for Param {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Param::None => write!(f, "None"),
            Param::Int(value) => write!(f, "{value}"),
            Param::Bool(value) => write!(f, "{}", if *value { "True" } else { "False" }),
            Param::Scalar(value) => write!(f, "{}", literal(*value)),
            Param::DType(dtype) => write!(f, "{dtype}"),
            Param::Word(word) => write!(f, "{word}"),
            Param::Tuple(items) => {
                write!(f, "(")?;
                for (i, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if i == 0 { "" } else { ", " })?;
                }
                write!(f, "{}", if items.len() == 1 { ",)" } else { ")" })
            }
            Param::List(items) => {
                write!(f, "[")?;
                for (i, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if i == 0 { "" } else { ", " })?;
                }
                write!(f, "]")
            }
            Param::Record(name, fields) => {
                write!(f, "{name}(")?;
                for (i, (field, value)) in fields.iter().enumerate() {
                    write!(f, "{}{field}={value}", if i == 0 { "" } else { ", " })?;
                }
                write!(f, ")")
            }
            Param::Jaxpr(closed) => write!(f, "{closed:#}"),
        }
    }
}
