//! Products of arrays summed over shared axes: matrix multiplication and its generalization.

use crate::array::{Array, bind_one};
use crate::base::dtype::Kind;
use crate::base::error::ErrorKind;
use crate::base::{DType, Error, Result, Scalar, Shape};
use crate::ir::primitive::Transpose;
use crate::ir::read::{Read, ReadError, Reading};
use crate::ir::{Aval, Derivative, Lower, Operand, Param, Params, Primitive, Sample};
use crate::kernel::{Binary, Buf, Combine, Id, Reduction, Sink};
use crate::prim::convert::convert_element_type;
use crate::prim::elementwise::tuple;
use crate::prim::shape::{inverse, transpose};
use crate::prim::slice::{inserted, ramp, shape_error, shift_axes};

/// Which axes of the two operands are summed over and which go along.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct DotDimensionNumbers {
    /// The axes of the left operand that are summed over.
    pub lhs_contracting: Vec<usize>,
    /// The axis of the right operand that each of them goes with.
    pub rhs_contracting: Vec<usize>,
    /// The axes of the left operand that the result has once for both operands.
    pub lhs_batch: Vec<usize>,
    /// The axis of the right operand that each of them goes with.
    pub rhs_batch: Vec<usize>,
}

impl DotDimensionNumbers {
    /// Sums over these axes, with nothing that goes along.
    pub fn contracting(lhs: &[usize], rhs: &[usize]) -> DotDimensionNumbers {
        DotDimensionNumbers {
            lhs_contracting: lhs.to_vec(),
            rhs_contracting: rhs.to_vec(),
            ..DotDimensionNumbers::default()
        }
    }

    /// The same with the operands exchanged.
    fn swapped(&self) -> DotDimensionNumbers {
        DotDimensionNumbers {
            lhs_contracting: self.rhs_contracting.clone(),
            rhs_contracting: self.lhs_contracting.clone(),
            lhs_batch: self.rhs_batch.clone(),
            rhs_batch: self.lhs_batch.clone(),
        }
    }

    fn lhs_kept(&self, rank: usize) -> Vec<usize> {
        (0..rank).filter(|axis| !self.lhs_contracting.contains(axis) && !self.lhs_batch.contains(axis)).collect()
    }

    fn rhs_kept(&self, rank: usize) -> Vec<usize> {
        (0..rank).filter(|axis| !self.rhs_contracting.contains(axis) && !self.rhs_batch.contains(axis)).collect()
    }

    /// The result's shape: batch axes, then what the left operand keeps, then what the right one does.
    fn shape(&self, lhs: &[usize], rhs: &[usize]) -> Shape {
        let batch = self.lhs_batch.iter().map(|&axis| lhs[axis]);
        let left = self.lhs_kept(lhs.len()).into_iter().map(|axis| lhs[axis]);
        batch.chain(left).chain(self.rhs_kept(rhs.len()).into_iter().map(|axis| rhs[axis])).collect()
    }
}

/// Products summed over shared axes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct DotGeneral {
    /// Which axes are summed over and which go along.
    pub dimension_numbers: DotDimensionNumbers,
    /// The dtype of the sums and of the result; `None` for that of the operands.
    pub preferred_element_type: Option<DType>,
}

/// Products of `lhs` and `rhs` summed over shared axes. The result's axes are the batch axes, then those that only
/// `lhs` has, then those that only `rhs` has.
#[track_caller]
pub fn dot_general(
    lhs: &Array,
    rhs: &Array,
    dimension_numbers: DotDimensionNumbers,
    preferred_element_type: Option<DType>,
) -> Array {
    bind_one(DotGeneral { dimension_numbers, preferred_element_type }, &[lhs, rhs])
}

/// The wider of two dtypes, as XLA orders them; an error if neither is.
fn result_dtype(lhs: DType, rhs: DType) -> Result<DType> {
    let rank = |dtype: DType| {
        let component = dtype.component();
        let (exponent, mantissa) = match component {
            DType::F16 => (16, 10),
            DType::BF16 => (128, 7),
            DType::F32 => (128, 23),
            DType::F64 => (1024, 52),
            _ => (-1, -1),
        };
        (dtype.is_complex(), exponent, mantissa, bit_width(component), component.kind() != Kind::Unsigned)
    };
    match rank(lhs).cmp(&rank(rhs)) {
        std::cmp::Ordering::Greater => Ok(lhs),
        std::cmp::Ordering::Less => Ok(rhs),
        std::cmp::Ordering::Equal if lhs == rhs => Ok(lhs),
        std::cmp::Ordering::Equal => {
            let message = format!("lax.dot_general argument type error: {lhs}, {rhs}");
            Err(Error::new(ErrorKind::DType, "dot_general", message))
        }
    }
}

