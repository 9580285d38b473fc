//! Bytes of an array, and scalars, as NumPy and JAX print them. Jaxprs print in `ir::print`.
//!
//! `digits` has one float, `element` one element beside its neighbours, `layout` brackets and lines.

mod digits;
mod element;
mod layout;
mod literal;
mod options;
#[cfg(test)]
mod tests;

pub use literal::literal;
pub use options::{PrintOptions, Sign};

use crate::base::{DType, Kind, Scalar};
use element::Format;
use layout::Layout;

/// An array as `print(x)` shows it.
pub fn str(dtype: DType, shape: &[usize], bytes: &[u8]) -> String {
    str_with(dtype, shape, bytes, &PrintOptions::default())
}

/// An array as `print(x)` shows it under these options.
pub fn str_with(dtype: DType, shape: &[usize], bytes: &[u8], options: &PrintOptions) -> String {
    if shape.is_empty() {
        return lone(Scalar::from_bytes(dtype, bytes));
    }
    array(dtype, shape, bytes, " ", 1, options.linewidth, options)
}

/// An array as `repr(x)` of JAX shows it, as in `Array([5., 5., 5.], dtype=float32)`.
pub fn repr(dtype: DType, shape: &[usize], bytes: &[u8], weak: bool) -> String {
    repr_with(dtype, shape, bytes, weak, &PrintOptions::default())
}

/// An array as `repr(x)` of JAX shows it under these options.
pub fn repr_with(dtype: DType, shape: &[usize], bytes: &[u8], weak: bool, options: &PrintOptions) -> String {
    const PREFIX: &str = "Array(";
    let body = if shape.contains(&0) {
        let extents: Vec<String> = shape.iter().map(usize::to_string).collect();
        let comma = if shape.len() == 1 { "," } else { "" };
        format!("[], shape=({}{comma})", extents.join(", "))
    } else {
        let width = options.linewidth.saturating_sub(1);
        array(dtype, shape, bytes, ", ", 1 + PREFIX.len(), width, options)
    };
    let weak = if weak { ", weak_type=True" } else { "" };
    let dtype = format!("dtype={dtype}{weak}");
    // JAX measures the last line without its prefix, and widens the gap where NumPy would break the line.
    let last = body.rfind('\n').map_or(body.len() + 2, |at| body.len() - at + 1);
    let gap = if last + dtype.len() + 2 > options.linewidth { PREFIX.len() } else { 1 };
    format!("{PREFIX}{body},{}{dtype})", " ".repeat(gap))
}

fn array(
    dtype: DType,
    shape: &[usize],
    bytes: &[u8],
    separator: &str,
    indent: usize,
    width: usize,
    options: &PrintOptions,
) -> String {
    let size: usize = shape.iter().product();
    if size == 0 {
        return "[]".to_string();
    }
    let summarize = size > options.threshold;
    let at = |i: usize| Scalar::from_bytes(dtype, &bytes[i * dtype.size()..]);
    let edge = summarize.then_some(options.edgeitems);
    let shown = shape.iter().fold(vec![0], |offsets: Vec<usize>, &extent| {
        let indices: Vec<usize> = Layout::shown(extent, edge).into_iter().flatten().collect();
        offsets.iter().flat_map(|o| indices.iter().map(move |i| o * extent + i)).collect()
    });
    let elements: Vec<Scalar> = shown.into_iter().map(at).collect();
    let format = Format::new(dtype, &elements, shape.is_empty(), options);
    let element = |i: usize| format.show(at(i));
    Layout { shape, element: &element, separator, options, summarize }.array(indent, width)
}

/// A rank-0 array as `print(x)` shows it: NumPy's scalar, whatever the options.
fn lone(x: Scalar) -> String {
    match (x.dtype(), x.dtype().kind()) {
        (DType::BF16, _) => digits::general(x.as_f64()),
        (dtype, Kind::Float) => literal::point_zero(digits::alone(dtype, x.as_f64())),
        (dtype, Kind::Complex) => literal::complex(dtype.component(), x),
        (DType::Bool, _) => if x.as_bool() { "True" } else { "False" }.to_string(),
        _ => x.as_i128().to_string(),
    }
}
