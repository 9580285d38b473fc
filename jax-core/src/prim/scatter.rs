//! Scattering: an array with windows replaced by, or combined with, others at computed places.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use crate::array::fail::{raise, value_error};
use crate::array::{Array, bind_one, builder};
use crate::base::error::ErrorKind;
use crate::base::{DType, Error, Result, Scalar};
use crate::ir::primitive::{Jvp, Tangent, Transpose};
use crate::ir::read::{Read, Reading};
use crate::ir::{Aval, ClosedJaxpr, Derivative, Jaxpr, Lower, Operand, Param, Params, Primitive, Sample};
use crate::kernel::{Binary, Buf, Id, Sink};
use crate::prim::arith::{add, div, max, min, mul};
use crate::prim::compare::eq;
use crate::prim::elementwise::{any, real_or_bool, same_dtype, tuple};
use crate::prim::gather::{
    AxisChecks, Gather, GatherDimensionNumbers, GatherScatterMode, bump, gather, index_vector, window_starts,
};
use crate::prim::iota::iota;
use crate::prim::logic::{and, or};
use crate::prim::rule::{full, materialize, zeros};
use crate::prim::select::select;
use crate::prim::shape::{move_axis, reshape};
use crate::prim::slice::ramp;

/// Which axis is what in a scatter. The last axis of the indices is the index vector.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct ScatterDimensionNumbers {
    /// The axes of the updates that run within a window, in increasing order.
    pub update_window_dims: Vec<usize>,
    /// The axes of the operand along which windows have extent 1 and that the updates lack, in increasing order.
    pub inserted_window_dims: Vec<usize>,
    /// The axis of the operand that each component of an index vector is for.
    pub scatter_dims_to_operand_dims: Vec<usize>,
    /// The axes of the operand that go along with an axis of the indices, in increasing order.
    pub operand_batching_dims: Vec<usize>,
    /// The axis of the indices that goes along with each of `operand_batching_dims`.
    pub scatter_indices_batching_dims: Vec<usize>,
}

impl ScatterDimensionNumbers {
    /// The numbers of the gather that reads the windows that this scatter writes.
    fn gather(&self) -> GatherDimensionNumbers {
        GatherDimensionNumbers {
            offset_dims: self.update_window_dims.clone(),
            collapsed_slice_dims: self.inserted_window_dims.clone(),
            start_index_map: self.scatter_dims_to_operand_dims.clone(),
            operand_batching_dims: self.operand_batching_dims.clone(),
            start_indices_batching_dims: self.scatter_indices_batching_dims.clone(),
        }
    }

    fn param(&self) -> Param {
        Param::record(
            "ScatterDimensionNumbers",
            vec![
                ("update_window_dims", Param::ints(&self.update_window_dims)),
                ("inserted_window_dims", Param::ints(&self.inserted_window_dims)),
                ("scatter_dims_to_operand_dims", Param::ints(&self.scatter_dims_to_operand_dims)),
                ("operand_batching_dims", Param::ints(&self.operand_batching_dims)),
                ("scatter_indices_batching_dims", Param::ints(&self.scatter_indices_batching_dims)),
            ],
        )
    }
}

/// What an update does to the element that was there.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Update {
    /// It replaces it; the last of several wins.
    Replace,
    /// It is added to it; the dtype is the operand's.
    Add(DType),
    /// It is multiplied by it; the dtype is the operand's.
    Mul(DType),
    /// The smaller one stays; the dtype is the operand's.
    Min(DType),
    /// The larger one stays; the dtype is the operand's.
    Max(DType),
}

impl Update {
    /// How old and new combine in the kernel language; `None` replaces.
    fn combine(self) -> Option<Binary> {
        match self {
            Update::Replace => None,
            Update::Add(DType::Bool) => Some(Binary::Or),
            Update::Mul(DType::Bool) => Some(Binary::And),
            Update::Add(_) => Some(Binary::Add),
            Update::Mul(_) => Some(Binary::Mul),
            Update::Min(_) => Some(Binary::Min),
            Update::Max(_) => Some(Binary::Max),
        }
    }

