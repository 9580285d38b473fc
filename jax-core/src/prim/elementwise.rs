//! What the elementwise families share: broadcasting of axes of extent 1 and of scalars, batching, and the
//! transpose of that broadcasting.

use crate::array::{Array, bind};
use crate::base::error::ErrorKind;
use crate::base::{DType, Error, Result, Shape};
use crate::ir::{Aval, Prim, Primitive};
use crate::prim::{reduce, shape};

/// The shape of an elementwise result: operands have one rank or are scalars, and extents agree or are 1.
pub(crate) fn result_shape(op: &'static str, ins: &[Aval]) -> Result<Shape> {
    let mut result: Shape = Shape::new();
    for aval in ins.iter().filter(|aval| aval.ndim() > 0) {
        if result.is_empty() {
            result = aval.shape.clone();
        } else if result.len() != aval.ndim() {
            return Err(shape_error(op, ins));
        }
        for (mine, &other) in result.iter_mut().zip(&aval.shape) {
            match (*mine, other) {
                (a, b) if a == b => {}
                (1, b) => *mine = b,
                (_, 1) => {}
                _ => return Err(shape_error(op, ins)),
            }
        }
    }
    Ok(result)
}

fn shape_error(op: &'static str, ins: &[Aval]) -> Error {
    let shapes: Vec<String> = ins.iter().map(|aval| tuple(&aval.shape)).collect();
    Error::new(ErrorKind::Shape, op, format!("{op} got incompatible shapes for broadcasting: {}.", shapes.join(", ")))
}

/// A shape as Python prints it.
pub(crate) fn tuple(shape: &[usize]) -> String {
    let items: Vec<String> = shape.iter().map(usize::to_string).collect();
    if items.len() == 1 { format!("({},)", items[0]) } else { format!("({})", items.join(", ")) }
}

/// The one dtype of all operands, which must be among those that the operation takes.
pub(crate) fn same_dtype(op: &'static str, ins: &[Aval], accepts: fn(DType) -> bool, what: &str) -> Result<DType> {
    let dtype = ins[0].dtype;
    if ins.iter().any(|aval| aval.dtype != dtype) {
        let dtypes: Vec<&str> = ins.iter().map(|aval| aval.dtype.name()).collect();
        let message = format!("{op} requires arguments to have the same dtypes, got {}.", dtypes.join(", "));
        return Err(Error::new(ErrorKind::DType, op, message));
    }
    if !accepts(dtype) {
        let message = format!("{op} does not accept dtype {dtype}. It accepts {what}.");
        return Err(Error::new(ErrorKind::DType, op, message));
    }
    Ok(dtype)
}

/// The batching rule of every elementwise primitive.
pub(crate) fn batch(prim: impl Primitive, args: &[Array], dims: &[Option<usize>]) -> (Vec<Array>, Vec<Option<usize>>) {
    let prim = Prim::new(prim);
    let mut ranked = args.iter().zip(dims).filter(|(arg, _)| arg.ndim() > 0);
    let first = ranked.next().map(|(arg, dim)| (arg.shape().to_vec(), *dim));
    let (results, dim) = if let Some((first_shape, dim)) = first
        && ranked.all(|(arg, d)| arg.shape() == first_shape && *d == dim)
    {
        let operands: Vec<&Array> = args.iter().collect();
        (bind(prim, &operands), dim)
    } else {
        let front = |(arg, dim): (&Array, &Option<usize>)| match dim {
            _ if arg.ndim() == 0 => arg.clone(),
            Some(dim) => shape::move_axis(arg, *dim, 0),
            None => shape::broadcast(arg, &[1]),
        };
        let moved: Vec<Array> = args.iter().zip(dims).map(front).collect();
        let rank = moved.iter().map(Array::ndim).max().unwrap_or(0);
        let padded: Vec<Array> = moved
            .into_iter()
            .zip(dims)
            .map(|(arg, dim)| if dim.is_some() { shape::pad_rank(&arg, rank) } else { arg })
            .collect();
        let operands: Vec<&Array> = padded.iter().collect();
        (bind(prim, &operands), Some(0))
    };
    let dims = vec![dim; results.len()];
    (results.into_vec(), dims)
}

/// Sums a cotangent over the axes along which an operand of this type was repeated.
pub(crate) fn unbroadcast(ct: &Array, aval: &Aval) -> Array {
    if ct.shape() == &aval.shape[..] {
        return ct.clone();
    }
    if aval.ndim() == 0 {
        let axes: Vec<usize> = (0..ct.ndim()).collect();
        return reduce::reduce_sum(ct, &axes);
    }
    let axes: Vec<usize> = (0..ct.ndim()).filter(|&axis| aval.shape[axis] == 1 && ct.shape()[axis] != 1).collect();
    shape::reshape(&reduce::reduce_sum(ct, &axes), &aval.shape)
}
