//! Index expressions as affine functions of the loops, and loads as strides over them.

use std::collections::BTreeMap;

use jax_core::base::shape::strides;
use jax_core::kernel::{Binary, Body, Id, Nest, Op};

/// `constant + Σ axes[a]·coordinate(a) + Σ terms[t].1·value(terms[t].0)`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Affine {
    /// The constant part.
    pub constant: i64,
    /// The coefficient of each axis.
    pub axes: Vec<i64>,
    /// Values that are not affine, with their coefficients.
    pub terms: BTreeMap<Id, i64>,
}

impl Affine {
    fn zero(rank: usize) -> Affine {
        Affine { constant: 0, axes: vec![0; rank], terms: BTreeMap::new() }
    }

    /// Adds `scale` times another. Index arithmetic wraps, and so do the coefficients.
    fn add(&mut self, other: &Affine, scale: i64) {
        self.constant = self.constant.wrapping_add(other.constant.wrapping_mul(scale));
        for (mine, theirs) in self.axes.iter_mut().zip(&other.axes) {
            *mine = mine.wrapping_add(theirs.wrapping_mul(scale));
        }
        for (&id, &factor) in &other.terms {
            let mine = self.terms.entry(id).or_insert(0);
            *mine = mine.wrapping_add(factor.wrapping_mul(scale));
        }
        self.terms.retain(|_, factor| *factor != 0);
    }

    fn as_constant(&self) -> Option<i64> {
        (self.terms.is_empty() && self.axes.iter().all(|&c| c == 0)).then_some(self.constant)
    }
}

/// The affine form of an index.
pub fn affine(body: &Body, rank: usize, id: Id) -> Affine {
    let mut form = Affine::zero(rank);
    let mut accumulate =
        |parts: &[(Id, i64)]| parts.iter().for_each(|&(part, scale)| form.add(&affine(body, rank, part), scale));
    match &body.node(id).op {
        Op::Const(value) => form.constant = value.as_i128() as i64,
        Op::Axis(axis) => form.axes[*axis as usize] = 1,
        Op::Binary(Binary::Add, a, b) => accumulate(&[(*a, 1), (*b, 1)]),
        Op::Binary(Binary::Sub, a, b) => accumulate(&[(*a, 1), (*b, -1)]),
        Op::Binary(Binary::Mul, a, b) => {
            let (left, right) = (affine(body, rank, *a), affine(body, rank, *b));
            match (left.as_constant(), right.as_constant()) {
                (Some(scale), _) => form.add(&right, scale),
                (_, Some(scale)) => form.add(&left, scale),
                _ => _ = form.terms.insert(id, 1),
            }
        }
        _ => _ = form.terms.insert(id, 1),
    }
    form
}

/// The element that a load or scatter touches, counted from the buffer's first: affine in the nest's axes.
pub fn flatten(nest: &Nest, shape: &[usize], index: &[Id]) -> Affine {
    let rank = nest.extents.len();
    let mut flat = Affine::zero(rank);
    for (&id, &stride) in index.iter().zip(&strides(shape)) {
        flat.add(&affine(&nest.body, rank, id), stride as i64);
    }
    flat
}

/// Whether an affine element position is that of the point itself in the nest's box.
pub fn is_identity(form: &Affine, extents: &[usize]) -> bool {
    let own = strides(extents);
    form.constant == 0
        && form.terms.is_empty()
        && (0..extents.len()).all(|axis| extents[axis] == 1 || form.axes[axis] == own[axis] as i64)
}
