//! Programs, nests and bodies as text. [`parse`](super::parse) reads it back, exactly.
//!
//! ```text
//! program {
//!   b0: f32[2,3]
//!   b1: f32[2]
//!   in b0
//!   out b1
//!   b1 = nest [2,3] (b0: f32[2,3]) {
//!     v0: i64 = axis 0
//!     v1: i64 = axis 1
//!     v2: f32 = load 0 [v0, v1]
//!     reduce axes 1
//!     combine v2 from f32 0.0 by add
//!   }
//! }
//! ```
//! The user's lines that steps come from are not printed: text cannot name them.

use std::fmt::{self, Display, Formatter};

use super::body::{Body, Id};
use super::nest::{Combine, Nest, Sink, Ty};
use super::op::{Binary, Op, Unary};
use super::program::{Block, Buf, Loop, LoopKind, Program, Step};
use crate::base::{DType, Kind, Scalar};

macro_rules! names {
    ($(#[$doc:meta])* $all:ident, $name:ident of $ty:ident { $($variant:ident $text:literal,)* }) => {
        $(#[$doc])*
        pub(super) const $all: &[$ty] = &[$($ty::$variant),*];

        /// What the operation is called in text.
        pub(super) fn $name(op: $ty) -> &'static str {
            match op {
                $($ty::$variant => $text,)*
            }
        }
    };
}

names! {
    /// All unary operations.
    UNARY, unary_name of Unary {
        Neg "neg", Abs "abs", Not "not", Floor "floor", Ceil "ceil", Trunc "trunc", RoundEven "round_even",
        Sqrt "sqrt", CountOnes "count_ones", LeadingZeros "leading_zeros", Real "real", Imag "imag", Exp "exp",
        Exp2 "exp2", Expm1 "expm1", Log "log", Log1p "log1p", Sin "sin", Cos "cos", Tan "tan", Asin "asin",
        Acos "acos", Atan "atan", Sinh "sinh", Cosh "cosh", Tanh "tanh", Asinh "asinh", Acosh "acosh",
        Atanh "atanh", Erf "erf", Erfc "erfc", ErfInv "erf_inv", Logistic "logistic", Rsqrt "rsqrt", Cbrt "cbrt",
    }
}

names! {
    /// All binary operations.
    BINARY, binary_name of Binary {
        Add "add", Sub "sub", Mul "mul", Div "div", Rem "rem", Min "min", Max "max", And "and", Or "or",
        Xor "xor", Shl "shl", ShrLogical "shr_logical", ShrArithmetic "shr_arithmetic", MulHigh "mul_high",
        Eq "eq", Ne "ne", Lt "lt", Le "le", Gt "gt", Ge "ge", Complex "complex", Pow "pow", Atan2 "atan2",
    }
}

impl Display for Id {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.0)
    }
}

impl Display for Buf {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "b{}", self.0)
    }
}

impl Display for Ty {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.dtype.short_name(), Extents(&self.shape))
    }
}

/// Extents, as in `[2,3]`.
struct Extents<'a>(&'a [usize]);

impl Display for Extents<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let extents: Vec<String> = self.0.iter().map(usize::to_string).collect();
        write!(f, "[{}]", extents.join(","))
    }
}

/// Things with commas between them; `()` for none.
struct List<'a, T>(&'a [T]);

impl<T: Display> Display for List<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (position, item) in self.0.iter().enumerate() {
            write!(f, "{}{item}", if position == 0 { "" } else { ", " })?;
        }
        if self.0.is_empty() { f.write_str("()") } else { Ok(()) }
    }
}

/// A value so that reading it gives the same bits: the shortest decimal, or the bits of a NaN.
struct Exact(Scalar);