    /// How old and new combine, as a program of scalars: one for each operation and dtype, as in JAX, where all
    /// scatters share it.
    fn program(self) -> Option<&'static Arc<ClosedJaxpr>> {
        type Scalars = fn(&Array, &Array) -> Array;
        static PROGRAMS: LazyLock<HashMap<Update, Arc<ClosedJaxpr>>> = LazyLock::new(|| {
            let trace = |(update, dtype, op): (Update, DType, Scalars)| {
                let scalar = Aval::new(dtype, &[]);
                (update, Arc::new(builder::trace(&[scalar.clone(), scalar], |args| vec![op(&args[0], &args[1])])))
            };
            let of = |dtype: DType| {
                let [sum, product]: [Scalars; 2] = if dtype == DType::Bool { [or, and] } else { [add, mul] };
                let ring = vec![(Update::Add(dtype), dtype, sum), (Update::Mul(dtype), dtype, product)];
                let order: [(Update, DType, Scalars); 2] =
                    [(Update::Min(dtype), dtype, min), (Update::Max(dtype), dtype, max)];
                ring.into_iter().chain(order.into_iter().filter(move |_| real_or_bool(dtype)))
            };
            DType::ALL.into_iter().flat_map(of).map(trace).collect()
        });
        PROGRAMS.get(&self)
    }
}

/// An array with windows updated at computed places.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Scatter {
    /// Which axis is what.
    pub dimension_numbers: ScatterDimensionNumbers,
    /// A promise that the index vectors are sorted.
    pub indices_are_sorted: bool,
    /// What happens to windows outside of the operand.
    pub mode: GatherScatterMode,
    /// A promise that no two windows overlap.
    pub unique_indices: bool,
    /// What an update does.
    pub update: Update,
}

impl Scatter {
    /// A scatter that drops windows outside of the operand and promises nothing.
    pub fn new(dimension_numbers: ScatterDimensionNumbers) -> Scatter {
        Scatter {
            dimension_numbers,
            indices_are_sorted: false,
            mode: GatherScatterMode::FillOrDrop,
            unique_indices: false,
            update: Update::Replace,
        }
    }
}

/// `operand` with windows replaced by `updates` at the places that `indices` says.
#[track_caller]
pub fn scatter(operand: &Array, indices: &Array, updates: &Array, scatter: Scatter) -> Array {
    bind_one(Scatter { update: Update::Replace, ..scatter }, &[operand, indices, updates])
}

/// `operand` with `updates` added to windows at the places that `indices` says.
#[track_caller]
pub fn scatter_add(operand: &Array, indices: &Array, updates: &Array, scatter: Scatter) -> Array {
    bind_one(Scatter { update: Update::Add(operand.dtype()), ..scatter }, &[operand, indices, updates])
}

/// `operand` with windows multiplied by `updates` at the places that `indices` says.
#[track_caller]
pub fn scatter_mul(operand: &Array, indices: &Array, updates: &Array, scatter: Scatter) -> Array {
    bind_one(Scatter { update: Update::Mul(operand.dtype()), ..scatter }, &[operand, indices, updates])
}

/// `operand` with the smaller of each element and of `updates` in windows at the places that `indices` says.
#[track_caller]
pub fn scatter_min(operand: &Array, indices: &Array, updates: &Array, scatter: Scatter) -> Array {
    bind_one(Scatter { update: Update::Min(operand.dtype()), ..scatter }, &[operand, indices, updates])
}

/// `operand` with the larger of each element and of `updates` in windows at the places that `indices` says.
#[track_caller]
pub fn scatter_max(operand: &Array, indices: &Array, updates: &Array, scatter: Scatter) -> Array {
    bind_one(Scatter { update: Update::Max(operand.dtype()), ..scatter }, &[operand, indices, updates])
}

