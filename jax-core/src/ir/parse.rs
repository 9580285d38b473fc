//! Jaxprs from the text that [`print`](super::print) gives, where the grammar is shown.
//!
//! Text does not show whether a type is weak, so what it does not mark with a `*` is taken to be strong: arguments,
//! constants and literals. The types of results follow from their equations, weakness included, and must be those
//! that the text says. Marks are for text that a person writes, and for [`Text::weak`](super::print::Text::weak).
//!
//! A custom derivative is code, not text: a function that had one comes back without its rule, and fails when it is
//! differentiated. `//` begins a comment.

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::Arc;

use smallvec::SmallVec;

use super::aval::Aval;
use super::jaxpr::{Atom, ClosedJaxpr, Eqn, Jaxpr, Literal, Var};
use super::param::Param;
use super::read::{ReadError, Reading, reader};
use crate::base::{DType, Kind, Scalar, Shape, Span};
pub use crate::kernel::parse::ParseError;

type Parsed<T> = Result<T, ParseError>;

/// Programs and parameters nest this deep at most, so that no text exhausts the stack.
const DEPTH: usize = 64;

impl FromStr for Jaxpr {
    type Err = ParseError;

    #[track_caller]
    fn from_str(text: &str) -> Parsed<Jaxpr> {
        let mut parser = Parser { text, at: 0, depth: 0, span: Span::caller(), shared: HashMap::new() };
        while parser.keyword("let") {
            parser.shared_program()?;
        }
        let jaxpr = parser.program()?;
        parser.blank();
        if parser.at < text.len() { parser.expected("the end of the text") } else { Ok(jaxpr) }
    }
}

/// A program that stands in front: where its text begins, and what it is once it has been read.
#[derive(Clone)]
enum Shared {
    Unread(usize),
    Reading,
    Read(Arc<Jaxpr>),
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    span: Span,
    shared: HashMap<&'a str, Shared>,
}

/// The variables of one program by name.
type Scope<'a> = HashMap<&'a str, Var>;

impl<'a> Parser<'a> {
    fn error<T>(&self, at: usize, message: impl Into<String>) -> Parsed<T> {
        let before = &self.text[..at];
        let line = before.rfind('\n').map_or(0, |newline| newline + 1);
        let (number, column) = (before.matches('\n').count() + 1, before[line..].chars().count() + 1);
        Err(ParseError { line: number, column, message: message.into() })
    }

