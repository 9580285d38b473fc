//! Functions on trees of arrays: whatever implements [`PyTree`].

use jax_core::array::Array;
use jax_core::array::fail::raise;
use jax_core::base::Error;
use jax_core::base::error::ErrorKind;
use jax_core::tree::{Flat, Leaves, PyTree, Token};

/// The structure of a tree: what it is without its arrays.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Structure {
    tokens: Vec<Token>,
}

impl Structure {
    /// The number of arrays of such a tree.
    pub fn num_leaves(&self) -> usize {
        self.tokens.iter().filter(|token| matches!(token, Token::Leaf)).count()
    }

    /// The tree of this structure with these arrays.
    ///
    /// # Panics
    /// If there are not as many as the structure has.
    #[track_caller]
    pub fn unflatten<T: PyTree>(&self, leaves: &[Array]) -> T {
        if leaves.len() != self.num_leaves() {
            let message = format!("Expected {} leaves, got {}", self.num_leaves(), leaves.len());
            raise(Error::new(ErrorKind::Value, "tree", format!("tree.unflatten: {message}")));
        }
        T::unflatten(&mut Leaves::new(leaves, &self.tokens))
    }
}

/// The arrays and the structure of a tree.
///
/// ```
/// use jax::prelude::*;
/// let (leaves, structure) = tree::flatten((jnp::ones(2), vec![jnp::zeros(3)]));
/// let (a, b): (Array, Vec<Array>) = structure.unflatten(&leaves);
/// assert_eq!((a.size(), b[0].size()), (2, 3));
/// ```
pub fn flatten<T: PyTree>(tree: T) -> (Vec<Array>, Structure) {
    let mut flat = Flat::new();
    tree.flatten(&mut flat);
    (flat.leaves.into_vec(), Structure { tokens: flat.tokens.into_vec() })
}

/// The arrays of a tree, in order.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(tree::leaves((jnp::ones(2), Some(jnp::zeros(3)))).len(), 2);
/// ```
pub fn leaves<T: PyTree>(tree: T) -> Vec<Array> {
    flatten(tree).0
}

/// The structure of a tree.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(tree::structure(vec![jnp::ones(2)]), tree::structure(vec![jnp::zeros(3)]));
/// ```
pub fn structure<T: PyTree>(tree: T) -> Structure {
    flatten(tree).1
}

/// The tree with a function applied to each array.
///
/// ```
/// use jax::prelude::*;
/// let (a, b) = tree::map(|x| x * 2, (jnp::array([1, 2]), jnp::array([3])));
/// assert_eq!((a.to_string(), b.to_string()), ("[2 4]".into(), "[6]".into()));
/// ```
pub fn map<T: PyTree>(f: impl FnMut(Array) -> Array, tree: T) -> T {
    let (leaves, structure) = flatten(tree);
    let mapped: Vec<Array> = leaves.into_iter().map(f).collect();
    T::unflatten(&mut Leaves::new(&mapped, &structure.tokens))
}

#[track_caller]
fn same(first: &Structure, other: &Structure) {
    if first != other {
        let count = (first.num_leaves(), other.num_leaves());
        let message = format!(
            "tree.map: the trees must have the same structure, but they differ: one has {} arrays, the other {}.",
            count.0, count.1
        );
        raise(Error::new(ErrorKind::Value, "tree", message));
    }
}

/// The tree of a function of the arrays at each place of two trees of one structure.
///
/// # Panics
/// If the structures differ.
///
/// ```
/// use jax::prelude::*;
/// let stepped = tree::map2(|p, g| p - 0.5 * g, vec![jnp::ones(2)], vec![jnp::ones(2)]);
/// assert_eq!(stepped[0].to_string(), "[0.5 0.5]");
/// ```
#[track_caller]
pub fn map2<T: PyTree>(mut f: impl FnMut(Array, Array) -> Array, first: T, second: T) -> T {
    let ((a, structure), (b, other)) = (flatten(first), flatten(second));
    same(&structure, &other);
    let mapped: Vec<Array> = a.into_iter().zip(b).map(|(a, b)| f(a, b)).collect();
    T::unflatten(&mut Leaves::new(&mapped, &structure.tokens))
}

/// The tree of a function of the arrays at each place of three trees of one structure.
///
/// # Panics
/// If the structures differ.
///
/// ```
/// use jax::prelude::*;
/// let x = || vec![jnp::ones(1)];
/// assert_eq!(tree::map3(|a, b, c| a + b * c, x(), x(), x())[0].to_string(), "[2.]");
/// ```
#[track_caller]
pub fn map3<T: PyTree>(mut f: impl FnMut(Array, Array, Array) -> Array, first: T, second: T, third: T) -> T {
    let ((a, structure), (b, other), (c, last)) = (flatten(first), flatten(second), flatten(third));
    same(&structure, &other);
    same(&structure, &last);
    let mapped: Vec<Array> = a.into_iter().zip(b).zip(c).map(|((a, b), c)| f(a, b, c)).collect();
    T::unflatten(&mut Leaves::new(&mapped, &structure.tokens))
}

/// A function folded over the arrays of a tree.
///
/// ```
/// use jax::prelude::*;
/// let total = tree::reduce(|sum, x| sum + x.sum(None), vec![jnp::ones(2), jnp::ones(3)], jnp::zeros(()));
/// assert_eq!(total.item_f32(), 5.0);
/// ```
pub fn reduce<T: PyTree, R>(f: impl FnMut(R, Array) -> R, tree: T, initial: R) -> R {
    leaves(tree).into_iter().fold(initial, f)
}