impl Scatter {
    fn check(&self, operand: &Aval, indices: &Aval, updates: &Aval) -> Result<()> {
        let checks = AxisChecks { op: "scatter" };
        let ScatterDimensionNumbers {
            update_window_dims,
            inserted_window_dims,
            scatter_dims_to_operand_dims,
            operand_batching_dims,
            scatter_indices_batching_dims,
        } = &self.dimension_numbers;
        let rank = operand.ndim();
        let Some((&components, batch_shape)) = indices.shape.split_last() else {
            return checks.fail(
                "Scatter index leaf dimension must be within [0, rank(indices) + 1). rank(indices) is 0 and scatter \
                 index leaf dimension is -1."
                    .into(),
            );
        };
        let expected = batch_shape.len() + update_window_dims.len();
        if updates.ndim() != expected {
            return checks.fail(format!("Updates tensor must be of rank {expected}; got {}.", updates.ndim()));
        }
        checks.ordered(update_window_dims, updates.ndim(), "update_window_dims")?;
        checks.ordered(inserted_window_dims, rank, "inserted_window_dims")?;
        checks.ordered(operand_batching_dims, rank, "operand_batching_dims")?;
        checks.disjoint(
            inserted_window_dims,
            operand_batching_dims,
            "inserted_window_dims",
            "operand_batching_dims",
        )?;
        checks.disjoint(
            scatter_dims_to_operand_dims,
            operand_batching_dims,
            "scatter_dims_to_operand_dims",
            "operand_batching_dims",
        )?;
        checks.unique(scatter_indices_batching_dims, "scatter_indices_batching_dims")?;
        checks.in_range(scatter_indices_batching_dims, indices.ndim(), "scatter_indices_batching_dims")?;
        if scatter_indices_batching_dims.contains(&batch_shape.len()) {
            return checks.fail(format!(
                "Scatter op cannot have the index vector dimension as a batching dimension; got {}.",
                tuple(scatter_indices_batching_dims)
            ));
        }
        if operand_batching_dims.len() != scatter_indices_batching_dims.len() {
            return checks.fail(format!(
                "Scatter op requires equal numbers of operand_batching_dims and scatter_indices_batching_dims, got {} \
                 and {}.",
                tuple(operand_batching_dims),
                tuple(scatter_indices_batching_dims)
            ));
        }
        let operand_batch: Vec<usize> = operand_batching_dims.iter().map(|&dim| operand.shape[dim]).collect();
        let indices_batch: Vec<usize> = scatter_indices_batching_dims.iter().map(|&dim| indices.shape[dim]).collect();
        if operand_batch != indices_batch {
            return checks.fail(format!(
                "Scatter op requires operand batching dimensions and indices batching dimensions to have the same \
                 shape, got {} and {}.",
                tuple(&operand_batch),
                tuple(&indices_batch)
            ));
        }
        let window = update_window_dims.len() + inserted_window_dims.len() + operand_batching_dims.len();
        if rank != window {
            return checks
                .fail(format!("Scatter op has window of size {window}; doesn't match operand of rank {rank}."));
        }
        if scatter_dims_to_operand_dims.len() != components {
            return checks.fail(format!(
                "Scatter op has {} elements in scatter_dims_to_operand_dims and the bound of dimension \
                 index_vector_dim={} of indices is {components}. These two numbers must be equal",
                scatter_dims_to_operand_dims.len(),
                batch_shape.len()
            ));
        }
        for (i, &dim) in scatter_dims_to_operand_dims.iter().enumerate() {
            if dim >= rank {
                return checks.fail(format!(
                    "Invalid scatter_dims_to_operand_dims mapping; domain is [0, {rank}), got: {i}->{dim}."
                ));
            }
        }
        checks.unique(scatter_dims_to_operand_dims, "scatter_dims_to_operand_dims")?;
        for (&dim, axis) in update_window_dims.iter().zip(self.kept(rank)) {
            if operand.shape[axis] < updates.shape[dim] {
                return checks.fail(format!(
                    "Bounds of the window dimensions of updates must not exceed the bounds of the corresponding \
                     dimensions of operand. For dimension {dim}, updates bound is {}, operand bound is {}.",
                    updates.shape[dim], operand.shape[axis]
                ));
            }
        }
        let places = (0..updates.ndim()).filter(|dim| !update_window_dims.contains(dim));
        for (dim, &bound) in places.zip(batch_shape) {
            if updates.shape[dim] != bound {
                return checks.fail(format!(
                    "Bounds of the scatter dimensions of updates must be the same as the bounds of the corresponding \
                     dimensions of scatter indices. For scatter dimension {dim}, updates bound is {}, indices bound \
                     is {bound}.",
                    updates.shape[dim]
                ));
            }
        }
        Ok(())
    }

