//! Keys: how they are made, split and shown.

use std::fmt;

use jax_core::array::{Array, raise};
use jax_core::base::error::ErrorKind;
use jax_core::base::{DType, Error, Scalar};
use jax_core::lax::methods::IntoShape;
use jax_core::prim::threefry::threefry2x32;
use jax_core::tree::{Flat, Leaves};

use super::bits::{counters, original_words};
use super::{dtype_error, extents};
use crate::lax::{broadcast_in_dim, concatenate, reshape, slice_in_dim};
use crate::{PyTree, jit};

/// How the words of the generator are counted out over an array.
///
/// It is part of a key, and so of what a staged function is compiled for: keys of both layouts can be used side by
/// side and in all threads.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, PyTree)]
pub enum Layout {
    /// One counter for each element, whatever the shape (JAX's default since 0.5).
    #[default]
    Partitionable,
    /// The elements' counters paired off, first half with second (`jax_threefry_partitionable=False`, JAX's first).
    Original,
}

/// A key, or an array of keys: the whole state of a random number generator.
///
/// It is a tree whose only leaf is its data, two `uint32` in a last axis; so it can be an argument of a staged
/// function, and an array of keys can be mapped and scanned over. It is not `Copy`: a sampler consumes its key.
#[derive(Clone)]
pub struct Key {
    data: Array,
    layout: Layout,
}

// Not derived: a derived tree may be used again without saying so.
impl PyTree for Key {
    fn flatten(self, flat: &mut Flat) {
        // The layout says something of the one leaf, and is no part beside it.
        flat.tag((self.layout == Layout::Original) as u64);
        flat.inner(1);
        flat.leaf(self.data);
    }

    fn unflatten(leaves: &mut Leaves<'_>) -> Key {
        let layout = if leaves.tag() == 0 { Layout::Partitionable } else { Layout::Original };
        Key { data: leaves.leaf(), layout }
    }
}

jax_core::tree_argument! { [] Key; }

/// What a key is made from: an integer, or an array that is one. 32-bit integers give JAX's keys in its default mode,
/// 64-bit ones those with 64-bit types enabled; the two agree on `0..=u32::MAX`.
pub trait Seed {
    /// The 64 bits of the seed, the high word first: `uint32[2]`.
    fn words(self) -> Array;
}

macro_rules! seeds {
    ($($ty:ty => |$seed:ident| $bits:expr;)*) => {
        $(impl Seed for $ty {
            fn words(self) -> Array {
                let $seed = self;
                let bits: u64 = $bits;
                Array::from_slice(&[(bits >> 32) as u32, bits as u32], &[2])
            }
        })*
    };
}

seeds! {
    i32 => |seed| seed as u32 as u64;
    u32 => |seed| seed as u64;
    i64 => |seed| seed as u64;
    u64 => |seed| seed;
    usize => |seed| seed as u64;
}

impl Seed for Array {
    #[track_caller]
    fn words(self) -> Array {
        if self.ndim() != 0 {
            raise(Error::new(
                ErrorKind::Shape,
                "key",
                format!("key accepts a scalar seed, but was given an array of type {}.", self.aval()),
            ));
        }
        if !self.dtype().is_integer() {
            dtype_error("key", format!("PRNG key seed must be an integer; got {}", self.dtype()));
        }
        let low = self.astype(DType::U32);
        let high = if self.dtype().size() == 8 { ((&self) >> 32).astype(DType::U32) } else { zero() };
        stack(&high, &low)
    }
}

impl Seed for &Array {
    #[track_caller]
    fn words(self) -> Array {
        self.clone().words()
    }
}

/// The `uint32` scalar 0.
pub(super) fn zero() -> Array {
    Array::scalar(Scalar::zero(DType::U32))
}

/// Two words of each element in a new last axis.
fn stack(first: &Array, second: &Array) -> Array {
    let axis = first.ndim();
    let shape: Vec<usize> = first.shape().iter().copied().chain([1]).collect();
    let dims: Vec<usize> = (0..axis).collect();
    let column = |word: &Array| broadcast_in_dim(word, &shape, &dims);
    concatenate(&[&column(first), &column(second)], axis)
}

