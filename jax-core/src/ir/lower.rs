//! From jaxprs to programs of the kernel language: the one place where equations become nests.
//!
//! What an equation becomes is the primitive's business; this file keeps the blocks, the buffers and the
//! environment, and offers primitives the shapes of nests that occur often.

use smallvec::SmallVec;

use super::jaxpr::{Atom, Jaxpr};
use crate::base::{DType, Scalar, Shape, Span};
use crate::kernel::verify::verify;
use crate::kernel::{Binary, Block, Body, Buf, Combine, Id, Nest, Program, Reduction, Sink, Step, Ty};

/// A program under construction.
#[derive(Debug, Default)]
pub struct Lower {
    program: Program,
    blocks: Vec<Block>,
    span: Option<Span>,
}

/// The program that computes a jaxpr. Its inputs are the jaxpr's consts, then its arguments.
pub fn lower(jaxpr: &Jaxpr) -> Program {
    let mut cx = Lower { blocks: vec![Block::default()], ..Lower::default() };
    let ins: Vec<Buf> = jaxpr.consts.iter().chain(&jaxpr.invars).map(|&v| cx.buffer(jaxpr.aval(v).ty())).collect();
    let outs = cx.jaxpr(jaxpr, &ins);
    cx.program.inputs = ins;
    cx.program.outputs = outs;
    cx.program.body = cx.blocks.pop().unwrap_or_default();
    if cfg!(debug_assertions)
        && let Err(why) = verify(&cx.program)
    {
        crate::bug!("a jaxpr lowers to a malformed program: {why}\n{jaxpr}\n{}", cx.program);
    }
    cx.program
}

impl Lower {
    /// A new buffer.
    pub fn buffer(&mut self, ty: Ty) -> Buf {
        self.program.buffer(ty)
    }

    /// The type of a buffer.
    pub fn ty(&self, buf: Buf) -> &Ty {
        self.program.ty(buf)
    }

    /// Appends a step to the current block.
    pub fn push(&mut self, step: Step) {
        if let Some(block) = self.blocks.last_mut() {
            block.steps.push(step);
        }
    }

    /// The user's line of the equation that is being lowered.
    pub fn span(&self) -> Option<Span> {
        self.span
    }

    /// Runs `f` with a fresh current block, and gives that block back.
    pub fn block<R>(&mut self, f: impl FnOnce(&mut Lower) -> R) -> (Block, R) {
        self.blocks.push(Block::default());
        let result = f(self);
        (self.blocks.pop().unwrap_or_default(), result)
    }

    /// Lowers the equations of a jaxpr into the current block; `ins` are its consts, then its arguments.
    pub fn jaxpr(&mut self, jaxpr: &Jaxpr, ins: &[Buf]) -> Vec<Buf> {
        let mut env: Vec<Option<Buf>> = vec![None; jaxpr.avals.len()];
        for (var, &buf) in jaxpr.consts.iter().chain(&jaxpr.invars).zip(ins) {
            env[var.0 as usize] = Some(buf);
        }
        let outer = self.span;
        for eqn in &jaxpr.eqns {
            self.span = Some(eqn.span);
            let args: SmallVec<[Buf; 4]> = eqn.inputs.iter().map(|atom| self.atom(&env, atom)).collect();
            let results = eqn.prim.lower(self, &args);
            for (var, buf) in eqn.outputs.iter().zip(results) {
                env[var.0 as usize] = Some(buf);
            }
        }
        self.span = outer;
        jaxpr.outs.iter().map(|atom| self.atom(&env, atom)).collect()
    }

    fn atom(&mut self, env: &[Option<Buf>], atom: &Atom) -> Buf {
        match atom {
            Atom::Lit(literal) => self.constant(literal.value),
            Atom::Var(var) => env[var.0 as usize].unwrap_or_else(|| crate::bug!("{var:?} is used before its equation")),
        }
    }

    /// A scalar constant.
    pub fn constant(&mut self, value: Scalar) -> Buf {
        self.fill(value, &[])
    }

    /// Appends a nest and gives its output buffers.
    pub fn nest(&mut self, nest: Nest, ins: &[Buf]) -> Vec<Buf> {
        let outs: Vec<Buf> = nest.outputs().into_iter().map(|ty| self.buffer(ty)).collect();
        self.push(Step::Nest { nest, ins: ins.to_vec(), outs: outs.clone(), span: self.span });
        outs
    }

    fn inputs(&self, ins: &[Buf]) -> Vec<Ty> {
        ins.iter().map(|&buf| self.ty(buf).clone()).collect()
    }

    /// A map over a box of this shape. `f` gets a point to compute at, with [`Point::load`] for the inputs.
    pub fn map(&mut self, shape: &[usize], ins: &[Buf], f: impl FnOnce(&mut Body, &Point) -> Vec<Id>) -> Vec<Buf> {
        self.sink(shape, ins, |body, point| Sink::Map(f(body, point)))
    }

    /// A nest over a box of this shape whose values go where `f` says.
    pub fn sink(&mut self, shape: &[usize], ins: &[Buf], f: impl FnOnce(&mut Body, &Point) -> Sink) -> Vec<Buf> {
        let point = Point { inputs: self.inputs(ins), rank: shape.len() };
        let mut body = Body::new();
        let sink = f(&mut body, &point);
        let nest = Nest { extents: shape.iter().copied().collect(), inputs: point.inputs, body, sink };
        self.nest(nest, ins)
    }

