//! `vmap`: a function of one element to a function of a batch.

use std::ops::Deref;
use std::sync::Arc;

use super::axes::{Axes, IntoAxis, Place, error, inconsistent, spread};
use super::fun::{Args, FlatFun, Fun, Starts, Transformed, flatten_fun, program};
use crate::array::Array;
use crate::array::fail::{at_call, raise_call};
use crate::prim::rule::materialize;
use crate::transform::batch::batch;
use crate::tree::{Flat, Ret};

/// A vectorized function, a builder and a callable: see [`vmap`].
pub struct Vmapped<'f, A: Args, R: Ret> {
    f: FlatFun<'f>,
    in_axes: Axes,
    out_axes: Axes,
    axis_size: Option<usize>,
    call: Transformed<'f, A, R>,
}

/// A function of one element made a function of a batch, along the leading axis of every argument and result;
/// `in_axes` and `out_axes` choose others.
///
/// # Panics
/// When called, if the arguments' batch axes differ in size, or there is none.
///
/// ```
/// use jax_core::api::vmap::vmap;
/// use jax_core::array::{Array, IntoArray};
/// let dot = |x: Array, y: Array| (x * y).sum(None);
/// let x = [[1.0f32, 2.0], [3.0, 4.0]].into_array();
/// let y = [10.0f32, 1.0].into_array();
/// assert_eq!(vmap(dot).in_axes((0, None))(x, y).to_vec::<f32>(), [12.0, 34.0]);
/// ```
#[track_caller]
pub fn vmap<'f, A, F>(f: F) -> Vmapped<'f, A, F::Out>
where
    A: Args,
    F: Fun<A> + 'f,
    F::Out: 'f,
{
    Vmapped::new(flatten_fun(f), Axes::Axis(0), Axes::Axis(0), None)
}

impl<'f, A: Args, R: Ret + 'f> Vmapped<'f, A, R> {
    #[track_caller]
    fn new(f: FlatFun<'f>, in_axes: Axes, out_axes: Axes, axis_size: Option<usize>) -> Vmapped<'f, A, R> {
        let (inner, ins, outs) = (f.clone(), in_axes.clone(), out_axes.clone());
        let batched: FlatFun<'f> =
            Arc::new(move |args: &Flat, starts: &Starts| vectorize(&inner, &ins, &outs, axis_size, args, starts));
        Vmapped { f, in_axes, out_axes, axis_size, call: Transformed::new(batched) }
    }

    /// The batch axis of each argument: `0`, `(0, None)`, `(0, (1, None))`. One axis stands for all arrays of an
    /// argument, or of a part of it.
    ///
    /// ```
    /// use jax_core::api::vmap::vmap;
    /// use jax_core::array::{Array, IntoArray};
    /// let line = |(w, b): (Array, Vec<Array>), x: Array| w * x + &b[0] + &b[1];
    /// let (w, b) = ([1.0f32, 2.0].into_array(), vec![[0.5f32, 0.5].into_array(), 1.0.into_array()]);
    /// let lines = vmap(line).in_axes(((0, vec![Some(0), None]), None));
    /// assert_eq!(lines((w, b), 2.0.into_array()).to_vec::<f32>(), [3.5, 5.5]);
    /// ```
    #[track_caller]
    pub fn in_axes(self, axes: impl IntoAxis) -> Vmapped<'f, A, R> {
        Vmapped::new(self.f, axes.into_axis(), self.out_axes, self.axis_size)
    }

    /// The batch axis of each result: `0`, `(0, -1)`, `(0, (1, None))`, `None` for a result that has none.
    #[track_caller]
    pub fn out_axes(self, axes: impl IntoAxis) -> Vmapped<'f, A, R> {
        Vmapped::new(self.f, self.in_axes, axes.into_axis(), self.axis_size)
    }

    /// The size of the batch, for functions none of whose arguments has a batch axis.
    #[track_caller]
    pub fn axis_size(self, size: usize) -> Vmapped<'f, A, R> {
        Vmapped::new(self.f, self.in_axes, self.out_axes, Some(size))
    }
}

/// An axis of an array of this rank counted from the start, if it has it.
fn counted(axis: i32, rank: usize) -> Option<usize> {
    let axis = if axis < 0 { axis as i64 + rank as i64 } else { axis as i64 };
    usize::try_from(axis).ok().filter(|&axis| axis < rank)
}

/// Applies the batched program of a function, inside a function that is being traced.
#[track_caller]
fn vectorize(
    f: &FlatFun<'_>,
    in_axes: &Axes,
    out_axes: &Axes,
    axis_size: Option<usize>,
    args: &Flat,
    starts: &Starts,
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
                    crate::prim::elementwise::tuple(shape)
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
    let ((closed, out), ()) = {
        let mut found = None;
        let (_, ()) = crate::array::builder::trace_call(&avals, |leaves| {
            let args = Flat { leaves: leaves.iter().cloned().collect(), tokens: args.tokens.clone() };
            found = Some(program(f, &args, starts));
            (Vec::new(), ())
        });
        match found {
            Some(found) => (found, ()),
            None => crate::bug!("tracing gave nothing"),
        }
    };
    let (results, result_dims) = batch(&closed, &args.leaves, &dims, size);
    let mut places: Vec<Place> = Vec::new();
    spread("out_axes", out_axes, &out.tokens, "", &mut places);
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
    Flat { leaves, tokens: out.tokens }
}

impl<'f, A: Args, R: Ret + 'f> Deref for Vmapped<'f, A, R> {
    type Target = A::Dyn<'f, R>;

    fn deref(&self) -> &Self::Target {
        &self.call
    }
}

impl<'f, A: Args, R: Ret + 'f> Fun<A> for Vmapped<'f, A, R> {
    type Out = R;

    fn apply(&self, args: A) -> R {
        self.call.apply(args)
    }

    fn stage(&self, args: &Flat, starts: &Starts) -> Flat {
        self.call.stage(args, starts)
    }
}
