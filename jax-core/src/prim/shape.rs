//! Rearranging without computing: broadcast, reshape, transpose, squeeze.

use crate::array::{Array, bind_one};
use crate::base::error::ErrorKind;
use crate::base::{Error, Result, Shape};
use crate::ir::{Aval, Derivative, Lower, Operand, Param, Params, Primitive, Sample};
use crate::kernel::Buf;
use crate::prim::elementwise::tuple;
use crate::prim::reduce::reduce_sum;
use crate::prim::slice::ramp;

/// An operand repeated to a larger shape: its axis `i` becomes axis `dims[i]`; axes of extent 1 are repeated.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct BroadcastInDim {
    /// The result's shape.
    pub shape: Vec<usize>,
    /// Where each axis of the operand goes, in increasing order.
    pub dims: Vec<usize>,
}

/// An operand repeated to a larger shape: its axis `i` becomes axis `dims[i]`; axes of extent 1 are repeated.
#[track_caller]
pub fn broadcast_in_dim(x: &Array, shape: &[usize], dims: &[usize]) -> Array {
    if x.shape() == shape && dims.iter().copied().eq(0..shape.len()) {
        return x.clone();
    }
    bind_one(BroadcastInDim { shape: shape.to_vec(), dims: dims.to_vec() }, &[x])
}

impl Primitive for BroadcastInDim {
    fn name(&self) -> &'static str {
        "broadcast_in_dim"
    }

    fn params(&self) -> Params {
        // As JAX prints it: the shape is that of the result.
        if self.dims.is_empty() { Params::new() } else { vec![("broadcast_dimensions", Param::ints(&self.dims))] }
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        let aval = &ins[0];
        let increasing = self.dims.windows(2).all(|pair| pair[0] < pair[1]);
        let fits = self.dims.len() == aval.ndim()
            && increasing
            && self
                .dims
                .iter()
                .zip(&aval.shape)
                .all(|(&dim, &extent)| self.shape.get(dim).is_some_and(|&target| extent == target || extent == 1));
        if !fits {
            let message = format!(
                "broadcast_in_dim: an operand of shape {} does not fit into shape {} at axes {}.",
                tuple(&aval.shape),
                tuple(&self.shape),
                tuple(&self.dims)
            );
            return Err(Error::new(ErrorKind::Shape, "broadcast_in_dim", message));
        }
        Ok(vec![aval.with_shape(&self.shape)])
    }

    fn derivative(&self) -> Derivative<'_> {
        Derivative::Linear(Box::new(|cts, operands| match (&operands[0], &cts[0]) {
            (Operand::Linear(aval), Some(ct)) => {
                let repeated = |axis: &usize| match self.dims.iter().position(|dim| dim == axis) {
                    None => true,
                    Some(source) => aval.shape[source] == 1 && self.shape[*axis] != 1,
                };
                let axes: Vec<usize> = (0..self.shape.len()).filter(repeated).collect();
                vec![Some(reshape(&reduce_sum(ct, &axes), &aval.shape))]
            }
            _ => vec![None],
        }))
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], size: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        let front = move_axis(&args[0], dims[0].unwrap_or(0), 0);
        let shape: Vec<usize> = std::iter::once(size).chain(self.shape.iter().copied()).collect();
        let axes: Vec<usize> = std::iter::once(0).chain(self.dims.iter().map(|dim| dim + 1)).collect();
        (vec![broadcast_in_dim(&front, &shape, &axes)], vec![Some(0)])
    }

    fn simplify(&self, args: &[Array]) -> Option<Vec<Array>> {
        (args[0].shape() == self.shape).then(|| vec![args[0].clone()])
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        let extents = cx.ty(ins[0]).shape.clone();
        vec![cx.index_map(ins[0], &self.shape, |body, axes| {
            self.dims.iter().zip(&extents).map(|(&dim, &e)| if e == 1 { body.index(0) } else { axes[dim] }).collect()
        })]
    }
}

/// The same elements in row-major order under another shape.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Reshape {
    /// The new shape.
    pub shape: Vec<usize>,
}

