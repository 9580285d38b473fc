//! Control flow on closures: `cond`, `switch`, `while_loop`, `fori_loop`, `scan`, `map`.
//!
//! Operands, carries and results are trees of arrays; Rust scalars among the operands become weakly typed arrays.
//! What a closure captures is an operand too, so it differentiates and batches.

use std::sync::Arc;

use crate::array::fail::{here, raise};
use crate::array::{Array, IntoArray, at_caller, builder, with_span};
use crate::base::error::ErrorKind;
use crate::base::promote::promote;
use crate::base::{DType, Error};
use crate::control::cond as cond_prim;
use crate::control::scan::{Scan, scan as bind_scan};
use crate::control::while_loop::{While, while_loop as bind_while};
use crate::ir::{Aval, ClosedJaxpr};
use crate::prim::compare;
use crate::prim::convert::convert_element_type;
use crate::tree::{Arg, Flat, Leaves, PyTree, Token};

fn flatten<T: Arg>(tree: T) -> Flat {
    let mut flat = Flat::new();
    tree.flatten_operand(&mut flat);
    flat
}

fn flatten_tree<T: PyTree>(tree: T) -> Flat {
    let mut flat = Flat::new();
    tree.flatten(&mut flat);
    flat
}

fn build<T: PyTree>(leaves: &[Array], tokens: &[Token]) -> T {
    T::unflatten(&mut Leaves::new(leaves, tokens))
}

#[track_caller]
fn structure_error(op: &'static str, message: impl Into<String>) -> ! {
    raise(Error::new(ErrorKind::Value, op, message))
}

/// Carried values converted so that a turn gives the types it takes: a weak type yields to a strong one.
#[track_caller]
fn settle(op: &'static str, carry: &mut [Array], outs: &[Aval]) -> bool {
    let mut changed = false;
    for (position, (value, out)) in carry.iter_mut().zip(outs).enumerate() {
        let aval = value.aval().clone();
        if aval.dtype == out.dtype && aval.shape == out.shape && aval.weak == out.weak {
            continue;
        }
        if aval.weak && aval.dtype == out.dtype && aval.shape == out.shape {
            // The turn as traced does for a strong start too, and JAX keeps it.
            *value = convert_element_type(value, out.dtype, false);
            continue;
        }
        let (dtype, weak) = promote((aval.dtype, aval.weak), (out.dtype, out.weak));
        if aval.shape != out.shape || !(aval.weak || dtype == aval.dtype) {
            structure_error(
                op,
                format!(
                    "{op} body function carry input and carry output must have equal types, but they differ: carry \
                     component {position} has type {aval} going in and {out} coming out."
                ),
            );
        }
        if aval.weak && (dtype, weak) != (aval.dtype, aval.weak) {
            *value = convert_element_type(value, dtype, weak);
            changed = true;
        }
    }
    changed
}

/// The results in the types of the carry.
#[track_caller]
fn conform(results: Vec<Array>, carry: &[Aval]) -> Vec<Array> {
    at_caller(|| results.iter().zip(carry).map(|(r, c)| convert_element_type(r, c.dtype, c.weak)).collect())
}

/// How [`scan_with`] runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ScanOptions {
    /// The number of turns; needed only when there are no stacked inputs.
    pub length: Option<usize>,
    /// Whether turns go from the last slice to the first.
    pub reverse: bool,
    /// How many turns a compiler may put into one; it changes no value.
    pub unroll: usize,
}

impl Default for ScanOptions {
    fn default() -> ScanOptions {
        ScanOptions { length: None, reverse: false, unroll: 1 }
    }
}

/// Runs `f` over the leading axis of `xs`, carrying a value: the final carry, and the stacked results.
///
/// # Panics
/// If the leading axes differ, or `f` changes the type of the carry.
#[track_caller]
pub fn scan<C, X, Y>(f: impl Fn(C, X) -> (C, Y), init: impl Arg<Staged = C>, xs: impl Arg<Staged = X>) -> (C, Y)
where
    C: PyTree,
    X: PyTree,
    Y: PyTree,
{
    scan_with(ScanOptions::default(), f, init, xs)
}

