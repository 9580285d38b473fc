//! Random well-typed programs, the same for the same seed.
//!
//! A program grows step by step, each step one operation on what there is; fewer steps of the same seed are the first
//! steps of the longer program, so that a failure shrinks by taking steps away.

mod inner;

use crate::rng::Rng;
use jax_core::array::{Array, builder};
use jax_core::base::dtype::Kind;
use jax_core::base::{DType, Scalar};
use jax_core::ir::{Aval, ClosedJaxpr};
use jax_core::prim::dot_general::{DotDimensionNumbers, dot_general};
use jax_core::prim::gather::GatherScatterMode;
use jax_core::prim::{
    arg, arith, compare, complex, concatenate, convert, cumulative, dynamic_slice, exp_log, iota, logic, pad, reduce,
    round, select, shape, slice, sort, special, trig,
};

/// What programs a property is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// Everything, in several dtypes.
    Any,
    /// Functions of `float64` that are differentiable where they are evaluated.
    Smooth,
}

/// A program and arguments for it.
pub struct Case {
    pub seed: u64,
    pub steps: usize,
    pub closed: ClosedJaxpr,
    pub args: Vec<Array>,
}

/// How many steps the whole program of a seed has.
pub fn steps(seed: u64) -> usize {
    2 + Rng(seed ^ 0x5bd1_e995).below(9)
}

/// The first `steps` steps of a seed's program.
pub fn case(seed: u64, steps: usize, style: Style) -> Case {
    let mut rng = Rng(seed);
    let float = match style {
        Style::Smooth => DType::F64,
        Style::Any => rng.pick(&[DType::F32, DType::F32, DType::F64, DType::F64, DType::BF16, DType::F16]),
    };
    let mut types = vec![float; 1 + rng.below(3)];
    types.push(DType::I32);
    if style == Style::Any {
        types.extend([DType::Bool, rng.pick(&[DType::U8, DType::I64, DType::U32, DType::I16])]);
    }
    let large = style == Style::Any && rng.chance(5);
    let mut generator = Generator { rng, float, style, large, depth: 0 };
    let args: Vec<Array> = types
        .iter()
        .map(|&dtype| {
            let shape = generator.shape();
            generator.rng.array(dtype, &shape)
        })
        .collect();
    let avals: Vec<Aval> = args.iter().map(|arg| arg.aval().clone()).collect();
    let closed = builder::trace(&avals, |args| {
        let mut pool = args.to_vec();
        (0..steps).for_each(|_| generator.step(&mut pool));
        // The last values, and one of an early step.
        let from = pool.len().saturating_sub(2).max(1);
        let early = pool[pool.len() / 2].clone();
        pool.drain(from..).chain([early]).collect()
    });
    Case { seed, steps, closed, args }
}

struct Generator {
    rng: Rng,
    float: DType,
    style: Style,
    /// Whether extents are beyond lanes of registers and tiles.
    large: bool,
    /// How many programs this one is inside of.
    depth: usize,
}

fn number(dtype: DType, value: f64) -> Array {
    Array::scalar(Scalar::from_f64(dtype, value))
}

fn all_axes(x: &Array) -> Vec<usize> {
    (0..x.ndim()).collect()
}

impl Generator {
    fn smooth(&self) -> bool {
        self.style == Style::Smooth
    }

    fn extent(&mut self) -> usize {
        match self.large {
            _ if !self.smooth() && self.rng.chance(24) => 0,
            true => self.rng.pick(&[1, 2, 5, 8, 17, 35]),
            false => self.rng.pick(&[1, 2, 2, 3, 3, 4]),
        }
    }

    /// How many elements are not too many.
    fn most(&self) -> usize {
        if self.large { 2048 } else { 64 }
    }

    fn shape(&mut self) -> Vec<usize> {
        let rank = self.rng.pick(&[0, 1, 1, 2, 2, if self.large { 2 } else { 3 }]);
        (0..rank).map(|_| self.extent()).collect()
    }

    /// A value that there is, the newest ones more often.
    fn any(&mut self, pool: &[Array]) -> Array {
        let back = self.rng.below(pool.len()).min(self.rng.below(pool.len()));
        pool[pool.len() - 1 - back].clone()
    }

