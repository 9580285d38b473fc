//! Whether programs are well formed: dtypes, shapes, definitions before use, and every index in bounds.
//!
//! A backend may trust all of it: a verified program reads and writes nothing outside its buffers.

use super::body::{Body, Id};
use super::interval::{Interval, intervals};
use super::nest::{Combine, Nest, Reduction, Sink, Ty};
use super::op::{Binary, Op, Unary};
use super::program::{Block, Buf, Loop, LoopKind, Program, Sort, Step};
use crate::base::{DType, Kind};

/// What is wrong, in words, or nothing.
pub type Verdict = Result<(), String>;

macro_rules! ensure {
    ($condition:expr, $($arg:tt)*) => {
        if !$condition {
            return Err(format!($($arg)*));
        }
    };
}

/// Checks a whole program.
pub fn verify(program: &Program) -> Verdict {
    for (number, ty) in program.bufs.iter().enumerate() {
        check_size(ty).map_err(|e| format!("b{number}: {e}"))?;
    }
    let count = program.bufs.len();
    let mut scope = Scope { program, defined: vec![false; count], visible: vec![false; count] };
    program.inputs.iter().try_for_each(|&buf| scope.define(buf))?;
    scope.block(&program.body)?;
    program.outputs.iter().try_for_each(|&buf| scope.read(buf).map(drop))
}

/// Checks one nest.
pub fn verify_nest(nest: &Nest) -> Verdict {
    check_size(&Ty { dtype: DType::I64, shape: nest.extents.clone() })?;
    nest.inputs.iter().try_for_each(check_size)?;
    let cx = Context::Nest(nest);
    // No point of an empty box reads anything.
    let bounds = if nest.extents.contains(&0) { None } else { Some(intervals(&nest.body, &nest.extents)) };
    check_body(&nest.body, &cx, bounds.as_deref())?;
    let body = &nest.body;
    match &nest.sink {
        Sink::Map(values) => values.iter().try_for_each(|&value| dtype_of(body, value).map(drop)),
        Sink::Reduce { axes, reductions } => {
            ensure!(*axes <= nest.extents.len(), "{axes} of {} axes are reduced", nest.extents.len());
            reductions.iter().try_for_each(|reduction| check_reduction(body, reduction))
        }
        Sink::Scatter { base, index, keep, value, combine } => {
            let Some(ty) = nest.inputs.get(*base as usize) else {
                return Err(format!("a scatter into input {base} of {}", nest.inputs.len()));
            };
            check_index(body, index, &ty.shape, bounds.as_deref()).map_err(|e| format!("scatter: {e}"))?;
            expect(body, *keep, DType::Bool)?;
            expect(body, *value, ty.dtype)?;
            let loads = body.nodes().iter().any(|node| matches!(node.op, Op::Load { input, .. } if input == *base));
            ensure!(!loads, "a scatter's body loads from its base, input {base}");
            combine.map_or(Ok(()), |op| check_combine(op, ty.dtype))
        }
    }
}

/// Bytes are counted in `isize`, as pointers are.
fn check_size(ty: &Ty) -> Verdict {
    let bytes = ty.shape.iter().try_fold(ty.dtype.size(), |bytes, &extent| bytes.checked_mul(extent.max(1)));
    ensure!(bytes.is_some_and(|bytes| bytes <= isize::MAX as usize), "{ty} is larger than memory");
    Ok(())
}

