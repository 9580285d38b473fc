//! Staged functions that call themselves: tracing follows the calls, so what bounds them has to be known by then.

use std::cell::RefCell;

use smallvec::SmallVec;

use super::cache::Staged;
use crate::array::Array;
use crate::array::fail::raise_call;
use crate::base::Error;
use crate::base::error::ErrorKind;
use crate::tree::{Flat, Token};

/// How many calls of a function may be traced inside each other: what a thread's stack of 2 MiB holds, without optimization
/// too.
const DEPTH: usize = 64;

/// A body that is being traced, and for what.
struct Turn {
    function: *const Staged,
    leaves: SmallVec<[Array; 6]>,
    tokens: SmallVec<[Token; 6]>,
}

thread_local! {
    static TURNS: RefCell<Vec<Turn>> = const { RefCell::new(Vec::new()) };
}

/// Marks a body as being traced, until this is dropped.
pub(super) struct Entered(());

impl Drop for Entered {
    fn drop(&mut self) {
        TURNS.with_borrow_mut(Vec::pop);
    }
}

/// Whether two arguments are one to whoever traces: of one type, and of one value where it is known.
fn same(x: &Array, y: &Array) -> bool {
    x.aval() == y.aval() && x.as_constant() == y.as_constant() && (x.is_traced() || x.ndim() == 0 || x.same(y))
}

/// Enters the body of a function that is traced for these arguments.
///
/// # Panics
/// If it is being traced for the same ones already, which would never end, or too many calls are inside each other.
pub(super) fn enter(staged: &Staged, args: &Flat) -> Entered {
    let turn = Turn { function: staged, leaves: args.leaves.clone(), tokens: args.tokens.clone() };
    let again = |other: &&Turn| {
        other.tokens == turn.tokens
            && other.leaves.len() == turn.leaves.len()
            && other.leaves.iter().zip(&turn.leaves).all(|(x, y)| same(x, y))
    };
    let (endless, depth) = TURNS.with_borrow(|turns| {
        let same_function = || turns.iter().filter(|other| other.function == turn.function);
        (same_function().any(|other| again(&other)), same_function().count())
    });
    if endless || depth >= DEPTH {
        let what = match endless {
            true => "without a bound that is known while it is traced: tracing would never end".to_owned(),
            false => format!("more than {DEPTH} deep, and each call is written out in the program that is traced"),
        };
        raise_call(Error::new(
            ErrorKind::Transform,
            "jit",
            format!(
                "the staged function `{}` calls itself {what}. Let a static argument (`n: usize`, `#[jit(static(n))]`) or a \
                 shape decide when it stops, or write a loop (`lax::while_loop`, `lax::fori_loop`).",
                staged.name()
            ),
        ));
    }
    TURNS.with_borrow_mut(|turns| turns.push(turn));
    Entered(())
}
