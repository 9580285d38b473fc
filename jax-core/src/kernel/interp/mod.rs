//! The slow, obvious oracle: programs run point by point, step by step, as the words of the kernel language say.
//!
//! What a scalar operation gives is in [`scalar`].

use std::cmp::Ordering;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering as AtomicOrdering};

mod complex;
pub mod scalar;

use super::{Block, Body, Buf, Call, Combine, HostArg, Id, Loop, LoopKind, Nest, Op, Program, Sink, Sort, Step};
use crate::base::{DType, Error, Result, Scalar, Shape, shape};
use crate::bug;

/// Runs a program on the bytes of its inputs and gives the bytes of its outputs.
pub fn run(program: &Program, inputs: &[&[u8]]) -> Vec<Vec<u8>> {
    match run_with(program, inputs, &mut Stacks::new()) {
        Ok(outputs) => outputs,
        Err(error) => bug!("a call of the host failed: {error}"),
    }
}

/// The records of a stack, in the order in which they were pushed.
pub type Records = Vec<Box<[u8]>>;

/// Stacks by the number that buffers of dtype `Stack` hold. 0 is the stack without records.
pub type Stacks = HashMap<u64, Arc<Records>>;

/// Like [`run`], for programs that call the host, and that take stacks or give them: those made are added to `stacks`.
///
/// # Errors
/// What the first call of the host that fails gives; the program ends with it.
pub fn run_with(program: &Program, inputs: &[&[u8]], stacks: &mut Stacks) -> Result<Vec<Vec<u8>>> {
    let mut env = Env { program, values: vec![None; program.bufs.len()], stacks, failed: None };
    if inputs.len() != program.inputs.len() {
        bug!("a program of {} inputs got {}", program.inputs.len(), inputs.len());
    }
    for (&buf, bytes) in program.inputs.iter().zip(inputs) {
        env.set(buf, bytes.to_vec());
    }
    env.block(&program.body);
    match env.failed.take() {
        Some(error) => Err(error),
        None => Ok(program.outputs.iter().map(|&buf| env.get(buf).to_vec()).collect()),
    }
}

/// Runs one nest on the bytes of its inputs and gives the bytes of its outputs.
pub fn run_nest(nest: &Nest, inputs: &[&[u8]]) -> Vec<Vec<u8>> {
    let mut outputs: Vec<Vec<u8>> = nest.outputs().iter().map(|ty| vec![0; ty.bytes()]).collect();
    let point_count = shape::size(&nest.extents);
    let mut values = Values::new(&nest.body);
    match &nest.sink {
        Sink::Map(results) => {
            for flat in 0..point_count {
                values.at(nest, &point(&nest.extents, flat), inputs);
                for (output, &result) in outputs.iter_mut().zip(results) {
                    write(output, flat, values.get(result));
                }
            }
        }
        Sink::Reduce { axes, reductions } => {
            let inits: Vec<Scalar> = reductions.iter().flat_map(|r| r.init.iter().copied()).collect();
            for (output, &init) in outputs.iter_mut().zip(&inits) {
                (0..output.len() / init.dtype().size()).for_each(|kept| write(output, kept, init));
            }
            let reduced = shape::size(&nest.extents[nest.extents.len() - axes..]);
            for flat in 0..point_count {
                values.at(nest, &point(&nest.extents, flat), inputs);
                let mut first = 0;
                for reduction in reductions {
                    let outputs = &mut outputs[first..first + reduction.init.len()];
                    first += reduction.init.len();
                    let mut partial: Vec<Scalar> = outputs
                        .iter()
                        .zip(&reduction.init)
                        .map(|(output, init)| read(init.dtype(), output, flat / reduced))
                        .collect();
                    partial.extend(reduction.values.iter().map(|&value| values.get(value)));
                    for (output, value) in outputs.iter_mut().zip(combine(&reduction.combine, &partial)) {
                        write(output, flat / reduced, value);
                    }
                }
            }
        }
        Sink::Scatter { base, index, keep, value, combine } => {
            let ty = &nest.inputs[*base as usize];
            let output = &mut outputs[0];
            output.copy_from_slice(inputs[*base as usize]);
            for flat in 0..point_count {
                values.at(nest, &point(&nest.extents, flat), inputs);
                if values.get(*keep).as_bool() {
                    let at = position(&ty.shape, index.iter().map(|&i| values.get(i)));
                    let old = read(ty.dtype, output, at);
                    let new = values.get(*value);
                    write(output, at, combine.map_or(new, |op| scalar::binary(op, old, new)));
                }
            }
        }
    }
    outputs
}