/// What a body may refer to.
enum Context<'a> {
    /// The axes and inputs of a nest.
    Nest(&'a Nest),
    /// Arguments of these dtypes.
    Combiner(&'a [DType]),
}

fn dtype_of(body: &Body, id: Id) -> Result<DType, String> {
    body.nodes().get(id.0 as usize).map(|node| node.dtype).ok_or_else(|| format!("v{} is not defined", id.0))
}

fn expect(body: &Body, id: Id, dtype: DType) -> Verdict {
    let found = dtype_of(body, id)?;
    ensure!(found == dtype, "v{} is {}, not {}", id.0, found.short_name(), dtype.short_name());
    Ok(())
}

fn check_body(body: &Body, cx: &Context<'_>, bounds: Option<&[Option<Interval>]>) -> Verdict {
    for (position, node) in body.nodes().iter().enumerate() {
        let mut args = Vec::new();
        node.op.for_each_arg(|arg| args.push(arg));
        let late = args.iter().find(|arg| arg.0 as usize >= position);
        let verdict = match late {
            Some(arg) => Err(format!("v{} is used before its definition", arg.0)),
            None => check_node(body, node.dtype, &node.op, cx, bounds),
        };
        verdict.map_err(|e| format!("v{position}: {e}"))?;
    }
    Ok(())
}

fn check_node(body: &Body, dtype: DType, op: &Op, cx: &Context<'_>, bounds: Option<&[Option<Interval>]>) -> Verdict {
    match (op, cx) {
        (Op::Const(value), _) => {
            ensure!(dtype != DType::Stack || value.bits() == 0, "a stack that no loop made");
            same(value.dtype(), dtype)
        }
        (Op::Axis(axis), Context::Nest(nest)) => {
            ensure!((*axis as usize) < nest.extents.len(), "axis {axis} of {}", nest.extents.len());
            same(DType::I64, dtype)
        }
        (Op::Arg(arg), Context::Combiner(args)) => match args.get(*arg as usize) {
            Some(&found) => same(found, dtype),
            None => Err(format!("argument {arg} of {}", args.len())),
        },
        (Op::Load { input, index }, Context::Nest(nest)) => match nest.inputs.get(*input as usize) {
            Some(ty) => same(ty.dtype, dtype).and_then(|()| check_index(body, index, &ty.shape, bounds)),
            None => Err(format!("input {input} of {}", nest.inputs.len())),
        },
        (Op::Axis(_) | Op::Load { .. }, Context::Combiner(_)) => Err("a combiner neither loads nor reads axes".into()),
        (Op::Arg(_), Context::Nest(_)) => Err("a nest has no arguments".into()),
        (Op::Table { table, index }, _) => {
            ensure!(dtype != DType::Stack, "a table of stacks");
            table.iter().try_for_each(|entry| same(entry.dtype(), dtype))?;
            check_index(body, &[*index], &[table.len()], bounds)
        }
        (Op::Unary(op, a), _) => check_unary(*op, dtype_of(body, *a)?, dtype),
        (Op::Binary(op, a, b), _) => {
            let arg = dtype_of(body, *a)?;
            expect(body, *b, arg)?;
            check_binary(*op, arg, dtype)
        }
        (Op::MulAdd(a, b, c), _) => {
            ensure!(is_number(dtype), "mul_add of {}", dtype.short_name());
            [a, b, c].into_iter().try_for_each(|&arg| expect(body, arg, dtype))
        }
        (Op::Select(pred, a, b) | Op::Rare { pred, rare: a, common: b }, _) => {
            expect(body, *pred, DType::Bool)?;
            expect(body, *a, dtype)?;
            expect(body, *b, dtype)
        }
        (Op::Convert(a), _) => {
            let from = dtype_of(body, *a)?;
            ensure!(from != DType::Stack && dtype != DType::Stack, "a stack is no number");
            Ok(())
        }
        (Op::Bitcast(a), _) => {
            let from = dtype_of(body, *a)?;
            ensure!(
                from.size() == dtype.size() && ![from, dtype].contains(&DType::Stack) && dtype != DType::Bool,
                "a bitcast from {} to {}",
                from.short_name(),
                dtype.short_name()
            );
            Ok(())
        }
    }
}

fn same(found: DType, dtype: DType) -> Verdict {
    ensure!(found == dtype, "the node is {}, its value {}", dtype.short_name(), found.short_name());
    Ok(())
}

fn check_index(body: &Body, index: &[Id], shape: &[usize], bounds: Option<&[Option<Interval>]>) -> Verdict {
    ensure!(index.len() == shape.len(), "{} coordinates for {} axes", index.len(), shape.len());
    for (axis, (&id, &extent)) in index.iter().zip(shape).enumerate() {
        expect(body, id, DType::I64)?;
        let Some(bounds) = bounds else { continue };
        match bounds.get(id.0 as usize).copied().flatten() {
            Some(interval) if interval.within(extent) => {}
            Some(Interval { low, high }) => {
                return Err(format!("index v{} lies in {low}..={high}, axis {axis} has extent {extent}", id.0));
            }
            None => return Err(format!("nothing is known of index v{}", id.0)),
        }
    }
    Ok(())
}

/// Whether arithmetic is done on this dtype.
fn is_number(dtype: DType) -> bool {
    !matches!(dtype.kind(), Kind::Bool | Kind::Opaque)
}

fn check_unary(op: Unary, arg: DType, dtype: DType) -> Verdict {
    let fits = match op {
        Unary::Neg | Unary::Abs => is_number(arg),
        Unary::Not => arg == DType::Bool || arg.is_integer(),
        Unary::Floor | Unary::Ceil | Unary::Trunc | Unary::RoundEven => arg.kind() == Kind::Float,
        Unary::Erf | Unary::Erfc | Unary::ErfInv => arg.kind() == Kind::Float,
        Unary::CountOnes | Unary::LeadingZeros => arg.is_integer(),
        Unary::Real | Unary::Imag => arg.is_complex(),
        _ => arg.is_inexact(),
    };
    ensure!(fits, "{op:?} of {}", arg.short_name());
    same(if matches!(op, Unary::Real | Unary::Imag) { arg.component() } else { arg }, dtype)
}

fn check_binary(op: Binary, arg: DType, dtype: DType) -> Verdict {
    let fits = match op {
        Binary::Add | Binary::Sub | Binary::Mul | Binary::Div => is_number(arg),
        Binary::Rem => is_number(arg) && !arg.is_complex(),
        Binary::Min | Binary::Max | Binary::Lt | Binary::Le | Binary::Gt | Binary::Ge => {
            is_number(arg) && !arg.is_complex() || arg == DType::Bool
        }
        Binary::And | Binary::Or | Binary::Xor => arg == DType::Bool || arg.is_integer(),
        Binary::Shl | Binary::ShrLogical | Binary::ShrArithmetic | Binary::MulHigh => arg.is_integer(),
        Binary::Eq | Binary::Ne => arg != DType::Stack,
        Binary::Complex => matches!(arg, DType::F32 | DType::F64),
        Binary::Pow => arg.is_inexact(),
        Binary::Atan2 => arg.kind() == Kind::Float,
    };
    ensure!(fits, "{op:?} of {}", arg.short_name());
    let result = match (op, arg) {
        (Binary::Complex, DType::F32) => DType::C64,
        (Binary::Complex, _) => DType::C128,
        _ if op.is_comparison() => DType::Bool,
        _ => arg,
    };
    same(result, dtype)
}

/// An operation that combines an old element with a new one.
fn check_combine(op: Binary, dtype: DType) -> Verdict {
    use Binary::{Add, And, Max, Min, Mul, Or, Xor};
    ensure!(matches!(op, Add | Mul | Min | Max | And | Or | Xor), "{op:?} is not a monoid");
    check_binary(op, dtype, dtype)
}

fn check_reduction(body: &Body, reduction: &Reduction) -> Verdict {
    let dtypes: Vec<DType> = reduction.init.iter().map(|init| init.dtype()).collect();
    let count = dtypes.len();
    ensure!(!dtypes.contains(&DType::Stack), "a reduction of stacks");
    ensure!(reduction.values.len() == count, "{} values and {count} initial ones", reduction.values.len());
    reduction.values.iter().zip(&dtypes).try_for_each(|(&value, &dtype)| expect(body, value, dtype))?;
    match &reduction.combine {
        Combine::Op(op) => match dtypes[..] {
            [dtype] => check_combine(*op, dtype),
            _ => Err(format!("{op:?} combines one value, not {count}")),
        },
        Combine::Body { body, results } => {
            let args = dtypes.repeat(2);
            let bounds = intervals(body, &[]);
            check_body(body, &Context::Combiner(&args), Some(&bounds)).map_err(|e| format!("combiner: {e}"))?;
            ensure!(results.len() == count, "a combiner of {count} values gives {}", results.len());
            results.iter().zip(&dtypes).try_for_each(|(&result, &dtype)| expect(body, result, dtype))
        }
    }
}

/// Which buffers are defined, and which of them the current block sees.
struct Scope<'a> {
    program: &'a Program,
    defined: Vec<bool>,
    visible: Vec<bool>,
}