/// [`scan`] with options.
///
/// # Panics
/// If the leading axes differ, no length is known, or `f` changes the type of the carry.
#[track_caller]
pub fn scan_with<C, X, Y>(
    options: ScanOptions,
    f: impl Fn(C, X) -> (C, Y),
    init: impl Arg<Staged = C>,
    xs: impl Arg<Staged = X>,
) -> (C, Y)
where
    C: PyTree,
    X: PyTree,
    Y: PyTree,
{
    let (init, xs) = (flatten(init), flatten(xs));
    let mut length = options.length;
    for x in &xs.leaves {
        match (x.shape().first(), length) {
            (None, _) => structure_error("scan", "scan got value with no leading axis to scan over: a scalar."),
            (Some(&extent), Some(length)) if extent != length => structure_error(
                "scan",
                format!("scan got values with different leading axis sizes: {length} and {extent}."),
            ),
            (Some(&extent), _) => length = Some(extent),
        }
    }
    let Some(length) = length else {
        structure_error("scan", "scan got no values to scan over and `length` not provided.");
    };
    let slices: Vec<Aval> = xs.leaves.iter().map(|x| x.aval().with_shape(&x.shape()[1..])).collect();
    let mut carry: Vec<Array> = init.leaves.to_vec();
    let count = carry.len();
    let (closed, y_tokens) = loop {
        let avals: Vec<Aval> = carry.iter().map(|c| c.aval().clone()).chain(slices.iter().cloned()).collect();
        let (closed, y_tokens) = builder::trace_with(&avals, |args| {
            let (carry, slices) = args.split_at(count);
            let (next, y) = f(build(carry, &init.tokens), build(slices, &xs.tokens));
            let (next, y) = (flatten_tree(next), flatten_tree(y));
            if next.tokens != init.tokens {
                structure_error("scan", "scan body function must give a carry of the structure that it takes.");
            }
            let next = next.leaves.into_iter().chain(y.leaves).collect();
            (next, y.tokens)
        });
        if !settle("scan", &mut carry, &closed.out_avals()[..count]) {
            break (closed, y_tokens);
        }
    };
    let avals: Vec<Aval> = carry.iter().map(|c| c.aval().clone()).collect();
    let closed = conform_outs(closed, &avals);
    let (jaxpr, consts) = closed.convert_consts();
    let primitive = Scan {
        jaxpr: Arc::new(jaxpr),
        length: Some(length),
        num_consts: consts.len(),
        num_carry: count,
        reverse: options.reverse,
        unroll: options.unroll,
    };
    let operands: Vec<Array> = consts.into_iter().chain(carry).chain(xs.leaves).collect();
    let results = bind_scan(primitive, &operands);
    let (carry, ys) = results.split_at(count);
    (build(carry, &init.tokens), build(ys, &y_tokens))
}

/// The traced function with its first results converted to these types, where they differ.
#[track_caller]
fn conform_outs(closed: ClosedJaxpr, avals: &[Aval]) -> ClosedJaxpr {
    let outs = closed.out_avals();
    if outs.iter().zip(avals).all(|(out, aval)| out == aval) {
        return closed;
    }
    let place = here();
    builder::trace(&closed.in_avals(), |args| {
        let mut results = crate::transform::eval(&closed, args);
        let rest = results.split_off(avals.len());
        with_span(place, || conform(results, avals)).into_iter().chain(rest).collect()
    })
}