fn bit_width(dtype: DType) -> u32 {
    if dtype == DType::Bool { 1 } else { dtype.bits() }
}

impl DotGeneral {
    fn dtype(&self, lhs: DType, rhs: DType) -> Result<DType> {
        let natural = result_dtype(lhs, rhs)?;
        match self.preferred_element_type {
            Some(preferred) if !natural.is_float() && bit_width(preferred) < bit_width(natural) => {
                let message = format!(
                    "`preferred_element_type` must not be narrower than the original type, got \
                     preferred_element_type of {preferred} for result type of {natural}."
                );
                Err(Error::new(ErrorKind::DType, "dot_general", message))
            }
            preferred => Ok(preferred.unwrap_or(natural)),
        }
    }

    fn check(&self, lhs: &Aval, rhs: &Aval) -> Result<()> {
        let numbers = &self.dimension_numbers;
        let DotDimensionNumbers { lhs_contracting, rhs_contracting, lhs_batch, rhs_batch } = numbers;
        let fail = |message: String| Err(shape_error("dot_general", message));
        let sides = [("lhs", lhs, lhs_contracting, lhs_batch), ("rhs", rhs, rhs_contracting, rhs_batch)];
        for (side, aval, contracting, batch) in sides {
            let rank = aval.ndim();
            if contracting.iter().chain(batch).any(|&axis| axis >= rank) {
                return fail(format!(
                    "dot_general requires {side} dimension numbers to be nonnegative and less than the number of axes \
                     of the {side} value, got {side}_batch of {} and {side}_contracting of {} for {side} of rank {rank}",
                    tuple(batch),
                    tuple(contracting)
                ));
            }
        }
        if lhs_batch.len() != rhs_batch.len() {
            return fail(format!(
                "dot_general requires equal numbers of lhs_batch and rhs_batch dimensions, got lhs_batch {} and \
                 rhs_batch {}.",
                tuple(lhs_batch),
                tuple(rhs_batch)
            ));
        }
        let repeats = |axes: &[usize]| (1..axes.len()).any(|i| axes[..i].contains(&axes[i]));
        for (what, index) in [("batch", 3), ("contracting", 2)] {
            for (side, _, contracting, batch) in sides {
                let axes = if index == 3 { batch } else { contracting };
                if repeats(axes) {
                    return fail(format!(
                        "dot_general requires {side} {what} dimensions to be distinct, got {side}_{what} {}.",
                        tuple(axes)
                    ));
                }
            }
        }
        for (side, _, contracting, batch) in sides {
            if contracting.iter().any(|axis| batch.contains(axis)) {
                return fail(format!(
                    "dot_general requires {side} batch dimensions to be disjoint from contracting dimensions, got \
                     {side}_batch {} and {side}_contracting {}.",
                    tuple(batch),
                    tuple(contracting)
                ));
            }
        }
        let extents = |aval: &Aval, axes: &[usize]| axes.iter().map(|&axis| aval.shape[axis]).collect::<Vec<usize>>();
        let (left, right) = (extents(lhs, lhs_batch), extents(rhs, rhs_batch));
        if left != right {
            return fail(format!(
                "dot_general requires lhs batch dimensions and rhs batch dimensions to have the same shape, got {} \
                 and {}.",
                tuple(&left),
                tuple(&right)
            ));
        }
        let (left, right) = (extents(lhs, lhs_contracting), extents(rhs, rhs_contracting));
        if left != right {
            return fail(format!(
                "dot_general requires contracting dimensions to have the same shape, got {} and {}.",
                tuple(&left),
                tuple(&right)
            ));
        }
        Ok(())
    }
}

/// The cotangent of the left operand `x`; `swapped` if it is the right one and the operands were exchanged.
fn lhs_cotangent(ct: &Array, x: &Aval, y: &Array, dot: &DotGeneral, swapped: bool) -> Array {
    let numbers = &dot.dimension_numbers;
    let (x_kept, y_kept) = (numbers.lhs_kept(x.ndim()), numbers.rhs_kept(y.ndim()));
    let batch = numbers.lhs_batch.len();
    let first = batch + if swapped { 0 } else { x_kept.len() };
    let numbers_out = DotDimensionNumbers {
        lhs_contracting: (first..first + y_kept.len()).collect(),
        rhs_contracting: y_kept,
        lhs_batch: (0..batch).collect(),
        rhs_batch: numbers.rhs_batch.clone(),
    };
    let mut pairs: Vec<(usize, usize)> =
        numbers.rhs_contracting.iter().copied().zip(numbers.lhs_contracting.iter().copied()).collect();
    pairs.sort_unstable();
    let contracted = pairs.into_iter().map(|(_, x_axis)| x_axis);
    let axes: Vec<usize> = numbers.lhs_batch.iter().copied().chain(x_kept).chain(contracted).collect();
    let product = dot_general(ct, y, numbers_out, dot.preferred_element_type);
    convert_element_type(&transpose(&product, &inverse(&axes)), x.dtype, x.weak)
}