/// The values of two partial results of a reduction, the accumulators first, combined.
pub fn combine(combine: &Combine, args: &[Scalar]) -> Vec<Scalar> {
    match combine {
        Combine::Op(op) => match args {
            [old, new] => vec![scalar::binary(*op, *old, *new)],
            _ => bug!("{op:?} combines {} values", args.len()),
        },
        Combine::Body { body, results } => {
            let mut values = Values::new(body);
            values.fill(body, |_, op| match op {
                Op::Arg(arg) => args.get(*arg as usize).copied(),
                _ => None,
            });
            results.iter().map(|&result| values.get(result)).collect()
        }
    }
}

/// The value of every node of a body at one point.
struct Values(Vec<Scalar>);

impl Values {
    fn new(body: &Body) -> Values {
        Values(body.nodes().iter().map(|node| Scalar::zero(node.dtype)).collect())
    }

    fn get(&self, id: Id) -> Scalar {
        self.0[id.0 as usize]
    }

    /// Computes every node; `leaf` says what axes, arguments and loads are, from the values before them.
    fn fill(&mut self, body: &Body, leaf: impl Fn(&Values, &Op) -> Option<Scalar>) {
        for (position, node) in body.nodes().iter().enumerate() {
            let value = match &node.op {
                op @ (Op::Axis(_) | Op::Arg(_) | Op::Load { .. }) => leaf(self, op),
                op => scalar::eval_node(node.dtype, op, |id| self.get(id)),
            };
            match value {
                Some(value) if value.dtype() == node.dtype => self.0[position] = value,
                _ => bug!("node {position}, {:?}, gives {value:?} and not a {}", node.op, node.dtype),
            }
        }
    }

    fn at(&mut self, nest: &Nest, point: &[usize], inputs: &[&[u8]]) {
        self.fill(&nest.body, |values, op| match op {
            Op::Axis(axis) => point.get(*axis as usize).map(|&i| Scalar::from_i128(DType::I64, i as i128)),
            Op::Load { input, index } => {
                let ty = &nest.inputs[*input as usize];
                let at = position(&ty.shape, index.iter().map(|&id| values.get(id)));
                Some(read(ty.dtype, inputs[*input as usize], at))
            }
            _ => None,
        });
    }
}

/// The coordinates of the point with this row-major number.
fn point(extents: &[usize], mut flat: usize) -> Shape {
    let mut point: Shape = extents.iter().copied().collect();
    for axis in (0..extents.len()).rev() {
        point[axis] = flat % extents[axis];
        flat /= extents[axis];
    }
    point
}

/// The row-major number of the element at these coordinates.
fn position(shape: &[usize], index: impl ExactSizeIterator<Item = Scalar>) -> usize {
    if index.len() != shape.len() {
        bug!("{} coordinates into shape {shape:?}", index.len());
    }
    shape.iter().zip(index).fold(0, |flat, (&extent, coordinate)| {
        let coordinate = coordinate.as_i128();
        match usize::try_from(coordinate) {
            Ok(coordinate) if coordinate < extent => flat * extent + coordinate,
            _ => bug!("coordinate {coordinate} of an axis of extent {extent}"),
        }
    })
}

fn read(dtype: DType, bytes: &[u8], position: usize) -> Scalar {
    Scalar::from_bytes(dtype, &bytes[position * dtype.size()..])
}

fn write(bytes: &mut [u8], position: usize, value: Scalar) {
    let size = value.dtype().size();
    bytes[position * size..][..size].copy_from_slice(&value.to_bytes());
}

/// The bytes of the buffers that are defined so far.
struct Env<'a> {
    program: &'a Program,
    values: Vec<Option<Rc<[u8]>>>,
    stacks: &'a mut Stacks,
    /// What a call of the host failed with: nothing runs after it.
    failed: Option<Error>,
}

