//! Parameters of primitives, as data: what printing, parsing and error texts see of them.

use std::fmt;
use std::sync::Arc;

use super::jaxpr::ClosedJaxpr;
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
    Record(&'static str, Vec<(&'static str, Param)>),
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
            Param::Tuple(items) | Param::List(items) => {
                items.iter().map(|p| p.as_int().and_then(|i| usize::try_from(i).ok())).collect()
            }
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
            Param::Scalar(value) => write!(f, "{value}"),
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
            Param::Jaxpr(jaxpr) => write!(f, "{jaxpr}"),
        }
    }
}

/// Reading parameters back, for parsers of primitives.
pub trait ParamsExt {
    /// The parameter of this name.
    fn get_param(&self, name: &str) -> Option<&Param>;

    /// The tuple of non-negative integers of this name.
    fn usizes(&self, name: &str) -> Option<Vec<usize>> {
        self.get_param(name)?.as_usizes()
    }

    /// The integer of this name.
    fn int(&self, name: &str) -> Option<i64> {
        self.get_param(name)?.as_int()
    }

    /// The non-negative integer of this name.
    fn usize(&self, name: &str) -> Option<usize> {
        usize::try_from(self.int(name)?).ok()
    }

    /// The truth value of this name.
    fn bool(&self, name: &str) -> Option<bool> {
        match self.get_param(name)? {
            Param::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The dtype of this name.
    fn dtype(&self, name: &str) -> Option<DType> {
        match self.get_param(name)? {
            Param::DType(dtype) => Some(*dtype),
            Param::Word(word) => DType::from_name(word),
            _ => None,
        }
    }

    /// The program of this name.
    fn jaxpr(&self, name: &str) -> Option<Arc<ClosedJaxpr>> {
        match self.get_param(name)? {
            Param::Jaxpr(jaxpr) => Some(jaxpr.clone()),
            _ => None,
        }
    }
}

impl ParamsExt for [(&'static str, Param)] {
    fn get_param(&self, name: &str) -> Option<&Param> {
        self.iter().find(|(n, _)| *n == name).map(|(_, p)| p)
    }
}
