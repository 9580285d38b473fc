//! The variables that a construct carries: pairs nested to the right, so that there may be any number of them.

use crate::array::Array;
use crate::tree::{Flat, Leaves, PyTree, Token};

/// The carried variables of a staged construct: `()`, or the first and the rest.
pub trait State: Sized {
    /// Appends the leaves and the structure, and for each variable where its leaves end.
    fn flatten(self, flat: &mut Flat, ends: &mut Vec<usize>);
    /// The variables again.
    fn unflatten(leaves: &mut Leaves<'_>) -> Self;
}

/// A value that a staged construct carries.
#[diagnostic::on_unimplemented(
    message = "a staged loop or branch cannot assign a variable of type `{Self}`",
    note = "the condition is known only when the compiled function runs, so what it assigns has to be an array or a tree of arrays: begin the variable as a number without a type or as an `Array`, or write `#[unroll]` above a loop whose bounds are known while tracing"
)]
pub trait Carried: PyTree {}

#[diagnostic::do_not_recommend]
impl<T: PyTree> Carried for T {}

impl State for () {
    fn flatten(self, _: &mut Flat, _: &mut Vec<usize>) {}

    fn unflatten(_: &mut Leaves<'_>) {}
}

impl<T: Carried, R: State> State for (T, R) {
    fn flatten(self, flat: &mut Flat, ends: &mut Vec<usize>) {
        PyTree::flatten(self.0, flat);
        ends.push(flat.leaves.len());
        self.1.flatten(flat, ends);
    }

    fn unflatten(leaves: &mut Leaves<'_>) -> Self {
        let first = PyTree::unflatten(leaves);
        (first, R::unflatten(leaves))
    }
}

/// The flattened state, and where the leaves of each variable end.
pub(super) fn flatten<S: State>(state: S) -> (Flat, Vec<usize>) {
    let (mut flat, mut ends) = (Flat::new(), Vec::new());
    state.flatten(&mut flat, &mut ends);
    (flat, ends)
}

/// The state of flattened leaves.
pub(super) fn build<S: State>(flat: &Flat) -> S {
    S::unflatten(&mut flat.read())
}

/// The variable of this number.
pub(super) fn variable(names: &[&str], index: Option<usize>) -> String {
    match index.and_then(|index| names.get(index)) {
        Some(name) => format!("`{name}`"),
        None => "a carried value".to_owned(),
    }
}

/// The name of the variable that a leaf belongs to.
pub(super) fn name(names: &[&str], ends: &[usize], leaf: usize) -> String {
    variable(names, ends.iter().position(|end| leaf < *end))
}

/// A carry of one more leaf, which is the first.
pub(super) fn with_first(first: Array, rest: Flat) -> Flat {
    let mut flat = Flat::new();
    flat.leaf(first);
    flat.leaves.extend(rest.leaves);
    flat.tokens.extend(rest.tokens);
    flat
}

/// What is carried besides the first leaf.
pub(super) fn after_first(flat: &Flat) -> Flat {
    debug_assert_eq!(flat.tokens.first(), Some(&Token::Leaf));
    Flat { leaves: flat.leaves[1..].into(), tokens: flat.tokens[1..].into() }
}
