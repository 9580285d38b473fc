//! The operations that the macro knows the shapes of, as methods and as functions of `jnp` and `nn`: a table from name
//! to rule. What is not here gives a value of which nothing is known.

use syn::Expr;

use super::dtype::{DType, Element, Kind};
use super::spec::Dim;
use super::value::{self, Known, Value};
use crate::errors;

/// One application of an operation.
pub(crate) struct Call<'a> {
    /// The name, as written.
    pub(crate) name: &'a str,
    /// The operands; of a method the first is the receiver.
    pub(crate) values: &'a [Value],
    /// Their expressions.
    pub(crate) exprs: &'a [&'a Expr],
}

/// What an operation gives, or what is wrong with its operands.
pub(crate) fn apply(call: &Call<'_>) -> Result<Value, String> {
    let known = match call.values.first() {
        Some(Value::Array(known)) => known,
        _ => return creation(call),
    };
    let arity = call.values.len();
    let result = match (call.name, arity) {
        ("neg" | "abs" | "floor" | "ceil" | "round" | "square" | "sign" | "relu" | "relu6" | "conj" | "copy", 1)
        | ("powi", 2)
        | ("cumsum" | "cumprod" | "cummax" | "cummin", _)
        | ("flip" | "fliplr" | "flipud" | "sort", 1) => known.clone(),
        (
            "exp" | "exp2" | "expm1" | "exp_m1" | "log" | "ln" | "log2" | "log10" | "log1p" | "ln_1p" | "sqrt"
            | "rsqrt" | "cbrt" | "sin" | "cos" | "tan" | "asin" | "acos" | "atan" | "arcsin" | "arccos" | "arctan"
            | "sinh" | "cosh" | "tanh" | "asinh" | "acosh" | "atanh" | "recip" | "reciprocal" | "sigmoid" | "softplus"
            | "silu" | "swish" | "gelu" | "elu" | "selu" | "softmax" | "log_softmax",
            1,
        ) => Known { dtype: value::inexact(known.dtype), dims: known.dims.clone() },
        ("isnan" | "is_nan" | "isinf" | "isfinite" | "is_finite" | "logical_not", 1) => predicate(known.dims.clone()),
        ("astype", 2) => Known { dtype: named_dtype(call.exprs[1]), dims: known.dims.clone() },
        (
            "add" | "subtract" | "sub" | "multiply" | "mul" | "rem" | "remainder" | "maximum" | "minimum" | "fmax"
            | "fmin",
            2,
        ) => elementwise(call, false)?,
        (
            "divide" | "true_divide" | "div" | "powf" | "power" | "pow" | "atan2" | "arctan2" | "hypot" | "logaddexp",
            2,
        ) => {
            let known = elementwise(call, false)?;
            Known { dtype: known.dtype.filter(|dtype| dtype.dtype.is_inexact()), ..known }
        }
        ("clip" | "clamp" | "mul_add", 3) => elementwise(call, false)?,
        (
            "greater" | "less" | "greater_equal" | "less_equal" | "equal" | "not_equal" | "gt" | "lt" | "ge" | "le"
            | "eq" | "ne" | "logical_and" | "logical_or" | "logical_xor",
            2,
        ) => elementwise(call, true)?,
        ("where_", 3) => {
            let known: Vec<Known> = call.values.iter().filter_map(Value::operand).collect();
            let dims = value::broadcast(call.name, &known)?.filter(|_| known.len() == 3);
            Known { dtype: if known.len() == 3 { value::promoted(&known[1..]) } else { None }, dims }
        }
        ("sum" | "prod" | "max" | "min" | "amax" | "amin", _) => {
            let small = known.dtype.is_some_and(|dtype| !dtype.dtype.is_inexact());
            let keeps = matches!(call.name, "max" | "min" | "amax" | "amin") || !small;
            reduced(call, known, known.dtype.filter(|_| keeps))?
        }
        ("mean" | "var" | "std" | "median", _) => reduced(call, known, value::inexact(known.dtype))?,
        ("all" | "any", _) => reduced(call, known, Some(Element::strong(DType::bool())))?,
        ("argmax" | "argmin", _) => reduced(call, known, DType::named("i32").map(Element::strong))?,
        ("expand_dims", 2) => expanded(call, known)?,
        ("squeeze", 2) => squeezed(call, known)?,
        ("reshape", 2) => known.with_dims(reshaped(known, call.exprs[1], &call.values[1])?),
        ("broadcast_to", 2) => known.with_dims(shape(call.exprs[1], &call.values[1])),
        ("ravel" | "flatten", 1) => known.with_dims(Some(vec![flat(known)])),
        ("t" | "transpose" | "matrix_transpose", 1) => known.with_dims(known.dims.clone().map(|mut dims| {
            dims.reverse();
            dims
        })),
        ("transpose", 2) => permuted(call, known)?,
        ("swapaxes", 3) => swapped(call, known)?,
        ("dot" | "matmul" | "inner" | "outer" | "vdot", 2) => match call.values[1].operand() {
            Some(other) => contracted(call.name, known, &other)?,
            None => return Ok(Value::Unknown),
        },
        ("zeros_like" | "ones_like" | "empty_like", 1) | ("full_like", 2) => known.clone(),
        _ => return Ok(Value::Unknown),
    };
    Ok(Value::Array(result))
}

