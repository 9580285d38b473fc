//! Looking for NaN and infinities in what programs give: whether to, and what to do when one is there.
//!
//! Programs run as they always do; their results are looked at afterwards, and only when there is something to find is
//! the program run again, by the [`Finder`], with a look at every operation.

use std::cell::Cell;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use super::data::Array;
use crate::base::error::ErrorKind;
use crate::base::{DType, Error, Result, Scalar, scoped};
use crate::ir::ClosedJaxpr;

/// What is looked for.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Watch {
    /// NaN.
    pub nans: bool,
    /// Infinities.
    pub infs: bool,
}

/// Finds the operation that made the first such value, by running a program again on the same arguments.
pub struct Finder {
    /// The error that names it; `None` if no operation makes one when each runs alone.
    pub find: fn(&ClosedJaxpr, &[Array], Watch) -> Option<Error>,
}

inventory::collect!(Finder);

/// What all threads look for: bits, or `UNREAD` before the environment was asked.
static GLOBAL: AtomicU8 = AtomicU8::new(UNREAD);
const NANS: u8 = 1;
const INFS: u8 = 2;
const UNREAD: u8 = 4;

/// How many calls of [`watching`] are going on, on any thread.
static SCOPES: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static SCOPED: Cell<Option<Watch>> = const { Cell::new(None) };
}

/// The bits of all threads, those that `JAX_DEBUG_NANS` and `JAX_DEBUG_INFS` say at first.
fn global() -> u8 {
    let bits = GLOBAL.load(Ordering::Relaxed);
    if bits != UNREAD {
        return bits;
    }
    let set = |name: &str| std::env::var(name).is_ok_and(|value| !["", "0", "false", "False"].contains(&&*value));
    let bits = u8::from(set("JAX_DEBUG_NANS")) * NANS + u8::from(set("JAX_DEBUG_INFS")) * INFS;
    // Whoever sets it meanwhile has the last word.
    let _ = GLOBAL.compare_exchange(UNREAD, bits, Ordering::Relaxed, Ordering::Relaxed);
    GLOBAL.load(Ordering::Relaxed)
}

/// Sets what all threads look for from now on.
pub fn set_global(change: impl Fn(&mut Watch)) {
    let bits = global();
    let mut watch = Watch { nans: bits & NANS != 0, infs: bits & INFS != 0 };
    change(&mut watch);
    GLOBAL.store(u8::from(watch.nans) * NANS + u8::from(watch.infs) * INFS, Ordering::Relaxed);
}

/// What this thread looks for now, if anything.
pub(crate) fn current() -> Option<Watch> {
    let bits = global();
    if bits == 0 && SCOPES.load(Ordering::Relaxed) == 0 {
        return None;
    }
    let all = Watch { nans: bits & NANS != 0, infs: bits & INFS != 0 };
    Some(SCOPED.get().unwrap_or(all)).filter(|watch| watch.nans || watch.infs)
}

/// Runs `f` with this thread looking for what `change` makes of what it looks for now.
pub fn watching<R>(change: impl Fn(&mut Watch), f: impl FnOnce() -> R) -> R {
    struct Leave;
    impl Drop for Leave {
        fn drop(&mut self) {
            SCOPES.fetch_sub(1, Ordering::Relaxed);
        }
    }
    let mut watch = current().unwrap_or_default();
    change(&mut watch);
    SCOPES.fetch_add(1, Ordering::Relaxed);
    let _leave = Leave;
    scoped(&SCOPED, Some(watch), f)
}

/// Looks at the results of a program: an error if one has what is looked for.
pub(crate) fn verify(
    watch: Watch,
    results: &[Array],
    program: impl FnOnce() -> ClosedJaxpr,
    args: &[Array],
) -> Result<()> {
    let Some(what) = results.iter().find_map(|result| found(watch, result)) else { return Ok(()) };
    let finder = inventory::iter::<Finder>().next();
    let error = scoped(&SCOPED, Some(Watch::default()), || finder.and_then(|f| (f.find)(&program(), args, watch)));
    Err(error.unwrap_or_else(|| {
        let message = format!(
            "invalid value ({what}) encountered, though no operation makes it when each runs alone: an argument has it, \
             or rounding differs."
        );
        Error::new(ErrorKind::FloatingPoint, "call", message)
    }))
}

/// What a concrete array has of what is looked for.
fn found(watch: Watch, array: &Array) -> Option<&'static str> {
    let dtype = array.dtype();
    if !dtype.is_inexact() || array.aval().is_stack() {
        return None;
    }
    let part = dtype.component();
    let bytes = array.bytes()?;
    let mut what = None;
    for element in bytes.chunks_exact(part.size()) {
        let value = match part {
            DType::F32 => f64::from(f32::from_le_bytes(element.try_into().ok()?)),
            part => Scalar::from_bytes(part, element).as_f64(),
        };
        if watch.nans && value.is_nan() {
            return Some("nan");
        }
        if watch.infs && value.is_infinite() {
            what = Some("inf");
        }
    }
    what
}
