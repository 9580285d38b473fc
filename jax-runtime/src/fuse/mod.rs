//! Fusion: kernel programs to kernel programs that compute the same with fewer passes over memory.
//!
//! Within a body, `simplify` folds and cancels as nodes are added. Between steps: `dce` drops what nothing
//! needs, `copies` forwards what is copied, `hoist` moves invariants out of loops, `reshape` moves reshapes
//! past pointwise maps, `inline` computes a map's value where it is read, `merge` joins siblings.
//!
//! Everything here reads the shapes of nests; no array operation has a name. Legality and costs are apart:
//! `splice` and `contraction` say what can be done, `cost` what pays.

pub mod affine;
pub mod contraction;
mod copies;
mod cost;
mod dce;
mod hoist;
mod inline;
mod merge;
mod reshape;
mod scalar;
mod simplify;
mod splice;
mod walk;

use jax_core::kernel::Program;

pub use contraction::{Contraction, Operand, as_contraction};

/// Each round inlines and merges what the one before made possible; programs rarely need a third.
const ROUNDS: usize = 6;

/// The same computation in fewer, larger nests.
pub fn fuse(mut program: Program) -> Program {
    dce::eliminate(&mut program);
    for _ in 0..ROUNDS {
        let mut changed = copies::forward(&mut program);
        dce::eliminate(&mut program);
        hoist::hoist(&mut program);
        changed |= reshape::sink(&mut program);
        changed |= inline::inline(&mut program);
        dce::eliminate(&mut program);
        changed |= merge::merge(&mut program);
        changed |= copies::forward(&mut program);
        dce::eliminate(&mut program);
        if !changed {
            break;
        }
    }
    program
}