    fn expected<T>(&self, what: &str) -> Parsed<T> {
        let found = match self.word_here() {
            "" => match self.rest().chars().next() {
                Some(c) => format!("`{c}`"),
                None => "the end of the text".to_string(),
            },
            word => format!("`{word}`"),
        };
        self.error(self.at, format!("expected {what}, not {found}"))
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Skips blanks and comments.
    fn blank(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if !trimmed.starts_with("//") {
                return;
            }
            self.at += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    fn skip(&mut self, mark: &str) -> bool {
        self.blank();
        let found = self.rest().starts_with(mark);
        if found {
            self.at += mark.len();
        }
        found
    }

    fn mark(&mut self, mark: &str) -> Parsed<()> {
        if self.skip(mark) { Ok(()) } else { self.expected(&format!("`{mark}`")) }
    }

    /// The letters, digits and underscores here.
    fn word_here(&self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        &rest[..end]
    }

    fn word(&mut self, what: &str) -> Parsed<&'a str> {
        self.blank();
        let word = self.word_here();
        if word.is_empty() {
            return self.expected(what);
        }
        self.at += word.len();
        Ok(word)
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        self.blank();
        let found = self.word_here() == keyword;
        if found {
            self.at += keyword.len();
        }
        found
    }

    /// What `f` gives, one level deeper.
    fn deeper<T>(&mut self, f: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == DEPTH {
            return self.error(self.at, "programs are nested too deeply");
        }
        self.depth += 1;
        let result = f(self);
        self.depth -= 1;
        result
    }

    /// `NAME = JAXPR in`: kept for when it is used, since programs in front may use later ones.
    fn shared_program(&mut self) -> Parsed<()> {
        let name = self.word("a name")?;
        self.mark("=")?;
        self.blank();
        self.shared.insert(name, Shared::Unread(self.at));
        let start = self.at;
        let mut open = 0usize;
        for (offset, c) in self.text[start..].char_indices() {
            match c {
                '{' => open += 1,
                '}' if open == 1 => {
                    self.at = start + offset + 1;
                    return if self.keyword("in") { Ok(()) } else { self.expected("`in`") };
                }
                '}' => open = open.saturating_sub(1),
                _ if open == 0 => return self.expected("`{`"),
                _ => {}
            }
        }
        self.error(start, "a program that does not end")
    }

    /// The program in front that has this name.
    fn use_shared(&mut self, name: &'a str, at: usize) -> Parsed<Arc<Jaxpr>> {
        match self.shared.get(name).cloned() {
            Some(Shared::Read(jaxpr)) => Ok(jaxpr),
            Some(Shared::Reading) => self.error(at, format!("`{name}` contains itself")),
            Some(Shared::Unread(start)) => {
                self.shared.insert(name, Shared::Reading);
                let back = std::mem::replace(&mut self.at, start);
                let jaxpr = Arc::new(self.deeper(Self::program)?);
                self.at = back;
                self.shared.insert(name, Shared::Read(jaxpr.clone()));
                Ok(jaxpr)
            }
            None => self.error(at, format!("there is no program `{name}` in front")),
        }
    }

    fn program(&mut self) -> Parsed<Jaxpr> {
        let (mut jaxpr, mut scope) = (Jaxpr::default(), Scope::new());
        self.mark("{")?;
        if !self.keyword("lambda") {
            return self.expected("`lambda`");
        }
        while !self.skip(";") {
            let var = self.binder(&mut jaxpr, &mut scope)?;
            jaxpr.consts.push(var);
        }
        while !self.skip(".") {
            let var = self.binder(&mut jaxpr, &mut scope)?;
            jaxpr.invars.push(var);
        }
        if !self.keyword("let") {
            return self.expected("`let`");
        }
        while !self.at_results() {
            let eqn = self.equation(&mut jaxpr, &mut scope)?;
            jaxpr.eqns.push(eqn);
            self.skip(";");
        }
        self.mark("in")?;
        self.mark("(")?;
        while !self.skip(")") {
            let atom = self.atom(&scope)?;
            jaxpr.outs.push(atom);
            if !self.skip(",") {
                self.mark(")")?;
                break;
            }
        }
        self.mark("}")?;
        Ok(jaxpr)
    }

    /// Whether `in (` stands here: `in` alone may be a variable.
    fn at_results(&mut self) -> bool {
        self.blank();
        self.word_here() == "in" && self.rest()[2..].trim_start().starts_with('(')
    }

    fn aval(&mut self) -> Parsed<Aval> {
        self.blank();
        let at = self.at;
        let name = self.word("a dtype")?;
        let record = if name == "stack" {
            self.mark("<")?;
            let record = self.aval()?;
            self.mark(">")?;
            Some(record)
        } else {
            None
        };
        let name = record.as_ref().map_or(name, |record| record.dtype.short_name());
        let Some(dtype) = DType::ALL.into_iter().find(|dtype| dtype.short_name() == name) else {
            return self.error(at, format!("expected a dtype, not `{name}`"));
        };
        self.mark("[")?;
        let mut shape = Shape::new();
        while !self.skip("]") {
            self.blank();
            let at = self.at;
            match self.word("an extent")?.parse() {
                Ok(extent) => shape.push(extent),
                Err(_) => return self.error(at, "expected an extent"),
            }
            self.skip(",");
        }
        if shape.iter().try_fold(1usize, |size, &extent| size.checked_mul(extent)).is_none() {
            return self.error(at, "this array is too large");
        }
        let weak = self.rest().starts_with('*');
        self.at += usize::from(weak);
        Ok(Aval { dtype, weak, shape, record: record.map(Arc::new) })
    }

    fn binder(&mut self, jaxpr: &mut Jaxpr, scope: &mut Scope<'a>) -> Parsed<Var> {
        self.blank();
        let at = self.at;
        let name = self.word("a variable and its type")?;
        self.mark(":")?;
        let aval = self.aval()?;
        let var = jaxpr.fresh(aval);
        if name != "_" && scope.insert(name, var).is_some() {
            return self.error(at, format!("`{name}` is defined twice"));
        }
        Ok(var)
    }

    fn atom(&mut self, scope: &Scope<'a>) -> Parsed<Atom> {
        self.blank();
        let at = self.at;
        let word = self.word_here();
        let after = self.rest()[word.len()..].trim_start();
        let is_name = word.starts_with(|c: char| c.is_alphabetic()) && !after.starts_with(':');
        if is_name {
            self.at += word.len();
            return match scope.get(word) {
                Some(var) => Ok(Atom::Var(*var)),
                None => self.error(at, format!("`{word}` is not defined here")),
            };
        }
        let Some(end) = self.rest().find(|c: char| c == ':' || c.is_whitespace()).filter(|&end| end > 0) else {
            return self.expected("an operand");
        };
        let text = &self.rest()[..end];
        self.at += end;
        self.mark(":")?;
        let aval = self.aval()?;
        if aval.ndim() > 0 {
            return self.error(at, "a literal must be a scalar");
        }
        match number(text, aval.dtype) {
            Some(value) => Ok(Atom::Lit(Literal { value, weak: aval.weak })),
            None => self.error(at, format!("`{text}` is no value of {}", aval.dtype)),
        }
    }

    /// Whether the next equation begins here: `NAME:TYPE … =`. It does so after `;` or on a line of its own.
    fn at_equation(&mut self, after: usize) -> bool {
        self.blank();
        let between = &self.text[after..self.at];
        self.rest().starts_with(';') || (between.contains('\n') && self.ahead_is_equation())
    }

    fn ahead_is_equation(&self) -> bool {
        // A literal that wrapped to a new line has no `=` before the line ends.
        let line = self.rest().lines().next().unwrap_or_default();
        let word = self.word_here();
        let binder = word.starts_with(|c: char| c.is_alphabetic() || c == '_') && line[word.len()..].starts_with(':');
        binder && (!matches!(word, "inf" | "nan" | "True" | "False") || line.contains('='))
    }

    fn equation(&mut self, jaxpr: &mut Jaxpr, scope: &mut Scope<'a>) -> Parsed<Eqn> {
        self.blank();
        let start = self.at;
        // Its results are in scope only behind it.
        let mut inner = Scope::new();
        let mut outputs: SmallVec<[Var; 2]> = SmallVec::new();
        loop {
            self.blank();
            let at = self.at;
            if self.skip("=") {
                break;
            }
            let word = self.word_here();
            if scope.contains_key(word) {
                return self.error(at, format!("`{word}` is defined twice"));
            }
            outputs.push(self.binder(jaxpr, &mut inner)?);
        }
        self.blank();
        let at = self.at;
        let name = self.primitive()?;
        let Some(reader) = reader(name) else {
            return self.error(at, format!("there is no primitive `{name}`"));
        };
        let params = if self.rest().starts_with('[') { self.deeper(Self::params)? } else { Vec::new() };
        let mut inputs: SmallVec<[Atom; 4]> = SmallVec::new();
        while !self.at_equation(self.at) && !self.at_results() {
            inputs.push(self.atom(scope)?);
        }
        let ins: Vec<Aval> = inputs.iter().map(|atom| jaxpr.atom_aval(atom)).collect();
        let outs: Vec<Aval> = outputs.iter().map(|&var| jaxpr.aval(var).clone()).collect();
        if !reader.arity.contains(&ins.len()) {
            return self.error(at, format!("`{name}` does not take {} operands", ins.len()));
        }
        let prim = match (reader.read)(&Reading { params: &params, ins: &ins, outs: &outs }) {
            Ok(prim) => prim,
            Err(ReadError(why)) => return self.error(at, format!("{name}: {why}")),
        };
        let given = match prim.type_rule(&ins) {
            Ok(given) => given,
            Err(error) => return self.error(at, error.message),
        };
        let same = |(a, b): (&Aval, &Aval)| a.dtype == b.dtype && a.shape == b.shape;
        if given.len() != outs.len() || !given.iter().zip(&outs).all(same) {
            let list = |avals: &[Aval]| avals.iter().map(Aval::to_string).collect::<Vec<_>>().join(" ");
            return self.error(start, format!("`{name}` gives ({}), not ({})", list(&given), list(&outs)));
        }
        for (&var, aval) in outputs.iter().zip(given) {
            jaxpr.avals[var.0 as usize] = aval;
        }
        scope.extend(inner);
        Ok(Eqn { prim, inputs, outputs, span: self.span })
    }

    /// The name of a primitive, which may have a `-` in it.
    fn primitive(&mut self) -> Parsed<&'a str> {
        let start = self.at;
        self.word("a primitive")?;
        while self.rest().starts_with('-') {
            self.at += 1;
            self.word("a primitive")?;
        }
        Ok(&self.text[start..self.at])
    }

