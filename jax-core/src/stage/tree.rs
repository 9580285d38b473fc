//! Trees of arrays: flattening arguments and results, and building them again.

use std::any::Any;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use smallvec::SmallVec;

use crate::array::Array;
use crate::array::data::FromScalar;
use crate::array::fail::raise;
use crate::base::error::ErrorKind;
use crate::base::{DType, Error, Scalar};
use crate::ir::Aval;

/// One piece of the structure of arguments or results.
#[derive(Clone, Debug)]
pub enum Token {
    /// A leaf: the next array.
    Leaf,
    /// A length, or the number of an enum's variant.
    Tag(u64),
    /// A value that is part of the structure.
    Static(Arc<dyn StaticValue>),
}

/// A value that can be part of a cache key.
pub trait StaticValue: fmt::Debug + Send + Sync {
    /// For reading it back.
    fn as_any(&self) -> &dyn Any;
    /// Equality with any other.
    fn dyn_eq(&self, other: &dyn Any) -> bool;
    /// Hashing.
    fn dyn_hash(&self, state: &mut dyn Hasher);
}

impl<T: Clone + Eq + Hash + fmt::Debug + Send + Sync + 'static> StaticValue for T {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn dyn_eq(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<T>().is_some_and(|other| self == other)
    }

    fn dyn_hash(&self, mut state: &mut dyn Hasher) {
        self.hash(&mut state);
    }
}

impl PartialEq for Token {
    fn eq(&self, other: &Token) -> bool {
        match (self, other) {
            (Token::Leaf, Token::Leaf) => true,
            (Token::Tag(a), Token::Tag(b)) => a == b,
            (Token::Static(a), Token::Static(b)) => (**a).dyn_eq((**b).as_any()),
            _ => false,
        }
    }
}

impl Eq for Token {}

impl Hash for Token {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Token::Leaf => state.write_u8(0),
            Token::Tag(tag) => state.write_u64(*tag),
            Token::Static(value) => (**value).dyn_hash(state),
        }
    }
}

/// Flattened arguments or results: arrays, and the structure around them.
#[derive(Clone, Default, Debug)]
pub struct Flat {
    /// The leaves in order.
    pub leaves: SmallVec<[Array; 6]>,
    /// The structure.
    pub tokens: SmallVec<[Token; 6]>,
}

impl Flat {
    /// Nothing yet.
    pub fn new() -> Flat {
        Flat::default()
    }

    /// Appends a leaf.
    pub fn leaf(&mut self, array: Array) {
        self.leaves.push(array);
        self.tokens.push(Token::Leaf);
    }

    /// Appends a length or a variant's number.
    pub fn tag(&mut self, tag: u64) {
        self.tokens.push(Token::Tag(tag));
    }

    /// Appends a value that is part of the structure.
    pub fn static_value<T: Clone + Eq + Hash + fmt::Debug + Send + Sync + 'static>(&mut self, value: T) {
        self.tokens.push(Token::Static(Arc::new(value)));
    }

    /// A reader of it.
    pub fn read(&self) -> Leaves<'_> {
        Leaves { leaves: &self.leaves, tokens: &self.tokens, hidden: false }
    }

    /// The types of the leaves.
    pub fn avals(&self) -> Vec<Aval> {
        self.leaves.iter().map(|leaf| leaf.aval().clone()).collect()
    }
}

/// A reader of flattened values.
#[derive(Debug)]
pub struct Leaves<'a> {
    leaves: &'a [Array],
    tokens: &'a [Token],
    /// Whether a traced leaf was read as a Rust scalar, which cannot hold it.
    pub(crate) hidden: bool,
}

