//! How primitives are read back from text: each offers a reader beside its impl.
//!
//! A reader is submitted where its primitive stands, with [`readers!`](crate::readers), and found by name; there is no list of them to
//! keep, so a primitive stays whole in one file. What each reader gets is a [`Reading`].

use std::collections::HashMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::{Arc, LazyLock};

use super::aval::Aval;
use super::jaxpr::Jaxpr;
use super::param::Param;
use super::primitive::Prim;
use crate::base::{DType, Scalar};

/// An equation as text gives it: what a reader makes a primitive from.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// The parameters, in the order of the text.
    pub params: &'a [(String, Param)],
    /// The types of the operands.
    pub ins: &'a [Aval],
    /// The types of the results.
    pub outs: &'a [Aval],
}

/// Why an equation's text is none of its primitive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReadError(pub String);

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a reader gives.
pub type Read<T> = Result<T, ReadError>;

/// The reader of the primitives of one name.
pub struct Reader {
    /// The name in jaxprs.
    pub name: &'static str,
    /// How many operands it takes.
    pub arity: RangeInclusive<usize>,
    /// The primitive, or what is wrong with the parameters.
    pub read: fn(&Reading<'_>) -> Read<Prim>,
}

inventory::collect!(Reader);

/// Offers readers of primitives: name, number of operands, and the primitive from a [`Reading`].
///
/// `?` works in the last part: a parameter that is missing or of another kind is an error.
#[macro_export]
macro_rules! readers {
    ($($name:expr, $arity:expr, |$eqn:pat_param| $prim:expr;)*) => {
        $(inventory::submit! {
            $crate::ir::read::Reader {
                name: $name,
                arity: $arity,
                read: |$eqn: &$crate::ir::read::Reading<'_>| Ok($crate::ir::Prim::new($prim)),
            }
        })*
    };
}

/// The reader of this name.
pub fn reader(name: &str) -> Option<&'static Reader> {
    static BY_NAME: LazyLock<HashMap<&'static str, &'static Reader>> =
        LazyLock::new(|| inventory::iter::<Reader>().map(|reader| (reader.name, reader)).collect());
    BY_NAME.get(name).copied()
}

/// The names of the primitives that can be read, in order.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<&'static str> = inventory::iter::<Reader>().map(|reader| reader.name).collect();
    names.sort_unstable();
    names
}

impl<'a> Reading<'a> {
    /// The parameter of this name.
    pub fn param(&self, name: &str) -> Read<&'a Param> {
        let found = self.params.iter().find(|(key, _)| key == name);
        found.map(|(_, param)| param).ok_or_else(|| ReadError(format!("the parameter `{name}` is missing")))
    }

    fn of<T>(&self, name: &str, what: &str, read: impl FnOnce(&'a Param) -> Option<T>) -> Read<T> {
        let param = self.param(name)?;
        read(param).ok_or_else(|| ReadError(format!("the parameter `{name}` must be {what}, got {param}")))
    }

    /// The integer of this name.
    pub fn int(&self, name: &str) -> Read<i64> {
        self.of(name, "an integer", Param::as_int)
    }

    /// The non-negative integer of this name.
    pub fn usize(&self, name: &str) -> Read<usize> {
        self.of(name, "a non-negative integer", Param::as_usize)
    }

    /// The tuple of non-negative integers of this name.
    pub fn usizes(&self, name: &str) -> Read<Vec<usize>> {
        self.of(name, "a tuple of non-negative integers", Param::as_usizes)
    }

    /// The tuple of non-negative integers of this name, or `None`.
    pub fn optional_usizes(&self, name: &str) -> Read<Option<Vec<usize>>> {
        match self.param(name)? {
            Param::None => Ok(None),
            _ => self.usizes(name).map(Some),
        }
    }

    /// The truth value of this name.
    pub fn bool(&self, name: &str) -> Read<bool> {
        self.of(name, "True or False", |param| if let Param::Bool(value) = param { Some(*value) } else { None })
    }

    /// The dtype of this name.
    pub fn dtype(&self, name: &str) -> Read<DType> {
        self.of(name, "a dtype", |param| if let Param::DType(dtype) = param { Some(*dtype) } else { None })
    }

    /// The number of this name in this dtype, or `None`.
    pub fn optional_scalar(&self, name: &str, dtype: DType) -> Read<Option<Scalar>> {
        self.of(name, "a number or None", |param| match param {
            Param::None => Some(None),
            // An integer stays one beside a float, as it was printed.
            Param::Int(value) if dtype.is_inexact() => Some(Some(Scalar::from_i128(DType::I32, (*value).into()))),
            Param::Int(value) => Some(Some(Scalar::from_i128(dtype, (*value).into()))),
            Param::Bool(value) => Some(Some(Scalar::bool(*value).cast(dtype))),
            Param::Scalar(value) => Some(Some(value.cast(dtype))),
            _ => None,
        })
    }

    /// The bare word of this name.
    pub fn word(&self, name: &str) -> Read<&'a str> {
        self.of(name, "a word", |param| if let Param::Word(word) = param { Some(word.as_str()) } else { None })
    }

    /// The program of this name.
    pub fn jaxpr(&self, name: &str) -> Read<Arc<Jaxpr>> {
        self.of(name, "a program", Param::as_jaxpr)
    }

    /// The programs of this name.
    pub fn jaxprs(&self, name: &str) -> Read<Vec<Arc<Jaxpr>>> {
        self.of(name, "a tuple of programs", |param| match param {
            Param::Tuple(items) => items.iter().map(Param::as_jaxpr).collect(),
            _ => None,
        })
    }

    /// The named fields of this name, which are tuples of non-negative integers, in this order.
    pub fn record<const N: usize>(&self, name: &str, fields: [&str; N]) -> Read<[Vec<usize>; N]> {
        let Param::Record(_, given) = self.param(name)? else {
            return Err(ReadError(format!("the parameter `{name}` must have named fields")));
        };
        let mut values: [Vec<usize>; N] = std::array::from_fn(|_| Vec::new());
        for (value, field) in values.iter_mut().zip(fields) {
            let found = given.iter().find(|(key, _)| key == field).and_then(|(_, param)| param.as_usizes());
            *value = found.ok_or_else(|| ReadError(format!("`{name}` must have a tuple of integers `{field}`")))?;
        }
        Ok(values)
    }

    /// An error unless a program of the parameters closes over nothing and takes operands of these types.
    pub fn takes(&self, jaxpr: &Jaxpr, ins: &[Aval]) -> Read<()> {
        let wanted = jaxpr.in_avals();
        let same = |(a, b): (&Aval, &Aval)| a.dtype == b.dtype && a.shape == b.shape;
        if !jaxpr.consts.is_empty() || wanted.len() != ins.len() || !wanted.iter().zip(ins).all(same) {
            let list = |avals: &[Aval]| avals.iter().map(Aval::to_string).collect::<Vec<_>>().join(" ");
            return Err(ReadError(format!("an inner program over ({}) gets operands ({})", list(&wanted), list(ins))));
        }
        Ok(())
    }
}
