//! Control flow on flattened trees: how loops and branches are traced, and how the types of their parts are settled.
//! The typed faces are `control` for closures and `stage::flow` for what `#[jit]` makes of Rust's own control flow.

use std::sync::Arc;

use super::control::{ScanOptions, WhileOptions};
use crate::array::fail::{here, raise};
use crate::array::{Array, at_caller, builder, with_span};
use crate::base::error::ErrorKind;
use crate::base::promote::promote;
use crate::base::{DType, Error};
use crate::control::cond as cond_prim;
use crate::control::scan::{Scan, scan as bind_scan};
use crate::control::while_loop::{While, while_loop as bind_while};
use crate::ir::{Aval, ClosedJaxpr};
use crate::prim::convert::convert_element_type;
use crate::prim::rule::zeros;
use crate::prim::shape::broadcast_in_dim;
use crate::tree::{Flat, Token};

/// How errors name an operation and the parts of what it carries or gives.
pub(crate) struct Parts<'a> {
    /// The operation.
    pub(crate) op: &'static str,
    /// What the leaf at a position belongs to.
    pub(crate) name: &'a dyn Fn(usize) -> String,
    /// Whether a Rust scalar takes the shape of the array that it becomes, as in `let mut total = 0.0`.
    pub(crate) scalars_grow: bool,
}

/// One side of a branch.
pub(crate) type Branch<'a> = &'a dyn Fn(&Flat) -> Flat;

#[track_caller]
pub(crate) fn structure_error(op: &'static str, message: impl Into<String>) -> ! {
    raise(Error::new(ErrorKind::Value, op, message))
}

fn tree(leaves: &[Array], tokens: &[Token]) -> Flat {
    Flat { leaves: leaves.into(), tokens: tokens.into() }
}

