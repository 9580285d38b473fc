//! Batch axes as users write them, and how they are laid over trees of arrays. What is done with them is `vmap`'s
//! business.

use std::fmt::{self, Write};

use crate::array::fail::raise_call;
use crate::base::Error;
use crate::base::error::ErrorKind;
use crate::base::tuples::for_tuples;
use crate::tree::Token;

/// Which axis of each argument, or of each part of one, is the batch axis.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Axes {
    /// This axis, of every array below; negative ones count from the end.
    Axis(i32),
    /// None: every array below is the same for all elements.
    Whole,
    /// One for each part: arguments, members of a tuple, fields of a struct, items of a vector.
    Parts(Vec<Axes>),
}

/// Batch axes as users write them: `0`, `-1`, `None`, and tuples, arrays and vectors of them. A tuple stands for a
/// struct too, one part a field in the order of declaration; `#[pytree(axes)]` on the struct makes one with names.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say which axis is the batch axis",
    note = "batch axes are `0`, `-1`, `None` (no batch axis), and tuples, arrays and vectors of them, shaped like what they are for"
)]
pub trait IntoAxis {
    /// The axes.
    fn into_axis(self) -> Axes;
}

impl IntoAxis for i32 {
    fn into_axis(self) -> Axes {
        Axes::Axis(self)
    }
}

impl IntoAxis for Option<i32> {
    fn into_axis(self) -> Axes {
        self.map_or(Axes::Whole, Axes::Axis)
    }
}

impl IntoAxis for Axes {
    fn into_axis(self) -> Axes {
        self
    }
}

impl<T: IntoAxis> IntoAxis for Vec<T> {
    fn into_axis(self) -> Axes {
        Axes::Parts(self.into_iter().map(IntoAxis::into_axis).collect())
    }
}

impl<T: IntoAxis, const N: usize> IntoAxis for [T; N] {
    fn into_axis(self) -> Axes {
        Axes::Parts(self.into_iter().map(IntoAxis::into_axis).collect())
    }
}

macro_rules! tuples {
    ($(($($name:ident $index:tt),*);)*) => {
        $(impl<$($name: IntoAxis),*> IntoAxis for ($($name,)*) {
            fn into_axis(self) -> Axes {
                Axes::Parts(vec![$(self.$index.into_axis()),*])
            }
        })*
    };
}

for_tuples!(tuples);

/// As Python prints a spec.
impl fmt::Display for Axes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Axes::Axis(axis) => write!(f, "{axis}"),
            Axes::Whole => f.write_str("None"),
            Axes::Parts(parts) => {
                let parts: Vec<String> = parts.iter().map(Axes::to_string).collect();
                f.write_str(&parenthesized(&parts))
            }
        }
    }
}

/// A tuple of these parts, as Python prints it.
fn parenthesized(parts: &[String]) -> String {
    if let [part] = parts { format!("({part},)") } else { format!("({})", parts.join(", ")) }
}

pub(super) fn error(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Transform, "vmap", message)
}

/// One value at the front of some tokens: how many they are.
fn extent(tokens: &[Token]) -> usize {
    match tokens.first() {
        None => 0,
        Some(Token::Leaf | Token::Static(_) | Token::Absent) => 1,
        // These say something of the value that follows.
        Some(Token::Tag(_) | Token::Inner(_) | Token::Present(_)) => 1 + extent(&tokens[1..]),
        Some(Token::Node(count)) => (0..*count).fold(1, |end, _| end + extent(&tokens[end..])),
    }
}

/// The parts of the one value that these tokens are, if it has parts.
fn parts(tokens: &[Token]) -> Option<Vec<&[Token]>> {
    let start = tokens.iter().position(|token| !matches!(token, Token::Tag(_) | Token::Inner(_)))?;
    let Token::Node(count) = tokens[start] else {
        return None;
    };
    let mut rest = &tokens[start + 1..];
    let mut parts = Vec::new();
    for _ in 0..count {
        let (part, others) = rest.split_at(extent(rest));
        parts.push(part);
        rest = others;
    }
    rest.is_empty().then_some(parts)
}

