//! What the elementwise families share: broadcasting of axes of extent 1 and of scalars, batching, and the
//! transpose of that broadcasting.

use crate::array::{Array, bind};
use crate::base::error::ErrorKind;
use crate::base::{DType, Error, Result, Scalar, Shape};
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

/// Any number, real or complex.
pub(crate) fn numeric(dtype: DType) -> bool {
    dtype != DType::Bool
}

/// Floats and complex numbers.
pub(crate) fn inexact(dtype: DType) -> bool {
    dtype.is_inexact()
}

/// Floats.
pub(crate) fn float(dtype: DType) -> bool {
    dtype.is_float()
}

/// `f32` alone.
pub(crate) fn single(dtype: DType) -> bool {
    dtype == DType::F32
}

/// Integers and truth values.
pub(crate) fn bits(dtype: DType) -> bool {
    !dtype.is_inexact()
}

/// Integers.
pub(crate) fn integer(dtype: DType) -> bool {
    dtype.is_integer()
}

/// Every dtype.
pub(crate) fn any(_: DType) -> bool {
    true
}

/// Whether the array is this number, known while tracing, and no `-0.0`.
pub(crate) fn is_constant(x: &Array, value: f64) -> bool {
    x.as_constant().is_some_and(|constant| constant == Scalar::from_f64(x.dtype(), value))
}

/// A constant of an array's dtype and weakness: what rules multiply and add by.
pub(crate) fn constant_like(x: &Array, value: f64) -> Array {
    Array::scalar(Scalar::from_f64(x.dtype(), value)).with_weak(x.weak_type())
}

/// Declares elementwise primitives of one operand whose result has the operand's dtype. The derivative is
/// `jvp |g, ans, x| tangent` or `zero`.
macro_rules! unary {
    ($($(#[$doc:meta])* $name:ident $function:ident, $accepts:ident $what:literal, lower |$b:ident, $a:ident| $lower:expr,
       $kind:ident $(|$g:ident, $ans:ident, $x:ident| $tangent:expr)?;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, PartialEq, Eq, Hash, Debug)]
            pub struct $name;

            $(#[$doc])*
            #[track_caller]
            pub fn $function(x: &$crate::array::Array) -> $crate::array::Array {
                $crate::array::bind_one($name, &[x])
            }

            impl $crate::ir::Primitive for $name {
                fn name(&self) -> &'static str {
                    stringify!($function)
                }

                fn type_rule(&self, ins: &[$crate::ir::Aval]) -> $crate::base::Result<Vec<$crate::ir::Aval>> {
                    use $crate::prim::elementwise;
                    elementwise::same_dtype(stringify!($function), ins, elementwise::$accepts, $what)?;
                    Ok(vec![ins[0].clone()])
                }

                fn derivative(&self) -> $crate::ir::Derivative<'_> {
                    $crate::prim::elementwise::derivative!($function $kind $(|$g, $ans, $x| $tangent)?)
                }

                fn batch(
                    &self,
                    args: &[$crate::array::Array],
                    dims: &[Option<usize>],
                    _: usize,
                ) -> (Vec<$crate::array::Array>, Vec<Option<usize>>) {
                    $crate::prim::elementwise::batch(self.clone(), args, dims)
                }

                fn lower(&self, cx: &mut $crate::ir::Lower, ins: &[$crate::kernel::Buf]) -> Vec<$crate::kernel::Buf> {
                    vec![cx.elementwise(ins, |$b, args| {
                        let $a = args[0];
                        $lower
                    })]
                }
            }

            $crate::readers! { stringify!($function), 1..=1, |_| $name; }
        )*
    };
}

/// The derivative of a unary elementwise primitive, in the words of [`unary`].
macro_rules! derivative {
    ($function:ident zero) => {
        $crate::ir::Derivative::Zero
    };
    ($function:ident linear |$g:ident, $ans:ident, $x:ident| $tangent:expr) => {
        $crate::ir::Derivative::Linear(Box::new(|cts, _| {
            vec![cts[0].as_ref().map(|$g: &$crate::array::Array| $tangent)]
        }))
    };
    ($function:ident jvp |$g:ident, $ans:ident, $x:ident| $tangent:expr) => {
        $crate::ir::Derivative::Rule(
            Box::new(|args, tangents| {
                let $x = &args[0];
                let $ans = $function($x);
                let tangent = tangents[0].as_ref().map(|$g: &$crate::array::Array| $tangent);
                (vec![$ans], vec![tangent])
            }),
            None,
        )
    };
}

