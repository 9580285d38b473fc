//! Turns the body of a staged function into one that works on tracers, so that the user writes no `.clone()` and no
//! `&`. Four steps, one file each: `results` converts what a scalar function returns, `walk` follows the names and
//! rewrites operators, `flow` finds the last uses, `settle` puts a duplicate wherever a value is used again.
//! Control flow stays the host's here; what is not rewritten keeps its tokens and spans.

mod flow;
mod macros;
mod results;
mod scope;
mod settle;
mod walk;

use syn::{BinOp, Block};

use crate::build::Build;
use crate::parse::Function;

/// The body of a function, rewritten.
pub(crate) fn body(function: &Function, build: &Build) -> Block {
    let mut body = function.body.clone();
    results::convert(&mut body, &function.result, build);
    let (flow, uses) = walk::walk(&mut body, function, build);
    let duplicated = flow::duplicated(&flow, uses);
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
