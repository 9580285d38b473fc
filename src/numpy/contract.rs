//! Products of arrays: dot, matmul and their kin. `einsum` and `linalg` have files of their own.

use jax_core::array::{Array, IntoArray};
use jax_core::base::DType;
use jax_core::lax::contract::{contract, pair};
use jax_core::lax::{IntoAxes, operators};
use jax_core::prim::dot_general::DotDimensionNumbers;
use jax_core::prim::iota::iota;

use super::create::{coordinates, value_error};
use super::math::{conj, where_};
use super::shape::counted;

/// The dot product of vectors, the product of matrices; in general a sum over the last axis of `x` and the last but one
/// of `y`. With a scalar, the product.
///
/// # Panics
/// If the extents that are summed over differ.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::dot([1, 2, 3], [4, 5, 6]).item_i64(), 32);
/// ```
#[track_caller]
pub fn dot(x: impl IntoArray, y: impl IntoArray) -> Array {
    x.into_array().dot(y)
}

/// The product of matrices, of the matrices in the last two axes of arrays of more axes (whose other axes broadcast),
/// or of a matrix and a vector.
///
/// # Panics
/// If one is a scalar, or the extents that are summed over differ.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::matmul([[1, 2], [3, 4]], [1, 1]).to_string(), "[3 7]");
/// assert_eq!(jnp::matmul(jnp::ones((5, 2, 3)), jnp::ones((3, 4))).shape(), [5, 2, 4]);
/// ```
#[track_caller]
pub fn matmul(x: impl IntoArray, y: impl IntoArray) -> Array {
    x.into_array().matmul(y)
}

/// The dot product of all elements, those of `x` conjugated.
///
/// # Panics
/// If the numbers of elements differ.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::vdot([[1, 2], [3, 4]], [[1, 1], [1, 1]]).item_i64(), 10);
/// ```
#[track_caller]
pub fn vdot(x: impl IntoArray, y: impl IntoArray) -> Array {
    dot(conj(x).ravel(), y.into_array().ravel())
}

/// A sum of products over the last axes of both.
///
/// # Panics
/// If their extents differ.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::inner([[1, 2], [3, 4]], [1, 1]).to_string(), "[3 7]");
/// ```
#[track_caller]
pub fn inner(x: impl IntoArray, y: impl IntoArray) -> Array {
    let (x, y) = (x.into_array(), y.into_array());
    if x.ndim() == 0 || y.ndim() == 0 {
        return operators::mul(&x, &y);
    }
    let (x, y) = pair(&x, &y);
    contract(&x, &y, DotDimensionNumbers::contracting(&[x.ndim() - 1], &[y.ndim() - 1]))
}

/// The product of each element of `x` with each of `y`: a matrix.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::outer([1, 2], [3, 4]).to_string(), "[[3 4]\n [6 8]]");
/// ```
#[track_caller]
pub fn outer(x: impl IntoArray, y: impl IntoArray) -> Array {
    x.into_array().ravel().expand_dims(1) * y.into_array().ravel().expand_dims(0)
}

/// A sum of products over the last two axes of `x` and the first two of `y`.
///
/// # Panics
/// If their extents differ, or there are none.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::tensordot(jnp::ones((2, 3, 4)), jnp::ones((3, 4, 5))).shape(), [2, 5]);
/// ```
#[track_caller]
pub fn tensordot(x: impl IntoArray, y: impl IntoArray) -> Array {
    tensordot_with(x, y, (-2, -1), (0, 1))
}

/// A sum of products over these axes of both, which go together in order.
///
/// # Panics
/// If there are not as many, one is out of bounds, or their extents differ.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::tensordot_with(jnp::ones((2, 3)), jnp::ones((5, 3)), 1, 1).shape(), [2, 5]);
/// ```
#[track_caller]
pub fn tensordot_with(x: impl IntoArray, y: impl IntoArray, x_axes: impl IntoAxes, y_axes: impl IntoAxes) -> Array {
    let (x, y) = pair(&x.into_array(), &y.into_array());
    let of_x = counted("tensordot", x_axes, x.ndim());
    let of_y = counted("tensordot", y_axes, y.ndim());
    if of_x.len() != of_y.len() {
        let message = format!("tensordot requires axes lists to have equal length, got {of_x:?} and {of_y:?}.");
        value_error("tensordot", message);
    }
    contract(&x, &y, DotDimensionNumbers::contracting(&of_x, &of_y))
}