/// Carried values converted so that a turn gives the types it takes: a weak type yields to a strong one.
#[track_caller]
fn settle(parts: &Parts<'_>, carry: &mut [Array], outs: &[Aval]) -> bool {
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
        if parts.scalars_grow && aval.weak && aval.ndim() == 0 && out.ndim() > 0 {
            *value = broadcast_in_dim(&convert_element_type(value, dtype, weak), &out.shape, &[]);
            changed = true;
            continue;
        }
        if aval.shape != out.shape || !(aval.weak || dtype == aval.dtype) {
            let (op, name) = (parts.op, (parts.name)(position));
            structure_error(
                op,
                format!(
                    "{op} body function carry input and carry output must have equal types, but they differ: {name} \
                     has type {aval} going in and {out} coming out."
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
    let conform = |(result, aval): (&Array, &Aval)| {
        let result = convert_element_type(result, aval.dtype, aval.weak);
        if result.shape() == &aval.shape[..] { result } else { broadcast_in_dim(&result, &aval.shape, &[]) }
    };
    at_caller(|| results.iter().zip(carry).map(conform).collect())
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

/// Makes the structure of a carry that of what a turn gives, or tells which part cannot follow; whether it changed.
#[track_caller]
fn same_structure(parts: &Parts<'_>, carry: &mut Flat, next: &[Token], outs: &[Aval]) -> bool {
    if carry.tokens[..] == *next {
        return false;
    }
    match fill(carry, next, outs) {
        Ok(changed) => changed,
        Err(leaf) => {
            let (op, name) = (parts.op, (parts.name)(leaf));
            structure_error(
                op,
                format!("{op} body must give a value of the structure that it takes, but that of {name} differs."),
            )
        }
    }
}

/// A scan over the leading axes of `xs`: the final carry, and the stacked results.
#[track_caller]
pub(crate) fn scan(
    parts: &Parts<'_>,
    options: ScanOptions,
    length: usize,
    mut init: Flat,
    xs: &Flat,
    turn: impl Fn(&Flat, &Flat) -> (Flat, Flat),
) -> (Flat, Flat) {
    let slices: Vec<Aval> = xs.leaves.iter().map(|x| x.aval().with_shape(&x.shape()[1..])).collect();
    let (closed, y_tokens) = loop {
        let count = init.leaves.len();
        let avals: Vec<Aval> = init.avals().into_iter().chain(slices.iter().cloned()).collect();
        let (closed, (tokens, y_tokens, carried)) = builder::trace_with(&avals, |args| {
            let (carry, slices) = args.split_at(count);
            let (next, y) = turn(&tree(carry, &init.tokens), &tree(slices, &xs.tokens));
            let carried = next.leaves.len();
            (next.leaves.into_iter().chain(y.leaves).collect(), (next.tokens, y.tokens, carried))
        });
        let outs = &closed.out_avals()[..carried];
        if !same_structure(parts, &mut init, &tokens, outs) && !settle(parts, &mut init.leaves, outs) {
            break (closed, y_tokens);
        }
    };
    let count = init.leaves.len();
    let closed = conform_outs(closed, &init.avals());
    let (jaxpr, consts) = closed.convert_consts();
    let primitive = Scan {
        jaxpr: Arc::new(jaxpr),
        length: Some(length),
        num_consts: consts.len(),
        num_carry: count,
        reverse: options.reverse,
        unroll: options.unroll,
    };
    let operands: Vec<Array> = consts.into_iter().chain(init.leaves).chain(xs.leaves.iter().cloned()).collect();
    let results = bind_scan(primitive, &operands);
    let (carry, ys) = results.split_at(count);
    (tree(carry, &init.tokens), tree(ys, &y_tokens))
}

/// Runs `body` while `cond` holds of what it gave last.
#[track_caller]
pub(crate) fn while_loop(
    parts: &Parts<'_>,
    options: WhileOptions,
    mut init: Flat,
    cond: impl FnOnce(&Flat) -> Array,
    body: impl Fn(&Flat) -> Flat,
) -> Flat {
    let closed = loop {
        let (closed, tokens) = builder::trace_with(&init.avals(), |args| {
            let next = body(&tree(args, &init.tokens));
            (next.leaves.into_vec(), next.tokens)
        });
        let outs = closed.out_avals();
        if !same_structure(parts, &mut init, &tokens, &outs) && !settle(parts, &mut init.leaves, &outs) {
            break closed;
        }
    };
    let avals = init.avals();
    let pred = builder::trace(&avals, |args| vec![cond(&tree(args, &init.tokens))]);
    let pred_aval = &pred.out_avals()[0];
    if pred_aval.dtype != DType::Bool || pred_aval.ndim() != 0 {
        structure_error(parts.op, format!("cond_fun must return a boolean scalar, but got output type {pred_aval}."));
    }
    let closed = conform_outs(closed, &avals);
    let ((cond_jaxpr, cond_consts), (body_jaxpr, body_consts)) = (pred.convert_consts(), closed.convert_consts());
    let primitive = While {
        cond_jaxpr: Arc::new(cond_jaxpr),
        body_jaxpr: Arc::new(body_jaxpr),
        cond_nconsts: cond_consts.len(),
        body_nconsts: body_consts.len(),
        checkpoints: options.checkpoints,
    };
    let operands: Vec<Array> = cond_consts.into_iter().chain(body_consts).chain(init.leaves).collect();
    tree(&bind_while(primitive, &operands), &init.tokens)
}

/// The branch at an index in range.
#[track_caller]
pub(crate) fn branches(parts: &Parts<'_>, index: &Array, functions: &[Branch<'_>], operand: &Flat) -> Flat {
    let avals = operand.avals();
    let trace = |function: &Branch<'_>| {
        builder::trace_with(&avals, |args| {
            let out = function(&tree(args, &operand.tokens));
            (out.leaves.into_vec(), out.tokens)
        })
    };
    let mut traced: Vec<(ClosedJaxpr, _)> = functions.iter().map(trace).collect();
    let tokens = unify(parts, &mut traced);
    let traced: Vec<ClosedJaxpr> = traced.into_iter().map(|(closed, _)| closed).collect();
    let outs = common_types(parts, traced.iter().map(ClosedJaxpr::out_avals));
    let traced: Vec<ClosedJaxpr> = at_caller(|| traced.into_iter().map(|closed| conform_outs(closed, &outs)).collect());
    let (jaxprs, shared) = cond_prim::join(&traced);
    let operands: Vec<Array> = shared.into_iter().chain(operand.leaves.iter().cloned()).collect();
    tree(&cond_prim::cond(index, jaxprs, &operands), &tokens)
}

/// The types of what branches give: a weak result yields to another branch's strong one.
#[track_caller]
fn common_types(parts: &Parts<'_>, mut branches: impl Iterator<Item = Vec<Aval>>) -> Vec<Aval> {
    let mut outs = branches.next().unwrap_or_default();
    for branch in branches {
        for (position, (out, other)) in outs.iter_mut().zip(branch).enumerate() {
            let (dtype, weak) = promote_branches((out.dtype, out.weak), (other.dtype, other.weak));
            if parts.scalars_grow && out.weak && out.ndim() == 0 {
                out.shape = other.shape.clone();
            }
            let grows = parts.scalars_grow && other.weak && other.ndim() == 0;
            if !grows && out.shape != other.shape || (out.dtype != other.dtype && !out.weak && !other.weak) {
                let (op, name) = (parts.op, (parts.name)(position));
                structure_error(
                    op,
                    format!(
                        "{op} branches must have equal output types but they differ: {name} is {out} in one branch and \
                         {other} in another."
                    ),
                );
            }
            (out.dtype, out.weak) = (dtype, weak);
        }
    }
    outs
}

/// The one structure of what branches give, where what one lacks and another has is filled.
#[track_caller]
fn unify(parts: &Parts<'_>, traced: &mut [(ClosedJaxpr, smallvec::SmallVec<[Token; 6]>)]) -> Vec<Token> {
    // Once forwards, so that the last has all that any has, and once backwards.
    let count = traced.len();
    let pairs = (1..count).map(|i| (i, i - 1)).chain((1..count).rev().map(|i| (i - 1, i)));
    for (to, from) in pairs.collect::<Vec<_>>() {
        let (outs, tokens) = (traced[from].0.out_avals(), traced[from].1.clone());
        if tokens == traced[to].1 {
            continue;
        }
        let (closed, own) = &mut traced[to];
        let mut failed = None;
        let (filled, all) = builder::trace_with(&closed.in_avals(), |args| {
            let mut flat = tree(&crate::transform::eval(closed, args), own);
            failed = fill(&mut flat, &tokens, &outs).err();
            (flat.leaves.into_vec(), flat.tokens)
        });
        if let Some(leaf) = failed {
            let (op, name) = (parts.op, (parts.name)(leaf));
            structure_error(
                op,
                format!("{op} branches must give results of one structure, but that of {name} differs."),
            );
        }
        traced[to] = (filled, all);
    }
    traced.first().map(|(_, tokens)| tokens.to_vec()).unwrap_or_default()
}

/// The type of a result that two branches give: only weak types yield.
fn promote_branches(a: (DType, bool), b: (DType, bool)) -> (DType, bool) {
    if a.1 || b.1 { promote(a, b) } else { a }
}

/// Gives a tree what is present in another one of the same type and absent here, as zeros; whether that
/// changed anything, or at which leaf the structures differ otherwise. The other one is given by its structure and
/// the types of its leaves.
fn fill(tree: &mut Flat, tokens: &[Token], avals: &[Aval]) -> Result<bool, usize> {
    let (mut filled, mut changed) = (Flat::new(), false);
    let (mut own, mut other, mut own_leaf, mut other_leaf) = (0, 0, 0, 0);
    let leaves_in = |tokens: &[Token]| tokens.iter().filter(|token| matches!(token, Token::Leaf)).count();
    while own < tree.tokens.len() || other < tokens.len() {
        match (tree.tokens.get(own), tokens.get(other)) {
            (Some(Token::Absent), Some(present @ Token::Present(count))) => {
                let run = &tokens[other + 1..other + 1 + count];
                let zeros = avals[other_leaf..other_leaf + leaves_in(run)].iter().map(zeros);
                filled.tokens.push(present.clone());
                filled.tokens.extend(run.iter().cloned());
                filled.leaves.extend(zeros);
                (own, other) = (own + 1, other + 1 + count);
                other_leaf += leaves_in(run);
                changed = true;
            }
            (Some(present @ Token::Present(count)), Some(Token::Absent)) => {
                let run = &tree.tokens[own + 1..own + 1 + count];
                filled.tokens.push(present.clone());
                filled.tokens.extend(run.iter().cloned());
                let leaves = leaves_in(run);
                filled.leaves.extend(tree.leaves[own_leaf..own_leaf + leaves].iter().cloned());
                own_leaf += leaves;
                (own, other) = (own + 1 + count, other + 1);
            }
            (Some(a), Some(b)) if a == b => {
                if *a == Token::Leaf {
                    filled.leaves.push(tree.leaves[own_leaf].clone());
                    (own_leaf, other_leaf) = (own_leaf + 1, other_leaf + 1);
                }
                filled.tokens.push(a.clone());
                (own, other) = (own + 1, other + 1);
            }
            _ => return Err(own_leaf),
        }
    }
    *tree = filled;
    Ok(changed)
}
