//! Gathering: windows of an array at computed places. Scattering, its transpose, is in `scatter`.

use crate::array::fail::value_error;
use crate::array::{Array, bind_one};
use crate::base::dtype::Kind;
use crate::base::{DType, Result, Scalar, Shape};
use crate::ir::lower::Point;
use crate::ir::primitive::{Jvp, Transpose};
use crate::ir::read::{Read, ReadError, Reading};
use crate::ir::{Aval, Derivative, Lower, Operand, Param, Params, Primitive, Sample};
use crate::kernel::{Binary, Body, Buf, Id};
use crate::prim::elementwise::tuple;
use crate::prim::rule::zeros;
use crate::prim::scatter::{Scatter, ScatterDimensionNumbers, scatter_add};
use crate::prim::shape::move_axis;
use crate::prim::slice::{inserted, ramp, shape_error};

/// What happens where a window does not lie within the operand.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum GatherScatterMode {
    /// Gathers give the fill value, scatters drop the update.
    FillOrDrop,
    /// The window moves until it lies within.
    Clip,
    /// The caller promises that it does not happen. (Gathers clip and scatters drop all the same.)
    PromiseInBounds,
}

impl GatherScatterMode {
    /// The mode as a parameter.
    pub(crate) fn param(self) -> Param {
        let name = match self {
            GatherScatterMode::FillOrDrop => "FILL_OR_DROP",
            GatherScatterMode::Clip => "CLIP",
            GatherScatterMode::PromiseInBounds => "PROMISE_IN_BOUNDS",
        };
        Param::Word(format!("GatherScatterMode.{name}"))
    }

    /// The mode that the parameter `mode` says.
    pub(crate) fn read(eqn: &Reading<'_>) -> Read<GatherScatterMode> {
        let modes = [GatherScatterMode::FillOrDrop, GatherScatterMode::Clip, GatherScatterMode::PromiseInBounds];
        let given = eqn.param("mode")?;
        let found = modes.into_iter().find(|mode| mode.param() == *given);
        found.ok_or_else(|| ReadError(format!("there is no mode {given}")))
    }
}

/// Which axis is what in a gather. The last axis of the indices is the index vector.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct GatherDimensionNumbers {
    /// The axes of the result that run within a window, in increasing order.
    pub offset_dims: Vec<usize>,
    /// The axes of the operand along which windows have extent 1 and that the result lacks, in increasing order.
    pub collapsed_slice_dims: Vec<usize>,
    /// The axis of the operand that each component of an index vector is for.
    pub start_index_map: Vec<usize>,
    /// The axes of the operand that go along with an axis of the indices, in increasing order.
    pub operand_batching_dims: Vec<usize>,
    /// The axis of the indices that goes along with each of `operand_batching_dims`.
    pub start_indices_batching_dims: Vec<usize>,
}

impl GatherDimensionNumbers {
    /// The numbers of the scatter that is this gather's transpose.
    fn scatter(&self) -> ScatterDimensionNumbers {
        ScatterDimensionNumbers {
            update_window_dims: self.offset_dims.clone(),
            inserted_window_dims: self.collapsed_slice_dims.clone(),
            scatter_dims_to_operand_dims: self.start_index_map.clone(),
            operand_batching_dims: self.operand_batching_dims.clone(),
            scatter_indices_batching_dims: self.start_indices_batching_dims.clone(),
        }
    }

    fn param(&self) -> Param {
        Param::record(
            "GatherDimensionNumbers",
            vec![
                ("offset_dims", Param::ints(&self.offset_dims)),
                ("collapsed_slice_dims", Param::ints(&self.collapsed_slice_dims)),
                ("start_index_map", Param::ints(&self.start_index_map)),
                ("operand_batching_dims", Param::ints(&self.operand_batching_dims)),
                ("start_indices_batching_dims", Param::ints(&self.start_indices_batching_dims)),
            ],
        )
    }
}

/// Each axis plus one: where it is behind a new leading axis.
pub(crate) fn bump(axes: &[usize]) -> Vec<usize> {
    axes.iter().map(|axis| axis + 1).collect()
}