/// The key for a seed.
///
/// ```
/// use jax::random;
/// assert_eq!(format!("{:?}", random::key(42)), "Array((), dtype=key<fry>) overlaying:\n[ 0 42]");
/// ```
///
/// # Panics
/// If the seed is an array that is not an integer scalar.
#[track_caller]
pub fn key(seed: impl Seed) -> Key {
    Key { data: seed.words(), layout: Layout::default() }
}

/// The data of a key: `uint32` of its shape and a last axis of extent 2.
///
/// ```
/// use jax::random;
/// assert_eq!(random::key_data(&random::key(7)).to_vec::<u32>(), [0, 7]);
/// ```
pub fn key_data(key: &Key) -> Array {
    key.data.clone()
}

/// The key, or the array of keys, with this data: `uint32` with a last axis of extent 2.
///
/// ```
/// use jax::{Array, random};
/// let key = random::wrap_key_data(Array::from_slice(&[1u32, 2], &[2]));
/// assert_eq!(key.to_string(), "Array((), dtype=key<fry>) overlaying:\n[1 2]");
/// ```
///
/// # Panics
/// If the data has another dtype or last axis.
#[track_caller]
pub fn wrap_key_data(data: Array) -> Key {
    if data.dtype() != DType::U32 || data.shape().last() != Some(&2) {
        raise(Error::new(
            ErrorKind::Shape,
            "wrap_key_data",
            format!("JAX encountered invalid PRNG key data: expected uint32[..., 2], got {}.", data.aval()),
        ));
    }
    Key { data, layout: Layout::default() }
}

impl Key {
    /// The same key with another layout of the numbers drawn from it, and from what is split from it.
    ///
    /// ```
    /// use jax::random::{self, Layout};
    /// let x = random::uniform(random::key(42), ());
    /// let y = random::uniform(random::key(42).with_layout(Layout::Original), ());
    /// assert_eq!(x.to_string(), "0.48870957");
    /// assert_eq!(y.to_string(), "0.42672753");
    /// ```
    pub fn with_layout(self, layout: Layout) -> Key {
        Key { layout, ..self }
    }

    /// The layout of the numbers drawn from it.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// The extents of an array of keys; none for one key.
    pub fn shape(&self) -> &[usize] {
        self.data.shape().split_last().map_or(&[], |(_, shape)| shape)
    }

    /// The number of axes: 0 for one key.
    pub fn ndim(&self) -> usize {
        self.shape().len()
    }

    /// The two words of one key, as `op` needs them.
    #[track_caller]
    pub(super) fn words(&self, op: &'static str) -> [Array; 2] {
        self.single(op);
        [0, 1].map(|word| reshape(&slice_in_dim(&self.data, word, word + 1, 0), &[]))
    }

    /// Checks that this is one key.
    #[track_caller]
    pub(super) fn single(&self, op: &'static str) {
        if self.ndim() != 0 {
            raise(Error::new(
                ErrorKind::Shape,
                op,
                format!(
                    "{op} accepts a single key, but was given a key array of shape {} != (). Use vmap for batching.",
                    tuple(self.shape())
                ),
            ));
        }
    }
}

/// A shape as Python prints it.
pub(super) fn tuple(shape: &[usize]) -> String {
    let extents: Vec<String> = shape.iter().map(usize::to_string).collect();
    if extents.len() == 1 { format!("({},)", extents[0]) } else { format!("({})", extents.join(", ")) }
}

/// As JAX prints a key array.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.data.is_traced() {
            let extents: Vec<String> = self.shape().iter().map(usize::to_string).collect();
            return write!(f, "JitTracer(key<fry>[{}])", extents.join(","));
        }
        write!(f, "Array({}, dtype=key<fry>) overlaying:\n{}", tuple(self.shape()), self.data)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The keys of an array of keys, along its first axis: see [`split_array`].