    /// The axes of the operand that windows of the updates have.
    fn kept(&self, rank: usize) -> Vec<usize> {
        let numbers = &self.dimension_numbers;
        let dropped =
            |axis: &usize| numbers.inserted_window_dims.contains(axis) || numbers.operand_batching_dims.contains(axis);
        (0..rank).filter(|axis| !dropped(axis)).collect()
    }

    /// The extents of a window in the operand.
    fn window(&self, rank: usize, updates: &[usize]) -> Vec<usize> {
        let mut window = vec![1; rank];
        for (axis, &dim) in self.kept(rank).into_iter().zip(&self.dimension_numbers.update_window_dims) {
            window[axis] = updates[dim];
        }
        window
    }

    /// The gather that reads what this scatter writes from updates of this shape.
    fn inverse(&self, rank: usize, updates: &[usize]) -> Gather {
        Gather::new(self.dimension_numbers.gather(), &self.window(rank, updates))
    }

    /// What an array like the operand has where updates of this shape go, and zeros for those that are dropped.
    fn read_back(&self, x: &Array, indices: &Array, updates: &[usize]) -> Array {
        let fill_value = Some(Scalar::zero(DType::I32));
        gather(x, indices, Gather { mode: self.mode, fill_value, ..self.inverse(x.ndim(), updates) })
    }

    /// The tangent of a product: the tangent of a factor times the other ones.
    fn product_tangent(&self, args: &[Array], tangents: &[Tangent]) -> Array {
        let (operand, indices, updates) = (&args[0], &args[1], &args[2]);
        let of_operand = tangents[0].as_ref().map(|g| self.again(g, indices, updates));
        let of_updates = tangents[2].as_ref().map(|g| {
            self.require_unique("derivative of scatter-mul by its updates");
            mul(operand, &scatter_add(&zeros(operand.aval()), indices, g, self.clone()))
        });
        match (of_operand, of_updates) {
            (Some(x), Some(y)) => add(&x, &y),
            (Some(g), None) | (None, Some(g)) => g,
            (None, None) => zeros(operand.aval()),
        }
    }

    /// The tangent of a minimum or maximum: the mean of the tangents of all that equal it, as for `min` and `max` of
    /// two arrays.
    fn extremal_tangent(&self, ans: &Array, args: &[Array], g_operand: &Array, g_updates: &Array) -> Array {
        let (operand, indices, updates) = (&args[0], &args[1], &args[2]);
        let operand_wins = eq(operand, ans);
        let update_wins = eq(updates, &self.read_back(ans, indices, updates.shape()));
        let total = |of_operand: &Array, of_updates: &Array| {
            let masked = |mask: &Array, x: &Array| select(mask, x, &zeros(x.aval()));
            scatter_add(&masked(&operand_wins, of_operand), indices, &masked(&update_wins, of_updates), self.clone())
        };
        let ones = |x: &Array| full(x.aval(), 1.0);
        div(&total(g_operand, g_updates), &total(&ones(g_operand), &ones(g_updates)))
    }

    #[track_caller]
    fn require_unique(&self, what: &str) {
        if !self.unique_indices {
            let message = format!("{what} is only implemented where unique_indices=True");
            raise(Error::new(ErrorKind::Transform, self.name(), message));
        }
    }

    fn again(&self, operand: &Array, indices: &Array, updates: &Array) -> Array {
        bind_one(self.clone(), &[operand, indices, updates])
    }