/// Windows of an array at computed places.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Gather {
    /// Which axis is what.
    pub dimension_numbers: GatherDimensionNumbers,
    /// What windows outside of the operand give, in mode [`GatherScatterMode::FillOrDrop`]; converted to the
    /// operand's dtype.
    pub fill_value: Option<Scalar>,
    /// A promise that the index vectors are sorted.
    pub indices_are_sorted: bool,
    /// What happens to windows outside of the operand.
    pub mode: GatherScatterMode,
    /// The extents of a window.
    pub slice_sizes: Vec<usize>,
    /// A promise that no two windows overlap.
    pub unique_indices: bool,
}

impl Gather {
    /// A gather that promises that windows lie within the operand, and nothing else.
    pub fn new(dimension_numbers: GatherDimensionNumbers, slice_sizes: &[usize]) -> Gather {
        Gather {
            dimension_numbers,
            fill_value: None,
            indices_are_sorted: false,
            mode: GatherScatterMode::PromiseInBounds,
            slice_sizes: slice_sizes.to_vec(),
            unique_indices: false,
        }
    }
}

/// Windows of `operand` at the places that `indices` says. A fill value that is missing but needed is NaN, the
/// least signed or the greatest unsigned integer, or true.
#[track_caller]
pub fn gather(operand: &Array, indices: &Array, mut gather: Gather) -> Array {
    if gather.mode == GatherScatterMode::FillOrDrop {
        gather.fill_value.get_or_insert_with(|| default_fill(operand.dtype()));
    } else {
        gather.fill_value = None;
    }
    bind_one(gather, &[operand, indices])
}

fn default_fill(dtype: DType) -> Scalar {
    match dtype.kind() {
        Kind::Bool => Scalar::bool(true),
        Kind::Signed => Scalar::from_bits(dtype, 1 << (dtype.bits() - 1)),
        Kind::Unsigned => Scalar::from_bits(dtype, u128::MAX),
        Kind::Float | Kind::Complex => Scalar::from_f64(dtype, f64::NAN),
        Kind::Opaque => Scalar::zero(dtype),
    }
}

/// Checks lists of axes as JAX's gather and scatter do.
pub(crate) struct AxisChecks {
    /// The operation, in lower case.
    pub op: &'static str,
}

impl AxisChecks {
    pub(crate) fn sorted(&self, axes: &[usize], name: &str) -> Result<()> {
        match axes.is_sorted() {
            true => Ok(()),
            false => self.fail(format!("{name} in {} op must be sorted; got {}", self.op, tuple(axes))),
        }
    }

    pub(crate) fn unique(&self, axes: &[usize], name: &str) -> Result<()> {
        match (1..axes.len()).any(|i| axes[..i].contains(&axes[i])) {
            false => Ok(()),
            true => self.fail(format!("{name} in {} op must not repeat; got: {}.", self.op, tuple(axes))),
        }
    }

    pub(crate) fn in_range(&self, axes: &[usize], rank: usize, name: &str) -> Result<()> {
        match axes.iter().find(|&&axis| axis >= rank) {
            None => Ok(()),
            Some(axis) => {
                self.fail(format!("Invalid {name} set in {} op; valid range is [0, {rank}); got: {axis}.", self.op))
            }
        }
    }

    pub(crate) fn disjoint(&self, a: &[usize], b: &[usize], a_name: &str, b_name: &str) -> Result<()> {
        match a.iter().any(|axis| b.contains(axis)) {
            false => Ok(()),
            true => self.fail(format!(
                "{a_name} and {b_name} in {} op must be disjoint; got: {} and {}.",
                self.op,
                tuple(a),
                tuple(b)
            )),
        }
    }

    pub(crate) fn ordered(&self, axes: &[usize], rank: usize, name: &str) -> Result<()> {
        self.sorted(axes, name)?;
        self.in_range(axes, rank, name)?;
        self.unique(axes, name)
    }

    pub(crate) fn fail<T>(&self, message: String) -> Result<T> {
        Err(shape_error(self.op, message))
    }
}