    /// An elementwise operation with one result; see [`Lower::elementwise_many`].
    pub fn elementwise(&mut self, ins: &[Buf], f: impl FnOnce(&mut Body, &[Id]) -> Id) -> Buf {
        self.elementwise_many(ins, |body, args| vec![f(body, args)])[0]
    }

    /// An elementwise operation: operands of one rank, whose axes of extent 1 are repeated, or scalars.
    pub fn elementwise_many(&mut self, ins: &[Buf], f: impl FnOnce(&mut Body, &[Id]) -> Vec<Id>) -> Vec<Buf> {
        let mut shape: Shape = Shape::new();
        for &buf in ins {
            let other = &self.ty(buf).shape;
            if shape.is_empty() {
                shape = other.clone();
            }
            shape.iter_mut().zip(other).filter(|(mine, _)| **mine == 1).for_each(|(mine, other)| *mine = *other);
        }
        self.map(&shape, ins, |body, point| {
            let args: Vec<Id> = (0..ins.len()).map(|input| point.load_same(body, input)).collect();
            f(body, &args)
        })
    }

    /// An array of this shape with one value everywhere.
    pub fn fill(&mut self, value: Scalar, shape: &[usize]) -> Buf {
        self.map(shape, &[], |body, _| vec![body.constant(value)])[0]
    }

    /// An array of this shape whose every element is one element of the input, found by `index` from the
    /// coordinates of the point.
    pub fn index_map(&mut self, input: Buf, shape: &[usize], index: impl FnOnce(&mut Body, &[Id]) -> Vec<Id>) -> Buf {
        if shape.contains(&0) {
            // There is no element to find, and perhaps none in the input.
            return self.fill(Scalar::zero(self.ty(input).dtype), shape);
        }
        self.map(shape, &[input], |body, point| {
            let axes = point.axes(body);
            let index = index(body, &axes);
            vec![point.load(body, 0, index)]
        })[0]
    }

    /// A reduction of one operand over these axes by one operation.
    pub fn reduce(&mut self, input: Buf, axes: &[usize], init: Scalar, op: Binary) -> Buf {
        self.reduce_with(&[input], axes, |_, _, values| Reduction {
            values: values.to_vec(),
            init: vec![init],
            combine: Combine::Op(op),
        })[0]
    }

    /// A reduction of operands of one shape over these axes. `f` gets the coordinates (one for each axis of the
    /// operands) and the operands' elements there.
    pub fn reduce_with(
        &mut self,
        ins: &[Buf],
        axes: &[usize],
        f: impl FnOnce(&mut Body, &[Id], &[Id]) -> Reduction,
    ) -> Vec<Buf> {
        let inputs = self.inputs(ins);
        let shape = inputs.first().map(|ty| ty.shape.clone()).unwrap_or_default();
        let order: Vec<usize> = (0..shape.len()).filter(|a| !axes.contains(a)).chain(axes.iter().copied()).collect();
        let mut body = Body::new();
        let mut coordinates = vec![Id(0); shape.len()];
        for (position, &axis) in order.iter().enumerate() {
            coordinates[axis] = body.axis(position);
        }
        let values: Vec<Id> =
            inputs.iter().enumerate().map(|(i, ty)| body.load(ty.dtype, i, coordinates.iter().copied())).collect();
        let reduction = f(&mut body, &coordinates, &values);
        let sink = Sink::Reduce { axes: axes.len(), reductions: vec![reduction] };
        let extents = order.iter().map(|&a| shape[a]).collect();
        self.nest(Nest { extents, inputs, body, sink }, ins)
    }

    /// The same elements in row-major order under another shape.
    pub fn reshape(&mut self, from: Buf, shape: &[usize]) -> Buf {
        let ty = Ty::new(self.ty(from).dtype, shape);
        if *self.ty(from) == ty {
            return from;
        }
        let to = self.buffer(ty);
        self.push(Step::Reshape { from, to });
        to
    }

    /// A copy of a buffer: a new buffer, for places where one may not be given twice.
    pub fn copy(&mut self, from: Buf) -> Buf {
        self.elementwise(&[from], |_, args| args[0])
    }

    /// The operand in another dtype.
    pub fn convert(&mut self, from: Buf, dtype: DType) -> Buf {
        self.elementwise(&[from], |body, args| body.convert(dtype, args[0]))
    }
}

/// The current point of a nest under construction.
#[derive(Debug)]
pub struct Point {
    inputs: Vec<Ty>,
    rank: usize,
}

impl Point {
    /// The coordinates of the point.
    pub fn axes(&self, body: &mut Body) -> Vec<Id> {
        (0..self.rank).map(|axis| body.axis(axis)).collect()
    }

    /// The element of an input at these coordinates.
    pub fn load(&self, body: &mut Body, input: usize, index: impl IntoIterator<Item = Id>) -> Id {
        body.load(self.inputs[input].dtype, input, index)
    }

    /// The element of an input at the point itself, axes of extent 1 being repeated; the one element of a scalar.
    pub fn load_same(&self, body: &mut Body, input: usize) -> Id {
        let extents = self.inputs[input].shape.iter().enumerate();
        let index: Vec<Id> =
            extents.map(|(axis, &extent)| if extent == 1 { body.index(0) } else { body.axis(axis) }).collect();
        self.load(body, input, index)
    }

    /// The type of an input.
    pub fn input(&self, input: usize) -> &Ty {
        &self.inputs[input]
    }
}
