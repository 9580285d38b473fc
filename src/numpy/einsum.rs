//! Sums of products in Einstein's notation.

use jax_core::array::Array;
use jax_core::array::fail::raise;
use jax_core::base::Error;
use jax_core::base::error::ErrorKind;
use jax_core::lax::contract::contract;
use jax_core::lax::promote;
use jax_core::prim::dot_general::DotDimensionNumbers;
use jax_core::prim::shape::transpose;

use super::contract::diagonal;

/// Sums of products in Einstein's notation: `"ij,jk->ik"` is the product of two matrices. Each letter is an axis; those
/// that the result lacks are summed over. Without `->` the result has the letters that occur once, in order. `...` are the
/// axes that are not named, which broadcast; without `->` they come first.
///
/// # Panics
/// If the subscripts do not fit the operands, or extents of one letter differ.
///
/// ```
/// use jax::prelude::*;
/// let m = jnp::array([[1, 2], [3, 4]]);
/// assert_eq!(jnp::einsum("ij,jk->ik", &[m.clone(), m.clone()]).to_string(), "[[ 7 10]\n [15 22]]");
/// assert_eq!(jnp::einsum("ii", &[m.clone()]).to_string(), "5");
/// assert_eq!(jnp::einsum("ij->j", &[m.clone()]).to_string(), "[4 6]");
/// assert_eq!(jnp::einsum("...i,i->...", &[m, jnp::array([1, 10])]).to_string(), "[21 43]");
/// ```
#[track_caller]
pub fn einsum(subscripts: &str, operands: &[Array]) -> Array {
    let text: String = subscripts.chars().filter(|c| !c.is_whitespace()).collect();
    let (inputs, output) = match text.split_once("->") {
        Some((inputs, output)) => (inputs, Some(output)),
        None => (&*text, None),
    };
    let written: Vec<&str> = inputs.split(',').collect();
    check_count(&written, operands);
    let unnamed = |(term, operand): (&&str, &Array)| {
        let named = term.replace("...", "").chars().count();
        if term.contains("...") { operand.ndim().saturating_sub(named) } else { 0 }
    };
    let unnamed: Vec<usize> = written.iter().zip(operands).map(unnamed).collect();
    let most = unnamed.iter().copied().max().unwrap_or(0);
    let terms: Vec<Vec<char>> = written.iter().zip(&unnamed).map(|(term, &count)| labels(term, count, most)).collect();
    let output = match output {
        Some(output) => labels(output, most, most),
        None => {
            let all = || terms.iter().flatten();
            let mut once: Vec<char> =
                all().filter(|&c| is_unnamed(*c) || all().filter(|d| *d == c).count() == 1).copied().collect();
            // Labels of unnamed axes come before letters.
            once.sort_unstable_by_key(|&c| (!is_unnamed(c), c));
            once.dedup();
            once
        }
    };
    let (operands, terms): (Vec<Array>, Vec<Vec<char>>) = broadcast(operands, terms, &unnamed, most);
    check_subscripts(&terms, &output, &operands);
    let operands = promote::dtypes(&operands.iter().collect::<Vec<_>>());
    let mut rest: std::collections::VecDeque<(Array, Vec<char>)> =
        operands.into_iter().zip(terms).map(|(array, labels)| once_each(array, labels)).collect();
    let Some(mut product) = rest.pop_front() else { jax_core::bug!("einsum of nothing") };
    while let Some(next) = rest.pop_front() {
        let needed = |label: &char| output.contains(label) || rest.iter().any(|(_, labels)| labels.contains(label));
        product = multiply(product, next, needed);
    }
    let (array, labels) = sum_out(product, |label| output.contains(label));
    let place = |label: &char| labels.iter().position(|other| other == label).unwrap_or_default();
    transpose(&array, &output.iter().map(place).collect::<Vec<_>>())
}

/// The first label of an axis that is not named: none of the letters that users write.
const UNNAMED: u32 = 0xE000;

fn is_unnamed(label: char) -> bool {
    label as u32 >= UNNAMED
}

/// The labels of a term in which `...` stands for the last `count` of `most` unnamed axes.
fn labels(term: &str, count: usize, most: usize) -> Vec<char> {
    match term.split_once("...") {
        Some((before, after)) => {
            let unnamed = (most - count..most).filter_map(|i| char::from_u32(UNNAMED + i as u32));
            before.chars().chain(unnamed).chain(after.chars()).collect()
        }
        None => term.chars().collect(),
    }
}