/// The structure of the one value that these tokens are, as Python prints it, a star for each array.
fn shown(tokens: &[Token]) -> String {
    match parts(tokens) {
        Some(parts) => parenthesized(&parts.iter().map(|part| shown(part)).collect::<Vec<_>>()),
        None => match tokens.last() {
            Some(Token::Static(value)) => format!("{value:?}"),
            _ => "*".to_owned(),
        },
    }
}

/// One array of a tree, with its batch axis and how it is reached: `[0][1]`.
#[derive(Debug)]
pub(super) struct Place {
    /// The batch axis.
    pub axis: Option<i32>,
    /// How many of its last axes are none of the value that it holds.
    pub inner: usize,
    /// The way to it from the tree's root.
    pub path: String,
}

/// Lays axes over one value: a tree of axes is a prefix of the tree of arrays, and an axis stands for all arrays
/// below it. `name` is what the axes are for: `in_axes`, `out_axes`.
#[track_caller]
pub(super) fn spread(name: &str, axes: &Axes, tokens: &[Token], path: &str, out: &mut Vec<Place>) {
    let given = match axes {
        Axes::Axis(axis) => return every_leaf(Some(*axis), tokens, path, out),
        Axes::Whole => return every_leaf(None, tokens, path, out),
        Axes::Parts(given) => given,
    };
    let refuse = |why: String| {
        raise_call(error(format!(
            "vmap {name} specification must be a tree prefix of the corresponding value, but at vmap {name}{path} {why}: \
             got specification {axes} for a value of structure {}.",
            shown(tokens)
        )))
    };
    let Some(all) = parts(tokens) else { refuse("there is one array".to_owned()) };
    // Static fields of a struct are part of its structure, as in JAX; static members of a tuple may be counted.
    let arrays: Vec<(usize, &[Token])> =
        all.iter().copied().enumerate().filter(|(_, part)| !matches!(part, [Token::Static(_)])).collect();
    let count = (all.len(), arrays.len());
    let chosen: Vec<(usize, &[Token])> = match given.len() {
        given if given == count.0 => all.into_iter().enumerate().collect(),
        given if given == count.1 => arrays,
        given => refuse(format!("the lengths differ, {given} and {}", count.1)),
    };
    for (part, (index, tokens)) in given.iter().zip(chosen) {
        spread(name, part, tokens, &format!("{path}[{index}]"), out);
    }
}

/// The same axis for every array of some values.
fn every_leaf(axis: Option<i32>, tokens: &[Token], path: &str, out: &mut Vec<Place>) {
    if let Some(parts) = parts(tokens) {
        for (index, part) in parts.into_iter().enumerate() {
            every_leaf(axis, part, &format!("{path}[{index}]"), out);
        }
    } else {
        let mut inner = 0;
        for token in tokens {
            match token {
                Token::Inner(count) => inner = *count,
                Token::Leaf => out.push(Place { axis, inner: std::mem::take(&mut inner), path: path.to_owned() }),
                _ => {}
            }
        }
    }
}

/// That batch axes differ in size, as JAX says it: `sizes` has each mapped axis's size, and the axis, path and type
/// of its array.
pub(super) fn inconsistent(axis_size: Option<usize>, sizes: &[(usize, String)]) -> String {
    let mut counts: Vec<(usize, usize, &str)> = Vec::new();
    for (size, place) in sizes {
        match counts.iter_mut().find(|(other, ..)| other == size) {
            Some((_, count, _)) => *count += 1,
            None => counts.push((*size, 1, place)),
        }
    }
    // The most frequent first; equally frequent ones in the order of the arguments.
    counts.sort_by_key(|(_, count, _)| std::cmp::Reverse(*count));
    let mut lines: Vec<String> = axis_size.iter().map(|size| format!("the `axis_size` argument was {size}")).collect();
    for (position, (size, count, place)) in counts.iter().enumerate() {
        let many = if position == 0 { "most" } else { "some" };
        lines.push(match count {
            1 => format!("one axis had size {size}: {place}"),
            _ => format!("{many} axes ({count} of them) had size {size}, e.g. {place}"),
        });
    }
    let mut text = "vmap got inconsistent sizes for array axes to be mapped:".to_owned();
    for (position, line) in lines.iter().enumerate() {
        let _ = write!(text, "{}\n  * {line}", if position == 0 { "" } else { ";" });
    }
    text
}
