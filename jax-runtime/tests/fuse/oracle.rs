//! A slow evaluator of the programs that the generator makes.

use jax_core::base::{DType, Scalar, dtype::Kind};
use jax_core::kernel::*;

pub type Values = Vec<Option<Vec<Scalar>>>;

pub fn run(program: &Program, inputs: &[Vec<Scalar>]) -> Vec<Vec<Scalar>> {
    let mut values: Values = vec![None; program.bufs.len()];
    for (buf, input) in program.inputs.iter().zip(inputs) {
        values[buf.0 as usize] = Some(input.clone());
    }
    block(program, &program.body, &mut values);
    program.outputs.iter().map(|buf| get(&values, *buf).to_vec()).collect()
}

fn get(values: &Values, buf: Buf) -> &[Scalar] {
    values[buf.0 as usize].as_deref().unwrap_or_else(|| panic!("{buf:?} is read before it is defined"))
}

fn block(program: &Program, block_: &Block, values: &mut Values) {
    for step in &block_.steps {
        match step {
            Step::Nest { nest, ins, outs, .. } => {
                let types: Vec<Ty> = ins.iter().map(|&buf| program.ty(buf).clone()).collect();
                assert_eq!(types, nest.inputs);
                let types: Vec<Ty> = outs.iter().map(|&buf| program.ty(buf).clone()).collect();
                assert_eq!(types, nest.outputs());
                let args: Vec<&[Scalar]> = ins.iter().map(|&buf| get(values, buf)).collect();
                let results = run_nest(nest, &args);
                for (out, result) in outs.iter().zip(results) {
                    values[out.0 as usize] = Some(result);
                }
            }
            Step::Reshape { from, to } => {
                assert_eq!(program.ty(*from).size(), program.ty(*to).size());
                values[to.0 as usize] = values[from.0 as usize].clone();
            }
            Step::Loop(turns) => run_loop(program, turns, values),
            Step::Cond { index, branches, outs } => {
                let which = get(values, *index)[0].as_i128().clamp(0, branches.len() as i128 - 1) as usize;
                let branch = &branches[which];
                block(program, &branch.body, values);
                for (out, result) in outs.iter().zip(&branch.results) {
                    values[out.0 as usize] = Some(get(values, *result).to_vec());
                }
            }
            Step::Sort(_) | Step::Call(_) => panic!("not generated"),
        }
    }
}

fn run_loop(program: &Program, turns: &Loop, values: &mut Values) {
    for carry in &turns.carry {
        values[carry.current.0 as usize] = Some(get(values, carry.init).to_vec());
    }
    let (extent, reverse, counter) = match &turns.kind {
        LoopKind::Counted { extent, reverse, counter } => (*extent, *reverse, *counter),
        LoopKind::Stacked { .. } => panic!("no program here has stacks"),
        LoopKind::While { cond, pred } => {
            assert!(turns.xs.is_empty() && turns.ys.is_empty());
            loop {
                block(program, cond, values);
                if !get(values, *pred)[0].as_bool() {
                    break;
                }
                block(program, &turns.body, values);
                next_turn(turns, values);
            }
            (0, false, None)
        }
    };
    for &(_, stacked) in &turns.ys {
        values[stacked.0 as usize] = Some(vec![Scalar::zero(program.ty(stacked).dtype); program.ty(stacked).size()]);
    }
    for turn in 0..extent {
        let i = if reverse { extent - 1 - turn } else { turn };
        if let Some(counter) = counter {
            values[counter.0 as usize] = Some(vec![Scalar::from_i128(DType::I64, i as i128)]);
        }
        for &(stacked, elem) in &turns.xs {
            let size = program.ty(elem).size();
            values[elem.0 as usize] = Some(get(values, stacked)[i * size..(i + 1) * size].to_vec());
        }
        block(program, &turns.body, values);
        for &(elem, stacked) in &turns.ys {
            let slice = get(values, elem).to_vec();
            let size = slice.len();
            if let Some(stack) = &mut values[stacked.0 as usize] {
                stack[i * size..(i + 1) * size].copy_from_slice(&slice);
            }
        }
        next_turn(turns, values);
    }
    for carry in &turns.carry {
        values[carry.last.0 as usize] = Some(get(values, carry.current).to_vec());
    }
}

/// All carried values change at once.
fn next_turn(turns: &Loop, values: &mut Values) {
    let next: Vec<_> = turns.carry.iter().map(|carry| get(values, carry.next).to_vec()).collect();
    for (carry, next) in turns.carry.iter().zip(next) {
        values[carry.current.0 as usize] = Some(next);
    }
}

