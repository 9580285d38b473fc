//! NumPy's promotion of dtypes and ranks, in JAX's way.

use crate::array::fail::{here, raise};
use crate::array::{Array, at_caller};
use crate::base::error::ErrorKind;
use crate::base::promote::{result_type, to_inexact};
use crate::base::{DType, Error, Kind, Shape};
use crate::prim::convert::convert_element_type;
use crate::prim::elementwise::tuple;
use crate::prim::shape::broadcast_in_dim;

/// The arrays in the dtype that they promote to together.
#[track_caller]
pub fn dtypes(arrays: &[&Array]) -> Vec<Array> {
    let typed: Vec<(DType, bool)> = arrays.iter().map(|a| (a.dtype(), a.weak_type())).collect();
    let (dtype, weak) = result_type(&typed);
    at_caller(|| arrays.iter().map(|a| convert_element_type(a, dtype, weak)).collect())
}

/// Like [`dtypes`], in a float or complex dtype.
#[track_caller]
pub fn dtypes_inexact(arrays: &[&Array]) -> Vec<Array> {
    let typed: Vec<(DType, bool)> = arrays.iter().map(|a| (a.dtype(), a.weak_type())).collect();
    let (dtype, weak) = result_type(&typed);
    let dtype = inexact_dtype(dtype, weak);
    at_caller(|| arrays.iter().map(|a| convert_element_type(a, dtype, weak)).collect())
}

/// The float dtype that an operation on numbers of this dtype computes in.
pub fn inexact_dtype(dtype: DType, weak: bool) -> DType {
    match dtype {
        DType::I64 | DType::U64 if weak => DType::F64,
        other => to_inexact(other),
    }
}

/// The array in a float or complex dtype: itself if it has one.
#[track_caller]
pub fn inexact(x: &Array) -> Array {
    convert_element_type(x, inexact_dtype(x.dtype(), x.weak_type()), x.weak_type())
}

/// The shape that these shapes broadcast to.
///
/// # Panics
/// If they do not.
#[track_caller]
pub fn broadcast_shapes(op: &'static str, shapes: &[&[usize]]) -> Shape {
    let rank = shapes.iter().map(|s| s.len()).max().unwrap_or(0);
    let mut result: Shape = std::iter::repeat_n(1, rank).collect();
    for shape in shapes {
        let offset = rank - shape.len();
        for (axis, &extent) in shape.iter().enumerate() {
            let mine = &mut result[offset + axis];
            match (*mine, extent) {
                (a, b) if a == b => {}
                (1, b) => *mine = b,
                (_, 1) => {}
                _ => {
                    let all: Vec<String> = shapes.iter().map(|s| tuple(s)).collect();
                    raise(Error::new(
                        ErrorKind::Shape,
                        op,
                        format!("{op}: Incompatible shapes for broadcasting: shapes=[{}]", all.join(", ")),
                    ));
                }
            }
        }
    }
    result
}

/// The arrays repeated to the shape that they broadcast to together.
///
/// # Panics
/// If they do not.
#[track_caller]
pub fn broadcast_arrays(op: &'static str, arrays: &[&Array]) -> Vec<Array> {
    let shapes: Vec<&[usize]> = arrays.iter().map(|array| array.shape()).collect();
    let shape = broadcast_shapes(op, &shapes);
    at_caller(|| arrays.iter().map(|array| broadcast_to(op, array, &shape)).collect())
}

/// The arrays with axes of extent 1 in front, so that all but scalars have one rank. That they broadcast is for the
/// operation to check, which can say its name.
#[track_caller]
pub fn ranks(arrays: Vec<Array>) -> Vec<Array> {
    let rank = arrays.iter().map(Array::ndim).max().unwrap_or(0);
    let widen = |array: Array| {
        if array.ndim() == rank || array.ndim() == 0 {
            return array;
        }
        let missing = rank - array.ndim();
        let shape: Vec<usize> = std::iter::repeat_n(1, missing).chain(array.shape().iter().copied()).collect();
        let dims: Vec<usize> = (missing..rank).collect();
        broadcast_in_dim(&array, &shape, &dims)
    };
    at_caller(|| arrays.into_iter().map(widen).collect())
}

/// The array repeated to a shape that it broadcasts to.
///
/// # Panics
/// If it does not.
#[track_caller]
pub fn broadcast_to(op: &'static str, x: &Array, shape: &[usize]) -> Array {
    if x.shape() == shape {
        return x.clone();
    }
    let here = here();
    let fail = |message: String| raise(Error::new(ErrorKind::Shape, op, format!("{op}: {message}")).at(here));
    if x.ndim() > shape.len() {
        fail(format!(
            "Cannot broadcast to shape with fewer dimensions: arr_shape={} shape={}",
            tuple(x.shape()),
            tuple(shape)
        ));
    }
    if x.shape().iter().rev().zip(shape.iter().rev()).any(|(&have, &want)| have != want && have != 1) {
        fail(format!(
            "Incompatible shapes for broadcasting: {} and requested shape {}",
            tuple(x.shape()),
            tuple(shape)
        ));
    }
    let offset = shape.len() - x.ndim();
    // JAX squeezes axes that are repeated away before it broadcasts; the equation is one either way.
    let dims: Vec<usize> = (offset..shape.len()).collect();
    broadcast_in_dim(x, shape, &dims)
}

#[track_caller]
fn pair(arrays: Vec<Array>) -> (Array, Array) {
    let mut arrays = ranks(arrays).into_iter();
    match (arrays.next(), arrays.next()) {
        (Some(x), Some(y)) => (x, y),
        _ => crate::bug!("two arrays became fewer"),
    }
}

/// Two operands in one dtype and rank.
#[track_caller]
pub fn binary(x: &Array, y: &Array) -> (Array, Array) {
    pair(dtypes(&[x, y]))
}

/// Two operands in one float or complex dtype and one rank.
#[track_caller]
pub fn binary_inexact(x: &Array, y: &Array) -> (Array, Array) {
    pair(dtypes_inexact(&[x, y]))
}

/// Two operands of numbers in one dtype and rank: `bool` becomes `int32`.
#[track_caller]
pub fn binary_numeric(x: &Array, y: &Array) -> (Array, Array) {
    let (x, y) = binary(x, y);
    let numeric = |a: Array| {
        if a.dtype().kind() == Kind::Bool { convert_element_type(&a, DType::I32, a.weak_type()) } else { a }
    };
    at_caller(|| (numeric(x), numeric(y)))
}