impl Gather {
    fn check(&self, operand: &Aval, indices: &Aval) -> Result<()> {
        let checks = AxisChecks { op: "gather" };
        let GatherDimensionNumbers {
            offset_dims,
            collapsed_slice_dims,
            start_index_map,
            operand_batching_dims,
            start_indices_batching_dims,
        } = &self.dimension_numbers;
        let (rank, sizes) = (operand.ndim(), &self.slice_sizes);
        let Some((&components, batch_shape)) = indices.shape.split_last() else {
            return checks.fail(
                "Gather index leaf dimension must be within [0, rank(indices) + 1). rank(indices) is 0 and gather \
                 index leaf dimension is -1."
                    .into(),
            );
        };
        checks.sorted(offset_dims, "offset_dims")?;
        checks.unique(offset_dims, "offset_dims")?;
        let out_rank = offset_dims.len() + batch_shape.len();
        for (i, &dim) in offset_dims.iter().enumerate() {
            if dim >= out_rank {
                return checks.fail(format!(
                    "Offset dimension {i} in gather op is out of bounds; got {dim}, but should have been in \
                     [0, {out_rank})"
                ));
            }
        }
        if start_index_map.len() != components {
            return checks.fail(format!(
                "Gather op has {} elements in start_index_map and the bound of dimension index_vector_dim={} of \
                 indices is {components}. These two numbers must be equal.",
                start_index_map.len(),
                batch_shape.len()
            ));
        }
        for (i, &dim) in start_index_map.iter().enumerate() {
            if dim >= rank {
                return checks.fail(format!("Invalid start_index_map; domain is [0, {rank}), got: {i}->{dim}."));
            }
        }
        checks.unique(start_index_map, "start_index_map")?;
        checks.ordered(collapsed_slice_dims, rank, "collapsed_slice_dims")?;
        checks.ordered(operand_batching_dims, rank, "operand_batching_dims")?;
        checks.disjoint(
            collapsed_slice_dims,
            operand_batching_dims,
            "collapsed_slice_dims",
            "operand_batching_dims",
        )?;
        checks.disjoint(start_index_map, operand_batching_dims, "start_index_map", "operand_batching_dims")?;
        checks.unique(start_indices_batching_dims, "start_indices_batching_dims")?;
        checks.in_range(start_indices_batching_dims, indices.ndim(), "start_indices_batching_dims")?;
        if start_indices_batching_dims.contains(&batch_shape.len()) {
            return checks.fail(format!(
                "Gather op cannot have the index vector dimension as a batching dimension; got {}.",
                tuple(start_indices_batching_dims)
            ));
        }
        if operand_batching_dims.len() != start_indices_batching_dims.len() {
            return checks.fail(format!(
                "Gather op requires equal numbers of operand_batching_dims and start_indices_batching_dims, got {} \
                 and{}.",
                tuple(operand_batching_dims),
                tuple(start_indices_batching_dims)
            ));
        }
        let operand_batch: Vec<usize> = operand_batching_dims.iter().map(|&dim| operand.shape[dim]).collect();
        let indices_batch: Vec<usize> = start_indices_batching_dims.iter().map(|&dim| indices.shape[dim]).collect();
        if operand_batch != indices_batch {
            return checks.fail(format!(
                "Gather op requires operand batching dimensions and indices batching dimensions to have the same \
                 shape, got {} and {}.",
                tuple(&operand_batch),
                tuple(&indices_batch)
            ));
        }
        if sizes.len() != rank {
            return checks.fail(format!(
                "Gather op must have one slice size for every input dimension; got: len(slice_sizes)={}, \
                 input_shape.rank={rank}",
                sizes.len()
            ));
        }
        if sizes.len() != offset_dims.len() + collapsed_slice_dims.len() + operand_batching_dims.len() {
            return checks.fail(format!(
                "All components of the offset index in a gather op must either be a offset dimension or explicitly \
                 collapsed/batching; got len(slice_sizes)={}, output_slice_sizes={}, collapsed_slice_dims={}, \
                 operand_batching_dims={}.",
                sizes.len(),
                tuple(offset_dims),
                tuple(collapsed_slice_dims),
                tuple(operand_batching_dims)
            ));
        }
        for (i, (&size, &extent)) in sizes.iter().zip(&operand.shape).enumerate() {
            if indices.size() > 0 && size > extent {
                return checks.fail(format!(
                    "Slice size at index {i} in gather op is out of range, must be within [0, {extent} + 1), got \
                     {size}."
                ));
            }
        }
        for (i, &dim) in collapsed_slice_dims.iter().enumerate() {
            if sizes[dim] != 1 {
                return checks.fail(format!(
                    "Gather op can only collapse slice dims with bound 1, but bound is {} for index {dim} at \
                     position {i}.",
                    sizes[dim]
                ));
            }
        }
        for (i, &dim) in operand_batching_dims.iter().enumerate() {
            if sizes[dim] > 1 {
                return checks.fail(format!(
                    "Gather op can only have operand batching dims with bound 0/1, but bound is {} for index {dim} \
                     at position {i}.",
                    sizes[dim]
                ));
            }
        }
        Ok(())
    }

