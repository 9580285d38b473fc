//! Calls of the host: what a program does besides computing its results.

use std::any::Any;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::nest::Ty;
use super::program::Buf;
use crate::base::Span;
use crate::base::error::{Error, ErrorKind, Result};

/// A step that hands buffers to a function of the host, where `when` holds.
///
/// Calls happen in the order of the steps, as often as their block runs; no pass may drop, repeat or reorder them. A
/// call that fails ends the program: its results are not defined then.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Call {
    /// The function.
    pub host: HostFn,
    /// Whether to call it: a scalar `bool`.
    pub when: Buf,
    /// What it sees.
    pub ins: Vec<Buf>,
    /// The user's line.
    pub span: Option<Span>,
}

/// A function of the host; compared by identity.
#[derive(Clone)]
pub struct HostFn {
    name: String,
    run: Arc<Run>,
}

type Run = dyn Fn(&[HostArg<'_>]) -> Result<()> + Send + Sync;

/// A buffer as a function of the host sees it.
#[derive(Clone, Copy, Debug)]
pub struct HostArg<'a> {
    /// The type.
    pub ty: &'a Ty,
    /// The elements, row-major.
    pub bytes: &'a [u8],
}

impl HostFn {
    /// A function of the host, with a name of one word for texts.
    pub fn new(name: &str, run: impl Fn(&[HostArg<'_>]) -> Result<()> + Send + Sync + 'static) -> HostFn {
        HostFn { name: name.to_string(), run: Arc::new(run) }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Calls it. A panic ends here, since compiled code cannot be unwound: it comes back as an error.
    pub fn call(&self, args: &[HostArg<'_>]) -> Result<()> {
        catch_unwind(AssertUnwindSafe(|| (self.run)(args))).unwrap_or_else(|payload| Err(panicked(&self.name, payload)))
    }
}

/// What a panic was about: an error that was raised, or the text of any other.
fn panicked(name: &str, payload: Box<dyn Any + Send>) -> Error {
    let payload = match payload.downcast::<Error>() {
        Ok(error) => return *error,
        Err(payload) => payload,
    };
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message");
    Error::new(ErrorKind::Runtime, "callback", format!("a callback panicked in {name}: {text}"))
}

impl PartialEq for HostFn {
    fn eq(&self, other: &HostFn) -> bool {
        Arc::ptr_eq(&self.run, &other.run)
    }
}

impl Eq for HostFn {}

impl Hash for HostFn {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl fmt::Debug for HostFn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