impl Primitive for DotGeneral {
    fn name(&self) -> &'static str {
        "dot_general"
    }

    fn params(&self) -> Params {
        let numbers = &self.dimension_numbers;
        let pair = |a: &[usize], b: &[usize]| Param::Tuple(vec![Param::list(a), Param::list(b)]);
        let contracting = pair(&numbers.lhs_contracting, &numbers.rhs_contracting);
        let batch = pair(&numbers.lhs_batch, &numbers.rhs_batch);
        let mut params = vec![("dimension_numbers", Param::Tuple(vec![contracting, batch]))];
        params.extend(self.preferred_element_type.map(|dtype| ("preferred_element_type", Param::DType(dtype))));
        params
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        self.check(&ins[0], &ins[1])?;
        let dtype = self.dtype(ins[0].dtype, ins[1].dtype)?;
        let shape = self.dimension_numbers.shape(&ins[0].shape, &ins[1].shape);
        Ok(vec![Aval::new(dtype, &shape).with_weak(ins[0].weak && ins[1].weak)])
    }

    fn derivative(&self) -> Derivative<'_> {
        let rule: Transpose<'_> = Box::new(|cts, operands| match (&operands[0], &operands[1], &cts[0]) {
            (Operand::Linear(x), Operand::Known(y), Some(ct)) => {
                vec![Some(lhs_cotangent(ct, x, y, self, false)), None]
            }
            (Operand::Known(x), Operand::Linear(y), Some(ct)) => {
                let swapped = DotGeneral { dimension_numbers: self.dimension_numbers.swapped(), ..self.clone() };
                vec![None, Some(lhs_cotangent(ct, y, x, &swapped, true))]
            }
            _ => vec![None, None],
        });
        Derivative::Multilinear(rule)
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], _: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        let old = &self.dimension_numbers;
        let mut new = old.clone();
        if let Some(dim) = dims[0] {
            new.lhs_contracting = shift_axes(&old.lhs_contracting, dim);
            new.lhs_batch = shift_axes(&old.lhs_batch, dim);
        }
        if let Some(dim) = dims[1] {
            new.rhs_contracting = shift_axes(&old.rhs_contracting, dim);
            new.rhs_batch = shift_axes(&old.rhs_batch, dim);
        }
        let result = match (dims[0], dims[1]) {
            (Some(left), Some(right)) => {
                new.lhs_batch = inserted(&new.lhs_batch, 0, left);
                new.rhs_batch = inserted(&new.rhs_batch, 0, right);
                0
            }
            (Some(left), None) => {
                let kept = new.lhs_kept(args[0].ndim());
                new.lhs_batch.len() + kept.iter().filter(|&&axis| axis < left).count()
            }
            (None, right) => {
                let kept = new.rhs_kept(args[1].ndim());
                let left = new.lhs_kept(args[0].ndim()).len();
                new.lhs_batch.len() + left + kept.iter().filter(|&&axis| Some(axis) < right).count()
            }
        };
        (vec![dot_general(&args[0], &args[1], new, self.preferred_element_type)], vec![Some(result)])
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        let numbers = &self.dimension_numbers;
        let (lhs, rhs) = (cx.ty(ins[0]).clone(), cx.ty(ins[1]).clone());
        let natural = result_dtype(lhs.dtype, rhs.dtype).unwrap_or(lhs.dtype);
        let dtype = self.preferred_element_type.unwrap_or(natural);
        // Sums are at least as precise as the operands, and never in a half precision.
        let sums = match if dtype.is_float() && dtype.size() < natural.size() { natural } else { dtype } {
            DType::F16 | DType::BF16 => DType::F32,
            wide => wide,
        };
        let shape = numbers.shape(&lhs.shape, &rhs.shape);
        let contracted: Vec<usize> = numbers.lhs_contracting.iter().map(|&axis| lhs.shape[axis]).collect();
        let extents: Vec<usize> = shape.iter().copied().chain(contracted.iter().copied()).collect();
        if extents.contains(&0) {
            return vec![cx.fill(Scalar::zero(dtype), &shape)];
        }
        let (left, right) = (numbers.lhs_kept(lhs.shape.len()), numbers.rhs_kept(rhs.shape.len()));
        let batch = numbers.lhs_batch.len();
        // Where each axis of an operand is in the nest.
        let place = |rank: usize, batches: &[usize], kept: &[usize], first: usize, summed: &[usize]| {
            let mut place = vec![0; rank];
            batches.iter().enumerate().for_each(|(i, &axis)| place[axis] = i);
            kept.iter().enumerate().for_each(|(i, &axis)| place[axis] = first + i);
            summed.iter().enumerate().for_each(|(i, &axis)| place[axis] = shape.len() + i);
            place
        };
        let places = [
            place(lhs.shape.len(), &numbers.lhs_batch, &left, batch, &numbers.lhs_contracting),
            place(rhs.shape.len(), &numbers.rhs_batch, &right, batch + left.len(), &numbers.rhs_contracting),
        ];
        let (times, plus) = if sums == DType::Bool { (Binary::And, Binary::Or) } else { (Binary::Mul, Binary::Add) };
        let out = cx.sink(&extents, ins, |body, point| {
            let axes = point.axes(body);
            let factors: Vec<Id> = (0..2)
                .map(|input| {
                    let element = point.load(body, input, places[input].iter().map(|&axis| axes[axis]));
                    body.convert(sums, element)
                })
                .collect();
            let product = body.binary(times, factors[0], factors[1]);
            if contracted.is_empty() {
                return Sink::Map(vec![product]);
            }
            let init = vec![Scalar::zero(sums)];
            let reduction = Reduction { values: vec![product], init, combine: Combine::Op(plus) };
            Sink::Reduce { axes: contracted.len(), reductions: vec![reduction] }
        });
        out.into_iter().map(|sum| if sums == dtype { sum } else { cx.convert(sum, dtype) }).collect()
    }
}

