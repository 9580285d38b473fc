//! Control flow on closures: `cond`, `switch`, `while_loop`, `fori_loop`, `scan`, `map`. `associative_scan` is a file of
//! its own.
//!
//! Operands, carries and results are trees of arrays; Rust scalars among the operands become weakly typed arrays.
//! What a closure captures is an operand too, so it differentiates and batches. How all this is traced stands in `flat`.

use super::flat::{self, Parts, structure_error};
use crate::array::fail::here;
use crate::array::{Array, IntoArray, builder, with_span};
use crate::base::DType;
use crate::base::promote::promote;
use crate::ir::Aval;
use crate::prim::compare;
use crate::prim::concatenate::concatenate;
use crate::prim::convert::convert_element_type;
use crate::prim::rule::materialize;
use crate::prim::shape::reshape;
use crate::prim::slice::slice_in_dim;
use crate::transform::batch::batch;
use crate::tree::{Arg, Flat, PyTree};

pub(super) fn flatten<T: Arg>(tree: T) -> Flat {
    let mut flat = Flat::new();
    tree.flatten_operand(&mut flat);
    flat
}

pub(super) fn flatten_tree<T: PyTree>(tree: T) -> Flat {
    let mut flat = Flat::new();
    tree.flatten(&mut flat);
    flat
}

pub(super) fn build<T: PyTree>(flat: &Flat) -> T {
    T::unflatten(&mut flat.read())
}