impl<'a> Leaves<'a> {
    /// A reader of these leaves under this structure.
    pub fn new(leaves: &'a [Array], tokens: &'a [Token]) -> Leaves<'a> {
        Leaves { leaves, tokens, hidden: false }
    }

    fn next(&mut self) -> &'a Token {
        match self.tokens.split_first() {
            Some((token, rest)) => {
                self.tokens = rest;
                token
            }
            None => crate::bug!("a tree has fewer parts than its type"),
        }
    }

    /// The next leaf.
    pub fn leaf(&mut self) -> Array {
        match (self.next(), self.leaves.split_first()) {
            (Token::Leaf, Some((leaf, rest))) => {
                self.leaves = rest;
                leaf.clone()
            }
            _ => crate::bug!("a tree has another structure than its type"),
        }
    }

    /// The next length or variant's number.
    pub fn tag(&mut self) -> u64 {
        match self.next() {
            Token::Tag(tag) => *tag,
            _ => crate::bug!("a tree has another structure than its type"),
        }
    }

    /// The next value that is part of the structure.
    pub fn static_value<T: Clone + 'static>(&mut self) -> T {
        match self.next() {
            Token::Static(value) => match (**value).as_any().downcast_ref::<T>() {
                Some(value) => value.clone(),
                None => crate::bug!("a static value of another type"),
            },
            _ => crate::bug!("a tree has another structure than its type"),
        }
    }

    fn scalar<T: FromScalar + Default>(&mut self) -> T {
        let leaf = self.leaf();
        match leaf.as_constant() {
            Some(value) => T::from_scalar(value),
            None => {
                self.hidden = true;
                T::default()
            }
        }
    }
}

/// A tree of arrays: structs that derive it, arrays, keys, and tuples, vectors, options and arrays of trees.
///
/// ```
/// use jax_core::stage::{Flat, PyTree};
/// use jax_core::array::{Array, IntoArray};
/// let pair: (Array, Vec<Array>) = ([1.0f32].into_array(), vec![[2.0f32].into_array()]);
/// let mut flat = Flat::new();
/// PyTree::flatten(pair, &mut flat);
/// assert_eq!(flat.leaves.len(), 2);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tree of arrays",
    note = "derive it: `#[derive(PyTree)]`; a Rust scalar in such a struct is either an `Array` or marked `#[pytree(static)]`"
)]
pub trait PyTree: Sized {
    /// Appends the leaves and the structure.
    fn flatten(self, flat: &mut Flat);
    /// Builds the tree again.
    fn unflatten(leaves: &mut Leaves<'_>) -> Self;
}

/// A tree that may be used again without saying so: every tree but a PRNG key.
#[diagnostic::on_unimplemented(
    message = "a PRNG key is used twice",
    label = "this key is used again below",
    note = "the same key gives the same numbers: use `random::split` for independent ones, or write `.clone()` if the same numbers are meant"
)]
pub trait Reusable {}

impl Reusable for Array {}

impl PyTree for Array {
    fn flatten(self, flat: &mut Flat) {
        flat.leaf(self);
    }

    fn unflatten(leaves: &mut Leaves<'_>) -> Array {
        leaves.leaf()
    }
}

