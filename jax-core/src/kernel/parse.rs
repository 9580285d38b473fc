//! Programs and nests from the text that [`print`](super::print) gives, where the grammar is shown.
//!
//! Whether they make sense is for [`verify`](super::verify) to say. `//` begins a comment.

use std::fmt;
use std::str::FromStr;

use super::body::{Body, Id};
use super::host::{Call, HostFn};
use super::nest::{Combine, Nest, Reduction, Sink, Ty};
use super::op::{Binary, Op};
use super::print::{BINARY, UNARY, binary_name, unary_name};
use super::program::{Block, Branch, Buf, Carry, Loop, LoopKind, Program, Sort, Step};
use crate::base::error::{Error, ErrorKind};
use crate::base::{DType, Kind, Scalar, Shape};

/// Why text is not a program, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParseError {
    /// The line, counted from 1.
    pub line: usize,
    /// The column, counted from 1 in characters.
    pub column: usize,
    /// What is wrong there.
    pub message: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for ParseError {}

type Parsed<T> = Result<T, ParseError>;

impl FromStr for Program {
    type Err = ParseError;

    fn from_str(text: &str) -> Parsed<Program> {
        let mut parser = Parser::new(text);
        let program = parser.program()?;
        parser.end().map(|()| program)
    }
}

impl FromStr for Nest {
    type Err = ParseError;

    fn from_str(text: &str) -> Parsed<Nest> {
        let mut parser = Parser::new(text);
        parser.word("nest")?;
        let (nest, _) = parser.nest(false)?;
        parser.end().map(|()| nest)
    }
}

/// Loops and branches nest this deep at most, so that no text exhausts the stack.
const DEPTH: usize = 100;

/// A word or a punctuation character, and its place.
#[derive(Clone, Copy)]
struct Token<'a> {
    text: &'a str,
    line: usize,
    column: usize,
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '+' | '-');
    let mut tokens = Vec::new();
    let mut last = (1, 1);
    for (number, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        let mut chars = code.char_indices().enumerate().peekable();
        while let Some((column, (start, c))) = chars.next() {
            if c.is_whitespace() {
                continue;
            }
            let mut end = start + c.len_utf8();
            while is_word(c)
                && let Some((_, (next, c))) = chars.next_if(|&(_, (_, c))| is_word(c))
            {
                end = next + c.len_utf8();
            }
            tokens.push(Token { text: &code[start..end], line: number + 1, column: column + 1 });
        }
        last = (number + 1, code.chars().count() + 1);
    }
    tokens.push(Token { text: "", line: last.0, column: last.1 });
    tokens
}