/// Declares elementwise primitives of two operands of one dtype. The result has that dtype, or is `bool` for
/// `=> bool`. The derivative is an expression of type `Derivative`; `simplify` names a function of both operands.
macro_rules! binary {
    ($($(#[$doc:meta])* $name:ident $function:ident, $accepts:ident $what:literal, lower |$b:ident, $x:ident, $y:ident| $lower:expr,
       $derivative:expr $(=> $result:ident)? $(, simplify $simplify:path)?;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, PartialEq, Eq, Hash, Debug)]
            pub struct $name;

            $(#[$doc])*
            #[track_caller]
            pub fn $function(x: &$crate::array::Array, y: &$crate::array::Array) -> $crate::array::Array {
                $crate::array::bind_one($name, &[x, y])
            }

            impl $crate::ir::Primitive for $name {
                fn name(&self) -> &'static str {
                    stringify!($function)
                }

                fn type_rule(&self, ins: &[$crate::ir::Aval]) -> $crate::base::Result<Vec<$crate::ir::Aval>> {
                    use $crate::prim::elementwise;
                    let dtype = elementwise::same_dtype(stringify!($function), ins, elementwise::$accepts, $what)?;
                    let weak = ins.iter().all(|aval| aval.weak);
                    let shape = elementwise::result_shape(stringify!($function), ins)?;
                    let aval = $crate::ir::Aval::new(dtype, &shape).with_weak(weak);
                    $(let aval = $crate::prim::elementwise::$result(aval);)?
                    Ok(vec![aval])
                }

                fn derivative(&self) -> $crate::ir::Derivative<'_> {
                    $derivative
                }

                fn batch(
                    &self,
                    args: &[$crate::array::Array],
                    dims: &[Option<usize>],
                    _: usize,
                ) -> (Vec<$crate::array::Array>, Vec<Option<usize>>) {
                    $crate::prim::elementwise::batch(self.clone(), args, dims)
                }

                fn lower(&self, cx: &mut $crate::ir::Lower, ins: &[$crate::kernel::Buf]) -> Vec<$crate::kernel::Buf> {
                    vec![cx.elementwise(ins, |$b, args| {
                        let ($x, $y) = (args[0], args[1]);
                        $lower
                    })]
                }

                $(fn simplify(&self, args: &[$crate::array::Array]) -> Option<Vec<$crate::array::Array>> {
                    $simplify(&args[0], &args[1]).map(|simple| vec![simple])
                })?
            }

            $crate::readers! { stringify!($function), 2..=2, |_| $name; }
        )*
    };
}

pub(crate) use {binary, derivative, unary};

/// The type of a truth value for each element.
pub(crate) fn truth(aval: Aval) -> Aval {
    Aval { dtype: DType::Bool, weak: false, ..aval }
}

/// A forward-mode rule for two operands from the tangents that each contributes.
pub(crate) fn binary_jvp<'a>(
    f: fn(&Array, &Array) -> Array,
    left: fn(&Array, &Array, &Array, &Array) -> Array,
    right: fn(&Array, &Array, &Array, &Array) -> Array,
) -> crate::ir::primitive::Jvp<'a> {
    Box::new(move |args, tangents| {
        let (x, y) = (&args[0], &args[1]);
        let ans = f(x, y);
        let from_left = tangents[0].as_ref().map(|g| left(g, &ans, x, y));
        let from_right = tangents[1].as_ref().map(|g| right(g, &ans, x, y));
        let tangent = crate::prim::rule::add_tangents(from_left, from_right);
        (vec![ans], vec![tangent])
    })
}

/// Integers and floats.
pub(crate) fn real(dtype: DType) -> bool {
    dtype != DType::Bool && !dtype.is_complex()
}

/// Every dtype that is ordered.
pub(crate) fn real_or_bool(dtype: DType) -> bool {
    !dtype.is_complex()
}