    /// A value of such a dtype, of such a rank if there is one; made of another if need be.
    fn of(&mut self, pool: &[Array], dtype: DType, rank: std::ops::RangeInclusive<usize>) -> Array {
        let fits: Vec<Array> =
            pool.iter().filter(|x| x.dtype() == dtype && rank.contains(&x.ndim())).cloned().collect();
        if !fits.is_empty() {
            return self.any(&fits);
        }
        let mut shape = self.shape();
        while !rank.contains(&shape.len()) {
            if shape.len() < *rank.start() {
                shape.push(self.extent());
            } else {
                shape.pop();
            }
        }
        let x = self.any(pool);
        self.coerce(&x, dtype, &shape)
    }

    fn float(&mut self, pool: &[Array]) -> Array {
        self.of(pool, self.float, 0..=4)
    }

    /// A float with an axis that is not empty, and such an axis.
    fn along(&mut self, pool: &[Array]) -> Option<(Array, usize)> {
        let x = self.of(pool, self.float, 1..=4);
        let axis = self.rng.below(x.ndim());
        (x.shape()[axis] > 0).then_some((x, axis))
    }

    /// The value in another dtype and shape, by conversion, reduction and repetition.
    fn coerce(&mut self, x: &Array, dtype: DType, shape: &[usize]) -> Array {
        let x = if x.dtype().is_complex() && !dtype.is_complex() { complex::real(x) } else { x.clone() };
        let mut x = match (x.dtype() == dtype, dtype) {
            (true, _) if !x.weak_type() => x,
            (false, DType::Bool) if x.dtype().is_float() => compare::gt(&x, &number(x.dtype(), 0.1234)),
            // A float truncates at numbers that constants hit.
            (false, _) if x.dtype().is_float() && !dtype.is_inexact() => {
                let x = convert::convert_element_type(&x, DType::F32, false);
                convert::convert_element_type(&compare::gt(&x, &number(DType::F32, 0.2345)), dtype, false)
            }
            _ => convert::convert_element_type(&x, dtype, false),
        };
        if x.shape() == shape {
            return x;
        }
        if x.size() == shape.iter().product::<usize>() {
            return shape::reshape(&x, shape);
        }
        // The last axes that agree stay.
        let agree = x.shape().iter().rev().zip(shape.iter().rev()).take_while(|(a, b)| a == b).count();
        let lead: Vec<usize> = (0..x.ndim() - agree).collect();
        if !lead.is_empty() {
            x = match dtype.kind() {
                Kind::Bool => reduce::reduce_or(&x, &lead),
                Kind::Signed | Kind::Unsigned => reduce::reduce_xor(&x, &lead),
                _ => arith::mul(&reduce::reduce_sum(&x, &lead), &number(dtype, 0.25)),
            };
        }
        let dims: Vec<usize> = (shape.len() - agree..shape.len()).collect();
        shape::broadcast_in_dim(&x, shape, &dims)
    }

    /// An operand for an elementwise operation with `x`: of its shape, with axes of extent 1, or a scalar.
    fn beside(&mut self, pool: &[Array], x: &Array) -> Array {
        let mut shape = x.shape().to_vec();
        match self.rng.below(4) {
            0 => shape.clear(),
            1 if !shape.is_empty() => {
                let axis = self.rng.below(shape.len());
                shape[axis] = 1;
            }
            _ => {}
        }
        if self.rng.chance(5) {
            let value = self.rng.scalar(x.dtype());
            return if self.rng.chance(2) { Array::weak_scalar(value) } else { Array::scalar(value) };
        }
        let y = self.any(pool);
        self.coerce(&y, x.dtype(), &shape)
    }

    /// Kept from growing from step to step.
    fn tame(&mut self, x: Array) -> Array {
        match self.rng.below(4) {
            0 => trig::sin(&x),
            1 => trig::tanh(&x),
            _ => arith::mul(&x, &number(x.dtype(), 0.5)),
        }
    }

    fn step(&mut self, pool: &mut Vec<Array>) {
        let made = match self.rng.below(34) {
            0 | 1 => vec![self.unary(pool)],
            2 | 3 => vec![self.binary(pool)],
            4 => vec![self.integers(pool)],
            5 => vec![self.comparison(pool)],
            6 => vec![self.selection(pool)],
            7 | 8 => vec![self.reshaped(pool)],
            9 | 10 => vec![self.reduced(pool)],
            11 => vec![self.cumulated(pool)],
            12 | 13 => vec![self.contracted(pool)],
            14 | 15 => vec![self.sliced(pool)],
            16 => vec![self.padded(pool)],
            17 => vec![self.joined(pool)],
            18 | 19 => vec![self.dynamic(pool)],
            20 | 21 => vec![self.gathered(pool)],
            22 | 23 => vec![self.scattered(pool)],
            24 | 25 => self.branches(pool),
            26 | 27 => self.scanned(pool),
            28 => self.looped(pool),
            29 => vec![self.custom(pool)],
            30 => self.rematerialized(pool),
            31 => vec![self.converted(pool)],
            32 => vec![self.through_complex(pool)],
            _ => vec![self.constant()],
        };
        pool.extend(made);
    }

