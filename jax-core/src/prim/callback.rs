//! `debug_print`, `debug_callback` and `check`: operations that hand values to the host and give nothing.
//!
//! Each is an effect: it stays however little its results are used, happens in the order of the program, and once for
//! each time that the program comes by. Under `vmap` it happens for every lane in turn; where only some lanes take
//! part, as in a branch of a batched `cond`, [`with_lanes`] says which.
//!
//! A check is an effect too, that ends the program when it fails, and no error value threaded through the program as
//! in JAX's checkify: nothing is carried by loops or selected by branches when no check fails, what follows a failed
//! check does not run (a loop that the check guards against might not end), and the order of effects is that of the
//! program in any composition of transforms. What is threaded is only which lanes take part.

use std::any::TypeId;
use std::cell::RefCell;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use smallvec::SmallVec;

use crate::array::{Array, bind, builder};
use crate::base::error::ErrorKind;
use crate::base::{DType, Error, Result, Scalar, Shape, shape};
use crate::ir::{Aval, Derivative, Lower, Param, Params, Prim, Primitive};
use crate::kernel::{Binary, Buf, Call, HostArg, HostFn, Step};
use crate::prim::logic::and;
use crate::prim::shape::{broadcast_in_dim, move_axis};

/// A function of the host over concrete arrays.
#[derive(Clone)]
pub struct Callback {
    run: Arc<Run>,
    identity: Identity,
}

type Run = dyn Fn(&[Array]) -> Result<()> + Send + Sync;

/// When two functions are the same: then programs that call them are, and are compiled once.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Identity {
    /// Code that captures nothing, with whatever else it depends on as text.
    Code(TypeId, String),
    /// One function.
    Address(usize),
}

impl Callback {
    /// A function of the host, `run`, made of the user's `F` and of what `rest` describes.
    pub fn new<F: 'static>(rest: String, run: impl Fn(&[Array]) -> Result<()> + Send + Sync + 'static) -> Callback {
        let run: Arc<Run> = Arc::new(run);
        let identity = match size_of::<F>() {
            0 => Identity::Code(TypeId::of::<F>(), rest),
            _ => Identity::Address(Arc::as_ptr(&run).cast::<u8>() as usize),
        };
        Callback { run, identity }
    }

    /// Calls it, outside of whatever is being traced on this thread.
    fn call(&self, args: &[Array]) -> Result<()> {
        builder::suspended(|| (self.run)(args))
    }
}

impl PartialEq for Callback {
    fn eq(&self, other: &Callback) -> bool {
        self.identity == other.identity
    }
}

impl Eq for Callback {}

impl Hash for Callback {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity.hash(state);
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("callback")
    }
}

/// What a call of the host is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Purpose {
    /// Printing.
    Print,
    /// Whatever the user's function does.
    Callback,
    /// Failing.
    Check,
}

/// A call of the host. Operands: a `bool`, whether to call, and the values that are handed over. Each has some of the
/// lanes' axes in front of its own.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct HostCall {
    /// What the call is for.
    pub purpose: Purpose,
    /// The text with placeholders that is printed, or the name of what is called.
    pub text: String,
    /// The function.
    pub callback: Callback,
    /// The extents of the batch axes, the last `vmap` first.
    pub lanes: Shape,
    /// For each operand which of the lanes' axes it has in front.
    pub axes: Vec<SmallVec<[usize; 2]>>,
}

/// Calls the host with `args`, where `when` holds.
#[track_caller]
pub fn host_call(purpose: Purpose, text: &str, callback: Callback, when: &Array, args: &[Array]) {
    let axes = vec![SmallVec::new(); args.len() + 1];
    let primitive = HostCall { purpose, text: text.to_string(), callback, lanes: Shape::new(), axes };
    let operands: Vec<&Array> = std::iter::once(when).chain(args).collect();
    bind(Prim::new(primitive), &operands);
}

thread_local! {
    /// The lanes of the batch that is being made which take part; all of them if none is here.
    static LANES: RefCell<Option<Array>> = const { RefCell::new(None) };
}

/// The lanes that take part in what is being batched, if not all do: a `bool` for each.
pub fn lanes() -> Option<Array> {
    LANES.with_borrow(Option::clone)
}

/// Runs `f`, which batches a program, with only these lanes taking part in its effects: of those that did before.
pub fn with_lanes<R>(taking_part: &Array, f: impl FnOnce() -> R) -> R {
    struct Restore(Option<Array>);
    impl Drop for Restore {
        fn drop(&mut self) {
            LANES.replace(self.0.take());
        }
    }
    let both = match lanes() {
        Some(outer) => and(&outer, taking_part),
        None => taking_part.clone(),
    };
    let _restore = Restore(LANES.replace(Some(both)));
    f()
}