/// What a staged function takes as an argument.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a staged function",
    note = "arguments are arrays, Rust scalars, keys and trees of them; mark any other value static: `#[jit(static(name))]`"
)]
pub trait Arg: Sized {
    /// What the body of the function sees: arrays for scalars, the value itself otherwise.
    type Staged;
    /// The type of a gradient with respect to it.
    type Grad;
    /// Appends the leaves and the structure.
    fn flatten(self, flat: &mut Flat);
    /// What the body sees, from leaves.
    fn stage(leaves: &mut Leaves<'_>) -> Self::Staged;
    /// The argument itself, from leaves: what a transform passes to a function.
    fn rebuild(leaves: &mut Leaves<'_>) -> Self;
}

/// What a staged function gives.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the result of a staged function",
    note = "results are arrays, Rust scalars, keys and trees of them"
)]
pub trait Ret: Sized {
    /// What the body gives: arrays for scalars, the value itself otherwise.
    type Staged;
    /// Whether it is a Rust scalar, which cannot hold a traced value.
    const IS_SCALAR: bool = false;
    /// Appends the leaves and the structure of what the body gives.
    fn flatten(staged: Self::Staged, flat: &mut Flat);
    /// Appends the leaves and the structure of the result itself.
    fn flatten_self(self, flat: &mut Flat);
    /// The result, from leaves.
    fn rebuild(leaves: &mut Leaves<'_>) -> Self;
}

/// Implements `Arg` and `Ret` for trees.
#[doc(hidden)]
#[macro_export]
macro_rules! tree_argument {
    ($([$($generics:tt)*] $ty:ty;)*) => {
        $(
            impl<$($generics)*> $crate::stage::tree::Arg for $ty {
                type Staged = $ty;
                type Grad = $ty;

                fn flatten(self, flat: &mut $crate::stage::tree::Flat) {
                    <$ty as $crate::stage::tree::PyTree>::flatten(self, flat);
                }

                fn stage(leaves: &mut $crate::stage::tree::Leaves<'_>) -> $ty {
                    <$ty as $crate::stage::tree::PyTree>::unflatten(leaves)
                }

                fn rebuild(leaves: &mut $crate::stage::tree::Leaves<'_>) -> $ty {
                    <$ty as $crate::stage::tree::PyTree>::unflatten(leaves)
                }
            }

            impl<$($generics)*> $crate::stage::tree::Ret for $ty {
                type Staged = $ty;

                fn flatten(staged: $ty, flat: &mut $crate::stage::tree::Flat) {
                    <$ty as $crate::stage::tree::PyTree>::flatten(staged, flat);
                }

                fn flatten_self(self, flat: &mut $crate::stage::tree::Flat) {
                    <$ty as $crate::stage::tree::PyTree>::flatten(self, flat);
                }

                fn rebuild(leaves: &mut $crate::stage::tree::Leaves<'_>) -> $ty {
                    <$ty as $crate::stage::tree::PyTree>::unflatten(leaves)
                }
            }
        )*
    };
}

tree_argument! { [] Array; }

impl<T: PyTree + Clone> Arg for &T {
    type Staged = T;
    type Grad = T;

    fn flatten(self, flat: &mut Flat) {
        PyTree::flatten(self.clone(), flat);
    }

    fn stage(leaves: &mut Leaves<'_>) -> T {
        PyTree::unflatten(leaves)
    }