    fn unary(&mut self, pool: &[Array]) -> Array {
        let x = self.float(pool);
        let one = number(x.dtype(), 1.0);
        let above_one = arith::add(&arith::square(&x), &one);
        match self.rng.below(if self.smooth() { 18 } else { 24 }) {
            0 => trig::sin(&x),
            1 => trig::cos(&x),
            2 => trig::tanh(&x),
            3 => exp_log::logistic(&x),
            4 => trig::atan(&x),
            5 => trig::asinh(&x),
            6 => special::erf(&x),
            7 => exp_log::exp(&arith::neg(&arith::square(&x))),
            8 => exp_log::log1p(&arith::square(&x)),
            9 => arith::sqrt(&above_one),
            10 => arith::rsqrt(&above_one),
            11 => arith::neg(&x),
            12 => arith::integer_pow(&trig::sin(&x), 1 + self.rng.below(4) as i32),
            13 => arith::integer_pow(&above_one, -1 - self.rng.below(2) as i32),
            14 => exp_log::expm1(&trig::sin(&x)),
            15 => arith::cbrt(&above_one),
            16 => exp_log::log(&above_one),
            17 => exp_log::exp2(&trig::tanh(&x)),
            18 => arith::abs(&x),
            19 => arith::sign(&x),
            20 => round::floor(&arith::mul(&x, &number(x.dtype(), 3.3))),
            21 => convert::stop_gradient(&x),
            22 => special::erfc(&x),
            _ => convert::copy(&x),
        }
    }

    fn binary(&mut self, pool: &[Array]) -> Array {
        let x = self.float(pool);
        let y = self.beside(pool, &x);
        let positive = |z: &Array| arith::add(&trig::sin(z), &number(z.dtype(), 2.0));
        match self.rng.below(if self.smooth() { 8 } else { 10 }) {
            0 | 1 => arith::add(&x, &y),
            2 => arith::sub(&x, &y),
            3 => arith::mul(&x, &y),
            4 => arith::div(&x, &positive(&y)),
            5 => arith::pow(&positive(&x), &trig::sin(&y)),
            6 => trig::atan2(&x, &positive(&y)),
            // Where both are one value the derivative is a choice.
            7 => arith::max(&x, &arith::mul(&positive(&y), &number(y.dtype(), 0.1717))),
            8 => arith::min(&x, &y),
            _ => arith::rem(&x, &positive(&y)),
        }
    }

    fn integers(&mut self, pool: &[Array]) -> Array {
        let ints: Vec<DType> = pool.iter().map(Array::dtype).filter(|dtype| dtype.is_integer()).collect();
        let dtype = self.rng.pick(&ints);
        let x = self.of(pool, dtype, 0..=4);
        let y = self.beside(pool, &x);
        match self.rng.below(12) {
            0 => arith::add(&x, &y),
            1 => arith::sub(&x, &y),
            2 => arith::mul(&x, &y),
            3 => arith::div(&x, &y),
            4 => arith::rem(&x, &y),
            5 => logic::and(&x, &y),
            6 => logic::or(&x, &y),
            7 => logic::xor(&x, &y),
            8 => logic::shift_left(&x, &y),
            9 => logic::shift_right_arithmetic(&x, &y),
            10 => arith::max(&x, &y),
            _ => logic::population_count(&x),
        }
    }

    fn comparison(&mut self, pool: &[Array]) -> Array {
        let x = self.float(pool);
        // Unlike anything that the program computes, so that rounding decides nothing.
        let y = number(x.dtype(), self.rng.float() * 0.77);
        match self.rng.below(6) {
            0 => compare::lt(&x, &y),
            1 => compare::ge(&x, &y),
            2 => {
                let pred = self.of(pool, DType::Bool, 0..=4);
                logic::not(&pred)
            }
            3 => {
                let n = self.of(pool, DType::I32, 0..=4);
                let other = self.beside(pool, &n);
                compare::le(&n, &other)
            }
            4 => round::is_finite(&x),
            _ => compare::gt(&x, &y),
        }
    }

