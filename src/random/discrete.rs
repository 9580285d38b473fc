//! Integers and truth values, permutations, choices.

use jax_core::array::{Array, IntoArray, raise};
use jax_core::base::error::ErrorKind;
use jax_core::base::{DType, Error, Scalar};
use jax_core::lax::methods::IntoShape;
use jax_core::lax::{axis_of, promote};

use super::bits::draw;
use super::key::{split, tuple};
use super::{Key, dtype_error, extents, gumbel_with, uniform_with, value_error};
use crate::jit;
use crate::lax::{
    Gather, GatherDimensionNumbers, argmax, broadcast_in_dim, convert_element_type, gather, iota, reshape,
    slice_in_dim, sort,
};
use crate::numpy::{greater, where_};

/// Integers from `minval..maxval`, `int32`.
///
/// ```
/// use jax::random;
/// let dice = random::randint(random::key(0), 100, 1, 7);
/// assert_eq!((dice.min(0).item_i64(), dice.max(0).item_i64()), (1, 6));
/// ```
///
/// # Panics
/// If `key` is an array of keys, or a bound is not an integer.
#[track_caller]
pub fn randint(key: Key, shape: impl IntoShape, minval: impl IntoArray, maxval: impl IntoArray) -> Array {
    randint_with(key, shape, minval, maxval, DType::I32)
}

/// Integers of a dtype from `minval..maxval`; the bounds are integers, or arrays of them that broadcast to the shape.
///
/// Where `maxval <= minval` the result is `minval`. A `maxval` beyond the dtype stands for one more than its largest
/// number. Bounds are first taken into the dtype's range, as JAX does.
///
/// ```
/// use jax::{DType, random};
/// let bytes = random::randint_with(random::key(0), 8, 0, 256, DType::U8);
/// assert_eq!(bytes.dtype(), DType::U8);
/// ```
///
/// # Panics
/// If `key` is an array of keys, or a bound or the dtype is not an integer.
#[track_caller]
pub fn randint_with(
    key: Key,
    shape: impl IntoShape,
    minval: impl IntoArray,
    maxval: impl IntoArray,
    dtype: DType,
) -> Array {
    key.single("randint");
    if !dtype.is_integer() {
        dtype_error("randint", format!("randint only accepts integer dtypes, got {dtype}"));
    }
    staged_randint(key, bound(minval.into_array()), bound(maxval.into_array()), extents("randint", shape), dtype)
}

/// A bound of `randint` in 64 bits.
#[track_caller]
fn bound(x: Array) -> Array {
    if !x.dtype().is_integer() {
        dtype_error("randint", format!("randint requires integer minval and maxval, got {}", x.dtype()));
    }
    // A Rust integer is known exactly, whatever its weak dtype.
    let big = x.weak_type()
        && convert_element_type(&x, DType::F64, false).as_constant().is_some_and(|v| v.as_f64() >= 2f64.powi(63));
    x.astype(if big || x.dtype() == DType::U64 { DType::U64 } else { DType::I64 })
}

#[jit(static(shape, dtype))]
fn staged_randint(key: Key, minval: Array, maxval: Array, shape: Vec<usize>, dtype: DType) -> Array {
    integers(key, &shape, &minval, &maxval, dtype)
}

/// The smallest and the largest number of an integer dtype.
fn range(dtype: DType) -> (i128, i128) {
    match dtype {
        DType::I8 | DType::I16 | DType::I32 | DType::I64 => {
            let half = 1i128 << (dtype.bits() - 1);
            (-half, half - 1)
        }
        _ => (0, (1i128 << dtype.bits()) - 1),
    }
}

fn integers(key: Key, shape: &[usize], minval: &Array, maxval: &Array, dtype: DType) -> Array {
    let (smallest, largest) = range(dtype);
    let within = |x: &Array| {
        let (low, high) = range(x.dtype());
        let limit = |value: i128| Array::scalar(Scalar::from_i128(x.dtype(), value.clamp(low, high)));
        x.maximum(limit(smallest)).minimum(limit(largest)).astype(dtype)
    };
    let too_large = if range(maxval.dtype()).1 > largest {
        greater(maxval, Array::scalar(Scalar::from_i128(maxval.dtype(), largest)))
    } else {
        Array::scalar(Scalar::bool(false))
    };
    let (minval, maxval) = (within(minval), within(maxval));
    // Twice the bits that are needed, so that the remainder's bias is small; at least 2 * 32.
    let unsigned = if dtype.size() == 8 { DType::U64 } else { DType::U32 };
    let constant = |value: i128| Array::scalar(Scalar::from_i128(unsigned, value));
    let span = maxval.astype(unsigned) - minval.astype(unsigned);
    let some = greater(&maxval, &minval);
    let span = where_(&some & too_large, &span + constant(1), where_(&some, &span, constant(1)));
    let [high_key, low_key] = split(key);
    let (high, low) = (draw(&high_key, shape, unsigned), draw(&low_key, shape, unsigned));
    let half = constant(1 << (unsigned.bits() / 2)) % &span;
    // The square may wrap; so it does in JAX. A span of 0 stands for all numbers: x % 0 is x.
    let multiplier = (&half * &half) % &span;
    let offset = ((high % &span) * multiplier + low % &span) % &span;
    (minval + offset.astype(dtype)).astype(dtype)
}

