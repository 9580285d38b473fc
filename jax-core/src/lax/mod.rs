//! Operations as users write them: NumPy's promotion and broadcasting in front of the primitives, operators and
//! methods of [`Array`](crate::array::Array), and JAX's `lax` functions on closures.

pub mod associative;
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

pub use associative::{AssociativeScanOptions, associative_scan, associative_scan_with};
pub use axes::{IntoAxes, axis_of};
pub use control::{
    ScanOptions, WhileOptions, cond, fori_loop, map, map_with, scan, scan_with, switch, while_loop, while_loop_with,
};
pub use dynamic::{dynamic_slice, dynamic_update_slice};
pub use tracer::{FloatElement, Tracer};
