//! `vmap`: a function of one element to a function of a batch.

use std::ops::Deref;
use std::sync::Arc;

use super::fun::{Args, FlatFun, Fun, Starts, Transformed, flatten_fun, program};
use crate::array::fail::{at_call, raise_call};
use crate::base::Error;
use crate::base::error::ErrorKind;
use crate::base::tuples::for_tuples;
use crate::prim::rule::materialize;
use crate::transform::batch::batch;
use crate::tree::{Flat, Ret};

/// Which axis of each argument, or of each part of one, is the batch axis.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Axes {
    /// This axis, of every array below; negative ones count from the end.
    Axis(i32),
    /// None: every array below is the same for all elements.
    Whole,
    /// One for each part: arguments, members of a tuple, items of a vector.
    Parts(Vec<Axes>),
}

/// Batch axes as users write them: `0`, `-1`, `None`, and tuples, arrays and vectors of them.
pub trait IntoAxis {
    /// The axes.
    fn into_axis(self) -> Axes;
}

impl IntoAxis for i32 {
    fn into_axis(self) -> Axes {
        Axes::Axis(self)
    }
}

impl IntoAxis for Option<i32> {
    fn into_axis(self) -> Axes {
        self.map_or(Axes::Whole, Axes::Axis)
    }
}

impl IntoAxis for Axes {
    fn into_axis(self) -> Axes {
        self
    }
}

impl<T: IntoAxis> IntoAxis for Vec<T> {
    fn into_axis(self) -> Axes {
        Axes::Parts(self.into_iter().map(IntoAxis::into_axis).collect())
    }
}

impl<T: IntoAxis, const N: usize> IntoAxis for [T; N] {
    fn into_axis(self) -> Axes {
        Axes::Parts(self.into_iter().map(IntoAxis::into_axis).collect())
    }
}

macro_rules! tuples {
    ($(($($name:ident $index:tt),*);)*) => {
        $(impl<$($name: IntoAxis),*> IntoAxis for ($($name,)*) {
            fn into_axis(self) -> Axes {
                Axes::Parts(vec![$(self.$index.into_axis()),*])
            }
        })*
    };
}

for_tuples!(tuples);

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

fn error(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Transform, "vmap", message)
}

impl Axes {
    /// How many arrays the axes name, each as one.
    fn count(&self) -> usize {
        match self {
            Axes::Axis(_) | Axes::Whole => 1,
            Axes::Parts(parts) => parts.iter().map(Axes::count).sum(),
        }
    }
}

/// One axis for each of a number of leaves: a tree of axes is a prefix of the tree of leaves. Leaves do not show how
/// they are grouped, so one part at most may stand for several of them.
#[track_caller]
fn spread(axes: &Axes, leaves: usize, out: &mut Vec<Option<i32>>) {
    let parts = match axes {
        Axes::Axis(axis) => return out.extend(std::iter::repeat_n(Some(*axis), leaves)),
        Axes::Whole => return out.extend(std::iter::repeat_n(None, leaves)),
        Axes::Parts(parts) => parts,
    };
    let named = axes.count();
    // The part that takes what the others leave: the only one, or the only single axis.
    let single = |part: &Axes| !matches!(part, Axes::Parts(_));
    let prefix = match &parts[..] {
        [_] => Some(0),
        parts => parts.iter().position(single).filter(|_| parts.iter().filter(|part| single(part)).count() == 1),
    };
    let missing = leaves as i64 - named as i64;
    if missing != 0 && prefix.is_none() {
        raise_call(error(format!(
            "vmap in_axes specification must be a tree prefix of the corresponding value: {named} axes were given for \
             {leaves} arrays."
        )));
    }
    for (position, part) in parts.iter().enumerate() {
        let extra = if prefix == Some(position) { missing } else { 0 };
        spread(part, usize::try_from(part.count() as i64 + extra).unwrap_or(0), out);
    }
}

