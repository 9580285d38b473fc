//! Why a staged function was compiled again: which argument changed, and what of it.

use crate::ir::Aval;
use crate::tree::Token;

/// The part of a signature that one argument is.
pub(super) struct Argument<'a> {
    /// The types of its arrays.
    pub avals: &'a [Aval],
    /// Its structure.
    pub tokens: &'a [Token],
}

/// How much a change of structure counts beside one of a type.
const STRUCTURE: usize = 4;

/// What of the arguments made a signature a new one, beside the signature before that is most like it.
pub(super) fn reason(before: &[Vec<Argument<'_>>], after: &[Argument<'_>], params: &[&str]) -> String {
    let changes = |old: &Vec<Argument<'_>>| -> (usize, Vec<String>) {
        let pairs = old.iter().zip(after).zip(params);
        let (counts, texts): (Vec<usize>, _) = pairs.filter_map(|((old, new), param)| change(old, new, param)).unzip();
        (counts.iter().sum(), texts)
    };
    before.iter().rev().map(changes).min_by_key(|(count, _)| *count).unwrap_or_default().1.join("; ")
}

/// What changed of an argument, if anything: how much, and in words.
fn change(old: &Argument<'_>, new: &Argument<'_>, name: &str) -> Option<(usize, String)> {
    let structure = |argument: &Argument<'_>| -> Vec<Token> {
        argument.tokens.iter().filter(|token| !matches!(token, Token::Static(_))).cloned().collect()
    };
    if structure(old) != structure(new) || old.avals.len() != new.avals.len() || old.tokens.len() != new.tokens.len() {
        let (before, after) = (arrays(old), arrays(new));
        let how = if before == after { format!("around {after}") } else { format!("from {before} to {after}") };
        return Some((STRUCTURE, format!("argument `{name}` changed the structure {how}")));
    }
    let tokens = old.tokens.iter().zip(new.tokens).filter(|(old, new)| old != new);
    let statics = tokens.filter_map(|pair| match pair {
        (Token::Static(old), Token::Static(new)) => Some((1, format!("the static value from {old:?} to {new:?}"))),
        _ => None,
    });
    let several = new.avals.len() > 1;
    let pairs = old.avals.iter().zip(new.avals).enumerate().filter(|(_, (old, new))| old != new);
    let leaves = pairs.map(|(place, (old, new))| {
        let of = if several { format!(" of array {place}") } else { String::new() };
        let what = match (old.shape != new.shape, old.dtype != new.dtype) {
            (true, true) => (2, "the shape and dtype"),
            (true, false) => (1, "the shape"),
            (false, true) => (1, "the dtype"),
            (false, false) if old.weak => return (1, format!("the weak type{of} to a strong one, {new}")),
            (false, false) => return (1, format!("the strong type{of} to a weak one, {new}")),
        };
        (what.0, format!("{}{of} from {old} to {new}", what.1))
    });
    let (counts, changes): (Vec<usize>, Vec<String>) = statics.chain(leaves).unzip();
    (!changes.is_empty())
        .then(|| (counts.iter().sum(), format!("argument `{name}` changed {}", changes.join(", and "))))
}

/// The arrays of an argument.
fn arrays(argument: &Argument<'_>) -> String {
    let list: Vec<String> = argument.avals.iter().map(Aval::to_string).collect();
    format!("({})", list.join(", "))
}
