//! Functions that transforms take and give: closures and function items over arguments that flatten.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::array::fail::{called_from, raise_call, value_error};
use crate::array::{Array, builder};
use crate::base::tuples::for_tuples;
use crate::base::{Result, Span};
use crate::ir::ClosedJaxpr;
use crate::stage::cache::Cache;
use crate::stage::call::hand_over;
use crate::stage::compiled::{Compiled, Traced};
use crate::tree::{Arg, Flat, Leaves, Ret};

/// A function over the arguments `A`, a tuple.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be transformed",
    note = "transforms take functions and closures of up to 8 arguments by value, whose arguments and results are arrays, Rust scalars, keys and trees of them; what they capture must be `Send` and `Sync`"
)]
pub trait Fun<A>: Send + Sync {
    /// What it gives.
    type Out: Ret;

    /// Calls it.
    fn apply(&self, args: A) -> Self::Out;

    /// Stages it into the function that is being traced, on flattened arguments.
    fn stage(&self, args: &Flat, _starts: &Starts) -> Flat
    where
        A: Args,
    {
        stage_by_call(self, args)
    }
}

/// The arguments of a function: a tuple.
pub trait Args: Sized {
    /// A callable that takes these arguments.
    type Dyn<'f, R: 'f>: ?Sized + Send + Sync + 'f;

    /// Appends the leaves and the structure of every argument; gives where each starts.
    fn flatten_all(self, flat: &mut Flat) -> Starts;

    /// The arguments from leaves.
    fn rebuild_all(leaves: &mut Leaves<'_>) -> Self;

    /// A boxed callable.
    fn boxed<'f, R: 'f>(f: impl Fn(Self) -> R + Send + Sync + 'f) -> Box<Self::Dyn<'f, R>>;

    /// Calls a boxed callable.
    fn call<'f, R: 'f>(f: &Self::Dyn<'f, R>, args: Self) -> R;
}

/// The first leaf and the first token of each argument.
pub type Starts = SmallVec<[(usize, usize); 6]>;

/// A function over flattened arguments, to be called while a function is being traced.
pub type FlatFun<'f> = Arc<dyn Fn(&Flat, &Starts) -> Flat + Send + Sync + 'f>;

/// What a transform gives: called with plain call syntax, and transformed again.
pub struct Transformed<'f, A: Args, R: 'f> {
    call: Box<A::Dyn<'f, R>>,
    /// What it does to flattened arguments, if it is staged: Rust scalars among the arguments cannot hold tracers.
    flat: Option<FlatCall<'f>>,
}

/// A function over flattened arguments, staged or run.
type FlatCall<'f> = Arc<dyn Fn(Flat, &Starts) -> Result<Flat> + Send + Sync + 'f>;

impl<'f, A: Args, R: 'f> Deref for Transformed<'f, A, R> {
    type Target = A::Dyn<'f, R>;

    fn deref(&self) -> &Self::Target {
        &self.call
    }
}

impl<'f, A: Args, R: Ret + 'f> Fun<A> for Transformed<'f, A, R> {
    type Out = R;

    fn apply(&self, args: A) -> R {
        A::call(&self.call, args)
    }

    fn stage(&self, args: &Flat, starts: &Starts) -> Flat {
        match self.flat.as_ref().map(|flat| flat(args.clone(), starts)) {
            Some(Ok(out)) => out,
            Some(Err(error)) => raise_call(error),
            None => stage_by_call(self, args),
        }
    }
}

impl<A: Args, R> fmt::Debug for Transformed<'_, A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Transformed")
    }
}

