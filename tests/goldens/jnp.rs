//! NumPy's functions that the programs need.

use jax::Array;
use jax_core::array::IntoArray;
use jax_core::lax::promote;
use jax_core::prim::dot_general::{DotDimensionNumbers, dot_general};
use jax_core::prim::{compare, concatenate as cat, select, shape};

pub fn greater(x: impl IntoArray, y: impl IntoArray) -> Array {
    let (x, y) = promote::binary(&x.into_array(), &y.into_array());
    compare::gt(&x, &y)
}

pub fn less(x: impl IntoArray, y: impl IntoArray) -> Array {
    let (x, y) = promote::binary(&x.into_array(), &y.into_array());
    compare::lt(&x, &y)
}

pub fn where_(p: impl IntoArray, x: impl IntoArray, y: impl IntoArray) -> Array {
    let p = p.into_array();
    let (x, y) = promote::binary(&x.into_array(), &y.into_array());
    let shape = promote::broadcast_shapes(&[p.shape(), x.shape(), y.shape()]).to_vec();
    let full = |a: &Array| promote::broadcast_to(a, &shape);
    let p = if p.ndim() == 0 { p } else { full(&p) };
    select::select(&p, &full(&x), &full(&y))
}

pub fn sum(x: impl IntoArray) -> Array {
    x.into_array().sum(None)
}

pub fn dot(x: impl IntoArray, y: impl IntoArray) -> Array {
    let (x, y) = (x.into_array(), y.into_array());
    let numbers = DotDimensionNumbers::contracting(&[x.ndim() - 1], &[y.ndim().saturating_sub(2)]);
    dot_general(&x, &y, numbers, Some(x.dtype()))
}

pub fn matmul(x: impl IntoArray, y: impl IntoArray) -> Array {
    dot(x, y)
}

pub fn concatenate(arrays: &[Array]) -> Array {
    cat::concatenate(&arrays.iter().collect::<Vec<_>>(), 0)
}

pub fn broadcast_to(x: impl IntoArray, shape: [usize; 2]) -> Array {
    promote::broadcast_to(&x.into_array(), &shape)
}

pub fn transpose(x: impl IntoArray) -> Array {
    x.into_array().t()
}

pub fn squeeze(x: impl IntoArray) -> Array {
    let x = x.into_array();
    let axes: Vec<usize> = (0..x.ndim()).filter(|&a| x.shape()[a] == 1).collect();
    shape::squeeze(&x, &axes)
}
