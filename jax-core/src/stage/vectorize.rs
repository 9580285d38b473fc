//! The batch of a staged body: traced on one element, then batched.

use super::axes::{Axes, Place, error, inconsistent, spread};
use crate::array::Array;
use crate::array::builder::trace_call;
use crate::array::fail::{at_call, raise_call};
use crate::prim::elementwise::tuple;
use crate::prim::rule::materialize;
use crate::transform::batch::batch;
use crate::tree::Flat;

/// An axis of an array of this rank counted from the start, if it has it.
fn counted(axis: i32, rank: usize) -> Option<usize> {
    let axis = if axis < 0 { axis as i64 + rank as i64 } else { axis as i64 };
    usize::try_from(axis).ok().filter(|&axis| axis < rank)
}

/// Applies the batched program of a function, inside a function that is being traced.
#[track_caller]
pub(crate) fn vectorize(
    in_axes: &Axes,
    out_axes: &Axes,
    axis_size: Option<usize>,
    args: &Flat,
    starts: &[(usize, usize)],
    f: impl FnOnce(&Flat) -> Flat,
) -> Flat {
    let mut places: Vec<Place> = Vec::new();
    let end = |i: usize| starts.get(i + 1).map_or(args.tokens.len(), |start| start.1);
    let parts = match in_axes {
        Axes::Parts(parts) if parts.len() != starts.len() => raise_call(error(format!(
            "vmap in_axes must be an int, None, or a tuple of entries corresponding to the positional arguments \
             passed to the function, but got len(in_axes)={}, len(args)={}",
            parts.len(),
            starts.len()
        ))),
        Axes::Parts(parts) => &parts[..],
        axes_for_all => &vec![axes_for_all.clone(); starts.len()],
    };
    for (i, part) in parts.iter().enumerate() {
        spread("in_axes", part, &args.tokens[starts[i].1..end(i)], &format!("[{i}]"), &mut places);
    }
    let mut sizes: Vec<(usize, String)> = Vec::new();
    let dims: Vec<Option<usize>> = args
        .leaves
        .iter()
        .zip(&places)
        .map(|(leaf, place)| {
            let axis = place.axis?;
            let shape = &leaf.shape()[..leaf.ndim() - place.inner];
            let Some(dim) = counted(axis, shape.len()) else {
                raise_call(error(format!(
                    "vmap was requested to map its argument along axis {axis}, which implies that its rank should be \
                     at least {}, but is only {} (its shape is {}).",
                    if axis < 0 { axis.unsigned_abs() } else { axis as u32 + 1 },
                    shape.len(),
                    tuple(shape)
                )))
            };
            let aval = leaf.aval().to_string();
            let extents = aval.trim_start_matches(|c| c != '[');
            sizes.push((
                leaf.shape()[dim],
                format!("axis {axis} of args{} of type {}{extents}", place.path, leaf.dtype()),
            ));
            Some(dim)
        })
        .collect();
    let size = axis_size.or(sizes.first().map(|(size, _)| *size));
    if sizes.iter().any(|(other, _)| Some(*other) != size) {
        raise_call(error(inconsistent(axis_size, &sizes)));
    }
    let Some(size) = size else {
        raise_call(error("vmap must have at least one non-None value in in_axes or axis_size must be specified"));
    };
    let element = |(leaf, dim): (&Array, &Option<usize>)| {
        let mut aval = leaf.aval().clone();
        if let Some(dim) = dim {
            aval.shape.remove(*dim);
        }
        aval
    };
    // The function is traced on one element; its program is then batched.
    let avals: Vec<_> = args.leaves.iter().zip(&dims).map(element).collect();
    let (closed, tokens) = trace_call(&avals, |leaves| {
        let args = Flat { leaves: leaves.iter().cloned().collect(), tokens: args.tokens.clone() };
        let out = f(&args);
        (out.leaves.into_vec(), out.tokens)
    });
    let (results, result_dims) = batch(&closed, &args.leaves, &dims, size);
    let mut places: Vec<Place> = Vec::new();
    spread("out_axes", out_axes, &tokens, "", &mut places);
    let place = |((result, dim), Place { axis, inner, path }): ((&Array, Option<usize>), &Place)| {
        let Some(axis) = axis else {
            if let Some(dim) = dim {
                raise_call(error(format!(
                    "at vmap out_axes{path}, got axis spec None but output was batched on axis {dim}"
                )));
            }
            return result.clone();
        };
        let rank = result.ndim() + usize::from(dim.is_none()) - inner;
        match counted(*axis, rank) {
            Some(to) => at_call(|| materialize(result, dim, to, size)),
            None => raise_call(error(format!(
                "vmap out_axes{path}: axis {axis} is out of bounds for array of dimension {rank}"
            ))),
        }
    };
    let leaves = results.iter().zip(result_dims).zip(&places).map(place).collect();
    Flat { leaves, tokens }
}