    /// The value and tangent of a replacing scatter whose windows may overlap: which update wins is found with a
    /// scatter of their numbers, the others are masked, and adding scatters do the rest.
    fn overlapping_jvp(&self, args: &[Array], g_operand: &Array, g_updates: &Array) -> (Array, Array) {
        let (operand, indices, updates) = (&args[0], &args[1], &args[2]);
        let mut ids_shape = updates.shape().to_vec();
        self.dimension_numbers.update_window_dims.iter().for_each(|&dim| ids_shape[dim] = 1);
        let count = ids_shape.iter().product();
        let id = |shape: &[usize]| Aval::new(DType::U32, shape);
        let numbered = reshape(&iota(DType::U32, &[count], 0), &ids_shape);
        let update_ids = add(&numbered, &full(&id(updates.shape()), 1.0));
        let scattered = self.again(&zeros(&id(operand.shape())), indices, &update_ids);
        let gathered = gather(&scattered, indices, self.inverse(operand.ndim(), updates.shape()));
        let untouched = |x: &Array| {
            let mask = eq(&scattered, &zeros(scattered.aval()));
            select(&mask, x, &zeros(x.aval()))
        };
        let winning = |x: &Array| select(&eq(&update_ids, &gathered), x, &zeros(x.aval()));
        let (operand, updates) = (untouched(operand), winning(updates));
        let (g_operand, g_updates) = (untouched(g_operand), winning(g_updates));
        let ans = scatter_add(&operand, indices, &updates, self.clone());
        (ans, scatter_add(&g_operand, indices, &g_updates, self.clone()))
    }
}

impl Primitive for Scatter {
    fn name(&self) -> &'static str {
        match self.update {
            Update::Replace => "scatter",
            Update::Add(_) => "scatter-add",
            Update::Mul(_) => "scatter-mul",
            Update::Min(_) => "scatter-min",
            Update::Max(_) => "scatter-max",
        }
    }

    fn params(&self) -> Params {
        vec![
            ("dimension_numbers", self.dimension_numbers.param()),
            ("indices_are_sorted", Param::Bool(self.indices_are_sorted)),
            ("mode", self.mode.param()),
            ("unique_indices", Param::Bool(self.unique_indices)),
            ("update_consts", Param::Tuple(Vec::new())),
            ("update_jaxpr", self.update.program().map_or(Param::None, |program| Param::Jaxpr(program.clone()))),
        ]
    }

    fn subjaxprs(&self) -> Vec<&Jaxpr> {
        self.update.program().map(|program| &*program.jaxpr).into_iter().collect()
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        if !ins[1].dtype.is_integer() {
            return Err(value_error("scatter", "indices must have an integer type"));
        }
        let operands = [ins[0].clone(), ins[2].clone()];
        let (accepts, what): (fn(DType) -> bool, _) = match self.update {
            Update::Min(_) | Update::Max(_) => (real_or_bool, "real numbers and bool"),
            _ => (any, "any dtype"),
        };
        same_dtype("scatter", &operands, accepts, what)?;
        self.check(&ins[0], &ins[1], &ins[2])?;
        Ok(vec![ins[0].clone()])
    }

    fn derivative(&self) -> Derivative<'_> {
        let jvp: Jvp<'_> = Box::new(|args, tangents| {
            let instantiated = |i: usize| tangents[i].clone().unwrap_or_else(|| zeros(args[i].aval()));
            if tangents[0].is_none() && tangents[2].is_none() {
                return (vec![self.again(&args[0], &args[1], &args[2])], vec![None]);
            }
            let ans = || self.again(&args[0], &args[1], &args[2]);
            let (g_operand, g_updates) = (instantiated(0), instantiated(2));
            let (ans, tangent) = match self.update {
                Update::Replace if !self.unique_indices => self.overlapping_jvp(args, &g_operand, &g_updates),
                Update::Replace | Update::Add(_) => (ans(), self.again(&g_operand, &args[1], &g_updates)),
                Update::Mul(_) => (ans(), self.product_tangent(args, tangents)),
                Update::Min(_) | Update::Max(_) => {
                    let ans = ans();
                    let tangent = self.extremal_tangent(&ans, args, &g_operand, &g_updates);
                    (ans, tangent)
                }
            };
            (vec![ans], vec![Some(tangent)])
        });
        let transpose: Transpose<'_> = Box::new(|cts, operands| {
            let (Operand::Known(indices), Some(ct)) = (&operands[1], &cts[0]) else { return vec![None; 3] };
            if self.update == Update::Replace {
                self.require_unique("scatter transpose");
            }
            let updates = match &operands[2] {
                Operand::Linear(aval) => aval.clone(),
                Operand::Known(updates) => updates.aval().clone(),
            };
            let operand_ct = matches!(operands[0], Operand::Linear(_)).then(|| match (self.update, &operands[2]) {
                // What was overwritten has no influence.
                (Update::Replace, _) => self.again(ct, indices, &zeros(&updates.with_dtype(ct.dtype()))),
                (Update::Mul(_), Operand::Known(factors)) => self.again(ct, indices, factors),
                (Update::Add(_), _) => ct.clone(),
                (update, _) => crate::bug!("a scatter that is not linear in its operand is transposed: {update:?}"),
            });
            let updates_ct =
                matches!(operands[2], Operand::Linear(_)).then(|| self.read_back(ct, indices, &updates.shape));
            vec![operand_ct, None, updates_ct]
        });
        Derivative::Rule(jvp, Some(transpose))
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], size: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        let operand = materialize(&args[0], dims[0], 0, size);
        let updates = materialize(&args[2], dims[2], 0, size);
        let numbers = &self.dimension_numbers;
        let mut new = ScatterDimensionNumbers {
            update_window_dims: bump(&numbers.update_window_dims),
            inserted_window_dims: bump(&numbers.inserted_window_dims),
            scatter_dims_to_operand_dims: bump(&numbers.scatter_dims_to_operand_dims),
            operand_batching_dims: bump(&numbers.operand_batching_dims),
            scatter_indices_batching_dims: numbers.scatter_indices_batching_dims.clone(),
        };
        let indices = match dims[1] {
            None => {
                new.update_window_dims.insert(0, 0);
                args[1].clone()
            }
            Some(dim) => {
                new.operand_batching_dims.insert(0, 0);
                new.scatter_indices_batching_dims = bump(&numbers.scatter_indices_batching_dims);
                new.scatter_indices_batching_dims.insert(0, 0);
                move_axis(&args[1], dim, 0)
            }
        };
        let batched = Scatter { dimension_numbers: new, ..self.clone() };
        (vec![batched.again(&operand, &indices, &updates)], vec![Some(0)])
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        let (extents, shape) = (cx.ty(ins[0]).shape.clone(), cx.ty(ins[2]).shape.clone());
        if extents.contains(&0) || shape.contains(&0) {
            return vec![ins[0]];
        }
        let numbers = &self.dimension_numbers;
        let window = self.window(extents.len(), &shape);
        cx.sink(&shape, ins, |body, point| {
            let axes = point.axes(body);
            let at: Vec<Id> = (0..axes.len())
                .filter(|axis| !numbers.update_window_dims.contains(axis))
                .map(|axis| axes[axis])
                .collect();
            let components = index_vector(body, point, 1, &at, &numbers.scatter_dims_to_operand_dims);
            let (mut index, within) = window_starts(body, &components, &extents, &window);
            for (axis, &offset) in self.kept(extents.len()).into_iter().zip(&numbers.update_window_dims) {
                index[axis] = body.binary(Binary::Add, index[axis], axes[offset]);
            }
            for (&axis, &along) in numbers.operand_batching_dims.iter().zip(&numbers.scatter_indices_batching_dims) {
                index[axis] = at[along];
            }
            let always = body.constant(Scalar::bool(true));
            let keep = within.filter(|_| self.mode != GatherScatterMode::Clip).unwrap_or(always);
            let value = point.load(body, 2, axes);
            Sink::Scatter { base: 0, index, keep, value, combine: self.update.combine() }
        })
    }
}