impl<'f, A: Args, R: Ret + 'f> Vmapped<'f, A, R> {
    #[track_caller]
    fn new(f: FlatFun<'f>, in_axes: Axes, out_axes: Axes, axis_size: Option<usize>) -> Vmapped<'f, A, R> {
        let (inner, ins, outs) = (f.clone(), in_axes.clone(), out_axes.clone());
        let batched: FlatFun<'f> =
            Arc::new(move |args: &Flat, starts: &Starts| vectorize(&inner, &ins, &outs, axis_size, args, starts));
        Vmapped { f, in_axes, out_axes, axis_size, call: Transformed::new(batched) }
    }

    /// The batch axis of each argument: `0`, `(0, None)`, `(0, (1, None))`.
    #[track_caller]
    pub fn in_axes(self, axes: impl IntoAxis) -> Vmapped<'f, A, R> {
        Vmapped::new(self.f, axes.into_axis(), self.out_axes, self.axis_size)
    }

    /// The batch axis of each result.
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
    let mut axes: Vec<Option<i32>> = Vec::new();
    let leaves_of = |i: usize| starts.get(i + 1).map_or(args.leaves.len(), |s| s.0) - starts[i].0;
    match in_axes {
        Axes::Parts(parts) if parts.len() == starts.len() => {
            parts.iter().enumerate().for_each(|(i, part)| spread(part, leaves_of(i), &mut axes));
        }
        Axes::Parts(parts) => raise_call(error(format!(
            "vmap in_axes must be an int, None, or a tuple of entries corresponding to the positional arguments \
             passed to the function, but got {} entries for {} arguments.",
            parts.len(),
            starts.len()
        ))),
        axes_for_all => spread(axes_for_all, args.leaves.len(), &mut axes),
    }
    let mut size = axis_size;
    let dims: Vec<Option<usize>> = args
        .leaves
        .iter()
        .zip(&axes)
        .map(|(leaf, axis)| {
            let axis = (*axis)?;
            let counted = if axis < 0 { axis as i64 + leaf.ndim() as i64 } else { axis as i64 };
            let Some(dim) = usize::try_from(counted).ok().filter(|&dim| dim < leaf.ndim()) else {
                raise_call(error(format!(
                    "vmap was requested to map its argument along axis {axis}, which implies that its rank should be \
                     at least {}, but is only {} (its shape is {}).",
                    if axis < 0 { axis.unsigned_abs() } else { axis as u32 + 1 },
                    leaf.ndim(),
                    crate::prim::elementwise::tuple(leaf.shape())
                )))
            };
            let extent = leaf.shape()[dim];
            match size {
                Some(size) if size != extent => raise_call(error(format!(
                    "vmap got inconsistent sizes for array axes to be mapped: one axis had size {size}, but axis {dim} of \
                     an argument of type {} had size {extent}.",
                    leaf.aval()
                ))),
                _ => size = Some(extent),
            }
            Some(dim)
        })
        .collect();
    let Some(size) = size else {
        raise_call(error("vmap must have at least one non-None value in in_axes or axis_size must be specified"));
    };
    let element = |(leaf, dim): (&crate::array::Array, &Option<usize>)| {
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
    let mut axes: Vec<Option<i32>> = Vec::new();
    spread(out_axes, results.len(), &mut axes);
    let place = |((result, dim), axis): ((&crate::array::Array, Option<usize>), &Option<i32>)| {
        let Some(axis) = axis else {
            if dim.is_some() {
                raise_call(error("at vmap out_axes, got axis spec None but output was batched"));
            }
            return result.clone();
        };
        let rank = result.ndim() + usize::from(dim.is_none());
        let counted = if *axis < 0 { *axis as i64 + rank as i64 } else { *axis as i64 };
        match usize::try_from(counted) {
            Ok(to) if to < rank => at_call(|| materialize(result, dim, to, size)),
            _ => {
                raise_call(error(format!("vmap out_axes: axis {axis} is out of bounds for array of dimension {rank}")))
            }
        }
    };
    let leaves = results.iter().zip(result_dims).zip(&axes).map(place).collect();
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
}