    fn selection(&mut self, pool: &[Array]) -> Array {
        let x = self.float(pool);
        let y = self.any(pool);
        let y = self.coerce(&y, x.dtype(), x.shape());
        let scalar = self.rng.chance(3);
        let shape = if scalar { Vec::new() } else { x.shape().to_vec() };
        if self.rng.chance(3) {
            let which = self.any(pool);
            let which = self.coerce(&which, DType::I32, &shape);
            let which = arith::rem(&logic::and(&which, &int(7)), &int(3));
            return select::select_n(&which, &[&x, &y, &arith::neg(&x)]);
        }
        let pred = self.of(pool, DType::Bool, 0..=4);
        let pred = self.coerce(&pred, DType::Bool, &shape);
        match self.rng.below(3) {
            0 => select::clamp(&number(x.dtype(), -0.6161), &x, &number(x.dtype(), 0.5353)),
            _ => select::select(&pred, &x, &y),
        }
    }

    fn reshaped(&mut self, pool: &[Array]) -> Array {
        let x = self.any(pool);
        let rank = x.ndim();
        match self.rng.below(6) {
            0 => {
                let lead = self.extent();
                let shape: Vec<usize> = [&[lead], x.shape()].concat();
                if shape.iter().product::<usize>() > self.most() {
                    return x;
                }
                shape::broadcast_in_dim(&x, &shape, &(1..=rank).collect::<Vec<_>>())
            }
            1 => {
                let mut permutation = all_axes(&x);
                (1..rank).for_each(|i| permutation.swap(i, self.rng.below(i + 1)));
                shape::transpose(&x, &permutation)
            }
            2 => x.ravel(),
            3 => {
                let mut shape = x.shape().to_vec();
                let at = self.rng.below(rank + 1);
                shape.insert(at, 1);
                shape::reshape(&x, &shape)
            }
            4 => {
                let ones: Vec<usize> = (0..rank).filter(|&axis| x.shape()[axis] == 1).collect();
                shape::squeeze(&x, &ones)
            }
            // An axis of extent 1 is repeated.
            _ => {
                let (size, most) = (x.size(), self.most());
                let shape: Vec<usize> = x
                    .shape()
                    .iter()
                    .map(|&e| if e == 1 && size <= most / 4 { 1 + self.rng.below(3) } else { e })
                    .collect();
                shape::broadcast_in_dim(&x, &shape, &all_axes(&x))
            }
        }
    }

    fn reduced(&mut self, pool: &[Array]) -> Array {
        let x = self.of(pool, self.float, 1..=4);
        let axes: Vec<usize> = all_axes(&x).into_iter().filter(|_| !self.rng.chance(3)).collect();
        if !self.smooth() && self.rng.chance(4) {
            let b = self.of(pool, DType::Bool, 1..=4);
            let n = self.of(pool, DType::I32, 1..=4);
            return match self.rng.below(5) {
                0 => reduce::reduce_and(&b, &all_axes(&b)),
                1 => reduce::reduce_or(&b, &[b.ndim() - 1]),
                2 => reduce::reduce_sum(&n, &[0]),
                3 => reduce::reduce_min(&n, &all_axes(&n)),
                _ if x.shape()[0] > 0 => arg::argmax(&x, 0, DType::I32),
                _ => x,
            };
        }
        match self.rng.below(5) {
            0 => reduce::reduce_max(&x, &axes),
            1 => reduce::reduce_min(&x, &axes),
            2 => reduce::reduce_prod(&x, &axes),
            _ => {
                let sum = reduce::reduce_sum(&x, &axes);
                self.tame(sum)
            }
        }
    }

    fn cumulated(&mut self, pool: &[Array]) -> Array {
        let Some((x, axis)) = self.along(pool) else { return self.constant() };
        let reverse = self.rng.chance(2);
        match self.rng.below(if self.smooth() { 4 } else { 6 }) {
            0 => cumulative::cumprod(&x, axis, reverse),
            1 => cumulative::cummax(&x, axis, reverse),
            4 => sort::sort(&[&x], axis, true, 1).swap_remove(0),
            5 => slice::rev(&x, &[axis]),
            _ => {
                let sum = cumulative::cumsum(&x, axis, reverse);
                self.tame(sum)
            }
        }
    }

