//! JAX for Rust: a procedural-macro staged array and machine-learning compiler.
//!
//! [`#[jit]`](macro@jit) and [`#[grad]`](macro@grad) rewrite pure Rust functions into builders of jaxprs; on the first call
//! a function is traced, differentiated, vectorized, fused and compiled to machine code. Begin with
//! [`use jax::prelude::*`](prelude).
//!
//! - [`numpy`] (`jnp`): NumPy's functions on [`Array`]
//! - [`lax`]: the primitives under them, and control flow on closures
//! - [`random`]: keys and what is drawn from them
//! - transforms of functions: [`jit()`], [`grad()`], [`vmap()`], [`vjp()`], [`jvp()`], …
#![forbid(unsafe_code)]

// So that what the macros emit works in this package too.
#[allow(unused_extern_crates)]
extern crate self as jax;

/// The README's programs, run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// The programs of the guide for users of JAX, run as tests.
#[cfg(doctest)]
#[doc = include_str!("../docs/from-jax.md")]
struct FromJax;

/// The programs of the page on sharp bits, run as tests.
#[cfg(doctest)]
#[doc = include_str!("../docs/sharp-bits.md")]
struct SharpBits;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub mod debug;
mod device;
pub mod lax;
pub mod nn;
pub mod numpy;
pub mod prelude;
pub mod random;
pub mod tree;

pub use device::{block_until_ready, device_get, device_put, devices};
pub use jax_core::api::{
    ARG0, ARG1, ARG2, ARG3, ARG4, ARG5, Axes, IntoAxis, checkify, checkpoint, custom_jvp, custom_vjp, eval_shape, grad,
    hessian, jacfwd, jacobian, jacrev, jit, jvp, linear_transpose, linearize, make_jaxpr, stop_gradient,
    value_and_grad, vjp, vmap,
};
pub use jax_core::array::{Array, Element, IntoArray};
pub use jax_core::base::error::ErrorKind;
pub use jax_core::base::{DType, Error, Result};
pub use jax_core::ir::{Aval, ClosedJaxpr};
pub use jax_core::lax::index::{Ellipsis, NewAxis, step};
pub use jax_core::lax::{FloatElement, Tracer};
pub use jax_core::machine::Device;
pub use jax_core::stage::{Compiled, Lowered, Traceable};
pub use jax_core::tree::PyTree;
pub use jax_macros::{PyTree, check, grad, jit, vmap};
/// A dimension is a size, a name, or `_` for any size. In the signature of a staged function a name stands for one size
/// over all arguments and results, and is seen by the body as a `usize`; a `usize` parameter of the same name is that
/// size. What cannot fit is an error while compiling, at the operator; what is not known then is checked when the
/// function is traced. Outside staged functions nothing is checked.
///
/// ```
/// use jax::prelude::*;
///
/// #[jit]
/// fn linear(x: f32![B, 4], w: f32![4, 3], b: f32![3]) -> f32![B, 3] {
///     x.dot(w) + b
/// }
///
/// assert_eq!(linear(jnp::ones((2, 4)), jnp::ones((4, 3)), jnp::ones(3)).shape(), [2, 3]);
/// let wrong = linear::try_call(jnp::ones((2, 5)), jnp::ones((4, 3)), jnp::ones(3));
/// assert!(wrong.is_err_and(|error| error.to_string().contains("axis 1 is 5, not 4")));
/// ```
pub use jax_macros::{bf16, bool, c64, c128, f16, f32, f64, i8, i16, i32, i64, u8, u16, u32, u64};

inventory::submit!(jax_core::machine::Installed { make: || Box::new(jax_runtime::CpuMachine::new()) });