    fn rebuild(_: &mut Leaves<'_>) -> Self {
        raise(Error::new(
            ErrorKind::Transform,
            "transform",
            "a function that takes a reference cannot be transformed: take the array by value",
        ))
    }
}

macro_rules! scalar_arguments {
    ($($ty:ty => $dtype:ident $make:ident $via:ty;)*) => {
        $(
            impl Arg for $ty {
                type Staged = Array;
                type Grad = $ty;

                fn flatten(self, flat: &mut Flat) {
                    flat.leaf(Array::weak_scalar(Scalar::$make(DType::$dtype, self as $via)));
                }

                fn stage(leaves: &mut Leaves<'_>) -> Array {
                    leaves.leaf()
                }

                fn rebuild(leaves: &mut Leaves<'_>) -> $ty {
                    leaves.scalar()
                }
            }

            impl Ret for $ty {
                type Staged = Array;
                const IS_SCALAR: bool = true;

                fn flatten(staged: Array, flat: &mut Flat) {
                    let staged = scalar_result(staged, DType::$dtype, stringify!($ty));
                    flat.leaf(staged);
                }

                fn flatten_self(self, flat: &mut Flat) {
                    Arg::flatten(self, flat);
                }

                fn rebuild(leaves: &mut Leaves<'_>) -> $ty {
                    leaves.scalar()
                }
            }
        )*
    };
}

scalar_arguments! {
    f32 => F32 from_f64 f64;
    f64 => F64 from_f64 f64;
    i32 => I32 from_i128 i128;
    i64 => I64 from_i128 i128;
    u32 => U32 from_i128 i128;
    u64 => U64 from_i128 i128;
    bool => Bool from_i128 i128;
}

/// What a body gives for a scalar result: a rank-0 array of the scalar's kind, in the scalar's dtype.
fn scalar_result(staged: Array, dtype: DType, name: &str) -> Array {
    if staged.ndim() != 0 {
        raise(Error::new(
            ErrorKind::Shape,
            "jit",
            format!("a staged function that returns {name} gave an array of type {}", staged.aval()),
        ));
    }
    if staged.dtype().kind() != dtype.kind() && !(dtype.is_float() && staged.dtype().is_integer()) {
        raise(Error::new(
            ErrorKind::DType,
            "jit",
            format!("a staged function that returns {name} gave a value of dtype {}", staged.dtype()),
        ));
    }
    let weak = staged.weak_type();
    crate::prim::convert::convert_element_type(&staged, dtype, weak)
}

macro_rules! static_arguments {
    ($($ty:ty),*) => {
        $(impl Arg for $ty {
            type Staged = $ty;
            type Grad = ();

            fn flatten(self, flat: &mut Flat) {
                flat.static_value(self);
            }

            fn stage(leaves: &mut Leaves<'_>) -> $ty {
                leaves.static_value()
            }

            fn rebuild(leaves: &mut Leaves<'_>) -> $ty {
                leaves.static_value()
            }
        })*
    };
}

static_arguments!(usize, &'static str, String, char);

macro_rules! tuples {
    ($(($($name:ident $index:tt),*);)*) => {
        $(
            impl<$($name: Reusable),*> Reusable for ($($name,)*) {}

            impl<$($name: PyTree),*> PyTree for ($($name,)*) {
                #[allow(unused_variables, reason = "the empty tuple has nothing to flatten")]
                fn flatten(self, flat: &mut Flat) {
                    $(PyTree::flatten(self.$index, flat);)*
                }

                #[allow(unused_variables, clippy::unused_unit, reason = "the empty tuple has nothing to build")]
                fn unflatten(leaves: &mut Leaves<'_>) -> Self {
                    ($(<$name as PyTree>::unflatten(leaves),)*)
                }
            }

            impl<$($name: Arg),*> Arg for ($($name,)*) {
                type Staged = ($($name::Staged,)*);
                type Grad = ($($name::Grad,)*);

                #[allow(unused_variables, reason = "the empty tuple has nothing to flatten")]
                fn flatten(self, flat: &mut Flat) {
                    $(Arg::flatten(self.$index, flat);)*
                }

                #[allow(unused_variables, clippy::unused_unit, reason = "the empty tuple has nothing to build")]
                fn stage(leaves: &mut Leaves<'_>) -> Self::Staged {
                    ($($name::stage(leaves),)*)
                }

                #[allow(unused_variables, clippy::unused_unit, reason = "the empty tuple has nothing to build")]
                fn rebuild(leaves: &mut Leaves<'_>) -> Self {
                    ($(<$name as Arg>::rebuild(leaves),)*)
                }
            }

            impl<$($name: Ret),*> Ret for ($($name,)*) {
                type Staged = ($($name::Staged,)*);

                #[allow(unused_variables, reason = "the empty tuple has nothing to flatten")]
                fn flatten(staged: Self::Staged, flat: &mut Flat) {
                    $(<$name as Ret>::flatten(staged.$index, flat);)*
                }

                #[allow(unused_variables, reason = "the empty tuple has nothing to flatten")]
                fn flatten_self(self, flat: &mut Flat) {
                    $(<$name as Ret>::flatten_self(self.$index, flat);)*
                }

                #[allow(unused_variables, clippy::unused_unit, reason = "the empty tuple has nothing to build")]
                fn rebuild(leaves: &mut Leaves<'_>) -> Self {
                    ($(<$name as Ret>::rebuild(leaves),)*)
                }
            }
        )*
    };
}

tuples! {
    ();
    (A 0);
    (A 0, B 1);
    (A 0, B 1, C 2);
    (A 0, B 1, C 2, D 3);
    (A 0, B 1, C 2, D 3, E 4);
    (A 0, B 1, C 2, D 3, E 4, F 5);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
}

/// Implements the three traits for a container: how it flattens and how it is built, over each element's way.
macro_rules! containers {
    ($($ty:ident |$this:ident, $flat:ident, $each:ident| $flatten:expr, |$leaves:ident, $build:ident| $unflatten:expr;)*) => {
        $(
            impl<T: Reusable> Reusable for $ty<T> {}

            impl<T: PyTree> PyTree for $ty<T> {
                fn flatten(self, $flat: &mut Flat) {
                    let ($this, $each) = (self, <T as PyTree>::flatten);
                    $flatten
                }

                fn unflatten($leaves: &mut Leaves<'_>) -> Self {
                    let $build = <T as PyTree>::unflatten;
                    $unflatten
                }
            }

            impl<T: Arg> Arg for $ty<T> {
                type Staged = $ty<T::Staged>;
                type Grad = $ty<T::Grad>;

                fn flatten(self, $flat: &mut Flat) {
                    let ($this, $each) = (self, <T as Arg>::flatten);
                    $flatten
                }

                fn stage($leaves: &mut Leaves<'_>) -> Self::Staged {
                    let $build = T::stage;
                    $unflatten
                }

                fn rebuild($leaves: &mut Leaves<'_>) -> Self {
                    let $build = <T as Arg>::rebuild;
                    $unflatten
                }
            }

            impl<T: Ret> Ret for $ty<T> {
                type Staged = $ty<T::Staged>;

                fn flatten(staged: Self::Staged, $flat: &mut Flat) {
                    let ($this, $each) = (staged, <T as Ret>::flatten);
                    $flatten
                }

                fn flatten_self(self, $flat: &mut Flat) {
                    let ($this, $each) = (self, <T as Ret>::flatten_self);
                    $flatten
                }

                fn rebuild($leaves: &mut Leaves<'_>) -> Self {
                    let $build = <T as Ret>::rebuild;
                    $unflatten
                }
            }
        )*
    };
}

containers! {
    Vec |this, flat, each| {
        flat.tag(this.len() as u64);
        this.into_iter().for_each(|item| each(item, flat));
    }, |leaves, build| {
        let length = leaves.tag();
        (0..length).map(|_| build(leaves)).collect()
    };
    Option |this, flat, each| {
        flat.tag(this.is_some() as u64);
        if let Some(item) = this {
            each(item, flat);
        }
    }, |leaves, build| match leaves.tag() {
        0 => None,
        _ => Some(build(leaves)),
    };
}

impl<T: Reusable, const N: usize> Reusable for [T; N] {}

impl<T: PyTree, const N: usize> PyTree for [T; N] {
    fn flatten(self, flat: &mut Flat) {
        self.into_iter().for_each(|item| PyTree::flatten(item, flat));
    }

    fn unflatten(leaves: &mut Leaves<'_>) -> Self {
        std::array::from_fn(|_| PyTree::unflatten(leaves))
    }
}

impl<T: Arg, const N: usize> Arg for [T; N] {
    type Staged = [T::Staged; N];
    type Grad = [T::Grad; N];

    fn flatten(self, flat: &mut Flat) {
        self.into_iter().for_each(|item| Arg::flatten(item, flat));
    }

    fn stage(leaves: &mut Leaves<'_>) -> Self::Staged {
        std::array::from_fn(|_| T::stage(leaves))
    }

    fn rebuild(leaves: &mut Leaves<'_>) -> Self {
        std::array::from_fn(|_| <T as Arg>::rebuild(leaves))
    }
}

impl<T: Ret, const N: usize> Ret for [T; N] {
    type Staged = [T::Staged; N];

    fn flatten(staged: Self::Staged, flat: &mut Flat) {
        staged.into_iter().for_each(|item| <T as Ret>::flatten(item, flat));
    }

    fn flatten_self(self, flat: &mut Flat) {
        self.into_iter().for_each(|item| <T as Ret>::flatten_self(item, flat));
    }

    fn rebuild(leaves: &mut Leaves<'_>) -> Self {
        std::array::from_fn(|_| <T as Ret>::rebuild(leaves))
    }
}