    fn contracted(&mut self, pool: &[Array]) -> Array {
        let x = self.of(pool, self.float, 1..=3);
        let y = self.any(pool);
        let k = self.rng.below(x.ndim());
        let batch = (0..x.ndim()).find(|&axis| axis != k && self.rng.chance(3));
        // The other operand: the contracted axis, perhaps the batch axis, perhaps one of its own, in any order.
        let mut axes: Vec<Option<usize>> = vec![Some(k)];
        axes.extend(batch.map(Some));
        if self.rng.chance(2) {
            axes.push(None);
        }
        (1..axes.len()).for_each(|i| axes.swap(i, self.rng.below(i + 1)));
        let own = self.extent();
        let shape: Vec<usize> = axes.iter().map(|axis| axis.map_or(own, |axis| x.shape()[axis])).collect();
        let y = self.coerce(&y, x.dtype(), &shape);
        let place = |axis: usize| axes.iter().position(|a| *a == Some(axis));
        let mut numbers = DotDimensionNumbers::contracting(&[k], &place(k).into_iter().collect::<Vec<_>>());
        numbers.lhs_batch = batch.into_iter().collect();
        numbers.rhs_batch = batch.and_then(place).into_iter().collect();
        let product = if self.rng.chance(2) && batch.is_none() {
            let turned =
                DotDimensionNumbers::contracting(&numbers.rhs_contracting.clone(), &numbers.lhs_contracting.clone());
            dot_general(&y, &x, turned, None)
        } else {
            dot_general(&x, &y, numbers, None)
        };
        self.tame(product)
    }

    fn sliced(&mut self, pool: &[Array]) -> Array {
        let x = self.any(pool);
        if self.rng.chance(4) {
            let axes: Vec<usize> = all_axes(&x).into_iter().filter(|_| self.rng.chance(2)).collect();
            return slice::rev(&x, &axes);
        }
        let (mut starts, mut limits, mut strides) = (Vec::new(), Vec::new(), Vec::new());
        for &extent in x.shape() {
            let start = self.rng.below(extent);
            let limit = if extent == 0 { 0 } else { start + 1 + self.rng.below(extent - start) };
            starts.push(start);
            limits.push(limit);
            strides.push(1 + self.rng.below(2));
        }
        let strides = self.rng.chance(2).then_some(strides);
        slice::slice(&x, &starts, &limits, strides.as_deref())
    }

    fn padded(&mut self, pool: &[Array]) -> Array {
        let x = self.float(pool);
        let config: Vec<(i64, i64, i64)> = x
            .shape()
            .iter()
            .map(|&extent| {
                let interior = self.rng.below(2) as i64;
                let low = self.rng.below(3) as i64 - i64::from(extent > 1);
                (low, self.rng.below(2) as i64, interior)
            })
            .collect();
        if x.size() > self.most() / 4 {
            return x;
        }
        let value = self.float(pool);
        let value = if self.rng.chance(2) { number(x.dtype(), 0.375) } else { self.coerce(&value, x.dtype(), &[]) };
        pad::pad(&x, &value, &config)
    }

    fn joined(&mut self, pool: &[Array]) -> Array {
        let x = self.of(pool, self.float, 1..=4);
        let axis = self.rng.below(x.ndim());
        if self.rng.chance(3) && x.shape()[axis] > 1 {
            let first = 1 + self.rng.below(x.shape()[axis] - 1);
            let parts = concatenate::split(&x, &[first, x.shape()[axis] - first], axis);
            return self.rng.pick(&parts);
        }
        let mut shape = x.shape().to_vec();
        shape[axis] = self.extent();
        let y = self.any(pool);
        let y = self.coerce(&y, x.dtype(), &shape);
        if x.size() > self.most() / 3 { x } else { concatenate::concatenate(&[&x, &y, &x], axis) }
    }

    /// Scalars that are places in an axis, some of them out of it.
    fn places(&mut self, pool: &[Array], count: usize) -> Vec<Array> {
        (0..count)
            .map(|_| {
                let n = self.any(pool);
                let n = self.coerce(&n, DType::I32, &[]);
                arith::rem(&n, &int(5))
            })
            .collect()
    }