/// Operations that begin with something else than an array.
fn creation(call: &Call<'_>) -> Result<Value, String> {
    let float = DType::named("f32").map(Element::strong);
    match (call.name, call.values) {
        ("zeros" | "ones" | "empty", [size]) => {
            Ok(Value::Array(Known { dtype: float, dims: shape(call.exprs[0], size) }))
        }
        ("eye" | "identity", [Value::Size(n)]) => {
            Ok(Value::Array(Known { dtype: float, dims: Some(vec![n.clone(), n.clone()]) }))
        }
        _ => Ok(Value::Unknown),
    }
}

fn predicate(dims: Option<Vec<Dim>>) -> Known {
    Known { dtype: Some(Element::strong(DType::bool())), dims }
}

/// Operands that broadcast against each other.
fn elementwise(call: &Call<'_>, compares: bool) -> Result<Known, String> {
    let operands: Vec<Known> = call.values.iter().filter_map(Value::operand).collect();
    let whole = operands.len() == call.values.len();
    let dims = value::broadcast(call.name, &operands)?.filter(|_| whole);
    Ok(if compares { predicate(dims) } else { Known { dtype: value::promoted(&operands).filter(|_| whole), dims } })
}

/// A binary operator, by JAX's name.
pub(crate) fn operator(op: &str, left: &Value, right: &Value) -> Result<Value, String> {
    if let (Value::Size(_), Value::Size(_)) = (left, right) {
        return Ok(Value::Unknown);
    }
    let (Some(a), Some(b)) = (left.operand(), right.operand()) else { return Ok(Value::Unknown) };
    let operands = [a, b];
    let dims = value::broadcast(op, &operands)?;
    let dtype = value::promoted(&operands);
    Ok(Value::Array(match op {
        "eq" | "ne" | "lt" | "le" | "gt" | "ge" => predicate(dims),
        "div" => Known { dtype: dtype.filter(|dtype| dtype.dtype.is_inexact()), dims },
        _ => Known { dtype, dims },
    }))
}