impl Display for Exact {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Exact(value) = *self;
        let dtype = value.dtype();
        match dtype.kind() {
            Kind::Bool | Kind::Signed | Kind::Unsigned | Kind::Opaque => write!(f, "{}", value.as_i128()),
            Kind::Float if value.as_f64().is_nan() => write!(f, "{:#x}", value.bits()),
            Kind::Float if dtype == DType::F64 => write!(f, "{:?}", value.as_f64()),
            Kind::Float => write!(f, "{:?}", value.as_f64() as f32),
            Kind::Complex => {
                let part = dtype.component();
                let [re, im] = [0, part.bits()].map(|shift| Exact(Scalar::from_bits(part, value.bits() >> shift)));
                write!(f, "({re}, {im})")
            }
        }
    }
}

impl Display for Op {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Op::Const(value) => write!(f, "const {}", Exact(*value)),
            Op::Axis(axis) => write!(f, "axis {axis}"),
            Op::Arg(arg) => write!(f, "arg {arg}"),
            Op::Load { input, index } if index.is_empty() => write!(f, "load {input} []"),
            Op::Load { input, index } => write!(f, "load {input} [{}]", List(index)),
            Op::Table { table, index } => {
                let entries: Vec<String> = table.iter().map(|&entry| Exact(entry).to_string()).collect();
                write!(f, "table [{}] {index}", entries.join(", "))
            }
            Op::Unary(op, a) => write!(f, "{} {a}", unary_name(*op)),
            Op::Binary(op, a, b) => write!(f, "{} {a}, {b}", binary_name(*op)),
            Op::MulAdd(a, b, c) => write!(f, "mul_add {a}, {b}, {c}"),
            Op::Select(pred, a, b) => write!(f, "select {pred}, {a}, {b}"),
            Op::Rare { pred, rare, common } => write!(f, "rare {pred}, {rare}, {common}"),
            Op::Convert(a) => write!(f, "convert {a}"),
            Op::Bitcast(a) => write!(f, "bitcast {a}"),
        }
    }
}

impl Display for Body {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write_body(f, self, 0)
    }
}

impl Display for Nest {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write_nest(f, self, None, 0)
    }
}

impl Display for Program {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "program {{")?;
        for (number, ty) in self.bufs.iter().enumerate() {
            writeln!(f, "  b{number}: {ty}")?;
        }
        writeln!(f, "  in {}", List(&self.inputs))?;
        writeln!(f, "  out {}", List(&self.outputs))?;
        write_block(f, &self.body, 1)?;
        writeln!(f, "}}")
    }
}

/// Two spaces a level.
struct Indent(usize);

impl Display for Indent {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:width$}", "", width = 2 * self.0)
    }
}

fn write_body(f: &mut Formatter<'_>, body: &Body, depth: usize) -> fmt::Result {
    for (position, node) in body.nodes().iter().enumerate() {
        writeln!(f, "{}v{position}: {} = {}", Indent(depth), node.dtype.short_name(), node.op)?;
    }
    Ok(())
}

fn write_nest(f: &mut Formatter<'_>, nest: &Nest, ins: Option<&[Buf]>, depth: usize) -> fmt::Result {
    let inputs: Vec<String> = match ins {
        Some(ins) => ins.iter().zip(&nest.inputs).map(|(buf, ty)| format!("{buf}: {ty}")).collect(),
        None => nest.inputs.iter().map(Ty::to_string).collect(),
    };
    writeln!(f, "nest {} ({}) {{", Extents(&nest.extents), inputs.join(", "))?;
    let inside = Indent(depth + 1);
    write_body(f, &nest.body, depth + 1)?;
    match &nest.sink {
        Sink::Map(values) => writeln!(f, "{inside}map {}", List(values))?,
        Sink::Reduce { axes, reductions } => {
            writeln!(f, "{inside}reduce axes {axes}")?;
            for reduction in reductions {
                let init: Vec<String> = reduction
                    .init
                    .iter()
                    .map(|&init| format!("{} {}", init.dtype().short_name(), Exact(init)))
                    .collect();
                write!(f, "{inside}combine {} from {} by ", List(&reduction.values), List(&init))?;
                match &reduction.combine {
                    Combine::Op(op) => writeln!(f, "{}", binary_name(*op))?,
                    Combine::Body { body, results } => {
                        writeln!(f, "{{")?;
                        write_body(f, body, depth + 2)?;
                        writeln!(f, "{}yield {}", Indent(depth + 2), List(results))?;
                        writeln!(f, "{inside}}}")?;
                    }
                }
            }
        }
        Sink::Scatter { base, index, keep, value, combine } => {
            let index: Vec<String> = index.iter().map(Id::to_string).collect();
            write!(f, "{inside}scatter {base} [{}] keep {keep} value {value}", index.join(", "))?;
            match combine {
                Some(op) => writeln!(f, " by {}", binary_name(*op))?,
                None => writeln!(f)?,
            }
        }
    }
    writeln!(f, "{}}}", Indent(depth))
}