crate::readers! {
    "scatter", 3..=3, |eqn| Scatter::read(Update::Replace, eqn)?;
    "scatter-add", 3..=3, |eqn| Scatter::read(Update::Add(eqn.ins[0].dtype), eqn)?;
    "scatter-mul", 3..=3, |eqn| Scatter::read(Update::Mul(eqn.ins[0].dtype), eqn)?;
    "scatter-min", 3..=3, |eqn| Scatter::read(Update::Min(eqn.ins[0].dtype), eqn)?;
    "scatter-max", 3..=3, |eqn| Scatter::read(Update::Max(eqn.ins[0].dtype), eqn)?;
}

impl Scatter {
    fn read(update: Update, eqn: &Reading<'_>) -> Read<Scatter> {
        let fields = [
            "update_window_dims",
            "inserted_window_dims",
            "scatter_dims_to_operand_dims",
            "operand_batching_dims",
            "scatter_indices_batching_dims",
        ];
        let [
            update_window_dims,
            inserted_window_dims,
            scatter_dims_to_operand_dims,
            operand_batching_dims,
            scatter_indices_batching_dims,
        ] = eqn.record("dimension_numbers", fields)?;
        Ok(Scatter {
            dimension_numbers: ScatterDimensionNumbers {
                update_window_dims,
                inserted_window_dims,
                scatter_dims_to_operand_dims,
                operand_batching_dims,
                scatter_indices_batching_dims,
            },
            indices_are_sorted: eqn.bool("indices_are_sorted")?,
            mode: GatherScatterMode::read(eqn)?,
            unique_indices: eqn.bool("unique_indices")?,
            update,
        })
    }
}

