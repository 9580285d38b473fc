//! The optional arguments of the functions here. Each function `f` that has some has a companion `f_with` that takes
//! them last, as one of these structs.

use jax_core::array::{Array, IntoArray};
use jax_core::base::DType;
use jax_core::lax::IntoAxes;
use jax_core::lax::axes::AxisList;

/// The optional arguments of functions that make arrays.
///
/// ```
/// use jax::prelude::*;
/// let x = jnp::zeros_with(3, jnp::dtype(DType::I32));
/// assert_eq!(x.dtype(), DType::I32);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ArrayOptions {
    /// The dtype of the elements; without one the function's default.
    pub dtype: Option<DType>,
}

impl ArrayOptions {
    /// Asks for this dtype.
    pub fn dtype(self, dtype: DType) -> ArrayOptions {
        ArrayOptions { dtype: Some(dtype) }
    }
}

/// The optional arguments of a function that makes an array of this dtype.
pub fn dtype(dtype: DType) -> ArrayOptions {
    ArrayOptions { dtype: Some(dtype) }
}

/// The optional arguments of reductions, and of other functions along axes.
///
/// ```
/// use jax::prelude::*;
/// let x = jnp::ones((2, 3));
/// assert_eq!(jnp::sum_with(&x, jnp::axis(-1).keepdims()).shape(), [2, 1]);
/// assert_eq!(jnp::sum_with(&x, jnp::axis((0, 1))).item_f32(), 6.0);
/// let some = jnp::axis(None).where_([true, false, true]).initial(10.0);
/// assert_eq!(jnp::sum_with(&x, some).item_f32(), 14.0);
/// ```
#[derive(Clone, Debug, Default)]
pub struct ReduceOptions {
    /// The axes; all by default.
    pub axis: AxisList,
    /// Whether the reduced axes stay, with extent 1.
    pub keepdims: bool,
    /// The dtype to compute in and of the result, for sums, products and means.
    pub dtype: Option<DType>,
    /// For variances: what is taken off the count that the sum is divided by.
    pub ddof: f64,
    /// Which elements are looked at: truth values that broadcast to the array.
    pub where_: Option<Array>,
    /// What sums, products and extremes begin with.
    pub initial: Option<Array>,
}

impl ReduceOptions {
    /// Along these axes: `0`, `-1`, `(0, 1)`, or `None` for all.
    pub fn axis(self, axis: impl IntoAxes) -> ReduceOptions {
        ReduceOptions { axis: AxisList(axis.into_axes()), ..self }
    }

    /// Keeps the reduced axes, with extent 1.
    pub fn keepdims(self) -> ReduceOptions {
        ReduceOptions { keepdims: true, ..self }
    }

    /// Computes in this dtype.
    pub fn dtype(self, dtype: DType) -> ReduceOptions {
        ReduceOptions { dtype: Some(dtype), ..self }
    }

    /// Looks at the elements where `mask` holds only.
    pub fn where_(self, mask: impl IntoArray) -> ReduceOptions {
        ReduceOptions { where_: Some(mask.into_array()), ..self }
    }

    /// Begins a sum, a product or an extreme with this.
    pub fn initial(self, value: impl IntoArray) -> ReduceOptions {
        ReduceOptions { initial: Some(value.into_array()), ..self }
    }

    /// Divides by the count less this.
    pub fn ddof(self, ddof: f64) -> ReduceOptions {
        ReduceOptions { ddof, ..self }
    }
}

/// The optional arguments of a reduction along these axes: `0`, `-1`, `(0, 1)`.
pub fn axis(axis: impl IntoAxes) -> ReduceOptions {
    ReduceOptions::default().axis(axis)
}