/// The operands without the unnamed axes of extent 1 that others have longer.
#[track_caller]
fn broadcast(
    operands: &[Array],
    mut terms: Vec<Vec<char>>,
    unnamed: &[usize],
    most: usize,
) -> (Vec<Array>, Vec<Vec<char>>) {
    let extent_of = |operand: &Array, term: &[char], label: char| {
        term.iter().position(|&other| other == label).and_then(|axis| operand.shape().get(axis).copied())
    };
    let mut operands = operands.to_vec();
    for label in (0..most).filter_map(|i| char::from_u32(UNNAMED + i as u32)) {
        let extents: Vec<Option<usize>> =
            operands.iter().zip(&terms).map(|(operand, term)| extent_of(operand, term, label)).collect();
        let Some(other) = extents.iter().flatten().copied().find(|&extent| extent != 1) else { continue };
        if let Some(extent) = extents.iter().flatten().find(|&&extent| extent != 1 && extent != other) {
            fail(format!("Incompatible shapes for broadcasting: extents {other} and {extent} of unnamed axes."));
        }
        for (i, extent) in extents.into_iter().enumerate().filter(|(i, _)| unnamed[*i] > 0) {
            if extent == Some(1)
                && let Some(axis) = terms[i].iter().position(|&other| other == label)
            {
                operands[i] = operands[i].squeeze(axis as i32);
                terms[i].remove(axis);
            }
        }
    }
    (operands, terms)
}

#[track_caller]
fn fail(message: String) -> ! {
    raise(Error::new(ErrorKind::Value, "einsum", format!("einsum: {message}")))
}

#[track_caller]
fn check_count(terms: &[&str], operands: &[Array]) {
    if terms.len() != operands.len() {
        fail(format!(
            "Number of einsum subscripts, {}, must be equal to the number of operands, {}.",
            terms.len(),
            operands.len()
        ));
    }
}

#[track_caller]
fn check_subscripts(terms: &[Vec<char>], output: &[char], operands: &[Array]) {
    let known = |c: &char| c.is_ascii_alphabetic() || is_unnamed(*c);
    if let Some(other) = terms.iter().flatten().chain(output).find(|c| !known(c)) {
        fail(format!("Character {other} is not a valid symbol."));
    }
    let mut extents = std::collections::BTreeMap::new();
    for (number, (term, operand)) in terms.iter().zip(operands).enumerate() {
        if term.len() != operand.ndim() {
            let term: String = term.iter().collect();
            fail(format!(
                "Einstein sum subscript '{term}' does not contain the correct number of indices for operand {number}."
            ));
        }
        for (label, &extent) in term.iter().zip(operand.shape()) {
            let known = *extents.entry(*label).or_insert(extent);
            if known != extent {
                fail(format!(
                    "Size of label '{label}' for operand {number} ({known}) does not match previous terms ({extent})."
                ));
            }
        }
    }
    for (i, label) in output.iter().enumerate() {
        if output[..i].contains(label) {
            fail(format!("Output character {label} appeared more than once in the output."));
        }
        if !extents.contains_key(label) {
            fail(format!("Output character {label} did not appear in the input"));
        }
    }
}

/// The diagonals of axes with one label.
#[track_caller]
fn once_each(mut array: Array, mut labels: Vec<char>) -> (Array, Vec<char>) {
    while let Some((i, j)) =
        (0..labels.len()).find_map(|i| (i + 1..labels.len()).find(|&j| labels[j] == labels[i]).map(|j| (i, j)))
    {
        array = diagonal(super::moveaxis(array, [i as i32, j as i32], [0, 1]), 0);
        let label = labels.remove(j);
        labels.remove(i);
        labels.push(label);
    }
    (array, labels)
}

/// Sums over the axes that are not needed.
#[track_caller]
fn sum_out((array, labels): (Array, Vec<char>), needed: impl Fn(&char) -> bool) -> (Array, Vec<char>) {
    let axes: Vec<i32> = (0..labels.len()).filter(|&i| !needed(&labels[i])).map(|i| i as i32).collect();
    if axes.is_empty() {
        return (array, labels);
    }
    (array.sum(axes.as_slice()), labels.into_iter().filter(needed).collect())
}

/// The product of two operands, summed over the labels that only they have and nobody needs.
#[track_caller]
fn multiply(x: (Array, Vec<char>), y: (Array, Vec<char>), needed: impl Fn(&char) -> bool) -> (Array, Vec<char>) {
    let of_y = y.1.clone();
    let (x, of_x) = sum_out(x, |label| needed(label) || of_y.contains(label));
    let (y, of_y) = sum_out(y, |label| needed(label) || of_x.contains(label));
    let shared: Vec<char> = of_x.iter().filter(|label| of_y.contains(label)).copied().collect();
    let (batch, summed): (Vec<char>, Vec<char>) = shared.iter().partition(|label| needed(label));
    let places = |labels: &[char], of: &[char]| -> Vec<usize> {
        labels.iter().filter_map(|label| of.iter().position(|other| other == label)).collect()
    };
    let numbers = DotDimensionNumbers {
        lhs_contracting: places(&summed, &of_x),
        rhs_contracting: places(&summed, &of_y),
        lhs_batch: places(&batch, &of_x),
        rhs_batch: places(&batch, &of_y),
    };
    let own = |labels: &[char]| labels.iter().filter(|label| !shared.contains(label)).copied().collect::<Vec<_>>();
    (contract(&x, &y, numbers), [batch.clone(), own(&of_x), own(&of_y)].concat())
}