fn run_nest(nest: &Nest, args: &[&[Scalar]]) -> Vec<Vec<Scalar>> {
    let mut outs: Vec<Vec<Scalar>> = match &nest.sink {
        Sink::Scatter { base, .. } => vec![args[*base as usize].to_vec()],
        Sink::Map(_) => nest.outputs().iter().map(|ty| vec![Scalar::zero(ty.dtype); ty.size()]).collect(),
        Sink::Reduce { reductions, .. } => {
            let init = reductions.iter().flat_map(|reduction| &reduction.init);
            nest.outputs().iter().zip(init).map(|(ty, &init)| vec![init; ty.size()]).collect()
        }
    };
    let total: usize = nest.extents.iter().product();
    let shape = nest.outputs();
    for linear in 0..total {
        let (mut rest, mut point) = (linear, vec![0; nest.extents.len()]);
        for (axis, &extent) in nest.extents.iter().enumerate().rev() {
            point[axis] = (rest % extent) as i64;
            rest /= extent;
        }
        let values = run_body(&nest.body, nest, &point, args);
        let at = |id: Id| values[id.0 as usize];
        match &nest.sink {
            Sink::Map(roots) => roots.iter().zip(&mut outs).for_each(|(&root, out)| out[linear] = at(root)),
            Sink::Reduce { axes, reductions } => {
                let inner: usize = nest.extents[nest.extents.len() - axes..].iter().product();
                for (reduction, out) in reductions.iter().zip(&mut outs) {
                    let Combine::Op(op) = reduction.combine else { panic!("not generated") };
                    let cell = &mut out[linear / inner];
                    *cell = binary(op, *cell, at(reduction.values[0]));
                }
            }
            Sink::Scatter { index, keep, value, combine, .. } => {
                if at(*keep).as_bool() {
                    let cell = &mut outs[0][offset(&shape[0], index.iter().map(|&id| at(id)))];
                    *cell = combine.map_or(at(*value), |op| binary(op, *cell, at(*value)));
                }
            }
        }
    }
    outs
}

fn offset(ty: &Ty, index: impl Iterator<Item = Scalar>) -> usize {
    let mut offset = 0;
    let mut rank = 0;
    for (index, &extent) in index.zip(&ty.shape) {
        let index = index.as_i128();
        assert!((0..extent as i128).contains(&index), "an index out of bounds");
        offset = offset * extent + index as usize;
        rank += 1;
    }
    assert_eq!(rank, ty.shape.len());
    offset
}

fn run_body(body: &Body, nest: &Nest, point: &[i64], args: &[&[Scalar]]) -> Vec<Scalar> {
    let mut values: Vec<Scalar> = Vec::new();
    for node in body.nodes() {
        let at = |id: &Id| values[id.0 as usize];
        let value = match &node.op {
            Op::Const(value) => *value,
            Op::Axis(axis) => Scalar::from_i128(DType::I64, point[*axis as usize] as i128),
            Op::Load { input, index } => {
                args[*input as usize][offset(&nest.inputs[*input as usize], index.iter().map(at))]
            }
            Op::Unary(op, a) => unary(*op, at(a)),
            Op::Binary(op, a, b) => binary(*op, at(a), at(b)),
            Op::Select(p, a, b) => {
                if at(p).as_bool() {
                    at(a)
                } else {
                    at(b)
                }
            }
            Op::Convert(a) => at(a).cast(node.dtype),
            other => panic!("not generated: {other:?}"),
        };
        assert_eq!(value.dtype(), node.dtype);
        values.push(value);
    }
    values
}

fn unary(op: Unary, a: Scalar) -> Scalar {
    let x = a.as_f64();
    let value = match op {
        Unary::Neg => -x,
        Unary::Exp => x.exp(),
        Unary::Sqrt => x.sqrt(),
        Unary::Not => return Scalar::bool(!a.as_bool()),
        other => panic!("not generated: {other:?}"),
    };
    Scalar::from_f64(a.dtype(), value)
}

fn binary(op: Binary, a: Scalar, b: Scalar) -> Scalar {
    if a.dtype().kind() == Kind::Signed {
        let (x, y) = (a.as_i128(), b.as_i128());
        let value = match op {
            Binary::Add => x + y,
            Binary::Sub => x - y,
            Binary::Mul => x.wrapping_mul(y),
            Binary::Div => {
                if y == 0 {
                    -1
                } else {
                    x / y
                }
            }
            Binary::Rem => {
                if y == 0 {
                    x
                } else {
                    x % y
                }
            }
            Binary::Min => x.min(y),
            Binary::Max => x.max(y),
            Binary::Lt => return Scalar::bool(x < y),
            Binary::Eq => return Scalar::bool(x == y),
            other => panic!("not generated: {other:?}"),
        };
        return Scalar::from_i128(a.dtype(), value);
    }
    let (x, y) = (a.as_f64(), b.as_f64());
    let value = match op {
        Binary::Add => x + y,
        Binary::Sub => x - y,
        Binary::Mul => x * y,
        Binary::Div => x / y,
        Binary::Max if x.is_nan() || y.is_nan() => f64::NAN,
        Binary::Max => x.max(y),
        Binary::Lt => return Scalar::bool(x < y),
        other => panic!("not generated: {other:?}"),
    };
    Scalar::from_f64(a.dtype(), value)
}