/// The parts of a carry by their positions.
fn positions(op: &'static str) -> Parts<'static> {
    Parts { op, name: &|position| format!("carry component {position}"), scalars_grow: false }
}

/// The parts of what branches give by their positions.
fn results(op: &'static str) -> Parts<'static> {
    Parts { op, name: &|position| format!("result {position}"), scalars_grow: false }
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
    let length = scan_length(options.length, &xs.leaves);
    let turn = |carry: &Flat, x: &Flat| {
        let (next, y) = f(build(carry), build(x));
        (flatten_tree(next), flatten_tree(y))
    };
    let (carry, ys) = flat::scan(&positions("scan"), options, length, init, &xs, turn);
    (build(&carry), build(&ys))
}

/// The number of turns over these arrays.
#[track_caller]
pub(crate) fn scan_length(mut length: Option<usize>, xs: &[Array]) -> usize {
    for x in xs {
        match (x.shape().first(), length) {
            (None, _) => structure_error("scan", "scan got value with no leading axis to scan over: a scalar."),
            (Some(&extent), Some(length)) if extent != length => structure_error(
                "scan",
                format!("scan got values with different leading axis sizes: {length} and {extent}."),
            ),
            (Some(&extent), _) => length = Some(extent),
        }
    }
    match length {
        Some(length) => length,
        None => structure_error("scan", "scan got no values to scan over and `length` not provided."),
    }
}

/// How [`while_loop_with`] runs.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct WhileOptions {
    /// How many snapshots of what it carries reverse mode may keep. `None` keeps what it needs of every turn, which is
    /// fastest; with `s` snapshots a turn runs again at most `r` times in a loop of `C(s + r, s)` turns.
    pub checkpoints: Option<usize>,
}

/// Runs `body` while `cond` holds of what it gave last, starting with `init`. Reverse mode keeps what it needs of every
/// turn; [`while_loop_with`] bounds that.
///
/// # Panics
/// If `cond` does not give a scalar `bool`, or `body` changes the type of its argument.
///
/// ```
/// use jax_core::array::Array;
/// use jax_core::lax;
/// let next_power = lax::while_loop(|x: Array| x.less(100), |x: Array| x * 2, 3);
/// assert_eq!(next_power.item_i64(), 192);
/// ```
#[track_caller]
pub fn while_loop<C>(cond: impl Fn(C) -> Array, body: impl Fn(C) -> C, init: impl Arg<Staged = C>) -> C
where
    C: PyTree,
{
    while_loop_with(WhileOptions::default(), cond, body, init)
}

/// [`while_loop`] with options.
///
/// # Panics
/// If `cond` does not give a scalar `bool`, or `body` changes the type of its argument.
///
/// ```
/// use jax_core::api::grad;
/// use jax_core::array::Array;
/// use jax_core::lax::{self, WhileOptions};
/// // A derivative through a thousand turns, from eight of them.
/// let options = WhileOptions { checkpoints: Some(8) };
/// let f = move |x: Array| {
///     let turn = |(i, x): (Array, Array)| (i + 1, &x + x.sin() * 1e-3f32);
///     lax::while_loop_with(options, |(i, _): (Array, Array)| i.less(1000), turn, (0, x)).1
/// };
/// assert!(grad(f)(Array::from_slice(&[1.0f32], &[])).item_f32() > 1.0);
/// ```
#[track_caller]
pub fn while_loop_with<C>(
    options: WhileOptions,
    cond: impl Fn(C) -> Array,
    body: impl Fn(C) -> C,
    init: impl Arg<Staged = C>,
) -> C
where
    C: PyTree,
{
    let goes_on = |carry: &Flat| cond(build(carry));
    let turn = |carry: &Flat| flatten_tree(body(build(carry)));
    build(&flat::while_loop(&positions("while_loop"), options, flatten(init), goes_on, turn))
}

/// Runs `body(i, value)` for `i` from `lower` to `upper`, exclusive: with bounds known while tracing a scan, otherwise
/// a while loop, whose turns save what reverse mode needs on stacks that grow at run time.
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
    let value_of = |leaves: &[Array]| build(&Flat { leaves: leaves.into(), tokens: tokens.clone() });
    let turn = |counter: &Array, value: &[Array]| -> (Array, Vec<Array>) {
        let one = crate::prim::elementwise::constant_like(counter, 1.0);
        let following = with_span(place, || crate::prim::arith::add(counter, &one));
        let next = flatten_tree(body(counter.clone(), value_of(value)));
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
    build(&Flat { leaves: value.into(), tokens })
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

/// [`map`] of so many slices at a time, in vectors: faster, and `batch_size` bounds the memory that it takes. The slices
/// that are left over are one batch more.
///
/// # Panics
/// If the leading axes differ, or there is nothing to map over.
///
/// ```
/// use jax_core::array::Array;
/// use jax_core::lax;
/// let squares = lax::map_with(2, |x: Array| &x * &x, Array::from_slice(&[1, 2, 3], &[3]));
/// assert_eq!(squares.to_vec::<i32>(), [1, 4, 9]);
/// ```
#[track_caller]
pub fn map_with<X, Y>(batch_size: usize, f: impl Fn(X) -> Y, xs: impl Arg<Staged = X>) -> Y
where
    X: PyTree,
    Y: PyTree,
{
    let xs = flatten(xs);
    let length = scan_length(None, &xs.leaves);
    let size = batch_size.clamp(1, length.max(1));
    let slices: Vec<Aval> = xs.leaves.iter().map(|x| x.aval().with_shape(&x.shape()[1..])).collect();
    let (closed, tokens) = builder::trace_with(&slices, |args| {
        let y = flatten_tree(f(build(&Flat { leaves: args.into(), tokens: xs.tokens.clone() })));
        (y.leaves.into_vec(), y.tokens)
    });
    let every = |args: &[Array], size: usize| -> Vec<Array> {
        let (ys, dims) = batch(&closed, args, &vec![Some(0); args.len()], size);
        ys.iter().zip(dims).map(|(y, dim)| materialize(y, dim, 0, size)).collect()
    };
    let (batches, whole) = (length / size, length / size * size);
    let part = |from: usize, to: usize| -> Vec<Array> {
        let part = |x: &Array| if (from, to) == (0, length) { x.clone() } else { slice_in_dim(x, from, to, 0) };
        xs.leaves.iter().map(part).collect()
    };
    // The leading axis split in two, or joined.
    let split = |x: &Array| reshape(x, &[&[batches, size], &x.shape()[1..]].concat());
    let join = |x: &Array| reshape(x, &[&[whole], &x.shape()[2..]].concat());
    let groups: Vec<Array> = part(0, whole).iter().map(split).collect();
    let ys: Vec<Array> = map(|group: Vec<Array>| every(&group, size), groups).iter().map(join).collect();
    let ys = if whole == length {
        ys
    } else {
        let rest = every(&part(whole, length), length - whole);
        ys.iter().zip(&rest).map(|(y, rest)| concatenate(&[y, rest], 0)).collect()
    };
    build(&Flat { leaves: ys.into(), tokens })
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
    let functions: Vec<_> =
        functions.iter().map(|function| move |operand: &Flat| flatten_tree(function(build(operand)))).collect();
    let functions: Vec<flat::Branch<'_>> = functions.iter().map(|function| function as flat::Branch<'_>).collect();
    build(&flat::branches(&results(op), index, &functions, &flatten(operand)))
}
