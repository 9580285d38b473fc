//! What helps to find a fault in a user's program: places that survive every transform, prints and checks inside
//! compiled code, the first NaN, tracers that leak, why something was compiled again.

mod checks;
mod nans;
mod prints;
mod recompiles;
mod spans;