    fn params(&mut self) -> Parsed<Vec<(String, Param)>> {
        self.mark("[")?;
        let mut params = Vec::new();
        while !self.skip("]") {
            let name = self.word("a parameter")?.to_string();
            self.mark("=")?;
            let param = self.deeper(Self::param)?;
            params.push((name, param));
        }
        Ok(params)
    }

    fn param(&mut self) -> Parsed<Param> {
        self.blank();
        let at = self.at;
        if self.rest().starts_with('{') {
            let jaxpr = self.deeper(Self::program)?;
            return self.inner(Arc::new(jaxpr), at);
        }
        if self.skip("(") {
            return Ok(Param::Tuple(self.items(")")?));
        }
        if self.skip("[") {
            return Ok(Param::List(self.items("]")?));
        }
        let ends = |c: char| c.is_whitespace() || matches!(c, ',' | ']' | ')' | '(' | '[' | '{' | '}' | '=');
        let end = self.rest().find(ends).unwrap_or(self.rest().len());
        let word = &self.rest()[..end];
        if word.is_empty() {
            return self.expected("a value");
        }
        self.at += end;
        if self.rest().starts_with('(') {
            self.at += 1;
            return self.fields(word);
        }
        Ok(match word {
            "None" => Param::None,
            "True" => Param::Bool(true),
            "False" => Param::Bool(false),
            word if self.shared.contains_key(word) => {
                let jaxpr = self.use_shared(word, at)?;
                return self.inner(jaxpr, at);
            }
            word => match (word.parse(), DType::ALL.into_iter().find(|dtype| dtype.name() == word)) {
                (Ok(value), _) => Param::Int(value),
                (_, Some(dtype)) => Param::DType(dtype),
                _ => match number(word, DType::F64) {
                    Some(value) => Param::Scalar(value),
                    None => Param::Word(word.to_string()),
                },
            },
        })
    }