    /// The axes of the operand that the result has.
    fn kept(&self) -> Vec<usize> {
        let dims = &self.dimension_numbers;
        let dropped =
            |axis: &usize| dims.collapsed_slice_dims.contains(axis) || dims.operand_batching_dims.contains(axis);
        (0..self.slice_sizes.len()).filter(|axis| !dropped(axis)).collect()
    }

    fn shape(&self, indices: &[usize]) -> Shape {
        let offsets = &self.dimension_numbers.offset_dims;
        let mut window = self.kept().into_iter().map(|axis| self.slice_sizes[axis]);
        let mut batch = indices.iter().take(indices.len().saturating_sub(1)).copied();
        let rank = offsets.len() + indices.len().saturating_sub(1);
        (0..rank).filter_map(|axis| if offsets.contains(&axis) { window.next() } else { batch.next() }).collect()
    }

    /// The result for operands with a batch axis, in front of the result.
    pub(crate) fn batched(&self, args: [&Array; 2], dims: [Option<usize>; 2], size: usize) -> Array {
        let numbers = &self.dimension_numbers;
        let front = |position: usize| match dims[position] {
            Some(dim) => move_axis(args[position], dim, 0),
            None => args[position].clone(),
        };
        let (operand, indices) = (front(0), front(1));
        let mut batched = self.clone();
        let new = &mut batched.dimension_numbers;
        new.offset_dims = bump(&numbers.offset_dims);
        if dims[0].is_some() {
            new.collapsed_slice_dims = bump(&numbers.collapsed_slice_dims);
            new.start_index_map = bump(&numbers.start_index_map);
            new.operand_batching_dims = bump(&numbers.operand_batching_dims);
        }
        if dims[1].is_some() {
            new.start_indices_batching_dims = bump(&numbers.start_indices_batching_dims);
        }
        match (dims[0], dims[1]) {
            (Some(_), Some(_)) => {
                new.operand_batching_dims.insert(0, 0);
                new.start_indices_batching_dims.insert(0, 0);
                batched.slice_sizes = inserted(&self.slice_sizes, 0, size.min(1));
            }
            (Some(_), None) => {
                new.offset_dims.insert(0, 0);
                batched.slice_sizes = inserted(&self.slice_sizes, 0, size);
            }
            // Windows for different batch elements may overlap, and come in any order.
            _ => (batched.unique_indices, batched.indices_are_sorted) = (false, false),
        }
        gather(&operand, &indices, batched)
    }
}

/// Where windows of these sizes start, axis by axis of the operand, and whether they lie within (`None` if that is
/// sure). `components` is the axis of the operand that each component of an index vector is for.
pub(crate) fn window_starts(
    body: &mut Body,
    components: &[(usize, Id)],
    extents: &[usize],
    sizes: &[usize],
) -> (Vec<Id>, Option<Id>) {
    let zero = body.index(0);
    let mut starts = vec![zero; extents.len()];
    let mut within: Option<Id> = None;
    for &(axis, component) in components {
        let component = body.convert(DType::I64, component);
        let last = extents[axis] - sizes[axis];
        starts[axis] = body.clamp_index(component, last + 1);
        let here = body.binary(Binary::Eq, starts[axis], component);
        within = Some(within.map_or(here, |all| body.binary(Binary::And, all, here)));
    }
    (starts, within)
}