impl<'f, A: Args, R: 'f> Transformed<'f, A, R> {
    /// The callable of a function that calls another.
    pub(crate) fn of_call(call: impl Fn(A) -> R + Send + Sync + 'f) -> Transformed<'f, A, R> {
        Transformed { call: A::boxed(call), flat: None }
    }

    /// The callable of a function that asks about its flattened arguments, and runs nothing.
    pub(crate) fn question(ask: impl Fn(&Flat, &Starts) -> R + Send + Sync + 'f) -> Transformed<'f, A, R> {
        Transformed::of_call(move |args: A| {
            let mut given = Flat::new();
            let starts = args.flatten_all(&mut given);
            ask(&given, &starts)
        })
    }
}

impl<'f, A: Args, R: Ret + 'f> Transformed<'f, A, R> {
    /// The callable of a function over flattened arguments: staged into the function being traced, or traced and
    /// compiled, once for each signature, and run.
    #[track_caller]
    pub(crate) fn new(flat: FlatFun<'f>) -> Transformed<'f, A, R> {
        Transformed::with_compiler(flat, Traced::compile_shared)
    }

    /// The same, compiled as asked.
    #[track_caller]
    pub(crate) fn with_compiler(flat: FlatFun<'f>, compile: fn(Traced) -> Result<Compiled>) -> Transformed<'f, A, R> {
        let cache = Cache::new();
        Transformed::from_flat(move |args: Flat, starts| {
            if builder::is_tracing() {
                return Ok(flat(&args, starts));
            }
            let entry = cache.find_or_make(&args, starts, || compile(trace_flat(&flat, &args, starts)))?;
            entry.compiled.run(args.leaves)
        })
    }

    /// The callable of a function that stages or runs by itself.
    #[track_caller]
    fn from_flat(flat: impl Fn(Flat, &Starts) -> Result<Flat> + Send + Sync + 'f) -> Transformed<'f, A, R> {
        let span = Span::caller();
        let flat: FlatCall<'f> = Arc::new(move |args, starts| called_from(span, || flat(args, starts)));
        let inner = flat.clone();
        let call = A::boxed(move |args: A| {
            called_from(span, || {
                let mut given = Flat::new();
                let starts = args.flatten_all(&mut given);
                match inner(given, &starts) {
                    Ok(out) => read_back(&out),
                    Err(error) => raise_call(error),
                }
            })
        });
        Transformed { call, flat: Some(flat) }
    }
}

/// The result from its leaves.
fn read_back<R: Ret>(out: &Flat) -> R {
    let mut leaves = out.read();
    let result = R::rebuild(&mut leaves);
    if leaves.hidden {
        raise_call(value_error(
            "transform",
            "a transformed function that gives Rust scalars was called with traced arguments: return Array instead",
        ));
    }
    result
}

/// Calls a function over flattened arguments: staged into the function being traced, or compiled and run.
pub(crate) fn call_flat(f: &FlatFun<'_>, args: Flat, starts: &Starts) -> Result<Flat> {
    if builder::is_tracing() {
        return Ok(f(&args, starts));
    }
    trace_flat(f, &args, starts).compile_shared()?.run(args.leaves)
}

/// Traces a function over flattened arguments.
pub(crate) fn trace_flat(f: &FlatFun<'_>, args: &Flat, starts: &Starts) -> Traced {
    let (closed, out_tokens) = builder::trace_call(&args.avals(), |leaves| {
        let args = Flat { leaves: leaves.iter().cloned().collect(), tokens: args.tokens.clone() };
        let out = f(&args, starts);
        (out.leaves.into_vec(), out.tokens)
    });
    Traced { closed, out_tokens }
}

/// A user's function over flattened arguments.
pub(crate) fn flatten_fun<'f, A: Args, F: Fun<A> + 'f>(f: F) -> FlatFun<'f> {
    Arc::new(move |args, starts| f.stage(args, starts))
}

/// Stages a function by calling it. A staged function among the callees takes the tracers from beside the call.
fn stage_by_call<A: Args, F: Fun<A> + ?Sized>(f: &F, args: &Flat) -> Flat {
    let mut leaves = args.read();
    let rebuilt = A::rebuild_all(&mut leaves);
    let hidden = leaves.hidden;
    let (out, handed) = hand_over(std::any::type_name::<F>(), args.clone(), || f.apply(rebuilt));
    if let Some(flat) = handed {
        return flat;
    }
    if hidden {
        raise_call(value_error(
            "transform",
            "a traced value was passed for a Rust scalar parameter of a function that is not staged: mark the \
             function #[jit], or take an Array",
        ));
    }
    let mut flat = Flat::new();
    out.flatten_self(&mut flat);
    flat
}

/// The program of a function over flattened arguments, traced for its leaves' types.
pub(crate) fn program(f: &FlatFun<'_>, args: &Flat, starts: &Starts) -> (ClosedJaxpr, Flat) {
    let traced = trace_flat(f, args, starts);
    (traced.closed, Flat { leaves: SmallVec::<[Array; 6]>::new(), tokens: traced.out_tokens })
}

macro_rules! functions {
    ($(($($name:ident $index:tt),*);)*) => {
        $(
            impl<Func, R, $($name,)*> Fun<($($name,)*)> for Func
            where
                Func: Fn($($name),*) -> R + Send + Sync,
                R: Ret,
            {
                type Out = R;

                fn apply(&self, args: ($($name,)*)) -> R {
                    self($(args.$index),*)
                }
            }

            impl<$($name: Arg + 'static),*> Args for ($($name,)*) {
                type Dyn<'f, R: 'f> = dyn Fn($($name),*) -> R + Send + Sync + 'f;

                fn flatten_all(self, flat: &mut Flat) -> Starts {
                    let mut starts = Starts::new();
                    $(
                        starts.push((flat.leaves.len(), flat.tokens.len()));
                        self.$index.flatten(flat);
                    )*
                    starts
                }

                fn rebuild_all(leaves: &mut Leaves<'_>) -> Self {
                    ($(<$name as Arg>::rebuild(leaves),)*)
                }

                #[allow(non_snake_case, reason = "parameters are named like their types")]
                fn boxed<'f, R: 'f>(f: impl Fn(Self) -> R + Send + Sync + 'f) -> Box<Self::Dyn<'f, R>> {
                    Box::new(move |$($name),*| f(($($name,)*)))
                }

                fn call<'f, R: 'f>(f: &Self::Dyn<'f, R>, args: Self) -> R {
                    f($(args.$index),*)
                }
            }
        )*
    };
}

for_tuples!(functions);