/// Runs `body` while `cond` holds of what it gave last, starting with `init`.
///
/// # Panics
/// If `cond` does not give a scalar `bool`, or `body` changes the type of its argument.
#[track_caller]
pub fn while_loop<C>(cond: impl Fn(C) -> Array, body: impl Fn(C) -> C, init: impl Arg<Staged = C>) -> C
where
    C: PyTree,
{
    let init = flatten(init);
    let mut carry: Vec<Array> = init.leaves.to_vec();
    let closed = loop {
        let avals: Vec<Aval> = carry.iter().map(|c| c.aval().clone()).collect();
        let closed = builder::trace(&avals, |args| {
            let next = flatten_tree(body(build(args, &init.tokens)));
            if next.tokens != init.tokens {
                structure_error("while_loop", "while_loop body must give a value of the structure that it takes.");
            }
            next.leaves.into_vec()
        });
        if !settle("while_loop", &mut carry, &closed.out_avals()) {
            break closed;
        }
    };
    let avals: Vec<Aval> = carry.iter().map(|c| c.aval().clone()).collect();
    let pred = builder::trace(&avals, |args| vec![cond(build(args, &init.tokens))]);
    let pred_aval = &pred.out_avals()[0];
    if pred_aval.dtype != DType::Bool || pred_aval.ndim() != 0 {
        structure_error(
            "while_loop",
            format!("cond_fun must return a boolean scalar, but got output type {pred_aval}."),
        );
    }
    let closed = conform_outs(closed, &avals);
    let ((cond_jaxpr, cond_consts), (body_jaxpr, body_consts)) = (pred.convert_consts(), closed.convert_consts());
    let primitive = While {
        cond_jaxpr: Arc::new(cond_jaxpr),
        body_jaxpr: Arc::new(body_jaxpr),
        cond_nconsts: cond_consts.len(),
        body_nconsts: body_consts.len(),
    };
    let operands: Vec<Array> = cond_consts.into_iter().chain(body_consts).chain(carry).collect();
    build(&bind_while(primitive, &operands), &init.tokens)
}

/// Runs `body(i, value)` for `i` from `lower` to `upper`, exclusive. With bounds known while tracing this is a
/// scan, which reverse mode differentiates; otherwise a while loop.
///
/// # Panics
/// If `body` changes the type of the value.
#[track_caller]
pub fn fori_loop<C>(
    lower: impl IntoArray,
    upper: impl IntoArray,
    body: impl Fn(Array, C) -> C,
    init: impl Arg<Staged = C>,
) -> C
where
    C: PyTree,
{
    let (lower, upper) = (lower.into_array(), upper.into_array());
    if !lower.dtype().is_integer() || !upper.dtype().is_integer() || lower.ndim() + upper.ndim() > 0 {
        structure_error(
            "fori_loop",
            format!(
                "lower and upper arguments to fori_loop must be integer scalars, got {} and {}.",
                lower.aval(),
                upper.aval()
            ),
        );
    }
    let (dtype, _) = promote((lower.dtype(), lower.weak_type()), (upper.dtype(), upper.weak_type()));
    let place = here();
    let bound = |x: &Array| if x.dtype() == dtype { x.clone() } else { convert_element_type(x, dtype, false) };
    let (lower, upper) = with_span(place, || (bound(&lower), bound(&upper)));
    let mut init = flatten(init);
    let tokens = std::mem::take(&mut init.tokens);
    let turn = |counter: &Array, value: &[Array]| -> (Array, Vec<Array>) {
        let one = crate::prim::elementwise::constant_like(counter, 1.0);
        let following = with_span(place, || crate::prim::arith::add(counter, &one));
        let next = flatten_tree(body(counter.clone(), build(value, &tokens)));
        if next.tokens != tokens {
            structure_error("fori_loop", "fori_loop body must give a value of the structure that it takes.");
        }
        (following, next.leaves.into_vec())
    };
    let value: Vec<Array> = match (lower.as_constant(), upper.as_constant()) {
        (Some(first), Some(last)) => {
            let length = usize::try_from(last.as_i128() - first.as_i128()).unwrap_or(0);
            let options = ScanOptions { length: Some(length), ..ScanOptions::default() };
            let turn = |(counter, value): (Array, Vec<Array>), ()| (turn(&counter, &value), ());
            scan_with(options, turn, (lower, init.leaves.into_vec()), ()).0.1
        }
        // As in JAX the loop carries its bound.
        _ => {
            let goes_on =
                |(counter, upper, _): (Array, Array, Vec<Array>)| with_span(place, || compare::lt(&counter, &upper));
            let turn = |(counter, upper, value): (Array, Array, Vec<Array>)| {
                let (following, next) = turn(&counter, &value);
                (following, upper, next)
            };
            while_loop(goes_on, turn, (lower, upper, init.leaves.into_vec())).2
        }
    };
    build(&value, &tokens)
}

