//! Padding.

use jax_core::array::{Array, IntoArray};
use jax_core::base::Scalar;
use jax_core::prim;

use super::create::value_error;

/// What [`pad_with`] puts around an array.
#[derive(Clone, Debug, Default)]
pub enum PadMode {
    /// Zeros.
    #[default]
    Zero,
    /// This number.
    Constant(Array),
    /// The outermost elements.
    Edge,
    /// The array mirrored at its outermost elements.
    Reflect,
    /// The array mirrored, its outermost elements twice.
    Symmetric,
    /// The array over again.
    Wrap,
}

impl PadMode {
    /// This number.
    #[track_caller]
    pub fn constant(value: impl IntoArray) -> PadMode {
        PadMode::Constant(value.into_array())
    }
}

/// How wide to pad: `1` around everything, `(1, 2)` before and after each axis, or one pair for each axis.
pub trait IntoPadWidth {
    /// A pair for each of `rank` axes, or what was given if it is not for this rank.
    fn into_pad_width(self, rank: usize) -> Result<Vec<(usize, usize)>, usize>;
}

impl IntoPadWidth for i32 {
    fn into_pad_width(self, rank: usize) -> Result<Vec<(usize, usize)>, usize> {
        (self, self).into_pad_width(rank)
    }
}

impl IntoPadWidth for (i32, i32) {
    fn into_pad_width(self, rank: usize) -> Result<Vec<(usize, usize)>, usize> {
        Ok(vec![(self.0.max(0) as usize, self.1.max(0) as usize); rank])
    }
}

impl<const N: usize> IntoPadWidth for [(i32, i32); N] {
    fn into_pad_width(self, rank: usize) -> Result<Vec<(usize, usize)>, usize> {
        match self.as_slice() {
            [one] => one.into_pad_width(rank),
            all if all.len() == rank => Ok(all.iter().map(|w| (w.0.max(0) as usize, w.1.max(0) as usize)).collect()),
            all => Err(all.len()),
        }
    }
}

/// The array among zeros.
///
/// # Panics
/// If there are widths for another number of axes.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::pad([1, 2], (1, 2)).to_string(), "[0 1 2 0 0]");
/// ```
#[track_caller]
pub fn pad(x: impl IntoArray, pad_width: impl IntoPadWidth) -> Array {
    pad_with(x, pad_width, PadMode::Zero)
}

/// The array with something around it.
///
/// # Panics
/// If there are widths for another number of axes, or nothing to repeat.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::pad_with([1, 2], 1, jnp::PadMode::constant(9)).to_string(), "[9 1 2 9]");
/// assert_eq!(jnp::pad_with([1, 2, 3], 2, jnp::PadMode::Reflect).to_string(), "[3 2 1 2 3 2 1]");
/// ```
#[track_caller]
pub fn pad_with(x: impl IntoArray, pad_width: impl IntoPadWidth, mode: PadMode) -> Array {
    let x = x.into_array();
    let rank = x.ndim();
    let widths = match pad_width.into_pad_width(rank) {
        Ok(widths) => widths,
        Err(given) => value_error(
            "pad",
            format!(
                "jnp.pad: pad_width with nd={rank} has unsupported shape ({given}, 2). Valid shapes are ({rank}, 2), \
                 (1, 2), (2,), (1,), or ()."
            ),
        ),
    };
    let value = match &mode {
        PadMode::Zero => Array::scalar(Scalar::zero(x.dtype())),
        PadMode::Constant(value) => value.astype(x.dtype()),
        _ => return widths.iter().enumerate().fold(x, |x, (axis, width)| continue_axis(&x, axis, *width, &mode)),
    };
    let config: Vec<prim::pad::Padding> = widths.iter().map(|&(low, high)| (low as i64, high as i64, 0)).collect();
    prim::pad::pad(&x, &value, &config)
}

/// Pads one axis with elements of the array: the source of each place is computed here, and taken.
#[track_caller]
fn continue_axis(x: &Array, axis: usize, (low, high): (usize, usize), mode: &PadMode) -> Array {
    let extent = x.shape()[axis] as i64;
    if low + high == 0 {
        return x.clone();
    }
    if extent == 0 {
        value_error("pad", "jnp.pad: cannot apply padding of this mode to an empty axis".to_owned());
    }
    let source = |place: i64| match mode {
        PadMode::Edge => place.clamp(0, extent - 1),
        PadMode::Wrap => place.rem_euclid(extent),
        PadMode::Reflect if extent == 1 => 0,
        PadMode::Reflect => {
            let turn = place.rem_euclid(2 * extent - 2);
            turn.min(2 * extent - 2 - turn)
        }
        _ => {
            let turn = place.rem_euclid(2 * extent);
            turn.min(2 * extent - 1 - turn)
        }
    };
    let places: Vec<i32> = (-(low as i64)..extent + high as i64).map(|place| source(place) as i32).collect();
    x.take(places, axis as i32)
}