fn contracted(op: &str, a: &Known, b: &Known) -> Result<Known, String> {
    match op {
        "dot" => value::product(op, a, b, false),
        "matmul" => value::product(op, a, b, true),
        "vdot" => {
            let (left, right) = (flat(a), flat(b));
            if value::same(&left, &right).is_none() {
                return Err(errors::contraction(op, &a.to_string(), &b.to_string(), &left, &right));
            }
            Ok(Known { dtype: value::promoted(&[a.clone(), b.clone()]), dims: Some(Vec::new()) })
        }
        "outer" => Ok(Known { dtype: value::promoted(&[a.clone(), b.clone()]), dims: Some(vec![flat(a), flat(b)]) }),
        // The last axes of both.
        _ => {
            let dtype = value::promoted(&[a.clone(), b.clone()]);
            let (Some(left), Some(right)) = (&a.dims, &b.dims) else { return Ok(Known { dtype, dims: None }) };
            let (Some((last, left)), Some((with, right))) = (left.split_last(), right.split_last()) else {
                return Ok(Known { dtype, dims: value::broadcast(op, &[a.clone(), b.clone()])? });
            };
            if value::same(last, with).is_none() {
                return Err(errors::contraction(op, &a.to_string(), &b.to_string(), last, with));
            }
            Ok(Known { dtype, dims: Some(left.iter().chain(right).cloned().collect()) })
        }
    }
}

/// All extents in one.
fn flat(known: &Known) -> Dim {
    match &known.dims {
        Some(dims) => match &dims[..] {
            [one] => one.clone(),
            dims => {
                let sizes: Option<usize> =
                    dims.iter().map(|dim| if let Dim::Size(size) = dim { Some(*size) } else { None }).product();
                sizes.map_or(Dim::Any, Dim::Size)
            }
        },
        None => Dim::Any,
    }
}

// Axes.

/// The axes that an argument names.
enum Axes {
    All,
    Some(Vec<i64>),
    Unknown,
}

fn axes(expr: &Expr) -> Axes {
    match expr {
        Expr::Paren(inner) => axes(&inner.expr),
        Expr::Path(path) if path.path.is_ident("None") => Axes::All,
        Expr::Tuple(tuple) => several(tuple.elems.iter()),
        Expr::Array(array) => several(array.elems.iter()),
        Expr::Reference(inner) => axes(&inner.expr),
        other => integer(other).map_or(Axes::Unknown, |axis| Axes::Some(vec![axis])),
    }
}

fn several<'e>(exprs: impl Iterator<Item = &'e Expr>) -> Axes {
    exprs.map(integer).collect::<Option<Vec<_>>>().map_or(Axes::Unknown, Axes::Some)
}

/// An integer as written.
pub(crate) fn integer(expr: &Expr) -> Option<i64> {
    match expr {
        Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(int), .. }) => int.base10_parse().ok(),
        Expr::Unary(syn::ExprUnary { op: syn::UnOp::Neg(_), expr, .. }) => integer(expr).map(|value| -value),
        Expr::Paren(inner) => integer(&inner.expr),
        _ => None,
    }
}

fn reduced(call: &Call<'_>, known: &Known, dtype: Option<Element>) -> Result<Known, String> {
    let over = call.exprs.get(1).map_or(Axes::All, |expr| axes(expr));
    let dims = match (over, &known.dims) {
        (Axes::All, _) => Some(Vec::new()),
        (Axes::Some(over), Some(dims)) => {
            let over = placed(call.name, &over, known, dims.len())?;
            Some(dims.iter().enumerate().filter(|(axis, _)| !over.contains(axis)).map(|(_, dim)| dim.clone()).collect())
        }
        _ => None,
    };
    Ok(Known { dtype, dims })
}

fn placed(op: &str, axes: &[i64], known: &Known, ndim: usize) -> Result<Vec<usize>, String> {
    axes.iter().map(|axis| value::axis(op, *axis, known, ndim)).collect()
}

fn expanded(call: &Call<'_>, known: &Known) -> Result<Known, String> {
    let (Axes::Some(new), Some(dims)) = (axes(call.exprs[1]), &known.dims) else { return Ok(known.with_dims(None)) };
    let ndim = dims.len() + new.len();
    let new = placed(call.name, &new, known, ndim)?;
    let mut old = dims.iter();
    let dims = (0..ndim).map(|axis| if new.contains(&axis) { Some(Dim::Size(1)) } else { old.next().cloned() });
    Ok(known.with_dims(dims.collect()))
}