/// Truth values, each true with probability `p`: a number, or an array that broadcasts to the shape.
///
/// ```
/// use jax::random;
/// assert_eq!(random::bernoulli(random::key(0), 1.0, 3).to_bools(), [true; 3]);
/// ```
///
/// # Panics
/// If `key` is an array of keys, or `p` is not a float.
#[track_caller]
pub fn bernoulli(key: Key, p: impl IntoArray, shape: impl IntoShape) -> Array {
    let p = p.into_array();
    if !p.dtype().is_float() {
        dtype_error("bernoulli", format!("bernoulli probability `p` must have a floating dtype, got {}.", p.dtype()));
    }
    let p = convert_element_type(&p, p.dtype(), false);
    staged_bernoulli(key, p, extents("bernoulli", shape))
}

#[jit(static(shape))]
fn staged_bernoulli(key: Key, p: Array, shape: Vec<usize>) -> Array {
    uniform_with(key, shape, p.dtype(), 0.0, 1.0) < p
}

/// Each number -1 or 1, equally likely, `int32`.
///
/// ```
/// use jax::random;
/// assert_eq!(random::rademacher(random::key(0), 100).abs().to_vec::<i32>(), [1; 100]);
/// ```
///
/// # Panics
/// If `key` is an array of keys.
#[track_caller]
pub fn rademacher(key: Key, shape: impl IntoShape) -> Array {
    key.single("rademacher");
    staged_rademacher(key, extents("rademacher", shape))
}

#[jit(static(shape))]
fn staged_rademacher(key: Key, shape: Vec<usize>) -> Array {
    bernoulli(key, 0.5, shape).astype(DType::I32) * 2 - 1
}

/// What is permuted or chosen from: an array along its first axis, or `n` for the numbers `0..n`.
pub trait Permuted {
    /// The array: `int32` numbers for `n`.
    fn elements(self) -> Array;
}

impl Permuted for usize {
    #[track_caller]
    fn elements(self) -> Array {
        if i32::try_from(self).is_err() {
            value_error("permutation", format!("permutation of {self} numbers does not fit int32"));
        }
        iota(DType::I32, &[self], 0)
    }
}

impl Permuted for i32 {
    #[track_caller]
    fn elements(self) -> Array {
        match usize::try_from(self) {
            Ok(count) => count.elements(),
            Err(_) => value_error("permutation", format!("permutation of {self} numbers")),
        }
    }
}

impl Permuted for Array {
    #[track_caller]
    fn elements(self) -> Array {
        if self.ndim() == 0 {
            raise(Error::new(ErrorKind::Shape, "permutation", "x must be an integer or at least 1-dimensional"));
        }
        self
    }
}

impl Permuted for &Array {
    #[track_caller]
    fn elements(self) -> Array {
        self.clone().elements()
    }
}

/// The numbers `0..n` in a random order, or the rows of an array.
///
/// ```
/// use jax::random;
/// let order = random::permutation(random::key(1), 1797);
/// assert_eq!(order.to_vec::<i32>()[..4], [54, 970, 534, 600]);
/// ```
///
/// # Panics
/// If `key` is an array of keys, or the array has no axis.
#[track_caller]
pub fn permutation(key: Key, x: impl Permuted) -> Array {
    permutation_with(key, x, 0, false)
}

/// An array in a random order along an axis; if `independent`, each line along the axis in an order of its own.
///
/// ```
/// use jax::{Array, random};
/// let x = Array::from_slice(&[0i32, 1, 2, 3, 4, 5], &[2, 3]);
/// let rows = random::permutation_with(random::key(0), &x, 1, true);
/// assert_eq!(rows.sum(1).to_vec::<i32>(), [3, 12]);
/// ```
///
/// # Panics
/// If `key` is an array of keys, or the axis is out of range.
#[track_caller]
pub fn permutation_with(key: Key, x: impl Permuted, axis: i32, independent: bool) -> Array {
    key.single("permutation");
    let x = x.elements();
    let axis = axis_of("permutation", axis as i64, x.ndim());
    if independent || x.ndim() == 1 {
        shuffle(key, x, axis)
    } else {
        let order = iota(DType::I32, &[x.shape()[axis]], 0);
        staged_take(x, shuffle(key, order, 0), axis)
    }
}