impl Env<'_> {
    fn get(&self, buf: Buf) -> Rc<[u8]> {
        match &self.values[buf.0 as usize] {
            Some(bytes) => bytes.clone(),
            None => bug!("{buf:?} is read before it is defined"),
        }
    }

    fn set(&mut self, buf: Buf, bytes: impl Into<Rc<[u8]>>) {
        let bytes: Rc<[u8]> = bytes.into();
        let ty = self.program.ty(buf);
        if bytes.len() != ty.bytes() {
            bug!("{buf:?} of type {ty:?} gets {} bytes", bytes.len());
        }
        self.values[buf.0 as usize] = Some(bytes);
    }

    fn block(&mut self, block: &Block) {
        for step in &block.steps {
            if self.failed.is_some() {
                return;
            }
            self.step(step);
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Nest { nest, ins, outs, .. } => {
                let inputs: Vec<Rc<[u8]>> = ins.iter().map(|&buf| self.get(buf)).collect();
                let inputs: Vec<&[u8]> = inputs.iter().map(|bytes| &**bytes).collect();
                for (&out, bytes) in outs.iter().zip(run_nest(nest, &inputs)) {
                    self.set(out, bytes);
                }
            }
            Step::Reshape { from, to } => self.set(*to, self.get(*from)),
            Step::Loop(turns) => self.turns(turns),
            Step::Cond { index, branches, outs } => {
                let index = read(self.program.ty(*index).dtype, &self.get(*index), 0).as_i128();
                let branch = &branches[index.clamp(0, branches.len() as i128 - 1) as usize];
                self.block(&branch.body);
                if self.failed.is_some() {
                    return;
                }
                let results: Vec<Rc<[u8]>> = branch.results.iter().map(|&buf| self.get(buf)).collect();
                for (&out, bytes) in outs.iter().zip(results) {
                    self.set(out, bytes);
                }
            }
            Step::Sort(sort) => self.sort(sort),
            Step::Call(call) => self.call(call),
        }
    }

    fn call(&mut self, call: &Call) {
        if !read(DType::Bool, &self.get(call.when), 0).as_bool() {
            return;
        }
        let bytes: Vec<Rc<[u8]>> = call.ins.iter().map(|&buf| self.get(buf)).collect();
        let arg = |(&buf, bytes)| HostArg { ty: self.program.ty(buf), bytes };
        let args: Vec<HostArg<'_>> = call.ins.iter().zip(bytes.iter().map(|bytes| &**bytes)).map(arg).collect();
        if let Err(error) = call.host.call(&args) {
            self.failed = Some(match call.span {
                Some(span) => error.at(span),
                None => error,
            });
        }
    }

    fn turns(&mut self, turns: &Loop) {
        for carry in &turns.carry {
            self.set(carry.current, self.get(carry.init));
        }
        match &turns.kind {
            LoopKind::Counted { extent, reverse, counter } => {
                let mut stacks: Vec<Vec<u8>> =
                    turns.ys.iter().map(|&(_, stacked)| vec![0; self.program.ty(stacked).bytes()]).collect();
                for turn in 0..*extent {
                    let slice = if *reverse { extent - 1 - turn } else { turn };
                    if let Some(counter) = counter {
                        let value = Scalar::from_i128(self.program.ty(*counter).dtype, slice as i128);
                        self.set(*counter, value.to_bytes().to_vec());
                    }
                    for &(stacked, elem) in &turns.xs {
                        let size = self.program.ty(elem).bytes();
                        self.set(elem, &self.get(stacked)[slice * size..][..size]);
                    }
                    self.block(&turns.body);
                    if self.failed.is_some() {
                        return;
                    }
                    for (&(elem, _), stack) in turns.ys.iter().zip(&mut stacks) {
                        let bytes = self.get(elem);
                        stack[slice * bytes.len()..][..bytes.len()].copy_from_slice(&bytes);
                    }
                    self.advance(turns);
                }
                for (&(_, stacked), stack) in turns.ys.iter().zip(stacks) {
                    self.set(stacked, stack);
                }
            }
            LoopKind::Stacked { reverse } => {
                let trips = turns.xs.iter().map(|&(stack, _)| self.records(stack).len()).max().unwrap_or(0);
                let mut pushed = vec![Records::new(); turns.ys.len()];
                for turn in 0..trips {
                    let place = if *reverse { trips - 1 - turn } else { turn };
                    for &(stack, elem) in &turns.xs {
                        let size = self.program.ty(elem).bytes();
                        let record = self.records(stack).get(place).filter(|record| record.len() == size);
                        let record = record.map_or_else(|| vec![0; size], |record| record.to_vec());
                        self.set(elem, record);
                    }
                    self.block(&turns.body);
                    if self.failed.is_some() {
                        return;
                    }
                    self.push(turns, &mut pushed);
                    self.advance(turns);
                }
                if *reverse {
                    pushed.iter_mut().for_each(|records| records.reverse());
                }
                self.keep(turns, pushed);
            }
            LoopKind::While { cond, pred } => {
                let mut pushed = vec![Records::new(); turns.ys.len()];
                loop {
                    self.block(cond);
                    if self.failed.is_some() || !read(DType::Bool, &self.get(*pred), 0).as_bool() {
                        break;
                    }
                    self.block(&turns.body);
                    if self.failed.is_some() {
                        return;
                    }
                    self.push(turns, &mut pushed);
                    self.advance(turns);
                }
                self.keep(turns, pushed);
            }
        }
        for carry in &turns.carry {
            self.set(carry.last, self.get(carry.current));
        }
    }

    fn records(&self, stack: Buf) -> &[Box<[u8]>] {
        let number = read(DType::Stack, &self.get(stack), 0).bits() as u64;
        self.stacks.get(&number).map_or(&[], |records| records.as_slice())
    }

    /// Adds what a turn gives to the stacks of its loop.
    fn push(&self, turns: &Loop, pushed: &mut [Records]) {
        turns.ys.iter().zip(pushed).for_each(|(&(elem, _), records)| records.push(self.get(elem).to_vec().into()));
    }

    /// Makes stacks of what the turns of a loop gave.
    fn keep(&mut self, turns: &Loop, pushed: Vec<Records>) {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        for (&(_, stacked), records) in turns.ys.iter().zip(pushed) {
            let number = NEXT.fetch_add(1, AtomicOrdering::Relaxed);
            self.stacks.insert(number, Arc::new(records));
            self.set(stacked, number.to_le_bytes().to_vec());
        }
    }

    /// Hands the carried values to the next turn, all at once.
    fn advance(&mut self, turns: &Loop) {
        let next: Vec<Rc<[u8]>> = turns.carry.iter().map(|carry| self.get(carry.next)).collect();
        for (carry, bytes) in turns.carry.iter().zip(next) {
            self.set(carry.current, bytes);
        }
    }

    fn sort(&mut self, sort: &Sort) {
        let Some(&first) = sort.ins.first() else { return };
        let shape = self.program.ty(first).shape.clone();
        let extent = shape[sort.axis];
        let stride = shape::size(&shape[sort.axis + 1..]);
        let dtypes: Vec<DType> = sort.ins.iter().map(|&buf| self.program.ty(buf).dtype).collect();
        let inputs: Vec<Rc<[u8]>> = sort.ins.iter().map(|&buf| self.get(buf)).collect();
        let mut outputs: Vec<Vec<u8>> = inputs.iter().map(|bytes| bytes.to_vec()).collect();
        // The lines along the axis, each by the position of its first element.
        let starts = (0..shape::size(&shape)).filter(|flat| (flat / stride).is_multiple_of(extent));
        for start in starts {
            let mut order: Vec<usize> = (0..extent).map(|i| start + i * stride).collect();
            order.sort_by(|&i, &j| {
                let keys = dtypes.iter().zip(&inputs).take(sort.keys);
                let orders =
                    keys.map(|(&dtype, bytes)| scalar::sort_order(read(dtype, bytes, i), read(dtype, bytes, j)));
                orders.fold(Ordering::Equal, Ordering::then)
            });
            for ((output, input), &dtype) in outputs.iter_mut().zip(&inputs).zip(&dtypes) {
                for (to, &from) in order.iter().enumerate() {
                    write(output, start + to * stride, read(dtype, input, from));
                }
            }
        }
        for (&out, bytes) in sort.outs.iter().zip(outputs) {
            self.set(out, bytes);
        }
    }
}

#[cfg(test)]
mod tests;