#[derive(Debug)]
pub struct Keys {
    keys: Key,
    next: usize,
}

impl Iterator for Keys {
    type Item = Key;

    fn next(&mut self) -> Option<Key> {
        let Key { data, layout } = &self.keys;
        let row = (self.next < data.shape()[0]).then(|| slice_in_dim(data, self.next, self.next + 1, 0))?;
        self.next += 1;
        Some(Key { data: reshape(&row, &data.shape()[1..]), layout: *layout })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.keys.data.shape()[0] - self.next;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Keys {}

impl IntoIterator for Key {
    type Item = Key;
    type IntoIter = Keys;

    /// The keys along the first axis.
    ///
    /// # Panics
    /// If this is one key.
    #[track_caller]
    fn into_iter(self) -> Keys {
        if self.ndim() == 0 {
            raise(Error::new(ErrorKind::Shape, "key", "iteration over a 0-d key array"));
        }
        Keys { keys: self, next: 0 }
    }
}

/// Independent keys from one key, as many as the pattern on the left asks for.
///
/// ```
/// use jax::random;
/// let [a, b, c] = random::split(random::key(0));
/// assert_ne!(a.to_string(), b.to_string());
/// # let _ = c;
/// ```
///
/// # Panics
/// If `key` is an array of keys.
#[track_caller]
pub fn split<const N: usize>(key: Key) -> [Key; N] {
    key.single("split");
    let layout = key.layout;
    let mut keys = Keys { keys: Key { data: split_data(key, vec![N]), layout }, next: 0 };
    std::array::from_fn(|_| match keys.next() {
        Some(key) => key,
        None => jax_core::bug!("a key was split into too few"),
    })
}

/// An array of independent keys of this shape, to be iterated, mapped (`vmap`) or scanned over.
///
/// ```
/// use jax::prelude::*;
/// use jax::random;
/// let keys = random::split_array(random::key(42), 2);
/// assert_eq!(
///     keys.to_string(),
///     "Array((2,), dtype=key<fry>) overlaying:\n[[1832780943  270669613]\n [  64467757 2916123636]]"
/// );
/// let draw = |key: random::Key| random::uniform(key, 3);
/// assert_eq!(vmap(draw)(keys).shape(), [2, 3]);
/// ```
///
/// # Panics
/// If `key` is an array of keys.
#[track_caller]
pub fn split_array(key: Key, shape: impl IntoShape) -> Key {
    key.single("split");
    let layout = key.layout;
    Key { data: split_data(key, extents("split", shape)), layout }
}

#[jit(static(shape))]
fn split_data(key: Key, shape: Vec<usize>) -> Array {
    let count = shape.iter().product::<usize>();
    let words = match key.layout {
        Layout::Partitionable => {
            let (high, low) = counters(count);
            let [k0, k1] = key.words("split");
            let (y0, y1) = threefry2x32(&k0, &k1, &high, &low);
            stack(&y0, &y1)
        }
        Layout::Original => original_words(&key.words("split"), 2 * count),
    };
    reshape(&words, &[&shape[..], &[2]].concat())
}

/// A key made of a key and a number: the same pair, the same key.
///
/// ```
/// use jax::random;
/// let key = random::fold_in(random::key(0), 1);
/// assert_eq!(random::key_data(&key).to_vec::<u32>(), [928981903, 3453687069]);
/// ```
///
/// # Panics
/// If `key` is an array of keys, or `data` is not an integer scalar.
#[track_caller]
pub fn fold_in(key: Key, data: impl Seed) -> Key {
    key.single("fold_in");
    let layout = key.layout;
    Key { data: fold_in_data(key, data.words()), layout }
}

#[jit]
fn fold_in_data(key: Key, words: Array) -> Array {
    // JAX folds 32 bits in.
    let low = reshape(&slice_in_dim(&words, 1, 2, 0), &[]);
    let [k0, k1] = key.words("fold_in");
    let (y0, y1) = threefry2x32(&k0, &k1, &zero(), &low);
    stack(&y0, &y1)
}
