//! Random numbers as JAX's: a function of a key and nothing else, the same bits as JAX gives.
//!
//! A [`Key`] is neither `Copy` nor ever mutated. Samplers consume theirs, so that drawing twice from one key does not
//! compile unless `.clone()` says that the same numbers are meant; [`split`] makes independent keys out of one.
//!
//! ```
//! use jax::random;
//! let [key, subkey] = random::split(random::key(42));
//! let x = random::normal(subkey, (3,));
//! let y = random::uniform(key, (3,));
//! assert_eq!((x.shape(), y.shape()), (&[3][..], &[3][..]));
//! ```
//!
//! Each sampler is a staged function: outside of any other it is compiled once for each shape, inside of one it
//! becomes part of it. The generator is Threefry-2x32; [`Layout`] says how its words are counted out over an array.

mod bits;
mod continuous;
mod discrete;
mod key;

pub use bits::{bits, bits_with};
pub use continuous::{
    exponential, exponential_with, gumbel, gumbel_with, laplace, laplace_with, normal, normal_with, truncated_normal,
    truncated_normal_with, uniform, uniform_with,
};
pub use discrete::{
    ChoiceOptions, Permuted, bernoulli, categorical, categorical_with, choice, choice_with, permutation,
    permutation_with, rademacher, randint, randint_with,
};
pub use key::{Key, Keys, Layout, Seed, fold_in, key, key_data, split, split_array, wrap_key_data};

use jax_core::array::raise;
use jax_core::base::Error;
use jax_core::base::error::ErrorKind;
use jax_core::lax::methods::IntoShape;

/// The extents of an array to be drawn.
#[track_caller]
fn extents(op: &'static str, shape: impl IntoShape) -> Vec<usize> {
    let extent = |extent: i64| {
        usize::try_from(extent).unwrap_or_else(|_| {
            let message = format!("{op}: shapes must have only non-negative extents, got {extent}.");
            raise(Error::new(ErrorKind::Shape, op, message))
        })
    };
    shape.into_shape().into_iter().map(extent).collect()
}

#[track_caller]
fn value_error(op: &'static str, message: String) -> ! {
    raise(Error::new(ErrorKind::Value, op, message))
}

#[track_caller]
fn dtype_error(op: &'static str, message: String) -> ! {
    raise(Error::new(ErrorKind::DType, op, message))
}