/// The same elements in row-major order under another shape.
#[track_caller]
pub fn reshape(x: &Array, shape: &[usize]) -> Array {
    if x.shape() == shape {
        return x.clone();
    }
    bind_one(Reshape { shape: shape.to_vec() }, &[x])
}

impl Primitive for Reshape {
    fn name(&self) -> &'static str {
        "reshape"
    }

    fn params(&self) -> Params {
        vec![("dimensions", Param::None), ("new_sizes", Param::ints(&self.shape)), ("sharding", Param::None)]
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        if ins[0].size() != self.shape.iter().product::<usize>() {
            let message = format!(
                "cannot reshape array of shape {} (size {}) into shape {} (size {})",
                tuple(&ins[0].shape),
                ins[0].size(),
                tuple(&self.shape),
                self.shape.iter().product::<usize>()
            );
            return Err(Error::new(ErrorKind::Shape, "reshape", message));
        }
        Ok(vec![ins[0].with_shape(&self.shape)])
    }

    fn derivative(&self) -> Derivative<'_> {
        Derivative::Linear(Box::new(|cts, operands| match (&operands[0], &cts[0]) {
            (Operand::Linear(aval), Some(ct)) => vec![Some(reshape(ct, &aval.shape))],
            _ => vec![None],
        }))
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], size: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        let front = move_axis(&args[0], dims[0].unwrap_or(0), 0);
        let shape: Vec<usize> = std::iter::once(size).chain(self.shape.iter().copied()).collect();
        (vec![reshape(&front, &shape)], vec![Some(0)])
    }

    fn simplify(&self, args: &[Array]) -> Option<Vec<Array>> {
        (args[0].shape() == self.shape).then(|| vec![args[0].clone()])
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        let from = cx.ty(ins[0]).shape.clone();
        let squeezed = |shape: &[usize]| shape.iter().copied().filter(|&e| e != 1).collect::<Shape>();
        if squeezed(&from) != squeezed(&self.shape) {
            return vec![cx.reshape(ins[0], &self.shape)];
        }
        // Only axes of extent 1 come or go: an index map, which fuses anywhere.
        let kept: Vec<usize> = (0..self.shape.len()).filter(|&axis| self.shape[axis] != 1).collect();
        vec![cx.index_map(ins[0], &self.shape, |body, axes| {
            let mut kept = kept.iter();
            from.iter()
                .map(|&extent| match kept.as_slice().first() {
                    Some(&axis) if extent != 1 => {
                        kept.next();
                        axes[axis]
                    }
                    _ => body.index(0),
                })
                .collect()
        })]
    }
}

/// The axes in another order: axis `i` of the result is axis `permutation[i]` of the operand.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Transpose {
    /// Which axis each axis of the result is.
    pub permutation: Vec<usize>,
}

/// The axes in another order: axis `i` of the result is axis `permutation[i]` of the operand.
#[track_caller]
pub fn transpose(x: &Array, permutation: &[usize]) -> Array {
    if permutation.iter().copied().eq(0..x.ndim()) {
        return x.clone();
    }
    bind_one(Transpose { permutation: permutation.to_vec() }, &[x])
}

/// Where each axis went: the inverse permutation.
pub(crate) fn inverse(permutation: &[usize]) -> Vec<usize> {
    let mut inverse = vec![0; permutation.len()];
    for (position, &axis) in permutation.iter().enumerate() {
        inverse[axis] = position;
    }
    inverse
}