/// Operands that laws are tested on.
pub(crate) fn samples() -> Vec<Sample> {
    use GatherScatterMode::{Clip, FillOrDrop};
    let rows = |mode, unique_indices, update| {
        let numbers = ScatterDimensionNumbers {
            update_window_dims: vec![1],
            inserted_window_dims: vec![0],
            scatter_dims_to_operand_dims: vec![0],
            ..ScatterDimensionNumbers::default()
        };
        Scatter { mode, unique_indices, update, ..Scatter::new(numbers) }
    };
    let along = ScatterDimensionNumbers {
        inserted_window_dims: vec![1],
        scatter_dims_to_operand_dims: vec![1],
        operand_batching_dims: vec![0],
        scatter_indices_batching_dims: vec![0],
        ..ScatterDimensionNumbers::default()
    };
    let floats = |indices: &[i32]| {
        let indices = Array::from_slice(indices, &[indices.len(), 1]);
        let updates = ramp(&[indices.shape()[0], 3], -1.5);
        vec![ramp(&[4, 3], 0.5), indices, updates]
    };
    let integers = |indices: &[i32]| {
        let rows = |count: usize, from: i32| {
            let values: Vec<i32> = (0..count as i32 * 3).map(|i| (i * 7 + from) % 5 - 2).collect();
            Array::from_slice(&values, &[count, 3])
        };
        vec![rows(4, 0), Array::from_slice(indices, &[indices.len(), 1]), rows(indices.len(), 2)]
    };
    let sum = Update::Add(DType::F32);
    vec![
        Sample::new(rows(FillOrDrop, true, Update::Replace), floats(&[2, 0])),
        Sample::new(rows(FillOrDrop, true, Update::Replace), floats(&[4, 1, -1])),
        Sample::new(rows(Clip, true, Update::Replace), floats(&[9, 1])),
        Sample::new(rows(FillOrDrop, false, sum), floats(&[2, 0, 2, 5])),
        Sample::new(rows(Clip, false, sum), floats(&[-3, 0, 9])),
        Sample::new(rows(Clip, false, sum), floats(&[])),
        Sample::new(rows(FillOrDrop, true, Update::Mul(DType::F32)), floats(&[2, 0, 5])),
        Sample::new(rows(FillOrDrop, false, Update::Min(DType::F32)), floats(&[2, 0, 2, 5])),
        Sample::new(rows(Clip, false, Update::Max(DType::F32)), floats(&[-3, 0, 9])),
        Sample::new(rows(FillOrDrop, false, Update::Mul(DType::I32)), integers(&[2, 0, 2])),
        Sample::new(rows(Clip, false, Update::Min(DType::I32)), integers(&[2, 0, 2])),
        Sample::new(rows(FillOrDrop, false, Update::Max(DType::I32)), integers(&[1, 5, 1])),
        Sample::new(
            Scatter { update: sum, ..Scatter::new(along.clone()) },
            vec![ramp(&[2, 3], 0.5), Array::from_slice(&[0i32, 2, 1, 1], &[2, 2, 1]), ramp(&[2, 2], 2.0)],
        ),
        Sample::new(
            Scatter { update: Update::Add(DType::I32), ..Scatter::new(along) },
            vec![
                Array::from_slice(&[1i32, 2, 3, 4, 5, 6], &[2, 3]),
                Array::from_slice(&[1i32, 0], &[2, 1, 1]),
                Array::from_slice(&[10i32, 20], &[2, 1]),
            ],
        ),
    ]
}
