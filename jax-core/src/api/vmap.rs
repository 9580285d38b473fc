//! `vmap`: a function of one element to a function of a batch.

use std::ops::Deref;
use std::sync::Arc;

use super::fun::{Args, FlatFun, Fun, Starts, Transformed, flatten_fun};
use crate::stage::axes::{Axes, IntoAxis};
use crate::stage::vectorize::vectorize;
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
        let batched: FlatFun<'f> = Arc::new(move |args: &Flat, starts: &Starts| {
            vectorize(&ins, &outs, axis_size, args, starts, |args| inner(args, starts))
        });
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
