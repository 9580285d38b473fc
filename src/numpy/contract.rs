//! Products of arrays: dot, matmul, einsum and their kin.

use jax_core::array::fail::{here, raise};
use jax_core::array::{Array, IntoArray};
use jax_core::base::error::ErrorKind;
use jax_core::base::{DType, Error};
use jax_core::lax::contract::{contract, pair};
use jax_core::lax::{IntoAxes, operators, promote};
use jax_core::prim::dot_general::DotDimensionNumbers;
use jax_core::prim::iota::iota;
use jax_core::prim::shape::transpose;

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

/// Sums of products in Einstein's notation: `"ij,jk->ik"` is the product of two matrices. Each letter is an axis; those
/// that the result lacks are summed over. Without `->` the result has the letters that occur once, in order.
///
/// # Panics
/// If the subscripts do not fit the operands, or extents of one letter differ.
///
/// ```
/// use jax::prelude::*;
/// let m = jnp::array([[1, 2], [3, 4]]);
/// assert_eq!(jnp::einsum("ij,jk->ik", &[m.clone(), m.clone()]).to_string(), "[[ 7 10]\n [15 22]]");
/// assert_eq!(jnp::einsum("ii", &[m.clone()]).to_string(), "5");
/// assert_eq!(jnp::einsum("ij->j", &[m]).to_string(), "[4 6]");
/// ```
#[track_caller]
pub fn einsum(subscripts: &str, operands: &[Array]) -> Array {
    let text: String = subscripts.chars().filter(|c| !c.is_whitespace()).collect();
    let (inputs, output) = match text.split_once("->") {
        Some((inputs, output)) => (inputs.to_owned(), output.chars().collect::<Vec<char>>()),
        None => {
            let mut once: Vec<char> = text.chars().filter(|&c| c != ',' && text.matches(c).count() == 1).collect();
            once.sort_unstable();
            (text.clone(), once)
        }
    };
    let terms: Vec<Vec<char>> = inputs.split(',').map(|term| term.chars().collect()).collect();
    check_subscripts(&inputs, &terms, &output, operands);
    let operands = promote::dtypes(&operands.iter().collect::<Vec<_>>());
    let mut rest: std::collections::VecDeque<(Array, Vec<char>)> =
        operands.into_iter().zip(terms).map(|(array, labels)| once_each(array, labels)).collect();
    let Some(mut product) = rest.pop_front() else { jax_core::bug!("einsum of nothing") };
    while let Some(next) = rest.pop_front() {
        let needed = |label: &char| output.contains(label) || rest.iter().any(|(_, labels)| labels.contains(label));
        product = multiply(product, next, needed);
    }
    let (array, labels) = sum_out(product, |label| output.contains(label));
    let place = |label: &char| labels.iter().position(|other| other == label).unwrap_or_default();
    transpose(&array, &output.iter().map(place).collect::<Vec<_>>())
}

#[track_caller]
fn check_subscripts(inputs: &str, terms: &[Vec<char>], output: &[char], operands: &[Array]) {
    let here = here();
    let fail = |message: String| raise(Error::new(ErrorKind::Value, "einsum", format!("einsum: {message}")).at(here));
    if let Some(other) = inputs.chars().chain(output.iter().copied()).find(|c| !c.is_ascii_alphabetic() && *c != ',') {
        fail(format!("Character {other} is not a valid symbol."));
    }
    if terms.len() != operands.len() {
        fail(format!(
            "Number of einsum subscripts, {}, must be equal to the number of operands, {}.",
            terms.len(),
            operands.len()
        ));
    }
    let mut extents = std::collections::BTreeMap::new();
    for (number, (term, operand)) in terms.iter().zip(operands).enumerate() {
        if term.len() != operand.ndim() {
            let term: String = term.iter().collect();
            fail(format!(
                "Einstein sum subscript '{term}' does not contain the correct number of indices for operand {number}."
            ));
        }
        for (label, &extent) in term.iter().zip(operand.shape()) {
            let known = *extents.entry(*label).or_insert(extent);
            if known != extent {
                fail(format!(
                    "Size of label '{label}' for operand {number} ({known}) does not match previous terms ({extent})."
                ));
            }
        }
    }
    for (i, label) in output.iter().enumerate() {
        if output[..i].contains(label) {
            fail(format!("Output character {label} appeared more than once in the output."));
        }
        if !extents.contains_key(label) {
            fail(format!("Output character {label} did not appear in the input"));
        }
    }
}

