//! What a program that uses the library names: `use jax::prelude::*;`.
//!
//! ```
//! use jax::prelude::*;
//!
//! #[jit]
//! fn scale(x: Array, by: f32) -> Array {
//!     by * jnp::where_(x > 0.0, x, 0.0)
//! }
//!
//! assert_eq!(scale(jnp::array([-1.0, 2.0]), 3.0).to_string(), "[0. 6.]");
//! let gradient = grad(|x: Array| scale(x, 3.0).sum(None));
//! assert_eq!(gradient(jnp::array([-1.0, 2.0])).to_string(), "[0. 3.]");
//! ```

pub use crate::{
    ARG0, ARG1, ARG2, ARG3, ARG4, ARG5, Array, Compiled, DType, Device, Ellipsis, Error, IntoArray, NewAxis, PyTree,
    Traceable, Tracer, block_until_ready, check, checkify, checkpoint, custom_jvp, custom_vjp, debug, device_get,
    device_put, devices, eval_shape, grad, hessian, jacfwd, jacobian, jacrev, jit, jvp, lax, linear_transpose,
    linearize, make_jaxpr, nn, numpy as jnp, random, step, stop_gradient, tree, value_and_grad, vjp, vmap,
};
pub use crate::{bf16, bool, c64, c128, f16, f32, f64, i8, i16, i32, i64, u8, u16, u32, u64};