impl Primitive for Transpose {
    fn name(&self) -> &'static str {
        "transpose"
    }

    fn params(&self) -> Params {
        vec![("permutation", Param::ints(&self.permutation))]
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        let mut sorted = self.permutation.clone();
        sorted.sort_unstable();
        if !sorted.iter().copied().eq(0..ins[0].ndim()) {
            let message = format!(
                "transpose permutation isn't a permutation of operand dimensions, got permutation {} for operand \
                 shape {}.",
                tuple(&self.permutation),
                tuple(&ins[0].shape)
            );
            return Err(Error::new(ErrorKind::Axis, "transpose", message));
        }
        let shape: Shape = self.permutation.iter().map(|&axis| ins[0].shape[axis]).collect();
        Ok(vec![ins[0].with_shape(&shape)])
    }

    fn derivative(&self) -> Derivative<'_> {
        Derivative::Linear(Box::new(|cts, _| {
            vec![cts[0].as_ref().map(|ct| transpose(ct, &inverse(&self.permutation)))]
        }))
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], _: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        let dim = dims[0].unwrap_or(0);
        let shifted = self.permutation.iter().map(|&axis| axis + usize::from(axis >= dim));
        let permutation: Vec<usize> = std::iter::once(dim).chain(shifted).collect();
        (vec![transpose(&args[0], &permutation)], vec![Some(0)])
    }

    fn simplify(&self, args: &[Array]) -> Option<Vec<Array>> {
        self.permutation.iter().copied().eq(0..args[0].ndim()).then(|| vec![args[0].clone()])
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        let from = &cx.ty(ins[0]).shape;
        let shape: Vec<usize> = self.permutation.iter().map(|&axis| from[axis]).collect();
        vec![cx.index_map(ins[0], &shape, |_, axes| inverse(&self.permutation).iter().map(|&p| axes[p]).collect())]
    }
}

/// The operand without some axes of extent 1.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Squeeze {
    /// The axes.
    pub dimensions: Vec<usize>,
}

/// The operand without the axes `dimensions`, of extent 1.
#[track_caller]
pub fn squeeze(x: &Array, dimensions: &[usize]) -> Array {
    if dimensions.is_empty() {
        return x.clone();
    }
    bind_one(Squeeze { dimensions: dimensions.to_vec() }, &[x])
}

impl Squeeze {
    fn kept(&self, rank: usize) -> Vec<usize> {
        (0..rank).filter(|axis| !self.dimensions.contains(axis)).collect()
    }
}

impl Primitive for Squeeze {
    fn name(&self) -> &'static str {
        "squeeze"
    }

    fn params(&self) -> Params {
        vec![("dimensions", Param::ints(&self.dimensions))]
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        let (dims, shape) = (&self.dimensions, &ins[0].shape);
        let fail = |message: String| Err(Error::new(ErrorKind::Axis, "squeeze", message));
        if (1..dims.len()).any(|i| dims[..i].contains(&dims[i])) {
            return fail(format!("dimensions are not unique: {}", tuple(dims)));
        }
        if dims.iter().any(|&dim| dim >= shape.len()) {
            return fail(format!("dimensions outside range [0, ndim): {}", tuple(dims)));
        }
        if dims.iter().any(|&dim| shape[dim] != 1) {
            return fail(format!(
                "cannot select an axis to squeeze out which has size not equal to one, got shape={} and dimensions={}",
                tuple(shape),
                tuple(dims)
            ));
        }
        let shape: Shape = self.kept(shape.len()).into_iter().map(|axis| shape[axis]).collect();
        Ok(vec![ins[0].with_shape(&shape)])
    }

    fn derivative(&self) -> Derivative<'_> {
        Derivative::Linear(Box::new(|cts, operands| match (&operands[0], &cts[0]) {
            (Operand::Linear(aval), Some(ct)) => {
                vec![Some(broadcast_in_dim(ct, &aval.shape, &self.kept(aval.ndim())))]
            }
            _ => vec![None],
        }))
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], _: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        let front = move_axis(&args[0], dims[0].unwrap_or(0), 0);
        let dimensions: Vec<usize> = self.dimensions.iter().map(|dim| dim + 1).collect();
        (vec![squeeze(&front, &dimensions)], vec![Some(0)])
    }

    fn simplify(&self, args: &[Array]) -> Option<Vec<Array>> {
        self.dimensions.is_empty().then(|| vec![args[0].clone()])
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        let from = cx.ty(ins[0]).shape.clone();
        let kept = self.kept(from.len());
        let shape: Shape = kept.iter().map(|&axis| from[axis]).collect();
        vec![cx.index_map(ins[0], &shape, |body, axes| {
            let mut index = vec![body.index(0); from.len()];
            kept.iter().zip(axes).for_each(|(&axis, &at)| index[axis] = at);
            index
        })]
    }
}

/// `x` with one axis moved to another place, the others keeping their order.
#[track_caller]
pub(crate) fn move_axis(x: &Array, from: usize, to: usize) -> Array {
    let mut permutation: Vec<usize> = (0..x.ndim()).filter(|&axis| axis != from).collect();
    permutation.insert(to, from);
    transpose(x, &permutation)
}