crate::readers! { "dot_general", 2..=2, |eqn| DotGeneral::read(eqn)?; }

impl DotGeneral {
    fn read(eqn: &Reading<'_>) -> Read<DotGeneral> {
        let pairs = |param: &Param| match param {
            Param::Tuple(items) => items.iter().map(Param::as_usizes).collect::<Option<Vec<_>>>(),
            _ => None,
        };
        let Param::Tuple(numbers) = eqn.param("dimension_numbers")? else {
            return Err(ReadError("`dimension_numbers` must be a tuple".into()));
        };
        let lists: Option<Vec<Vec<Vec<usize>>>> = numbers.iter().map(pairs).collect();
        let lists: Vec<Vec<usize>> = lists.unwrap_or_default().concat();
        let Ok([lhs_contracting, rhs_contracting, lhs_batch, rhs_batch]) = <[Vec<usize>; 4]>::try_from(lists) else {
            return Err(ReadError("`dimension_numbers` must be two pairs of lists of axes".into()));
        };
        let preferred_element_type = eqn.dtype("preferred_element_type").ok();
        let dimension_numbers = DotDimensionNumbers { lhs_contracting, rhs_contracting, lhs_batch, rhs_batch };
        Ok(DotGeneral { dimension_numbers, preferred_element_type })
    }
}

/// Operands that laws are tested on.
pub(crate) fn samples() -> Vec<Sample> {
    let dot = |lhs_contracting: &[usize], rhs_contracting: &[usize], lhs_batch: &[usize], rhs_batch: &[usize]| {
        let dimension_numbers = DotDimensionNumbers {
            lhs_batch: lhs_batch.to_vec(),
            rhs_batch: rhs_batch.to_vec(),
            ..DotDimensionNumbers::contracting(lhs_contracting, rhs_contracting)
        };
        DotGeneral { dimension_numbers, preferred_element_type: None }
    };
    let integers = |shape: &[usize]| {
        let size: usize = shape.iter().product();
        Array::from_slice(&(0..size as i32).map(|i| i - 3).collect::<Vec<i32>>(), shape)
    };
    vec![
        Sample::new(dot(&[1], &[0], &[], &[]), vec![ramp(&[3, 5], 0.5), ramp(&[5, 2], -0.25)]),
        Sample::new(dot(&[0], &[0], &[], &[]), vec![ramp(&[5], 0.5), ramp(&[5], 0.25)]),
        Sample::new(dot(&[], &[], &[], &[]), vec![ramp(&[3], 0.5), ramp(&[2], 0.25)]),
        Sample::new(dot(&[2], &[1], &[0], &[2]), vec![ramp(&[2, 3, 5], 0.25), ramp(&[4, 5, 2], 0.125)]),
        Sample::new(dot(&[2, 0], &[0, 1], &[], &[]), vec![ramp(&[2, 3, 4], 0.25), ramp(&[4, 2, 3], 0.125)]),
        Sample::new(dot(&[1], &[0], &[], &[]), vec![ramp(&[3, 0], 0.5), ramp(&[0, 2], 0.5)]),
        Sample::new(dot(&[1], &[0], &[], &[]), vec![integers(&[2, 3]), integers(&[3, 2])]),
        Sample::new(
            DotGeneral { preferred_element_type: Some(DType::F32), ..dot(&[1], &[1], &[], &[]) },
            vec![ramp(&[3, 5], 0.5), ramp(&[1, 5], -0.25)],
        ),
    ]
}