/// The elements whose first two coordinates differ by `offset`, along a new last axis.
///
/// # Panics
/// If there are fewer than two axes.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::diagonal([[1, 2], [3, 4]], 0).to_string(), "[1 4]");
/// ```
#[track_caller]
pub fn diagonal(x: impl IntoArray, offset: i32) -> Array {
    let x = x.into_array();
    if x.ndim() < 2 {
        value_error("diagonal", "diagonal requires an array of at least two dimensions.".to_owned());
    }
    let (down, right) = ((-offset).max(0), offset.max(0));
    let rows = x.shape()[0].saturating_sub(down as usize);
    let count = rows.min(x.shape()[1].saturating_sub(right as usize));
    let line = iota(DType::I32, &[count], 0);
    let picked = x.index((&line + down, line + right));
    super::moveaxis(picked, 0, -1)
}

/// Of a vector the matrix with it on diagonal `k`, of a matrix its diagonal `k`.
///
/// # Panics
/// If it has neither one nor two axes.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::diag([1, 2], 0).to_string(), "[[1 0]\n [0 2]]");
/// assert_eq!(jnp::diag([[1, 2], [3, 4]], 1).to_string(), "[2]");
/// ```
#[track_caller]
pub fn diag(x: impl IntoArray, k: i32) -> Array {
    let x = x.into_array();
    match x.ndim() {
        1 => {
            let before = k.max(0) as usize;
            let wide = super::pad(&x, (before as i32, (-k).max(0)));
            let (row, column) = coordinates(&[wide.size(), wide.size()]);
            where_((row + k).equal(column), &wide, Array::scalar(jax_core::base::Scalar::zero(x.dtype())))
        }
        2 => diagonal(x, k),
        _ => value_error("diag", "diag input must be 1d or 2d".to_owned()),
    }
}

/// The sum of the diagonal in the first two axes.
///
/// # Panics
/// If there are fewer than two axes.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::trace([[1, 2], [3, 4]]).item_i64(), 5);
/// ```
#[track_caller]
pub fn trace(x: impl IntoArray) -> Array {
    diagonal(x, 0).sum(-1)
}

/// The Kronecker product of two matrices: each element of `x` times all of `y`.
///
/// # Panics
/// If one is not a matrix.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::kron([[1, 2]], [[1, 1]]).to_string(), "[[1 1 2 2]]");
/// ```
#[track_caller]
pub fn kron(x: impl IntoArray, y: impl IntoArray) -> Array {
    let (x, y) = (x.into_array(), y.into_array());
    if x.ndim() != 2 || y.ndim() != 2 {
        value_error("kron", format!("kron requires two matrices, got {} and {}", x.aval(), y.aval()));
    }
    let blocks = x.expand_dims((1, 3)) * y.expand_dims((0, 2));
    blocks.reshape(vec![x.shape()[0] * y.shape()[0], x.shape()[1] * y.shape()[1]])
}

/// The vector product along the last axis, of three elements.
///
/// # Panics
/// If the last axis has another extent.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(jnp::cross([1, 0, 0], [0, 1, 0]).to_string(), "[0 0 1]");
/// ```
#[track_caller]
pub fn cross(x: impl IntoArray, y: impl IntoArray) -> Array {
    let (x, y) = (x.into_array(), y.into_array());
    if x.shape().last() != Some(&3) || y.shape().last() != Some(&3) {
        value_error("cross", format!("cross requires last axes of extent 3, got {} and {}", x.aval(), y.aval()));
    }
    let turned = |array: &Array, by: i64| super::roll_with(array, by, super::axis(-1));
    turned(&x, -1) * turned(&y, 1) - turned(&x, 1) * turned(&y, -1)
}
