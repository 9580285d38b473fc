//! Shapes that a staged function declares for its arguments and results, `x: f32![B, 4]`, compared while it is traced.
//! What the macro can decide without a call is not decided here.

use std::cell::RefCell;

use crate::array::Array;
use crate::array::fail::raise_call;
use crate::base::error::ErrorKind;
use crate::base::{DType, Error};

/// One declared extent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dim {
    /// This size.
    Size(usize),
    /// The size that goes by this name, the same over all arguments and results.
    Named(&'static str),
    /// Any size.
    Any,
}

/// The sizes that the names of one call stand for.
#[derive(Default, Debug)]
pub struct Dims(RefCell<Vec<Bound>>);

#[derive(Clone, Copy, Debug)]
struct Bound {
    name: &'static str,
    size: usize,
    /// What gave the size.
    of: &'static str,
}

impl Dims {
    /// No name is known yet.
    pub fn new() -> Dims {
        Dims::default()
    }

    /// Gives a name the value of the parameter that is called the same.
    pub fn bind(&self, name: &'static str, size: usize) {
        self.0.borrow_mut().push(Bound { name, size, of: "the argument of that name" });
    }

    fn bound(&self, name: &str) -> Option<Bound> {
        self.0.borrow().iter().find(|bound| bound.name == name).copied()
    }

    /// The size that a name stands for, 0 if no argument has it.
    pub fn size_of(&self, name: &str) -> usize {
        self.bound(name).map_or(0, |bound| bound.size)
    }

    /// Compares an argument, a variable or the result with its declaration.
    ///
    /// # Panics
    /// If they differ, naming both and the place of the call.
    #[track_caller]
    pub fn check(&self, what: &'static str, value: &Array, dtype: DType, dims: &[Dim]) {
        let fault = |kind, why: String| -> ! {
            let message = format!("{what} is {} but is declared {}: {why}", value.aval(), written(dtype, dims));
            raise_call(Error::new(kind, "jit", message))
        };
        if value.dtype() != dtype {
            fault(ErrorKind::DType, format!("its dtype is {}, not {dtype}", value.dtype()));
        }
        if value.ndim() != dims.len() {
            fault(ErrorKind::Shape, format!("its ndim is {}, not {}", value.ndim(), dims.len()));
        }
        for (axis, (&dim, &size)) in dims.iter().zip(value.shape()).enumerate() {
            match dim {
                Dim::Any => {}
                Dim::Size(declared) => {
                    if declared != size {
                        fault(ErrorKind::Shape, format!("axis {axis} is {size}, not {declared}"));
                    }
                }
                Dim::Named(name) => match self.bound(name) {
                    None => self.0.borrow_mut().push(Bound { name, size, of: what }),
                    Some(bound) if bound.size == size => {}
                    Some(bound) => {
                        let (known, of) = (bound.size, bound.of);
                        fault(ErrorKind::Shape, format!("`{name}` is {size} here but {known} in {of}"));
                    }
                },
            }
        }
    }
}

/// The declaration as it stands in the source.
fn written(dtype: DType, dims: &[Dim]) -> String {
    let dims: Vec<String> = dims
        .iter()
        .map(|dim| match dim {
            Dim::Size(size) => size.to_string(),
            Dim::Named(name) => (*name).to_owned(),
            Dim::Any => "_".to_owned(),
        })
        .collect();
    format!("{}![{}]", format!("{dtype:?}").to_lowercase(), dims.join(", "))
}
