//! Random bits: counters to words, in both layouts.
//!
//! Every element computes its own counter and runs the cipher, so bits fuse into whatever uses them.

use jax_core::array::Array;
use jax_core::base::{DType, Scalar};
use jax_core::lax::methods::IntoShape;
use jax_core::prim::threefry::threefry2x32;

use super::key::zero;
use super::{Key, Layout, dtype_error, extents, value_error};
use crate::jit;
use crate::lax::{broadcast_in_dim, eq, ge, iota, reshape, select, slice_in_dim};

/// An array of 32 random bits in each element, `uint32`.
///
/// ```
/// use jax::random;
/// assert_eq!(random::bits(random::key(0), 3).to_vec::<u32>(), [4070199207, 4202968722, 1427181096]);
/// ```
///
/// # Panics
/// If `key` is an array of keys.
#[track_caller]
pub fn bits(key: Key, shape: impl IntoShape) -> Array {
    bits_with(key, shape, DType::U32)
}

/// An array of random bits of an unsigned dtype.
///
/// ```
/// use jax::{DType, random};
/// assert_eq!(random::bits_with(random::key(0), 3, DType::U8).dtype(), DType::U8);
/// ```
///
/// # Panics
/// If `key` is an array of keys, or the dtype is not an unsigned integer.
#[track_caller]
pub fn bits_with(key: Key, shape: impl IntoShape, dtype: DType) -> Array {
    key.single("bits");
    if !matches!(dtype, DType::U8 | DType::U16 | DType::U32 | DType::U64) {
        dtype_error("bits", format!("dtype argument to `bits` must be an unsigned int dtype, got {dtype}"));
    }
    staged_bits(key, extents("bits", shape), dtype)
}

#[jit(static(shape, dtype))]
fn staged_bits(key: Key, shape: Vec<usize>, dtype: DType) -> Array {
    draw(&key, &shape, dtype)
}

/// Random bits of an unsigned dtype, inside a staged function.
pub(super) fn draw(key: &Key, shape: &[usize], dtype: DType) -> Array {
    let count: usize = shape.iter().product();
    let words = key.words("bits");
    let flat = match key.layout() {
        Layout::Partitionable => partitionable(&words, count, dtype),
        Layout::Original => original(&words, count, dtype),
    };
    reshape(&flat, shape)
}

/// The counters of the elements 0, 1, …: 64 bits in two words, high and low.
pub(super) fn counters(count: usize) -> (Array, Array) {
    if u32::try_from(count).is_ok() {
        return (zero(), iota(DType::U32, &[count], 0));
    }
    let place = iota(DType::U64, &[count], 0);
    ((&place >> 32).astype(DType::U32), place.astype(DType::U32))
}

fn partitionable([k0, k1]: &[Array; 2], count: usize, dtype: DType) -> Array {
    let (high, low) = counters(count);
    let (y0, y1) = threefry2x32(k0, k1, &high, &low);
    match dtype {
        DType::U64 => join(&y0, &y1),
        _ => (y0 ^ y1).astype(dtype),
    }
}

fn join(high: &Array, low: &Array) -> Array {
    (high.astype(DType::U64) << 32) | low.astype(DType::U64)
}

fn original(key: &[Array; 2], count: usize, dtype: DType) -> Array {
    let width = 8 * dtype.size();
    match dtype {
        DType::U32 => original_words(key, count),
        DType::U64 => {
            // 2 * count counters, the first half with the second: an element's two words are one pair's.
            let first = iota(DType::U32, &[count], 0);
            let second = &first + word(count);
            let (y0, y1) = threefry2x32(&key[0], &key[1], &first, &second);
            join(&y0, &y1)
        }
        _ => {
            // Each word in parts, the lowest first.
            let words = (width * count).div_ceil(32);
            let parts = 32 / width;
            let part = iota(DType::U32, &[words, parts], 1) * word(width);
            let whole = broadcast_in_dim(&original_words(key, words), &[words, parts], &[0]);
            slice_in_dim(&reshape(&(whole >> part).astype(dtype), &[words * parts]), 0, count, 0)
        }
    }
}

/// `count` words, one from each of the counters 0, 1, …: the first half of them is paired with the second, the
/// first words of the pairs come first, then the second words. An odd one is paired with 0.
pub(super) fn original_words([k0, k1]: &[Array; 2], count: usize) -> Array {
    if u32::try_from(count).is_err() {
        let message = format!("{count} words: the original layout counts to 2**32; use Layout::Partitionable.");
        value_error("bits", message);
    }
    let half = count.div_ceil(2);
    let place = iota(DType::U32, &[count], 0);
    let full = |value: usize| broadcast_in_dim(&word(value), &[count], &[]);
    let in_second = ge(&place, &full(half));
    let first = select(&in_second, &(&place - word(half)), &place);
    let mut second = &first + word(half);
    if count % 2 == 1 {
        second = select(&eq(&second, &full(count)), &full(0), &second);
    }
    let (y0, y1) = threefry2x32(k0, k1, &first, &second);
    select(&in_second, &y1, &y0)
}

/// A `uint32` scalar.
fn word(value: usize) -> Array {
    Array::scalar(Scalar::from_i128(DType::U32, value as i128))
}