fn write_block(f: &mut Formatter<'_>, block: &Block, depth: usize) -> fmt::Result {
    block.steps.iter().try_for_each(|step| write_step(f, step, depth))
}

fn write_step(f: &mut Formatter<'_>, step: &Step, depth: usize) -> fmt::Result {
    let (outer, inside) = (Indent(depth), Indent(depth + 1));
    match step {
        Step::Nest { nest, ins, outs, .. } => {
            write!(f, "{outer}{} = ", List(outs))?;
            write_nest(f, nest, Some(ins), depth)
        }
        Step::Reshape { from, to } => writeln!(f, "{outer}{to} = reshape {from}"),
        Step::Loop(turns) => write_loop(f, turns, depth),
        Step::Cond { index, branches, outs } => {
            writeln!(f, "{outer}{} = cond {index} {{", List(outs))?;
            for branch in branches {
                writeln!(f, "{inside}branch {{")?;
                write_block(f, &branch.body, depth + 2)?;
                writeln!(f, "{}yield {}", Indent(depth + 2), List(&branch.results))?;
                writeln!(f, "{inside}}}")?;
            }
            writeln!(f, "{outer}}}")
        }
        Step::Call(call) => {
            writeln!(f, "{outer}call {} if {} {}", call.host.name(), call.when, List(&call.ins))
        }
        Step::Sort(sort) => {
            let (outs, ins) = (List(&sort.outs), List(&sort.ins));
            writeln!(f, "{outer}{outs} = sort {ins} axis {} keys {}", sort.axis, sort.keys)
        }
    }
}

fn write_loop(f: &mut Formatter<'_>, turns: &Loop, depth: usize) -> fmt::Result {
    let (outer, inside) = (Indent(depth), Indent(depth + 1));
    write!(f, "{outer}loop ")?;
    match &turns.kind {
        LoopKind::Counted { extent, reverse, counter } => {
            write!(f, "{extent}{}", if *reverse { " reverse" } else { "" })?;
            counter.map_or(Ok(()), |counter| write!(f, " counter {counter}"))?;
        }
        LoopKind::Stacked { reverse } => write!(f, "stacked{}", if *reverse { " reverse" } else { "" })?,
        LoopKind::While { .. } => write!(f, "while")?,
    }
    writeln!(f, " {{")?;
    for carry in &turns.carry {
        let (init, current, next, last) = (carry.init, carry.current, carry.next, carry.last);
        writeln!(f, "{inside}carry {init} as {current} next {next} last {last}")?;
    }
    for (stacked, elem) in &turns.xs {
        writeln!(f, "{inside}slice {stacked} as {elem}")?;
    }
    for (elem, stacked) in &turns.ys {
        writeln!(f, "{inside}stack {elem} as {stacked}")?;
    }
    if let LoopKind::While { cond, pred } = &turns.kind {
        writeln!(f, "{inside}if {pred} {{")?;
        write_block(f, cond, depth + 2)?;
        writeln!(f, "{inside}}}")?;
    }
    writeln!(f, "{inside}do {{")?;
    write_block(f, &turns.body, depth + 2)?;
    writeln!(f, "{inside}}}")?;
    writeln!(f, "{outer}}}")
}
