//! Generic staged functions: which types stand for a type parameter, what it is while the body is traced, and one
//! staged function for each instance.

use std::any::TypeId;
use std::fmt;
use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;

use super::cache::Staged;
use crate::array::{Array, IntoArray};
use crate::base::Table;
use crate::lax::{FloatElement, Tracer};
use crate::tree::{Arg, PyTree, Ret, Reusable};

/// A number that a staged function can be generic over: `f32`, `f64`, their [`Tracer`]s, and `Array` where the bounds
/// allow.
///
/// `#[jit] fn f<T: Float>(x: T) -> T` adds to its signature that `T` and what stands for it while the body is traced
/// fit the bounds. A generic function that calls it and is not staged itself says so too: `T: Float + Traceable`, with
/// `T::Tracer: Float`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a number that a generic staged function can take",
    note = "numbers are `f32`, `f64`, `Tracer<f32>`, `Tracer<f64>` and `Array`; a tree of arrays is told by the bound `T: PyTree`"
)]
pub trait Traceable: Arg<Grad = Self> + Ret + 'static {
    /// What it is while the body is traced.
    type Tracer: Traced;
}

/// What a number is while the body of a generic staged function is traced.
pub trait Traced:
    Traceable<Tracer = Self> + Arg<Staged = Self> + Ret<Staged = Self> + PyTree + Reusable + Clone + IntoArray
{
}

/// A tree that stands for a type parameter with the bound `PyTree`.
pub trait Tree: Arg<Staged = Self, Grad = Self> + Ret<Staged = Self> + PyTree + Reusable + Clone + 'static {}

impl<T: Arg<Staged = T, Grad = T> + Ret<Staged = T> + PyTree + Reusable + Clone + 'static> Tree for T {}

impl Traceable for f32 {
    type Tracer = Tracer<f32>;
}

impl Traceable for f64 {
    type Tracer = Tracer<f64>;
}

impl<T: FloatElement> Traceable for Tracer<T> {
    type Tracer = Tracer<T>;
}

impl<T: FloatElement> Traced for Tracer<T> {}

impl Traceable for Array {
    type Tracer = Array;
}

impl Traced for Array {}

/// The instances of a generic staged function, each with its own cache: a `static` in a generic function is one for all
/// of them.
pub struct Instances(Table<(TypeId, Staged), 8>);

impl Instances {
    /// No instance yet.
    pub const fn new() -> Instances {
        Instances(Table::new())
    }

    /// The staged function of an instance, told by the type of a function item; made at its first use.
    pub fn of<F: 'static>(&'static self, _: &F, make: impl FnOnce() -> Staged) -> &'static Staged {
        let instance = TypeId::of::<F>();
        let mut hasher = FxHasher::default();
        instance.hash(&mut hasher);
        let found = self.0.find_or_make(hasher.finish(), |(known, _)| *known == instance, || Ok((instance, make())));
        match found {
            Ok((_, staged)) => staged,
            Err(error) => crate::bug!("an instance was not made: {error}"),
        }
    }
}

impl Default for Instances {
    fn default() -> Instances {
        Instances::new()
    }
}

impl fmt::Debug for Instances {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