/// The components of the index vector at these coordinates of the indices.
pub(crate) fn index_vector(body: &mut Body, point: &Point, input: usize, at: &[Id], map: &[usize]) -> Vec<(usize, Id)> {
    let component = |(position, &axis): (usize, &usize)| {
        let mut index = at.to_vec();
        index.push(body.index(position as i64));
        (axis, point.load(body, input, index))
    };
    map.iter().enumerate().map(component).collect()
}

impl Primitive for Gather {
    fn name(&self) -> &'static str {
        "gather"
    }

    fn params(&self) -> Params {
        vec![
            ("dimension_numbers", self.dimension_numbers.param()),
            ("fill_value", Param::option(self.fill_value.map(Param::Scalar))),
            ("indices_are_sorted", Param::Bool(self.indices_are_sorted)),
            ("mode", self.mode.param()),
            ("slice_sizes", Param::ints(&self.slice_sizes)),
            ("unique_indices", Param::Bool(self.unique_indices)),
        ]
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        if !ins[1].dtype.is_integer() {
            return Err(value_error("gather", "indices must have an integer type"));
        }
        self.check(&ins[0], &ins[1])?;
        Ok(vec![ins[0].with_shape(&self.shape(&ins[1].shape))])
    }

    fn derivative(&self) -> Derivative<'_> {
        let jvp: Jvp<'_> = Box::new(|args, tangents| {
            let ans = gather(&args[0], &args[1], self.clone());
            let zero = Scalar::zero(DType::I32);
            let tangent = |g: &Array| gather(g, &args[1], Gather { fill_value: Some(zero), ..self.clone() });
            (vec![ans], vec![tangents[0].as_ref().map(tangent)])
        });
        let transpose: Transpose<'_> = Box::new(|cts, operands| match (&operands[0], &operands[1], &cts[0]) {
            (Operand::Linear(aval), Operand::Known(indices), Some(ct)) => {
                let scatter = Scatter {
                    indices_are_sorted: self.indices_are_sorted,
                    mode: self.mode,
                    unique_indices: self.unique_indices,
                    ..Scatter::new(self.dimension_numbers.scatter())
                };
                vec![Some(scatter_add(&zeros(aval), indices, ct, scatter)), None]
            }
            _ => vec![None, None],
        });
        Derivative::Rule(jvp, Some(transpose))
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], size: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        (vec![self.batched([&args[0], &args[1]], [dims[0], dims[1]], size)], vec![Some(0)])
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        let (operand, numbers) = (cx.ty(ins[0]).clone(), &self.dimension_numbers);
        let shape = self.shape(&cx.ty(ins[1]).shape);
        if shape.contains(&0) {
            return vec![cx.fill(Scalar::zero(operand.dtype), &shape)];
        }
        cx.map(&shape, ins, |body, point| {
            let axes = point.axes(body);
            let (window, at): (Vec<usize>, Vec<usize>) =
                (0..axes.len()).partition(|axis| numbers.offset_dims.contains(axis));
            let at: Vec<Id> = at.into_iter().map(|axis| axes[axis]).collect();
            let components = index_vector(body, point, 1, &at, &numbers.start_index_map);
            let (mut index, within) = window_starts(body, &components, &operand.shape, &self.slice_sizes);
            for (axis, offset) in self.kept().into_iter().zip(window) {
                index[axis] = body.binary(Binary::Add, index[axis], axes[offset]);
            }
            for (&axis, &along) in numbers.operand_batching_dims.iter().zip(&numbers.start_indices_batching_dims) {
                index[axis] = at[along];
            }
            let value = point.load(body, 0, index);
            match (self.mode, within, self.fill_value) {
                (GatherScatterMode::FillOrDrop, Some(within), Some(fill)) => {
                    let fill = body.constant(fill.cast(operand.dtype));
                    vec![body.select(within, value, fill)]
                }
                _ => vec![value],
            }
        })
    }
}