/// `f` of each slice along the leading axis, stacked.
#[track_caller]
pub fn map<X, Y>(f: impl Fn(X) -> Y, xs: impl Arg<Staged = X>) -> Y
where
    X: PyTree,
    Y: PyTree,
{
    scan(|(), x| ((), f(x)), (), xs).1
}

/// `on_true(operand)` if `pred` holds, else `on_false(operand)`; only that branch runs.
///
/// # Panics
/// If `pred` is not a scalar, or the branches give different types.
#[track_caller]
pub fn cond<T, R>(
    pred: impl IntoArray,
    on_true: impl Fn(T) -> R,
    on_false: impl Fn(T) -> R,
    operand: impl Arg<Staged = T>,
) -> R
where
    T: PyTree,
    R: PyTree,
{
    let pred = pred.into_array();
    if pred.ndim() != 0 {
        structure_error("cond", format!("Pred must be a scalar, got an array of type {}.", pred.aval()));
    }
    let pred = if pred.dtype() == DType::Bool || pred.dtype().is_integer() {
        pred.astype(DType::Bool)
    } else {
        structure_error("cond", format!("Pred type must be either boolean or number, got {}.", pred.dtype()))
    };
    let index = convert_element_type(&pred, DType::I32, false);
    branches("cond", &index, &[&on_false, &on_true], operand)
}

/// `branches[index](operand)`, the index clamped into range; only that branch runs.
///
/// # Panics
/// If `index` is not an integer scalar, there is no branch, or the branches give different types.
#[track_caller]
pub fn switch<T, R>(index: impl IntoArray, functions: &[&dyn Fn(T) -> R], operand: impl Arg<Staged = T>) -> R
where
    T: PyTree,
    R: PyTree,
{
    let index = index.into_array();
    if !index.dtype().is_integer() || index.ndim() != 0 {
        structure_error("switch", format!("Index type must be an integer scalar, got {}.", index.aval()));
    }
    if functions.is_empty() {
        structure_error("switch", "Empty branch sequence");
    }
    let index = convert_element_type(&index, DType::I32, false);
    let bound = |value: i32| Array::scalar(crate::base::Scalar::from_i128(DType::I32, value as i128));
    let index = crate::prim::select::clamp(&bound(0), &index, &bound(functions.len() as i32 - 1));
    branches("switch", &index, functions, operand)
}

#[track_caller]
fn branches<T, R>(op: &'static str, index: &Array, functions: &[&dyn Fn(T) -> R], operand: impl Arg<Staged = T>) -> R
where
    T: PyTree,
    R: PyTree,
{
    let operand = flatten(operand);
    let avals = operand.avals();
    let mut tokens = None;
    let traced: Vec<ClosedJaxpr> = functions
        .iter()
        .map(|function| {
            let (closed, out_tokens) = builder::trace_with(&avals, |args| {
                let out = flatten_tree(function(build(args, &operand.tokens)));
                (out.leaves.into_vec(), out.tokens)
            });
            if *tokens.get_or_insert_with(|| out_tokens.clone()) != out_tokens {
                structure_error(op, format!("{op} branches must give results of one structure."));
            }
            closed
        })
        .collect();
    // A weak result yields to another branch's strong one.
    let outs = traced.iter().map(ClosedJaxpr::out_avals).reduce(|mut outs, others| {
        for (out, other) in outs.iter_mut().zip(others) {
            (out.dtype, out.weak) = promote_branches((out.dtype, out.weak), (other.dtype, other.weak));
        }
        outs
    });
    let outs = outs.unwrap_or_default();
    let traced: Vec<ClosedJaxpr> = at_caller(|| traced.into_iter().map(|closed| conform_outs(closed, &outs)).collect());
    let (jaxprs, shared) = cond_prim::join(&traced);
    let operands: Vec<Array> = shared.into_iter().chain(operand.leaves).collect();
    build(&cond_prim::cond(index, jaxprs, &operands), &tokens.unwrap_or_default())
}

/// The type of a result that two branches give: only weak types yield.
fn promote_branches(a: (DType, bool), b: (DType, bool)) -> (DType, bool) {
    if a.1 || b.1 { promote(a, b) } else { a }
}
