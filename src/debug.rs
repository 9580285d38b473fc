//! Looking into programs while they run: [`print!`](macro@print), [`callback`], and what stops at the first NaN.
//!
//! In a staged function a value exists only when the program runs. What these print and call happens then: in the
//! order of the program, once for each turn of a loop and each lane of a [`vmap`](crate::vmap()), in the forward pass
//! of a derivative, and however little the results are used.
//!
//! ```
//! use jax::prelude::*;
//!
//! #[jit]
//! fn sum_to(n: Array) -> Array {
//!     lax::fori_loop(0, n, |i, total: Array| {
//!         debug::print!("turn {i}: {total}");
//!         total + i
//!     }, 0)
//! }
//!
//! let (total, text) = debug::captured(|| sum_to(jnp::array(3)));
//! assert_eq!(total.to_string(), "3");
//! assert_eq!(text, "turn 0: 0\nturn 1: 0\nturn 2: 1\n");
//! ```

pub use jax_core::api::debug::{callback, captured, infs, nans, set_infs, set_nans};

/// Prints a line when the program runs, with the values that it has then.
///
/// The format string is Rust's: `{}`, `{x}`, `{:.3}`. Arrays print as NumPy prints them. Arguments are taken by
/// reference, and may be arrays, numbers, or anything of the host that prints.
///
/// ```
/// use jax::prelude::*;
/// let f = vmap(|x: Array| {
///     let y = x.sin();
///     debug::print!("sin({x}) = {:.3}", y);
///     y
/// });
/// let (_, text) = debug::captured(|| f(jnp::array([0.0, 1.0])));
/// assert_eq!(text, "sin(0.0) = 0.000\nsin(1.0) = 0.841\n");
/// ```
pub use jax_macros::debug_print as print;
