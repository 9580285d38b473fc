//! Functions that transforms take: closures and function items over arguments that flatten, and traced programs.

use crate::array::{Array, builder};
use crate::base::Result;
use crate::ir::ClosedJaxpr;
use crate::stage::call::hand_over;
use crate::stage::tree::{Arg, Flat, Leaves, Ret, Token};
use smallvec::SmallVec;

/// A function over the arguments `A`, a tuple.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be transformed",
    note = "transforms take functions and closures of up to 8 arguments by value, whose arguments and results are arrays, Rust scalars, keys and trees of them"
)]
pub trait Fun<A> {
    /// What it gives.
    type Out: Ret;

    /// Calls it.
    fn apply(&self, args: A) -> Self::Out;
}

/// Arguments of a function: a tuple.
pub trait Args: Sized {
    /// The type of the first argument's gradient.
    type FirstGrad: Ret;
    /// The type of a callable that takes these arguments.
    type Dyn<R>: ?Sized;

    /// How many there are.
    const COUNT: usize;

    /// Appends the leaves and the structure of every argument; gives where each starts.
    fn flatten_all(self, flat: &mut Flat) -> SmallVec<[(usize, usize); 6]>;

    /// The arguments from leaves.
    fn rebuild_all(leaves: &mut Leaves<'_>) -> Self;

    /// A boxed callable.
    fn boxed<'a, R>(f: impl Fn(Self) -> R + 'a) -> Boxed<'a, Self, R>
    where
        Self: 'a;
}

/// A boxed function of arguments.
pub type Boxed<'a, A, R> = Box<dyn Fn(A) -> R + 'a>;

/// What [`trace_fun`] finds: the program, and the structure of the results.
#[derive(Clone, Debug)]
pub struct TracedFun {
    /// The program over the flattened arguments.
    pub closed: ClosedJaxpr,
    /// The structure of the results.
    pub out_tokens: SmallVec<[Token; 6]>,
}

/// Applies a function to flattened arguments inside a function that is being traced.
pub fn apply_flat<A: Args, F: Fun<A>>(f: &F, args: &Flat) -> Flat {
    let mut leaves = args.read();
    let rebuilt = A::rebuild_all(&mut leaves);
    let hidden = leaves.hidden;
    let (out, handed) = hand_over(std::any::type_name::<F>(), args.clone(), || f.apply(rebuilt));
    if let Some(flat) = handed {
        return flat;
    }
    if hidden {
        crate::array::raise(crate::array::fail::value_error(
            "transform",
            "a traced value was passed for a Rust scalar parameter of a function that is not staged: mark the function \
             #[jit], or take an Array",
        ));
    }
    let mut flat = Flat::new();
    out.flatten_self(&mut flat);
    flat
}

/// Traces a function on arguments of these types.
pub fn trace_fun<A: Args, F: Fun<A>>(f: &F, args: &Flat) -> TracedFun {
    let (closed, out_tokens) = builder::trace_with(&args.avals(), |leaves| {
        let args = Flat { leaves: leaves.iter().cloned().collect(), tokens: args.tokens.clone() };
        let out = apply_flat(f, &args);
        (out.leaves.into_vec(), out.tokens)
    });
    TracedFun { closed, out_tokens }
}

/// Runs a jaxpr whose shape a transform made: into the jaxpr being traced, or compiled.
pub fn run_closed(closed: &ClosedJaxpr, args: &[Array]) -> Result<Vec<Array>> {
    if builder::is_tracing() {
        return Ok(crate::transform::eval(closed, args));
    }
    crate::stage::compiled::run_once(closed, args)
}

macro_rules! functions {
    ($(($($name:ident $index:tt),*);)*) => {
        $(
            impl<Func, R, $($name,)*> Fun<($($name,)*)> for Func
            where
                Func: Fn($($name),*) -> R,
                R: Ret,
            {
                type Out = R;

                fn apply(&self, args: ($($name,)*)) -> R {
                    self($(args.$index),*)
                }
            }
        )*
    };
}

functions! {
    (A 0);
    (A 0, B 1);
    (A 0, B 1, C 2);
    (A 0, B 1, C 2, D 3);
    (A 0, B 1, C 2, D 3, E 4);
    (A 0, B 1, C 2, D 3, E 4, G 5);
    (A 0, B 1, C 2, D 3, E 4, G 5, H 6);
    (A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7);
}
