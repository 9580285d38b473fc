//! Trees of arrays: flattening arguments and results, and building them again.
//!
//! A tree is its leaves, arrays, and the tokens of the structure around them. What may be in one stands in
//! [`leaf`] and [`container`].

pub mod container;
pub mod leaf;

use std::any::Any;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use smallvec::SmallVec;

use crate::array::Array;
use crate::array::data::FromScalar;
use crate::ir::Aval;

/// One piece of the structure of arguments or results.
#[derive(Clone, Debug)]
pub enum Token {
    /// A leaf: the next array.
    Leaf,
    /// A length, or the number of an enum's variant; it says something of what follows.
    Tag(u64),
    /// So many parts follow: members of a tuple, fields of a struct, items of a vector. It groups, and is not read.
    Node(usize),
    /// The last so many axes of the next array are no axes of the value that it holds: of a key, its words.
    Inner(usize),
    /// A value that is part of the structure.
    Static(Arc<dyn StaticValue>),
    /// A value that is not there yet, in the state of staged control flow.
    Absent,
    /// A value that is there, in so many tokens.
    Present(usize),
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
            (Token::Node(a), Token::Node(b)) | (Token::Inner(a), Token::Inner(b)) => a == b,
            (Token::Absent, Token::Absent) => true,
            (Token::Present(a), Token::Present(b)) => a == b,
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
            Token::Node(count) | Token::Inner(count) => state.write_usize(*count),
            Token::Static(value) => (**value).dyn_hash(state),
            Token::Absent => state.write_u8(1),
            Token::Present(count) => state.write_usize(*count),
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

    /// Says that so many parts follow, which belong together.
    pub fn node(&mut self, count: usize) {
        self.tokens.push(Token::Node(count));
    }

    /// Says that the last so many axes of the next leaf are no axes of the value that it holds.
    pub fn inner(&mut self, axes: usize) {
        self.tokens.push(Token::Inner(axes));
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
        while let Some((token, rest)) = self.tokens.split_first() {
            self.tokens = rest;
            if !matches!(token, Token::Node(_) | Token::Inner(_)) {
                return token;
            }
        }
        crate::bug!("a tree has fewer parts than its type")
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

    /// Whether the next value, of those that may be absent, is there.
    pub(crate) fn is_present(&mut self) -> bool {
        match self.next() {
            Token::Present(_) => true,
            Token::Absent => false,
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
/// use jax_core::tree::{Flat, PyTree};
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
    message = "a PRNG key may be used twice: `{Self}` is or holds one",
    label = "this is or holds a key, and can be used again",
    note = "the same key gives the same numbers: use `random::split` for independent ones, or write `.clone()` if the same numbers are meant; an argument of a staged function with a key in it is passed by value"
)]
pub trait Reusable {}

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
    /// The same, as an operand of a function on arrays: a Rust number is what it is there, of the default dtype of its
    /// kind and weakly typed.
    fn flatten_operand(self, flat: &mut Flat) {
        self.flatten(flat);
    }
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