impl<'a> Scope<'a> {
    fn ty(&self, buf: Buf) -> Result<&'a Ty, String> {
        self.program.bufs.get(buf.0 as usize).ok_or_else(|| format!("there is no b{}", buf.0))
    }

    fn define(&mut self, buf: Buf) -> Verdict {
        self.ty(buf)?;
        ensure!(!self.defined[buf.0 as usize], "b{} is defined twice", buf.0);
        self.defined[buf.0 as usize] = true;
        self.visible[buf.0 as usize] = true;
        Ok(())
    }

    fn read(&self, buf: Buf) -> Result<&'a Ty, String> {
        let ty = self.ty(buf)?;
        ensure!(self.visible[buf.0 as usize], "b{} is not defined here", buf.0);
        Ok(ty)
    }

    fn expect(&self, buf: Buf, ty: &Ty) -> Verdict {
        let found = self.ty(buf)?;
        ensure!(found == ty, "b{} is {found}, not {ty}", buf.0);
        Ok(())
    }

    /// Checks `f` in a block of its own: what it defines is not seen afterwards.
    fn inner(&mut self, f: impl FnOnce(&mut Self) -> Verdict) -> Verdict {
        let visible = self.visible.clone();
        let verdict = f(self);
        self.visible = visible;
        verdict
    }

    fn block(&mut self, block: &Block) -> Verdict {
        for (number, step) in block.steps.iter().enumerate() {
            self.step(step).map_err(|e| format!("step {number}: {e}"))?;
        }
        Ok(())
    }

    fn step(&mut self, step: &Step) -> Verdict {
        match step {
            Step::Nest { nest, ins, outs, .. } => {
                ensure!(ins.len() == nest.inputs.len(), "{} buffers for {} inputs", ins.len(), nest.inputs.len());
                for (&buf, ty) in ins.iter().zip(&nest.inputs) {
                    self.read(buf)?;
                    self.expect(buf, ty)?;
                }
                verify_nest(nest)?;
                let types = nest.outputs();
                ensure!(outs.len() == types.len(), "{} buffers for {} outputs", outs.len(), types.len());
                outs.iter().zip(&types).try_for_each(|(&buf, ty)| self.expect(buf, ty))?;
                outs.iter().try_for_each(|&buf| self.define(buf))
            }
            Step::Reshape { from, to } => {
                let (from, ty) = (self.read(*from)?, self.ty(*to)?);
                ensure!(from.dtype == ty.dtype && from.size() == ty.size(), "a reshape from {from} to {ty}");
                self.define(*to)
            }
            Step::Loop(turns) => self.turns(turns),
            Step::Cond { index, branches, outs } => {
                self.read(*index)?;
                self.expect(*index, &Ty::new(DType::I32, &[]))?;
                ensure!(!branches.is_empty(), "a cond without branches");
                for (number, branch) in branches.iter().enumerate() {
                    self.inner(|scope| {
                        scope.block(&branch.body)?;
                        let count = branch.results.len();
                        ensure!(count == outs.len(), "{count} results for {} buffers", outs.len());
                        for (&result, &out) in branch.results.iter().zip(outs) {
                            scope.expect(out, scope.read(result)?)?;
                        }
                        Ok(())
                    })
                    .map_err(|e| format!("branch {number}: {e}"))?;
                }
                outs.iter().try_for_each(|&buf| self.define(buf))
            }
            Step::Sort(sort) => self.sort(sort),
            Step::Call(call) => {
                self.read(call.when)?;
                self.expect(call.when, &Ty::new(DType::Bool, &[]))?;
                call.ins.iter().try_for_each(|&buf| self.read(buf).map(drop))
            }
        }
    }

    fn turns(&mut self, turns: &Loop) -> Verdict {
        for carry in &turns.carry {
            let ty = self.read(carry.init)?;
            [carry.current, carry.next, carry.last].iter().try_for_each(|&buf| self.expect(buf, ty))?;
        }
        for &(stacked, _) in &turns.xs {
            self.read(stacked)?;
        }
        self.inner(|scope| {
            turns.carry.iter().try_for_each(|carry| scope.define(carry.current))?;
            match &turns.kind {
                LoopKind::Counted { extent, counter, .. } => {
                    for &(stacked, elem) in &turns.xs {
                        scope.slices(stacked, elem, *extent)?;
                        scope.define(elem)?;
                    }
                    for &(elem, stacked) in &turns.ys {
                        scope.slices(stacked, elem, *extent)?;
                    }
                    if let Some(counter) = *counter {
                        scope.expect(counter, &Ty::new(DType::I64, &[]))?;
                        scope.define(counter)?;
                    }
                }
                LoopKind::Stacked { .. } => {
                    for &(stack, elem) in &turns.xs {
                        scope.expect(stack, &Ty::new(DType::Stack, &[]))?;
                        scope.define(elem)?;
                    }
                }
                LoopKind::While { cond, pred } => {
                    ensure!(turns.xs.is_empty(), "a while loop reads no slices");
                    scope
                        .inner(|scope| {
                            scope.block(cond)?;
                            scope.read(*pred)?;
                            scope.expect(*pred, &Ty::new(DType::Bool, &[]))
                        })
                        .map_err(|e| format!("predicate: {e}"))?;
                }
            }
            if !matches!(turns.kind, LoopKind::Counted { .. }) {
                let stack = Ty::new(DType::Stack, &[]);
                turns.ys.iter().try_for_each(|&(_, stacked)| scope.expect(stacked, &stack))?;
            }
            scope.block(&turns.body).map_err(|e| format!("turn: {e}"))?;
            let results = turns.carry.iter().map(|carry| carry.next).chain(turns.ys.iter().map(|&(elem, _)| elem));
            results.into_iter().try_for_each(|buf| scope.read(buf).map(drop))
        })?;
        turns.carry.iter().try_for_each(|carry| self.define(carry.last))?;
        turns.ys.iter().try_for_each(|&(_, stacked)| self.define(stacked))
    }

    /// `stacked` is `extent` times `elem`.
    fn slices(&self, stacked: Buf, elem: Buf, extent: usize) -> Verdict {
        let mut ty = self.ty(elem)?.clone();
        ty.shape.insert(0, extent);
        self.expect(stacked, &ty)
    }

    fn sort(&mut self, sort: &Sort) -> Verdict {
        let count = sort.ins.len();
        ensure!(sort.outs.len() == count, "a sort of {count} operands gives {}", sort.outs.len());
        ensure!((1..=count).contains(&sort.keys), "{} keys of {count} operands", sort.keys);
        let shape = &self.read(sort.ins[0])?.shape;
        ensure!(sort.axis < shape.len(), "a sort along axis {} of {}", sort.axis, shape.len());
        for (&from, &to) in sort.ins.iter().zip(&sort.outs) {
            let ty = self.read(from)?;
            ensure!(ty.shape == *shape, "a sort of operands of two shapes, {shape:?} and {:?}", ty.shape);
            self.expect(to, ty)?;
        }
        sort.outs.iter().try_for_each(|&buf| self.define(buf))
    }
}