/// Sorts by random bits, as often as makes equal keys unlikely (three times the logarithm of the size in words).
#[jit]
fn shuffle(key: Key, x: Array, axis: usize) -> Array {
    let rounds = 3.0 * (x.size().max(1) as f64).ln() / (u32::MAX as f64).ln();
    shuffled(key, x, axis, rounds.ceil() as usize)
}

fn shuffled(mut key: Key, mut x: Array, axis: usize, rounds: usize) -> Array {
    for _ in 0..rounds {
        let [rest, subkey] = split(key);
        let order = draw(&subkey, x.shape(), DType::U32);
        if let Some(sorted) = sort(&[&order, &x], axis, true, 1).pop() {
            x = sorted;
        }
        key = rest;
    }
    x
}

/// The slices of an array at these places of an axis.
#[jit]
fn staged_take(x: Array, places: Array, axis: usize) -> Array {
    take(&x, &places, axis)
}

fn take(x: &Array, places: &Array, axis: usize) -> Array {
    let numbers = GatherDimensionNumbers {
        offset_dims: (0..axis).chain(axis + places.ndim()..x.ndim() - 1 + places.ndim()).collect(),
        collapsed_slice_dims: vec![axis],
        start_index_map: vec![axis],
        operand_batching_dims: Vec::new(),
        start_indices_batching_dims: Vec::new(),
    };
    let mut slice = x.shape().to_vec();
    slice[axis] = 1;
    let vectors: Vec<usize> = places.shape().iter().copied().chain([1]).collect();
    let axes: Vec<usize> = (0..places.ndim()).collect();
    gather(x, &broadcast_in_dim(places, &vectors, &axes), Gather::new(numbers, &slice))
}

/// Elements drawn from `0..n`, or rows drawn from an array, each time from all of them.
///
/// ```
/// use jax::random;
/// assert_eq!(random::choice(random::key(0), 10, (2, 3)).shape(), [2, 3]);
/// ```
///
/// # Panics
/// If `key` is an array of keys, or there is nothing to choose from.
#[track_caller]
pub fn choice(key: Key, x: impl Permuted, shape: impl IntoShape) -> Array {
    choice_with(key, x, shape, ChoiceOptions::default())
}

/// The optional arguments of [`choice_with`].
#[derive(Clone, Debug)]
pub struct ChoiceOptions {
    /// Whether a place may be drawn twice.
    pub replace: bool,
    /// The probability of each place; all are as likely without it.
    pub p: Option<Array>,
    /// The axis whose slices are drawn.
    pub axis: i32,
}

impl Default for ChoiceOptions {
    fn default() -> ChoiceOptions {
        ChoiceOptions { replace: true, p: None, axis: 0 }
    }
}

impl ChoiceOptions {
    /// Whether a place may be drawn twice.
    pub fn replace(self, replace: bool) -> ChoiceOptions {
        ChoiceOptions { replace, ..self }
    }

    /// Draws each place with its probability.
    #[track_caller]
    pub fn p(self, p: impl IntoArray) -> ChoiceOptions {
        ChoiceOptions { p: Some(p.into_array()), ..self }
    }

    /// Draws slices along this axis.
    pub fn axis(self, axis: i32) -> ChoiceOptions {
        ChoiceOptions { axis, ..self }
    }
}

/// Elements drawn from `0..n`, or slices drawn from an array; no place twice without replacement.
///
/// ```
/// use jax::random::{self, ChoiceOptions};
/// let hand = random::choice_with(random::key(0), 52, 52, ChoiceOptions::default().replace(false));
/// assert_eq!(hand.sum(0).item_i64(), 51 * 52 / 2);
/// let biased = ChoiceOptions::default().p([0.0, 1.0, 0.0]);
/// assert_eq!(random::choice_with(random::key(0), 3, 2, biased).to_string(), "[1 1]");
/// ```
///
/// # Panics
/// If `key` is an array of keys, there is too little to choose from, the axis is out of range, or there are not as many
/// probabilities as there are places.
#[track_caller]
pub fn choice_with(key: Key, x: impl Permuted, shape: impl IntoShape, options: ChoiceOptions) -> Array {
    key.single("choice");
    let (x, shape) = (x.elements(), extents("choice", shape));
    let axis = axis_of("choice", options.axis as i64, x.ndim());
    let (draws, population): (usize, usize) = (shape.iter().product(), x.shape()[axis]);
    let around = |middle: &[usize]| [&x.shape()[..axis], middle, &x.shape()[axis + 1..]].concat();
    if draws == 0 {
        // JAX leaves out the other axes here.
        return crate::numpy::zeros_with(shape, crate::numpy::dtype(x.dtype()));
    }
    if population == 0 {
        value_error("choice", "a must be greater than 0 unless no samples are taken".to_owned());
    }
    if !options.replace && draws > population {
        value_error(
            "choice",
            format!(
                "Cannot take a larger sample (size {draws}) than population (size {population}) when 'replace=False'"
            ),
        );
    }
    let full = around(&shape);
    let drawn = match options.p {
        None => staged_choice(key, x, axis, draws, shape, options.replace),
        Some(p) => {
            let p = promote::inexact(&p);
            if p.shape() != [population] {
                value_error(
                    "choice",
                    format!(
                        "p must be None or a 1D vector with the same size as a.shape[axis]. p has shape {} and \
                         a.shape[axis] is {population}.",
                        tuple(p.shape())
                    ),
                );
            }
            staged_weighted_choice(key, x, p, axis, draws, shape, options.replace)
        }
    };
    reshape(&drawn, &full)
}