    fn inner(&self, jaxpr: Arc<Jaxpr>, at: usize) -> Parsed<Param> {
        if !jaxpr.consts.is_empty() {
            return self.error(at, "an inner program must not close over anything");
        }
        Ok(Param::Jaxpr(Arc::new(ClosedJaxpr { jaxpr, consts: Vec::new() })))
    }

    /// The rest of a tuple or list: items with commas between, or programs without.
    fn items(&mut self, close: &str) -> Parsed<Vec<Param>> {
        let mut items = Vec::new();
        while !self.skip(close) {
            items.push(self.deeper(Self::param)?);
            self.skip(",");
        }
        Ok(items)
    }

    fn fields(&mut self, name: &str) -> Parsed<Param> {
        let mut fields = Vec::new();
        while !self.skip(")") {
            let field = self.word("a field")?.to_string();
            self.mark("=")?;
            fields.push((field.into(), self.deeper(Self::param)?));
            self.skip(",");
        }
        Ok(Param::Record(name.to_string().into(), fields))
    }
}

/// The value of this dtype that prints so.
fn number(text: &str, dtype: DType) -> Option<Scalar> {
    match dtype.kind() {
        Kind::Bool => match text {
            "True" => Some(Scalar::bool(true)),
            "False" => Some(Scalar::bool(false)),
            _ => None,
        },
        Kind::Signed | Kind::Unsigned => {
            let value: i128 = text.parse().ok()?;
            let scalar = Scalar::from_i128(dtype, value);
            (scalar.as_i128() == value).then_some(scalar)
        }
        Kind::Opaque => None,
        Kind::Float => float(text).map(|value| Scalar::from_f64(dtype, value)),
        Kind::Complex => complex(text).map(|(re, im)| Scalar::from_complex(dtype, num_complex::Complex::new(re, im))),
    }
}

/// A float as Python writes it. (Rust reads more: `infinity`, `+1`.)
fn float(text: &str) -> Option<f64> {
    let magnitude = text.strip_prefix('-').unwrap_or(text);
    let plain = magnitude.starts_with(|c: char| c.is_ascii_digit());
    if plain || matches!(magnitude, "inf" | "nan") { text.parse().ok() } else { None }
}

/// `2j`, `(1+2j)`, `(1-2j)`.
fn complex(text: &str) -> Option<(f64, f64)> {
    let Some(inner) = text.strip_prefix('(') else {
        return Some((0.0, float(text.strip_suffix('j')?)?));
    };
    let inner = inner.strip_suffix("j)")?;
    // The sign between the parts is the last one that belongs to no exponent.
    let between = |&(at, c): &(usize, char)| at > 0 && matches!(c, '+' | '-') && !inner[..at].ends_with('e');
    let (at, sign) = inner.char_indices().rev().find(between)?;
    let im = if sign == '+' { &inner[at + 1..] } else { &inner[at..] };
    Some((float(&inner[..at])?, float(im)?))
}
