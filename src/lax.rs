//! The primitives as functions, with exactly their meaning (operands of one dtype, no broadcasting but that of scalars),
//! and control flow on closures. [`jnp`](crate::numpy) promotes and broadcasts as NumPy does.

pub use jax_core::api::stop_gradient;
pub use jax_core::lax::{
    AssociativeScanOptions, ScanOptions, WhileOptions, associative_scan, associative_scan_with, cond, dynamic_slice,
    dynamic_update_slice, fori_loop, map, map_with, scan, scan_with, switch, while_loop, while_loop_with,
};
pub use jax_core::prim::arg::{argmax, argmin};
pub use jax_core::prim::arith::{
    abs, add, cbrt, div, integer_pow, max, min, mul, neg, pow, rem, rsqrt, sign, sqrt, square, sub,
};
pub use jax_core::prim::compare::{eq, ge, gt, le, lt, ne};
pub use jax_core::prim::complex::{complex, conj, imag, real};
pub use jax_core::prim::concatenate::{concatenate, split};
pub use jax_core::prim::convert::{bitcast_convert_type, convert_element_type};
pub use jax_core::prim::cumulative::{cummax, cummin, cumprod, cumsum};
pub use jax_core::prim::dot_general::{DotDimensionNumbers, dot_general};
pub use jax_core::prim::exp_log::{exp, exp2, expm1, log, log1p, logistic};
pub use jax_core::prim::gather::{Gather, GatherDimensionNumbers, GatherScatterMode, gather};
pub use jax_core::prim::iota::iota;
pub use jax_core::prim::logic::{
    and, clz, not, or, population_count, shift_left, shift_right_arithmetic, shift_right_logical, xor,
};
pub use jax_core::prim::pad::pad;
pub use jax_core::prim::reduce::{reduce_and, reduce_max, reduce_min, reduce_or, reduce_prod, reduce_sum, reduce_xor};
pub use jax_core::prim::round::{RoundingMethod, ceil, floor, is_finite, round};
pub use jax_core::prim::scatter::{
    Scatter, ScatterDimensionNumbers, scatter, scatter_add, scatter_max, scatter_min, scatter_mul,
};
pub use jax_core::prim::select::{clamp, select, select_n};
pub use jax_core::prim::shape::{broadcast_in_dim, reshape, squeeze, transpose};
pub use jax_core::prim::slice::{rev, slice, slice_in_dim};
pub use jax_core::prim::sort::sort;
pub use jax_core::prim::special::{erf, erf_inv, erfc};
pub use jax_core::prim::trig::{acos, acosh, asin, asinh, atan, atan2, atanh, cos, cosh, sin, sinh, tan, tanh};
