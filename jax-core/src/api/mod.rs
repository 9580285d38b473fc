//! The transforms as users call them: functions from functions to functions.

pub mod debug;
pub mod fun;
pub mod grad;
pub mod jit;
pub mod vmap;

pub use debug::checkify;
pub use fun::{Args, Fun, Transformed};
pub use grad::{
    ARG0, ARG1, ARG2, ARG3, ARG4, ARG5, grad, hessian, jacfwd, jacobian, jacrev, jvp, linear_transpose, linearize,
    value_and_grad, vjp,
};
pub use jit::{checkpoint, custom_jvp, custom_vjp, eval_shape, jit, make_jaxpr, stop_gradient};
pub use vmap::vmap;

pub use crate::stage::axes::{Axes, IntoAxis};
