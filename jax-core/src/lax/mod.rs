//! Operations as users write them: NumPy's promotion and broadcasting in front of the primitives, operators and
//! methods of [`Array`](crate::array::Array), and JAX's `lax` functions on closures.

pub mod axes;
pub mod contract;
pub mod control;
pub mod dynamic;
pub(crate) mod flat;
pub mod index;
pub mod lines;
pub mod methods;
pub mod operators;
pub mod promote;
pub mod reduce;
pub mod scalar;
pub mod tracer;

pub use axes::{IntoAxes, axis_of};
pub use control::{cond, fori_loop, map, scan, switch, while_loop};
pub use dynamic::{dynamic_slice, dynamic_update_slice};
pub use tracer::{FloatElement, Tracer};
