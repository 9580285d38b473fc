//! Turns the body of a staged function into one that works on tracers, so that the user writes no `.clone()` and no
//! `&`. Four steps, one file each: `results` converts what a scalar function returns, `walk` follows the names and
//! rewrites operators (and control flow, which has a room of its own, `control`), `flow` finds the last uses, `settle`
//! puts a duplicate wherever a value is used again. What is not rewritten keeps its tokens and spans.

mod closure;
mod control;
mod flow;
mod macros;
mod names;
mod passing;
mod results;
mod scope;
mod settle;
mod statements;
mod walk;

use syn::{BinOp, Block};

use self::walk::Learned;
use crate::build::Build;
use crate::parse::Function;

/// How often a body is walked at most, so that expansion stays linear: a round finds the accumulators, the next one
/// those that accumulate them, and a chain longer than that is for the user to begin as arrays.
const ROUNDS: usize = 8;

/// The body of a function, rewritten.
pub(crate) fn body(function: &Function, build: &Build) -> Block {
    let mut written = function.body.clone();
    results::convert(&mut written, &function.result, build);
    let mut learned = Learned::default();
    let mut body;
    let mut rounds = ROUNDS;
    let walked = loop {
        body = written.clone();
        let walked = walk::walk(&mut body, function, build, &learned);
        rounds -= 1;
        if rounds == 0 || walked.found == learned {
            break walked;
        }
        learned = walked.found;
    };
    let duplicated = flow::duplicated(&walked.flow, walked.uses);
    settle::settle(&mut body, &duplicated, build);
    body
}

/// Whether an operator assigns: `+=` and its like.
pub(crate) fn is_compound_assignment(op: &BinOp) -> bool {
    matches!(
        op,
        BinOp::AddAssign(_)
            | BinOp::SubAssign(_)
            | BinOp::MulAssign(_)
            | BinOp::DivAssign(_)
            | BinOp::RemAssign(_)
            | BinOp::BitXorAssign(_)
            | BinOp::BitAndAssign(_)
            | BinOp::BitOrAssign(_)
            | BinOp::ShlAssign(_)
            | BinOp::ShrAssign(_)
    )
}