struct Parser<'a> {
    tokens: Vec<Token<'a>>,
    next: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Parser<'a> {
        Parser { tokens: tokens(text), next: 0, depth: 0 }
    }

    /// The next token; the empty one at the end is there forever.
    fn peek(&self) -> &'a str {
        self.tokens[self.next].text
    }

    fn take(&mut self) -> &'a str {
        let text = self.peek();
        self.next = (self.next + 1).min(self.tokens.len() - 1);
        text
    }

    /// An error at the next token.
    fn fail<T>(&self, message: impl Into<String>) -> Parsed<T> {
        let Token { line, column, .. } = self.tokens[self.next];
        Err(ParseError { line, column, message: message.into() })
    }

    fn expected<T>(&self, what: &str) -> Parsed<T> {
        match self.peek() {
            "" => self.fail(format!("expected {what}, not the end")),
            found => self.fail(format!("expected {what}, not `{found}`")),
        }
    }

    fn end(&self) -> Parsed<()> {
        if self.peek().is_empty() { Ok(()) } else { self.expected("the end") }
    }

    /// Whether the next token is this one, which is then taken.
    fn eat(&mut self, text: &str) -> bool {
        let found = self.peek() == text;
        if found {
            self.take();
        }
        found
    }

    fn word(&mut self, text: &str) -> Parsed<()> {
        if self.eat(text) { Ok(()) } else { self.expected(&format!("`{text}`")) }
    }

    /// A word that `read` understands.
    fn read<T>(&mut self, what: &str, read: impl FnOnce(&str) -> Option<T>) -> Parsed<T> {
        match read(self.peek()) {
            Some(value) => {
                self.take();
                Ok(value)
            }
            None => self.expected(what),
        }
    }

    fn number<T: FromStr>(&mut self) -> Parsed<T> {
        self.read("a number", |word| word.parse().ok())
    }

    fn id(&mut self) -> Parsed<Id> {
        self.read("a value like `v0`", |word| word.strip_prefix('v')?.parse().ok().map(Id))
    }

    fn buf(&mut self) -> Parsed<Buf> {
        self.read("a buffer like `b0`", |word| word.strip_prefix('b')?.parse().ok().map(Buf))
    }

    fn dtype(&mut self) -> Parsed<DType> {
        let dtypes = || DType::ALL.into_iter().chain([DType::Stack]);
        self.read("a dtype", |word| dtypes().find(|dtype| dtype.short_name() == word))
    }

    fn binary(&mut self) -> Parsed<Binary> {
        self.read("a binary operation", |word| BINARY.iter().copied().find(|&op| binary_name(op) == word))
    }

    /// Items with commas between them up to a closing token, which is taken.
    fn until<T>(&mut self, close: &str, mut item: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        let mut items = Vec::new();
        while !self.eat(close) {
            if !items.is_empty() {
                self.word(",")?;
            }
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// Items with commas between them, or `()`.
    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        if self.eat("(") {
            return self.word(")").map(|()| Vec::new());
        }
        let mut items = vec![item(self)?];
        while self.eat(",") {
            items.push(item(self)?);
        }
        Ok(items)
    }

    fn extents(&mut self) -> Parsed<Shape> {
        self.word("[")?;
        Ok(self.until("]", Self::number)?.into())
    }

    fn ty(&mut self) -> Parsed<Ty> {
        Ok(Ty { dtype: self.dtype()?, shape: self.extents()? })
    }

    fn scalar(&mut self, dtype: DType) -> Parsed<Scalar> {
        let what = format!("a constant of dtype {}", dtype.short_name());
        match dtype.kind() {
            Kind::Complex => {
                self.word("(")?;
                let re = self.scalar(dtype.component())?;
                self.word(",")?;
                let im = self.scalar(dtype.component())?;
                self.word(")")?;
                Ok(Scalar::from_bits(dtype, re.bits() | im.bits() << dtype.component().bits()))
            }
            Kind::Float => self.read(&what, |word| match word.strip_prefix("0x") {
                Some(digits) => {
                    let bits = u128::from_str_radix(digits, 16).ok()?;
                    Some(Scalar::from_bits(dtype, bits)).filter(|value| value.bits() == bits)
                }
                // The 16-bit floats print as the `f32` that they are, so this rounds nothing.
                None if dtype == DType::F64 => word.parse().ok().map(|value| Scalar::from_f64(dtype, value)),
                None => word
                    .parse::<f32>()
                    .ok()
                    .map(|value| super::interp::scalar::convert(dtype, Scalar::from_f64(DType::F32, value as f64))),
            }),
            // A stack that is written down has no records.
            Kind::Opaque => self.read(&what, |word| (word == "0").then(|| Scalar::zero(dtype))),
            _ => self.read(&what, |word| {
                let value: i128 = word.parse().ok()?;
                let limit = super::interval::Interval::of(dtype)?;
                (limit.low <= value && value <= limit.high).then(|| Scalar::from_i128(dtype, value))
            }),
        }
    }

    fn body(&mut self) -> Parsed<Body> {
        let mut body = Body::new();
        while self.peek().strip_prefix('v').is_some_and(|digits| digits.parse::<u32>().is_ok()) {
            let position = self.next;
            let id = self.id()?;
            self.word(":")?;
            let dtype = self.dtype()?;
            self.word("=")?;
            let op = self.op(dtype)?;
            let expected = Id(body.nodes().len() as u32);
            let pushed = body.push(dtype, op);
            if id != expected || pushed != expected {
                self.next = position;
                let why = if id == expected { format!("equals {pushed}") } else { format!("should be {expected}") };
                return self.fail(format!("{id} {why}"));
            }
        }
        Ok(body)
    }

    fn op(&mut self, dtype: DType) -> Parsed<Op> {
        let name = self.peek();
        if let Some(&op) = UNARY.iter().find(|&&op| unary_name(op) == name) {
            self.take();
            return Ok(Op::Unary(op, self.id()?));
        }
        if let Some(&op) = BINARY.iter().find(|&&op| binary_name(op) == name) {
            self.take();
            let [a, b] = self.ids()?;
            return Ok(Op::Binary(op, a, b));
        }
        if !["const", "axis", "arg", "load", "table", "mul_add", "select", "rare", "convert", "bitcast"].contains(&name)
        {
            return self.expected("an operation");
        }
        self.take();
        Ok(match name {
            "const" => Op::Const(self.scalar(dtype)?),
            "axis" => Op::Axis(self.number()?),
            "arg" => Op::Arg(self.number()?),
            "load" => {
                let input = self.number()?;
                self.word("[")?;
                Op::Load { input, index: self.until("]", Self::id)?.into() }
            }
            "table" => {
                self.word("[")?;
                let table = self.until("]", |parser| parser.scalar(dtype))?;
                Op::Table { table: table.into(), index: self.id()? }
            }
            "mul_add" => self.ids().map(|[a, b, c]| Op::MulAdd(a, b, c))?,
            "select" => self.ids().map(|[a, b, c]| Op::Select(a, b, c))?,
            "rare" => self.ids().map(|[pred, rare, common]| Op::Rare { pred, rare, common })?,
            "convert" => Op::Convert(self.id()?),
            _ => Op::Bitcast(self.id()?),
        })
    }

    /// Exactly so many values with commas between them.
    fn ids<const N: usize>(&mut self) -> Parsed<[Id; N]> {
        let mut ids = [Id(0); N];
        for (position, id) in ids.iter_mut().enumerate() {
            if position > 0 {
                self.word(",")?;
            }
            *id = self.id()?;
        }
        Ok(ids)
    }

    /// A nest after its first word; its inputs are named where it is a step.
    fn nest(&mut self, named: bool) -> Parsed<(Nest, Vec<Buf>)> {
        let extents = self.extents()?;
        self.word("(")?;
        let mut ins = Vec::new();
        let inputs = self.until(")", |parser| {
            if named {
                ins.push(parser.buf()?);
                parser.word(":")?;
            }
            parser.ty()
        })?;
        self.word("{")?;
        let body = self.body()?;
        let sink = self.sink()?;
        self.word("}")?;
        Ok((Nest { extents, inputs, body, sink }, ins))
    }

    fn sink(&mut self) -> Parsed<Sink> {
        if self.eat("map") {
            return Ok(Sink::Map(self.list(Self::id)?));
        }
        if self.eat("reduce") {
            self.word("axes")?;
            let axes = self.number()?;
            let mut reductions = Vec::new();
            while self.eat("combine") {
                reductions.push(self.reduction()?);
            }
            return Ok(Sink::Reduce { axes, reductions });
        }
        if !self.eat("scatter") {
            return self.expected("a value, `map`, `reduce` or `scatter`");
        }
        let base = self.number()?;
        self.word("[")?;
        let index = self.until("]", Self::id)?;
        self.word("keep")?;
        let keep = self.id()?;
        self.word("value")?;
        let value = self.id()?;
        let combine = if self.eat("by") { Some(self.binary()?) } else { None };
        Ok(Sink::Scatter { base, index, keep, value, combine })
    }

    fn reduction(&mut self) -> Parsed<Reduction> {
        let values = self.list(Self::id)?;
        self.word("from")?;
        let init = self.list(|parser| {
            let dtype = parser.dtype()?;
            parser.scalar(dtype)
        })?;
        self.word("by")?;
        let combine = if self.eat("{") {
            let body = self.body()?;
            self.word("yield")?;
            let results = self.list(Self::id)?;
            self.word("}")?;
            Combine::Body { body, results }
        } else {
            Combine::Op(self.binary()?)
        };
        Ok(Reduction { values, init, combine })
    }

    fn program(&mut self) -> Parsed<Program> {
        self.word("program")?;
        self.word("{")?;
        let mut bufs = Vec::new();
        while self.peek() != "in" {
            let expected = Buf(bufs.len() as u32);
            self.read(&format!("`{expected}` or `in`"), |word| (word == expected.to_string()).then_some(()))?;
            self.word(":")?;
            bufs.push(self.ty()?);
        }
        self.word("in")?;
        let inputs = self.list(Self::buf)?;
        self.word("out")?;
        let outputs = self.list(Self::buf)?;
        let body = self.steps("}")?;
        self.word("}")?;
        Ok(Program { bufs, inputs, outputs, body })
    }

    /// Steps up to a token, which is not taken.
    fn steps(&mut self, stop: &str) -> Parsed<Block> {
        if self.depth == DEPTH {
            return self.fail("blocks are nested too deeply");
        }
        self.depth += 1;
        let mut steps = Vec::new();
        while self.peek() != stop {
            steps.push(self.step()?);
        }
        self.depth -= 1;
        Ok(Block { steps })
    }

    /// Steps in braces.
    fn block(&mut self) -> Parsed<Block> {
        self.word("{")?;
        let block = self.steps("}")?;
        self.word("}")?;
        Ok(block)
    }

    fn step(&mut self) -> Parsed<Step> {
        if self.eat("loop") {
            return self.turns().map(Step::Loop);
        }
        if self.eat("call") {
            let host = self.read("a name", |name| Some(unread(name)))?;
            self.word("if")?;
            return Ok(Step::Call(Call { host, when: self.buf()?, ins: self.list(Self::buf)?, span: None }));
        }
        let outs = self.list(Self::buf)?;
        self.word("=")?;
        if self.eat("nest") {
            let (nest, ins) = self.nest(true)?;
            return Ok(Step::Nest { nest, ins, outs, span: None });
        }
        if let &[to] = &outs[..]
            && self.eat("reshape")
        {
            return Ok(Step::Reshape { from: self.buf()?, to });
        }
        if self.eat("cond") {
            let index = self.buf()?;
            self.word("{")?;
            let mut branches = Vec::new();
            while self.eat("branch") {
                self.word("{")?;
                let body = self.steps("yield")?;
                self.word("yield")?;
                branches.push(Branch { body, results: self.list(Self::buf)? });
                self.word("}")?;
            }
            self.word("}")?;
            return Ok(Step::Cond { index, branches, outs });
        }
        if self.eat("sort") {
            let ins = self.list(Self::buf)?;
            self.word("axis")?;
            let axis = self.number()?;
            self.word("keys")?;
            return Ok(Step::Sort(Sort { ins, outs, axis, keys: self.number()? }));
        }
        self.expected("`nest`, `reshape`, `cond`, `sort` or `call`")
    }

    /// A loop after its first word.
    fn turns(&mut self) -> Parsed<Loop> {
        let counted = if self.eat("while") {
            None
        } else if self.eat("stacked") {
            Some(LoopKind::Stacked { reverse: self.eat("reverse") })
        } else {
            let extent = self.number()?;
            let reverse = self.eat("reverse");
            let counter = if self.eat("counter") { Some(self.buf()?) } else { None };
            Some(LoopKind::Counted { extent, reverse, counter })
        };
        self.word("{")?;
        let (mut carry, mut xs, mut ys) = (Vec::new(), Vec::new(), Vec::new());
        while self.eat("carry") {
            let init = self.buf()?;
            self.word("as")?;
            let current = self.buf()?;
            self.word("next")?;
            let next = self.buf()?;
            self.word("last")?;
            carry.push(Carry { init, current, next, last: self.buf()? });
        }
        while self.eat("slice") {
            xs.push(self.renamed()?);
        }
        while self.eat("stack") {
            ys.push(self.renamed()?);
        }
        let kind = match counted {
            Some(kind) => kind,
            None => {
                self.word("if")?;
                let pred = self.buf()?;
                LoopKind::While { cond: self.block()?, pred }
            }
        };
        self.word("do")?;
        let body = self.block()?;
        self.word("}")?;
        Ok(Loop { kind, carry, xs, ys, body })
    }

    fn renamed(&mut self) -> Parsed<(Buf, Buf)> {
        let from = self.buf()?;
        self.word("as")?;
        Ok((from, self.buf()?))
    }
}

/// The function of a call that was read from text, where functions are not: fails when it is called.
fn unread(name: &str) -> HostFn {
    let message = format!("the function of `call {name}` is code, which a program's text does not have");
    HostFn::new(name, move |_| Err(Error::new(ErrorKind::Runtime, "callback", message.clone())))
}