#[jit(static(axis, draws, shape, replace))]
fn staged_choice(key: Key, x: Array, axis: usize, draws: usize, shape: Vec<usize>, replace: bool) -> Array {
    if replace {
        let places = randint(key, shape, 0, x.shape()[axis]);
        return take(&x, &places, axis);
    }
    slice_in_dim(&permutation_with(key, x, axis as i32, false), 0, draws, axis)
}

#[jit(static(axis, draws, shape, replace))]
fn staged_weighted_choice(
    key: Key,
    x: Array,
    p: Array,
    axis: usize,
    draws: usize,
    shape: Vec<usize>,
    replace: bool,
) -> Array {
    let places = if replace {
        let up_to = crate::numpy::cumsum(&p);
        let drawn = up_to.index(-1) * (1 - uniform_with(key, shape, p.dtype(), 0.0, 1.0));
        crate::numpy::searchsorted(&up_to, drawn)
    } else {
        // The places of the largest sums of a logarithm and a Gumbel variable.
        let scores = gumbel_with(key, p.shape().to_vec(), p.dtype()) + p.log();
        slice_in_dim(&crate::numpy::argsort(-scores), 0, draws, 0)
    };
    take(&x, &places, axis)
}

/// One category drawn for each vector of unnormalized log-probabilities along the last axis, `int32`.
///
/// ```
/// use jax::{Array, random};
/// let logits = Array::from_slice(&[f32::NEG_INFINITY, 0.0], &[2]);
/// assert_eq!(random::categorical(random::key(0), logits).to_string(), "1");
/// ```
///
/// # Panics
/// If `key` is an array of keys, or the logits have no axis.
#[track_caller]
pub fn categorical(key: Key, logits: impl IntoArray) -> Array {
    let logits = logits.into_array();
    let batch = logits.shape().split_last().map_or(Vec::new(), |(_, batch)| batch.to_vec());
    categorical_with(key, logits, -1, batch)
}

/// Categories drawn from unnormalized log-probabilities along an axis, `int32`. The shape ends in that of the other
/// axes of the logits.
///
/// ```
/// use jax::{Array, random};
/// let logits = Array::from_slice(&[0.0f32, 1.0, 2.0], &[3]);
/// assert_eq!(random::categorical_with(random::key(0), logits, 0, 100).shape(), [100]);
/// ```
///
/// # Panics
/// If `key` is an array of keys, the axis is out of range, the logits are not floats, or the shape does not end so.
#[track_caller]
pub fn categorical_with(key: Key, logits: impl IntoArray, axis: i32, shape: impl IntoShape) -> Array {
    key.single("categorical");
    let (logits, shape) = (logits.into_array(), extents("categorical", shape));
    let axis = axis_of("categorical", axis as i64, logits.ndim());
    if !logits.dtype().is_float() {
        dtype_error("categorical", format!("categorical logits must be floats, got {}", logits.dtype()));
    }
    let mut batch = logits.shape().to_vec();
    batch.remove(axis);
    if !shape.ends_with(&batch) {
        let message = format!("shape parameter {shape:?} must end in the batch shape {batch:?} of the logits");
        raise(Error::new(ErrorKind::Shape, "categorical", message));
    }
    staged_categorical(key, logits, axis, shape)
}

#[jit(static(axis, shape))]
fn staged_categorical(key: Key, logits: Array, axis: usize, shape: Vec<usize>) -> Array {
    let prefix = shape.len() + 1 - logits.ndim();
    let drawn = [&shape[..prefix], logits.shape()].concat();
    argmax(&(gumbel_with(key, drawn, logits.dtype()) + logits), prefix + axis, DType::I32)
}
