//! Schedules as text.

use std::fmt::{self, Display, Formatter};

use jax_core::base::DType;
use jax_core::kernel::{Buf, Op, Sink};

use super::{Access, Home, Loop, LoopKind, LoopNest, Schedule, Split, Step};

impl Display for Schedule {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let target = &self.target;
        writeln!(f, "target vector_bytes={} fma={}", target.vector_bytes, target.fma)?;
        for (number, ty) in self.bufs.iter().enumerate() {
            write!(f, "b{number}: {}{:?} ", ty.dtype.short_name(), ty.shape)?;
            match self.homes[number] {
                Home::None => writeln!(f, "unused"),
                Home::Input(input) => writeln!(f, "= input {input}"),
                Home::Output(output) => writeln!(f, "= output {output}"),
                Home::Arena(offset) => writeln!(f, "= arena + {offset}"),
                Home::Same(other) => writeln!(f, "= b{}", other.0),
                Home::Bound(place) => writeln!(f, "= loop's p{place}"),
            }?;
        }
        writeln!(f, "arena: {} bytes", self.arena)?;
        steps(f, &self.steps, 0)?;
        for (from, output) in &self.copies {
            writeln!(f, "copy b{} to output {output}", from.0)?;
        }
        for donation in &self.donations {
            writeln!(f, "input {} may become output {}", donation.input, donation.output)?;
        }
        Ok(())
    }
}

fn names(bufs: &[Buf]) -> String {
    bufs.iter().map(|buf| format!("b{}", buf.0)).collect::<Vec<_>>().join(" ")
}

fn steps(f: &mut Formatter<'_>, steps: &[Step], depth: usize) -> fmt::Result {
    let pad = "  ".repeat(depth);
    for step in steps {
        match step {
            Step::Loops { loops, ins, outs, partials } => {
                write!(f, "{pad}{} = nest {} ", names(outs), names(ins))?;
                nest(f, loops, &pad)?;
                if let Some(offset) = partials {
                    writeln!(f, "{pad}  partials at arena + {offset}")?;
                }
            }
            Step::Gemm { gemm, ins, out } => writeln!(
                f,
                "{pad}b{} = gemm {} {} m={} n={} k={} batch={:?}",
                out.0,
                gemm.dtype.short_name(),
                names(ins),
                gemm.m.0,
                gemm.n.0,
                gemm.k.0,
                gemm.batch.iter().map(|(extent, _)| *extent).collect::<Vec<_>>()
            )?,
            Step::Sort(sort) => writeln!(
                f,
                "{pad}{} = sort {} axis={} keys={}",
                names(&sort.outs),
                names(&sort.ins),
                sort.axis,
                sort.keys
            )?,
            Step::Call(call) => writeln!(f, "{pad}call {} if b{} {}", call.host.name(), call.when.0, names(&call.ins))?,
            Step::Loop(inner) => turns(f, inner, depth)?,
            Step::Cond { index, branches, .. } => {
                writeln!(f, "{pad}cond b{}", index.0)?;
                for branch in branches {
                    writeln!(f, "{pad}branch")?;
                    self::steps(f, &branch.steps, depth + 1)?;
                    for (from, to) in &branch.copies {
                        writeln!(f, "{pad}  copy b{} to b{}", from.0, to.0)?;
                    }
                }
            }
        }
    }
    Ok(())
}