fn squeezed(call: &Call<'_>, known: &Known) -> Result<Known, String> {
    let (Axes::Some(gone), Some(dims)) = (axes(call.exprs[1]), &known.dims) else { return Ok(known.with_dims(None)) };
    let gone = placed(call.name, &gone, known, dims.len())?;
    for axis in &gone {
        if value::same(&dims[*axis], &Dim::Size(1)).is_none() {
            return Err(errors::squeeze(&known.to_string(), *axis, &dims[*axis]));
        }
    }
    let kept = dims.iter().enumerate().filter(|(axis, _)| !gone.contains(axis));
    Ok(known.with_dims(Some(kept.map(|(_, dim)| dim.clone()).collect())))
}

fn permuted(call: &Call<'_>, known: &Known) -> Result<Known, String> {
    let (Axes::Some(order), Some(dims)) = (axes(call.exprs[1]), &known.dims) else { return Ok(known.with_dims(None)) };
    let order = placed(call.name, &order, known, dims.len())?;
    if order.len() != dims.len() {
        return Err(errors::permutation(&known.to_string(), order.len(), dims.len()));
    }
    Ok(known.with_dims(Some(order.into_iter().map(|axis| dims[axis].clone()).collect())))
}

fn swapped(call: &Call<'_>, known: &Known) -> Result<Known, String> {
    let (Some(a), Some(b), Some(dims)) = (integer(call.exprs[1]), integer(call.exprs[2]), &known.dims) else {
        return Ok(known.with_dims(None));
    };
    let mut dims = dims.clone();
    let (a, b) = (value::axis(call.name, a, known, dims.len())?, value::axis(call.name, b, known, dims.len())?);
    dims.swap(a, b);
    Ok(known.with_dims(Some(dims)))
}

// Shapes as arguments.

/// One extent of a shape argument: -1 and what is not known are any size.
fn extent(expr: &Expr, value: &Value) -> Dim {
    match (integer(expr), value) {
        (Some(size), _) => usize::try_from(size).map_or(Dim::Any, Dim::Size),
        (None, Value::Size(dim)) => dim.clone(),
        _ => Dim::Any,
    }
}

/// The extents that a shape argument gives, if their number is known.
fn shape(expr: &Expr, value: &Value) -> Option<Vec<Dim>> {
    match (expr, value) {
        (Expr::Paren(inner), value) => shape(&inner.expr, value),
        (Expr::Reference(inner), value) => shape(&inner.expr, value),
        (
            Expr::Tuple(syn::ExprTuple { elems, .. }) | Expr::Array(syn::ExprArray { elems, .. }),
            Value::Tuple(values),
        ) => Some(elems.iter().zip(values).map(|(expr, value)| extent(expr, value)).collect()),
        (_, Value::Size(dim)) => Some(vec![dim.clone()]),
        (expr, _) => integer(expr).map(|_| vec![extent(expr, value)]),
    }
}

fn reshaped(known: &Known, expr: &Expr, value: &Value) -> Result<Option<Vec<Dim>>, String> {
    let Some(mut dims) = shape(expr, value) else { return Ok(None) };
    let from = Known { dtype: None, dims: known.dims.clone() };
    let to = Known { dtype: None, dims: Some(dims.clone()) };
    if let (Dim::Size(before), Dim::Size(after)) = (flat(&from), flat(&to))
        && before != after
    {
        return Err(errors::reshape(&known.to_string(), before, &value::list(&dims), after));
    }
    // What -1 stands for follows from the rest, where all of that is written out.
    if let [only] = &mut dims[..] {
        *only = value::same(only, &flat(&from)).unwrap_or(Dim::Any);
    }
    Ok(Some(dims))
}

/// The dtype that `DType::F32` names.
fn named_dtype(expr: &Expr) -> Option<Element> {
    let Expr::Path(path) = expr else { return None };
    DType::named(&path.path.segments.last()?.ident.to_string().to_lowercase()).map(Element::strong)
}

/// Whether a declared result can hold a value of this dtype.
pub(crate) fn gives(declared: DType, found: Element) -> bool {
    declared == found.dtype
        || (found.weak && found.dtype.kind() != Kind::Complex && found.dtype.kind() == declared.kind())
}
