//! One call of a staged function, as the macros' expansions make it.

use std::cell::RefCell;

use smallvec::SmallVec;

use super::cache::Staged;
use super::compiled::{Lowered, Traced};
use super::passing;
use crate::array::{builder, catch, fail, with_span};
use crate::base::{Result, Span};
use crate::ir::ClosedJaxpr;
use crate::tree::{Arg, Flat, Leaves, Ret};

thread_local! {
    static PENDING: RefCell<Option<Pending>> = const { RefCell::new(None) };
}

/// Arguments that a transform hands to a staged function beside the call: Rust scalars among the parameters
/// cannot hold tracers, so the function takes its leaves from here.
struct Pending {
    function: &'static str,
    args: Flat,
    result: Option<Flat>,
}

/// Calls `f`, which may be the staged function whose item has this type name, handing it these arguments. Gives
/// what `f` gave and, if it was that function, its flattened results.
pub(crate) fn hand_over<R>(function: &'static str, args: Flat, f: impl FnOnce() -> R) -> (R, Option<Flat>) {
    struct Restore(Option<Pending>);
    impl Drop for Restore {
        fn drop(&mut self) {
            PENDING.replace(self.0.take());
        }
    }
    let _restore = Restore(PENDING.replace(Some(Pending { function, args, result: None })));
    let result = f();
    let flat = PENDING.with_borrow_mut(|pending| pending.take().and_then(|pending| pending.result));
    (result, flat)
}

/// A call under construction: the function and the arguments so far.
#[derive(Debug)]
pub struct Call {
    staged: &'static Staged,
    function: &'static str,
    args: Flat,
    starts: SmallVec<[(usize, usize); 6]>,
    span: Span,
}

impl Call {
    /// A call of a staged function.
    #[track_caller]
    pub fn new(staged: &'static Staged) -> Call {
        Call { staged, function: "", args: Flat::new(), starts: SmallVec::new(), span: fail::here() }
    }

    /// Says which function item this is the body of, so that a transform of that item finds it.
    pub fn entry<F>(&mut self, _: &F) {
        self.function = std::any::type_name::<F>();
    }

    /// Appends an argument.
    pub fn arg<T: Arg>(&mut self, value: T) {
        self.starts.push((self.args.leaves.len(), self.args.tokens.len()));
        value.flatten(&mut self.args);
    }

    /// Appends an argument that is part of the cache key.
    pub fn static_arg<T: Clone + Eq + std::hash::Hash + std::fmt::Debug + Send + Sync + 'static>(&mut self, value: T) {
        self.starts.push((self.args.leaves.len(), self.args.tokens.len()));
        self.args.static_value(value);
    }

    /// Makes the call: inside a function that is being traced the body is traced into it, otherwise the executable
    /// for these arguments runs, made first if need be.
    ///
    /// # Panics
    /// If the arguments do not fit the function, with the user's place.
    #[track_caller]
    pub fn invoke<R: Ret>(self) -> R {
        let span = self.span;
        match self.attributed(|call| call.run::<R>()) {
            Ok(out) => read(&out),
            Err(error) => fail::raise(error.at(span)),
        }
    }

    /// Makes the call; what is wrong with the arguments comes back as an error, and everything stays usable.
    ///
    /// # Errors
    /// If the arguments do not fit the function.
    pub fn try_invoke<R: Ret>(self) -> Result<R> {
        let span = self.span;
        catch(|| self.attributed(|call| call.run::<R>()).map(|out| read(&out)))?.map_err(|error| error.at(span))
    }

    fn run<R: Ret>(mut self) -> Result<Flat> {
        if builder::is_tracing() {
            let handed = PENDING.with_borrow_mut(|pending| match pending {
                Some(pending) if pending.function == self.function && pending.result.is_none() => {
                    Some(std::mem::take(&mut pending.args))
                }
                _ => None,
            });
            let Some(args) = handed else {
                let received = passing::receive(self.staged.name(), self.span, &mut self.args, &self.starts);
                // Scalars of concrete arguments are numbers of the host, which a traced body may go on with.
                let concrete = self.args.leaves.iter().all(|leaf| !leaf.is_traced());
                if R::IS_SCALAR && concrete {
                    let entry = self.staged.compiled(&self.args, &self.starts)?;
                    return entry.compiled.run(self.args.leaves);
                }
                let out = self.staged.inline(&self.args, &self.starts);
                if let (true, true, [result]) = (received, R::IS_SCALAR, &out.leaves[..]) {
                    passing::give_back(result);
                }
                return Ok(out);
            };
            // Calls inside the body are not this one.
            let outer = PENDING.take();
            self.args = args;
            let out = self.staged.inline(&self.args, &self.starts);
            PENDING.set(outer.map(|pending| Pending { result: Some(out.clone()), ..pending }));
            return Ok(out);
        }
        let entry = self.staged.compiled(&self.args, &self.starts)?;
        entry.compiled.run(self.args.leaves)
    }

    /// Does `f` for a call from this place. What a staged function of the library itself does is the caller's doing.
    fn attributed<T>(self, f: impl FnOnce(Call) -> T) -> T {
        let (span, own) = (self.span, self.function.starts_with("jax::"));
        fail::called_from(span, || if own { with_span(span, || f(self)) } else { f(self) })
    }

    fn traced(self) -> Traced {
        self.attributed(|call| call.staged.trace(&call.args, &call.starts))
    }

    /// The jaxpr for these arguments.
    ///
    /// # Panics
    /// If the arguments do not fit the function.
    #[track_caller]
    pub fn jaxpr(self) -> ClosedJaxpr {
        self.traced().closed
    }

    /// The jaxpr for these arguments, or what is wrong with them.
    ///
    /// # Errors
    /// If the arguments do not fit the function.
    pub fn try_jaxpr(self) -> Result<ClosedJaxpr> {
        catch(|| self.traced().closed)
    }

    /// The function lowered for these arguments.
    ///
    /// # Panics
    /// If the arguments do not fit the function.
    #[track_caller]
    pub fn lower(self) -> Lowered {
        self.traced().optimize().lower()
    }
}

/// The result from its leaves. A traced leaf cannot be read as a Rust scalar, unless a transform takes it from
/// beside the call.
#[track_caller]
fn read<R: Ret>(out: &Flat) -> R {
    let mut leaves: Leaves<'_> = out.read();
    let result = R::rebuild(&mut leaves);
    let handed = PENDING.with_borrow(|pending| pending.as_ref().is_some_and(|pending| pending.result.is_some()));
    if leaves.hidden && !handed && !passing::is_given_back() {
        fail::raise(fail::value_error(
            "jit",
            "a staged function that returns a Rust scalar was called with traced arguments from a function that is \
             not staged itself: mark the caller #[jit], or return Array",
        ));
    }
    result
}
