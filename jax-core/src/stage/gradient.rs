//! The gradient of a staged body: linearized, then transposed.

use crate::array::fail::{at_call, raise_call};
use crate::array::{Array, builder};
use crate::base::error::ErrorKind;
use crate::base::{Error, Scalar};
use crate::ir::{Aval, Tangent};
use crate::prim::elementwise::tuple;
use crate::prim::rule::zeros;
use crate::transform::backward;
use crate::transform::linearize::linearize;
use crate::tree::{Flat, Token};

fn error(op: &'static str, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Transform, op, message)
}

/// The leaves of the arguments at these positions, as marks over all leaves.
fn leaf_marks(args: &Flat, starts: &[(usize, usize)], wrt: &[usize]) -> Vec<bool> {
    let end = |i: usize| starts.get(i + 1).map_or(args.leaves.len(), |s| s.0);
    let mut marks = vec![false; args.leaves.len()];
    wrt.iter().for_each(|&i| marks[starts[i].0..end(i)].fill(true));
    marks
}

/// The structure of the arguments at these positions.
fn gradient_tokens(args: &Flat, starts: &[(usize, usize)], wrt: &[usize]) -> Flat {
    let end = |i: usize| starts.get(i + 1).map_or(args.tokens.len(), |s| s.1);
    let mut structure = Flat::new();
    if wrt.len() > 1 {
        structure.node(wrt.len());
    }
    structure.tokens.extend(wrt.iter().flat_map(|&i| args.tokens[starts[i].1..end(i)].iter().cloned()));
    structure
}

#[track_caller]
pub(crate) fn check_inputs(op: &'static str, args: &Flat, marks: &[bool]) {
    for (leaf, _) in args.leaves.iter().zip(marks).filter(|(_, mark)| **mark) {
        if !leaf.dtype().is_inexact() {
            raise_call(error(
                op,
                format!(
                    "{op} requires real- or complex-valued inputs (input dtype that is a sub-dtype of np.inexact), \
                     but got {}. If you want to use Boolean- or integer-valued inputs, use vjp or convert them.",
                    leaf.dtype()
                ),
            ));
        }
    }
}

#[track_caller]
fn check_scalar_result(op: &'static str, aval: &Aval) {
    if aval.ndim() != 0 {
        let message =
            format!("Gradient only defined for scalar-output functions. Output had shape: {}.", tuple(&aval.shape));
        raise_call(error(op, message));
    }
    if !aval.dtype.is_float() {
        let message = format!(
            "{op} requires real-valued outputs (output dtype that is a sub-dtype of np.floating), but got {}.",
            aval.dtype
        );
        raise_call(error(op, message));
    }
}

/// The gradient of a function of flattened arguments, inside a function that is being traced: value, auxiliary
/// results and gradients, as `value` and `has_aux` ask.
#[track_caller]
pub(crate) fn staged_gradient(
    args: &Flat,
    starts: &[(usize, usize)],
    wrt: &[usize],
    value: bool,
    has_aux: bool,
    f: impl FnOnce(&Flat) -> Flat,
) -> Flat {
    let op = if value { "value_and_grad" } else { "grad" };
    let marks = leaf_marks(args, starts, wrt);
    check_inputs(op, args, &marks);
    let (closed, out_tokens) = builder::trace_call(&args.avals(), |leaves| {
        let args = Flat { leaves: leaves.iter().cloned().collect(), tokens: args.tokens.clone() };
        let out = f(&args);
        (out.leaves.into_vec(), out.tokens)
    });
    let outs = closed.out_avals();
    match outs.first() {
        Some(loss) if has_aux || outs.len() == 1 => check_scalar_result(op, loss),
        _ => raise_call(error(
            op,
            format!("Gradient only defined for scalar-output functions. Output had {} arrays.", outs.len()),
        )),
    }
    let (linear, grads) = at_call(|| {
        let linear = linearize(&closed, &args.leaves, &marks);
        let mut cotangents: Vec<Tangent> = Vec::new();
        if linear.has_tangent[0] {
            let one = Scalar::one(outs[0].dtype);
            cotangents.push(Some(Array::scalar(one)));
        }
        cotangents.resize(linear.linear.outs.len(), None);
        let grads = backward(&linear.linear, &linear.residuals, &cotangents);
        let avals = args.leaves.iter().zip(&marks).filter(|(_, mark)| **mark).map(|(leaf, _)| leaf.aval());
        let grads: Vec<Array> =
            grads.into_iter().zip(avals).map(|(ct, aval)| ct.unwrap_or_else(|| zeros(aval))).collect();
        (linear, grads)
    });
    // The gradient stands behind the value (with the auxiliary results, if any), or before the auxiliary results.
    let gradient = gradient_tokens(args, starts, wrt).tokens;
    let mut result = Flat::new();
    if value || has_aux {
        result.node(2);
    }
    let mut primals = linear.primals.into_iter();
    if value {
        result.leaves.extend(primals);
        result.tokens.extend(out_tokens);
        result.leaves.extend(grads);
        result.tokens.extend(gradient);
    } else {
        let _loss = primals.next();
        let auxiliary = out_tokens.into_iter().skip_while(|token| !matches!(token, Token::Leaf)).skip(1);
        result.leaves.extend(grads);
        result.tokens.extend(gradient);
        result.leaves.extend(primals);
        result.tokens.extend(auxiliary);
    }
    result
}