impl HostCall {
    /// Runs the call for each lane that takes part, in order.
    fn run(&self, args: &[HostArg<'_>]) -> Result<()> {
        for lane in 0..shape::size(&self.lanes) {
            let mut at: Shape = self.lanes.clone();
            let mut rest = lane;
            for (place, extent) in at.iter_mut().zip(&self.lanes).rev() {
                *place = rest % extent;
                rest /= extent;
            }
            let element = |(arg, axes): (&HostArg<'_>, &SmallVec<[usize; 2]>)| {
                let own = &arg.ty.shape[axes.len()..];
                let number = axes.iter().fold(0, |number, &axis| number * self.lanes[axis] + at[axis]);
                let bytes = shape::size(own) * arg.ty.dtype.size();
                Array::from_bytes(arg.ty.dtype, own, &arg.bytes[number * bytes..][..bytes])
            };
            let mut operands = args.iter().zip(&self.axes).map(element);
            if operands.next().is_some_and(|when| when.item_bool()) {
                let values: Vec<Array> = operands.collect();
                self.callback.call(&values).map_err(|error| at_lane(error, &at))?;
            }
        }
        Ok(())
    }
}

/// An error of one lane, as JAX words it.
fn at_lane(error: Error, lane: &[usize]) -> Error {
    if lane.is_empty() {
        return error;
    }
    let index: Vec<String> = lane.iter().map(usize::to_string).collect();
    Error { message: format!("at mapped index {}: {}", index.join(", "), error.message), ..error }
}

impl Primitive for HostCall {
    fn name(&self) -> &'static str {
        match self.purpose {
            Purpose::Print => "debug_print",
            Purpose::Callback => "debug_callback",
            Purpose::Check => "check",
        }
    }

    fn params(&self) -> Params {
        let name = if self.purpose == Purpose::Callback { "callback" } else { "fmt" };
        let mut params = vec![(name, Param::Word(self.text.clone()))];
        if !self.lanes.is_empty() {
            params.push(("lanes", Param::ints(&self.lanes)));
        }
        params
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        let when = &ins[0];
        if when.dtype != DType::Bool || when.ndim() != self.axes[0].len() {
            let message = format!("{} takes a scalar predicate, got {when}; reduce it with `all`.", self.name());
            return Err(Error::new(ErrorKind::Shape, self.name(), message));
        }
        Ok(Vec::new())
    }

    fn derivative(&self) -> Derivative<'_> {
        Derivative::Zero
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], size: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        let mut operands: Vec<Array> = Vec::with_capacity(args.len());
        let mut axes: Vec<SmallVec<[usize; 2]>> = Vec::with_capacity(args.len());
        for ((arg, dim), own) in args.iter().zip(dims).zip(&self.axes) {
            let inner = own.iter().map(|axis| axis + 1);
            match dim {
                Some(dim) => {
                    operands.push(move_axis(arg, *dim, 0));
                    axes.push(std::iter::once(0).chain(inner).collect());
                }
                None => {
                    operands.push(arg.clone());
                    axes.push(inner.collect());
                }
            }
        }
        if let Some(lanes) = lanes() {
            let batched = axes[0].first() == Some(&0);
            let own = &operands[0].shape()[usize::from(batched)..];
            let full: Vec<usize> = std::iter::once(size).chain(own.iter().copied()).collect();
            let from = usize::from(!batched);
            let dims: Vec<usize> = (from..full.len()).collect();
            let when = broadcast_in_dim(&operands[0], &full, &dims);
            operands[0] = and(&when, &broadcast_in_dim(&lanes, &full, &[0]));
            if !batched {
                axes[0].insert(0, 0);
            }
        }
        let lanes = std::iter::once(size).chain(self.lanes.iter().copied()).collect();
        bind(Prim::new(HostCall { lanes, axes, ..self.clone() }), &operands.iter().collect::<Vec<_>>());
        (Vec::new(), Vec::new())
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        let lanes: Vec<usize> = (0..self.axes[0].len()).collect();
        let when = if lanes.is_empty() { ins[0] } else { cx.reduce(ins[0], &lanes, Scalar::bool(false), Binary::Or) };
        let own = self.clone();
        let host = HostFn::new(self.name(), move |args| own.run(args));
        let span = cx.span();
        cx.push(Step::Call(Call { host, when, ins: ins.to_vec(), span }));
        Vec::new()
    }

    fn has_effects(&self) -> bool {
        true
    }
}