    fn dynamic(&mut self, pool: &[Array]) -> Array {
        let x = self.float(pool);
        let sizes: Vec<usize> = x.shape().iter().map(|&e| if e == 0 { 0 } else { 1 + self.rng.below(e) }).collect();
        let places = self.places(pool, x.ndim());
        let places: Vec<&Array> = places.iter().collect();
        if self.rng.chance(2) {
            return dynamic_slice::dynamic_slice(&x, &places, &sizes);
        }
        let update = self.any(pool);
        let update = self.coerce(&update, x.dtype(), &sizes);
        dynamic_slice::dynamic_update_slice(&x, &update, &places)
    }

    fn gathered(&mut self, pool: &[Array]) -> Array {
        let Some((x, axis)) = self.along(pool) else { return self.constant() };
        let count = 1 + self.rng.below(3);
        let at = self.any(pool);
        let at = self.coerce(&at, DType::I32, &[count]);
        let (within, beyond) = (arith::rem(&at, &int(x.shape()[0].max(1) as i32)), arith::rem(&at, &int(5)));
        match self.rng.below(3) {
            0 => {
                let mode = self.rng.pick(&[GatherScatterMode::Clip, GatherScatterMode::PromiseInBounds]);
                jax_core::lax::index::take(&x, &logic::and(&at, &int(0)), Some(axis as i32), mode)
            }
            1 if x.shape()[0] > 0 => x.index((&within, jax_core::lax::index::Ellipsis)),
            _ => jax_core::lax::index::take(&x, &beyond, Some(axis as i32), GatherScatterMode::Clip),
        }
    }

    fn scattered(&mut self, pool: &[Array]) -> Array {
        let Some((x, _)) = self.along(pool) else { return self.constant() };
        if x.shape()[0] == 0 {
            return x;
        }
        let value = self.any(pool);
        let value = self.coerce(&value, x.dtype(), &x.shape()[1..]);
        let at = self.any(pool);
        let at = arith::rem(&self.coerce(&at, DType::I32, &[2]), &int(4));
        match self.rng.below(5) {
            0 => x.at(0).set(value),
            1 => x.at(-1).multiply(value),
            2 if self.depth == 0 => x.at(0..1).add(value),
            _ => x.at(&at).add(value),
        }
    }

    fn converted(&mut self, pool: &[Array]) -> Array {
        let x = self.any(pool);
        let dtypes = if self.smooth() {
            vec![self.float]
        } else {
            vec![self.float, DType::F32, DType::F64, DType::I32, DType::Bool, DType::U8]
        };
        let dtype = self.rng.pick(&dtypes);
        let shape = x.shape().to_vec();
        self.coerce(&x, dtype, &shape)
    }

    fn through_complex(&mut self, pool: &[Array]) -> Array {
        let x = self.float(pool);
        if !matches!(self.float, DType::F32 | DType::F64) {
            return arith::neg(&x);
        }
        let y = self.any(pool);
        let y = self.coerce(&y, x.dtype(), x.shape());
        let z = complex::complex(&x, &y);
        let w = match self.rng.below(5) {
            0 => arith::mul(&z, &z),
            1 => exp_log::exp(&complex::complex(&trig::sin(&x), &y)),
            2 => arith::mul(&complex::conj(&z), &trig::sin(&complex::complex(&trig::sin(&x), &trig::sin(&y)))),
            3 => arith::div(&z, &complex::complex(&arith::add(&arith::square(&x), &number(x.dtype(), 1.0)), &y)),
            _ => z,
        };
        match self.rng.below(3) {
            0 => complex::real(&w),
            1 => complex::imag(&w),
            _ => arith::abs(&complex::complex(&arith::add(&complex::real(&w), &number(x.dtype(), 7.0)), &y)),
        }
    }

    /// An array that the program closes over; in an inner program, which closes over nothing, one that it makes.
    fn constant(&mut self) -> Array {
        let shape = self.shape();
        if self.depth > 0 || self.rng.chance(2) {
            let value = number(self.float, self.rng.float());
            if shape.is_empty() {
                return value;
            }
            let axis = self.rng.below(shape.len());
            return arith::mul(&iota::iota(self.float, &shape, axis), &value);
        }
        self.rng.array(self.float, &shape)
    }
}

fn int(value: i32) -> Array {
    Array::scalar(Scalar::from_i128(DType::I32, value as i128))
}

pub fn avals(arrays: &[Array]) -> Vec<Aval> {
    arrays.iter().map(|array| array.aval().clone()).collect()
}