/// The diagonals of axes with one label.
#[track_caller]
fn once_each(mut array: Array, mut labels: Vec<char>) -> (Array, Vec<char>) {
    while let Some((i, j)) =
        (0..labels.len()).find_map(|i| (i + 1..labels.len()).find(|&j| labels[j] == labels[i]).map(|j| (i, j)))
    {
        array = diagonal(super::moveaxis(array, [i as i32, j as i32], [0, 1]), 0);
        let label = labels.remove(j);
        labels.remove(i);
        labels.push(label);
    }
    (array, labels)
}

/// Sums over the axes that are not needed.
#[track_caller]
fn sum_out((array, labels): (Array, Vec<char>), needed: impl Fn(&char) -> bool) -> (Array, Vec<char>) {
    let axes: Vec<i32> = (0..labels.len()).filter(|&i| !needed(&labels[i])).map(|i| i as i32).collect();
    if axes.is_empty() {
        return (array, labels);
    }
    (array.sum(axes.as_slice()), labels.into_iter().filter(needed).collect())
}

/// The product of two operands, summed over the labels that only they have and nobody needs.
#[track_caller]
fn multiply(x: (Array, Vec<char>), y: (Array, Vec<char>), needed: impl Fn(&char) -> bool) -> (Array, Vec<char>) {
    let of_y = y.1.clone();
    let (x, of_x) = sum_out(x, |label| needed(label) || of_y.contains(label));
    let (y, of_y) = sum_out(y, |label| needed(label) || of_x.contains(label));
    let shared: Vec<char> = of_x.iter().filter(|label| of_y.contains(label)).copied().collect();
    let (batch, summed): (Vec<char>, Vec<char>) = shared.iter().partition(|label| needed(label));
    let places = |labels: &[char], of: &[char]| -> Vec<usize> {
        labels.iter().filter_map(|label| of.iter().position(|other| other == label)).collect()
    };
    let numbers = DotDimensionNumbers {
        lhs_contracting: places(&summed, &of_x),
        rhs_contracting: places(&summed, &of_y),
        lhs_batch: places(&batch, &of_x),
        rhs_batch: places(&batch, &of_y),
    };
    let own = |labels: &[char]| labels.iter().filter(|label| !shared.contains(label)).copied().collect::<Vec<_>>();
    (contract(&x, &y, numbers), [batch.clone(), own(&of_x), own(&of_y)].concat())
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

/// Norms.
pub mod linalg {
    use super::super::options::ReduceOptions;
    use super::*;
    use jax_core::lax::reduce::{self, Over};

    /// Which norm [`norm_with`] takes.
    #[derive(Clone, Copy, PartialEq, Debug, Default)]
    pub enum Ord {
        /// The root of the sum of squares.
        #[default]
        Euclidean,
        /// The sum of magnitudes.
        L1,
        /// The largest magnitude.
        Infinity,
        /// `sum(|x|^p)^(1/p)`.
        P(f64),
    }

    /// The root of the sum of the squares of all elements.
    ///
    /// ```
    /// use jax::prelude::*;
    /// assert_eq!(jnp::linalg::norm([3.0, 4.0]).item_f32(), 5.0);
    /// ```
    #[track_caller]
    pub fn norm(x: impl IntoArray) -> Array {
        norm_with(x, Ord::Euclidean, ReduceOptions::default())
    }

    /// A norm of vectors along axes.
    ///
    /// # Panics
    /// If an axis is out of bounds, or named twice.
    ///
    /// ```
    /// use jax::prelude::*;
    /// let x = [[3.0, -4.0], [0.0, 1.0]];
    /// assert_eq!(jnp::linalg::norm_with(x, jnp::linalg::Ord::L1, jnp::axis(1)).to_string(), "[7. 1.]");
    /// ```
    #[track_caller]
    pub fn norm_with(x: impl IntoArray, ord: Ord, options: ReduceOptions) -> Array {
        let x = promote::inexact(&x.into_array());
        let over = Over::new("norm", &x, options.axis, options.keepdims);
        match ord {
            Ord::Euclidean => reduce::euclidean(&x, &over),
            Ord::L1 => reduce::sum(&x.abs(), &over, None),
            Ord::Infinity => reduce::max(&x.abs(), &over),
            Ord::P(p) => reduce::sum(&x.abs().powf(p), &over, None).powf(1.0 / p),
        }
    }
}