fn turns(f: &mut Formatter<'_>, inner: &Loop, depth: usize) -> fmt::Result {
    let pad = "  ".repeat(depth);
    match &inner.kind {
        LoopKind::Counted { extent, reverse, .. } => {
            writeln!(f, "{pad}loop {extent}{}", if *reverse { " reverse" } else { "" })?;
        }
        LoopKind::Stacked { reverse } => {
            writeln!(f, "{pad}loop over stacks{}", if *reverse { " reverse" } else { "" })?;
        }
        LoopKind::While { steps: cond, pred } => {
            writeln!(f, "{pad}while b{}", pred.0)?;
            steps(f, cond, depth + 1)?;
        }
    }
    for carry in &inner.carry {
        let bufs = &carry.bufs;
        let mode = match carry.spare {
            Some(offset) => format!("alternates with arena + {offset}"),
            None => "in place".into(),
        };
        let copy = if carry.copy { ", copied" } else { "" };
        writeln!(
            f,
            "{pad}carry b{} from b{}, next b{}, last b{}: {mode}{copy}",
            bufs.current.0, bufs.init.0, bufs.next.0, bufs.last.0
        )?;
    }
    for (stacked, slice) in &inner.xs {
        writeln!(f, "{pad}b{} is a slice of b{}", slice.0, stacked.0)?;
    }
    for (slice, stacked, copied) in &inner.ys {
        writeln!(f, "{pad}b{} is {} b{}", slice.0, if *copied { "copied to" } else { "a slice of" }, stacked.0)?;
    }
    writeln!(f, "{pad}turn")?;
    steps(f, &inner.steps, depth + 1)
}

fn access(access: &Access) -> String {
    let mut text = format!("{:?}", access.strides);
    if access.offset != 0 {
        text += &format!(" + {}", access.offset);
    }
    for (id, factor) in &access.terms {
        text += &format!(" + {factor}*%{}", id.0);
    }
    text
}

fn nest(f: &mut Formatter<'_>, loops: &LoopNest, pad: &str) -> fmt::Result {
    write!(f, "loops {:?} kept {}", loops.extents, loops.kept)?;
    if let Some(vector) = loops.vector {
        write!(f, " vector axis={} lanes={} unroll={}", vector.axis, vector.lanes, vector.unroll)?;
    }
    match loops.split {
        Split::None => {}
        Split::Kept { chunk } => write!(f, " chunks of {chunk}")?,
        Split::Reduced { chunk } => write!(f, " partial sums of {chunk}")?,
    }
    let sink = match &loops.nest.sink {
        Sink::Map(_) => "map".to_string(),
        Sink::Reduce { reductions, .. } => format!("reduce {}", reductions.len()),
        Sink::Scatter { .. } => "scatter".into(),
    };
    writeln!(f, " {sink} {}", names_of(&loops.values().iter().map(|id| id.0).collect::<Vec<_>>()))?;
    for (number, node) in loops.nest.body.nodes().iter().enumerate().filter(|(number, _)| loops.needed[*number]) {
        write!(f, "{pad}  %{number}: {} = ", dtype(node.dtype))?;
        match (&node.op, &loops.loads[number]) {
            (Op::Load { input, .. }, Some(place)) => writeln!(f, "load {input} at {}", access(place))?,
            (Op::Table { table, index }, _) => writeln!(f, "table of {} at %{}", table.len(), index.0)?,
            (Op::Const(value), _) => writeln!(f, "{value}")?,
            (Op::Axis(axis), _) => writeln!(f, "axis {axis}")?,
            (op, _) => {
                let mut args = Vec::new();
                op.for_each_arg(|id| args.push(id.0));
                writeln!(f, "{} {}", operation(op), names_of(&args))?;
            }
        }
    }
    writeln!(f, "{pad}  result at {}", access(&loops.store))
}

fn dtype(dtype: DType) -> &'static str {
    dtype.short_name()
}

fn names_of(ids: &[u32]) -> String {
    ids.iter().map(|id| format!("%{id}")).collect::<Vec<_>>().join(" ")
}

fn operation(op: &Op) -> String {
    match op {
        Op::Unary(op, _) => format!("{op:?}").to_lowercase(),
        Op::Binary(op, ..) => format!("{op:?}").to_lowercase(),
        Op::MulAdd(..) => "mul_add".into(),
        Op::Select(..) => "select".into(),
        Op::Rare { .. } => "rare".into(),
        Op::Convert(_) => "convert".into(),
        Op::Bitcast(_) => "bitcast".into(),
        other => format!("{other:?}"),
    }
}