/// `x` repeated along new leading axes of these extents.
#[track_caller]
pub(crate) fn broadcast(x: &Array, leading: &[usize]) -> Array {
    let shape: Vec<usize> = leading.iter().chain(x.shape()).copied().collect();
    let dims: Vec<usize> = (leading.len()..shape.len()).collect();
    broadcast_in_dim(x, &shape, &dims)
}

/// A batched operand, its batch axis in front, with axes of extent 1 after it up to this rank.
#[track_caller]
pub(crate) fn pad_rank(x: &Array, rank: usize) -> Array {
    if x.ndim() >= rank || x.ndim() == 0 {
        return x.clone();
    }
    let missing = rank - x.ndim();
    let mut shape = x.shape().to_vec();
    let dims: Vec<usize> = (0..x.ndim()).map(|axis| if axis == 0 { 0 } else { axis + missing }).collect();
    shape.splice(1..1, std::iter::repeat_n(1, missing));
    broadcast_in_dim(x, &shape, &dims)
}

/// A scalar, or an array of this rank, repeated to this shape: axes to be repeated go first.
#[track_caller]
pub(crate) fn broadcast_to_rank_and_shape(x: &Array, shape: &[usize]) -> Array {
    let kept: Vec<usize> = (0..x.ndim()).filter(|&axis| x.shape()[axis] == shape[axis]).collect();
    let squeezed: Vec<usize> = kept.iter().map(|&axis| shape[axis]).collect();
    broadcast_in_dim(&reshape(x, &squeezed), shape, &kept)
}

crate::readers! {
    "broadcast_in_dim", 1..=1, |eqn| BroadcastInDim {
        shape: eqn.outs.first().map(|aval| aval.shape.to_vec()).unwrap_or_default(),
        dims: if eqn.params.is_empty() { Vec::new() } else { eqn.usizes("broadcast_dimensions")? },
    };
    "reshape", 1..=1, |eqn| Reshape { shape: eqn.usizes("new_sizes")? };
    "transpose", 1..=1, |eqn| Transpose { permutation: eqn.usizes("permutation")? };
    "squeeze", 1..=1, |eqn| Squeeze { dimensions: eqn.usizes("dimensions")? };
}

/// Operands that laws are tested on.
pub(crate) fn samples() -> Vec<Sample> {
    let repeat = |shape: &[usize], dims: &[usize]| BroadcastInDim { shape: shape.to_vec(), dims: dims.to_vec() };
    let shaped = |shape: &[usize]| Reshape { shape: shape.to_vec() };
    let permuted = |permutation: &[usize]| Transpose { permutation: permutation.to_vec() };
    let without = |dimensions: &[usize]| Squeeze { dimensions: dimensions.to_vec() };
    let truths = || Array::from_bools(&[true, false, true], &[1, 3]);
    vec![
        Sample::new(repeat(&[2, 3], &[]), vec![ramp(&[], 0.5)]),
        Sample::new(repeat(&[2, 5, 3], &[0, 2]), vec![ramp(&[1, 3], 0.5)]),
        Sample::new(repeat(&[2, 0], &[0]), vec![ramp(&[2], 0.5)]),
        Sample::new(repeat(&[3, 3], &[0, 1]), vec![truths()]),
        Sample::new(shaped(&[5, 3]), vec![ramp(&[3, 5], 0.5)]),
        Sample::new(shaped(&[1, 3, 1]), vec![ramp(&[3], 0.5)]),
        Sample::new(shaped(&[3, 0]), vec![ramp(&[0, 2], 0.5)]),
        Sample::new(permuted(&[2, 0, 1]), vec![ramp(&[2, 3, 5], 0.5)]),
        Sample::new(permuted(&[1, 0]), vec![truths()]),
        Sample::new(without(&[0, 2]), vec![ramp(&[1, 3, 1], 0.5)]),
        Sample::new(without(&[1]), vec![ramp(&[0, 1], 0.5)]),
        Sample::new(without(&[0]), vec![truths()]),
    ]
}