crate::readers! { "gather", 2..=2, |eqn| Gather::read(eqn)?; }

impl Gather {
    fn read(eqn: &Reading<'_>) -> Read<Gather> {
        let fields = [
            "offset_dims",
            "collapsed_slice_dims",
            "start_index_map",
            "operand_batching_dims",
            "start_indices_batching_dims",
        ];
        let [offset_dims, collapsed_slice_dims, start_index_map, operand_batching_dims, start_indices_batching_dims] =
            eqn.record("dimension_numbers", fields)?;
        Ok(Gather {
            dimension_numbers: GatherDimensionNumbers {
                offset_dims,
                collapsed_slice_dims,
                start_index_map,
                operand_batching_dims,
                start_indices_batching_dims,
            },
            fill_value: eqn.optional_scalar("fill_value", eqn.ins[0].dtype)?,
            indices_are_sorted: eqn.bool("indices_are_sorted")?,
            mode: GatherScatterMode::read(eqn)?,
            slice_sizes: eqn.usizes("slice_sizes")?,
            unique_indices: eqn.bool("unique_indices")?,
        })
    }
}

/// Operands that laws are tested on.
pub(crate) fn samples() -> Vec<Sample> {
    use GatherScatterMode::{Clip, FillOrDrop};
    let rows = |mode| {
        let numbers = GatherDimensionNumbers {
            offset_dims: vec![1],
            collapsed_slice_dims: vec![0],
            start_index_map: vec![0],
            ..GatherDimensionNumbers::default()
        };
        let fill_value = (mode == FillOrDrop).then(|| Scalar::zero(DType::F32));
        Gather { mode, fill_value, ..Gather::new(numbers, &[1, 3]) }
    };
    let windows = GatherDimensionNumbers {
        offset_dims: vec![0, 2],
        start_index_map: vec![1, 0],
        ..GatherDimensionNumbers::default()
    };
    let along = GatherDimensionNumbers {
        collapsed_slice_dims: vec![1],
        start_index_map: vec![1],
        operand_batching_dims: vec![0],
        start_indices_batching_dims: vec![0],
        ..GatherDimensionNumbers::default()
    };
    let within = Array::from_slice(&[3i32, 0, 3], &[3, 1]);
    let outside = Array::from_slice(&[-1i32, 4, 2, 9], &[2, 2, 1]);
    let outside_rows = GatherDimensionNumbers { offset_dims: vec![2], ..rows(Clip).dimension_numbers };
    let integers = Array::from_slice(&[1i32, 2, 3, 4, 5, 6], &[2, 3]);
    vec![
        Sample::new(Gather { mode: Clip, ..rows(Clip) }, vec![ramp(&[4, 3], 0.5), within.clone()]),
        Sample::new(rows(FillOrDrop), vec![ramp(&[4, 3], 0.5), within]),
        Sample::new(
            Gather { dimension_numbers: outside_rows.clone(), ..rows(FillOrDrop) },
            vec![ramp(&[4, 3], 0.5), outside.clone()],
        ),
        Sample::new(Gather { dimension_numbers: outside_rows, ..rows(Clip) }, vec![ramp(&[4, 3], 0.5), outside]),
        Sample::new(
            Gather { mode: Clip, ..Gather::new(windows, &[2, 2]) },
            vec![ramp(&[4, 3], 0.5), Array::from_slice(&[0i32, 1, 1, 2, 5, -7], &[3, 2])],
        ),
        Sample::new(
            Gather::new(along.clone(), &[1, 1]),
            vec![ramp(&[2, 3], 0.5), Array::from_slice(&[0i32, 2, 2, 1], &[2, 2, 1])],
        ),
        Sample::new(Gather::new(along, &[1, 1]), vec![integers, Array::from_slice(&[1i32, 0], &[2, 1, 1])]),
        Sample::new(rows(Clip), vec![ramp(&[4, 3], 0.5), Array::from_slice::<i32>(&[], &[0, 1])]),
    ]
}
