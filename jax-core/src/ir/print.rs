//! Jaxprs as JAX prints them.
//!
//! `{}` is JAX's `str(jaxpr)`: lines of 80 columns where possible, and inner programs that have more than 10
//! equations or occur more than once in front, as `let jaxpr = … in`. `{:#}` gives each equation of the program a
//! line of its own, with inner programs in place. [`Text`] has both, and can mark weak types, which JAX never
//! shows: `a:f32[]*`. [`parse`](super::parse) reads all of these.
//!
//! ```text
//! PROGRAM := { "let" NAME "=" JAXPR "in" } JAXPR
//! JAXPR   := "{" "lambda" { BINDER } ";" { BINDER } "." "let" { EQN } "in" "(" { ATOM "," } ")" "}"
//! EQN     := { BINDER } "=" PRIMITIVE [ "[" { NAME "=" PARAM } "]" ] { ATOM }      on a line, or after ";"
//! BINDER  := NAME ":" DTYPE "[" EXTENTS "]" [ "*" ]
//! ATOM    := NAME | NUMBER ":" DTYPE "[]" [ "*" ]
//! ```
//!
//! Variables are `a` … `z`, `ba`, `bb` … in the order in which they occur, and never twice in one text; one that
//! nobody reads is `_` in the outermost program.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;
use std::sync::Arc;

use super::aval::Aval;
use super::jaxpr::{Atom, ClosedJaxpr, Eqn, Jaxpr, Var};
use super::layout::Doc;
use super::param::Param;
use crate::base::print::literal;

/// The columns of a line in JAX's layout.
const WIDTH: usize = 80;

/// An inner program of more equations than this stands in front of the outermost one.
const LARGE: usize = 10;

/// A jaxpr to be shown as text: JAX's layout unless [`flat`](Text::flat) says otherwise.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    jaxpr: &'a Jaxpr,
    flat: bool,
    weak: bool,
}

impl Jaxpr {
    /// The jaxpr as text, to be shown with `{}`.
    pub fn text(&self) -> Text<'_> {
        Text { jaxpr: self, flat: false, weak: false }
    }
}

impl Text<'_> {
    /// One equation a line, with inner programs in place.
    pub fn flat(self) -> Self {
        Text { flat: true, ..self }
    }

    /// Weak types are marked with a `*`.
    pub fn weak(self) -> Self {
        Text { weak: true, ..self }
    }
}

impl fmt::Display for Jaxpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Text { flat: f.alternate(), ..self.text() }, f)
    }
}

impl fmt::Display for ClosedJaxpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&*self.jaxpr, f)
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut printer =
            Printer { names: HashMap::new(), next: 0, shared: HashMap::new(), weak: self.weak, alive: Vec::new() };
        printer.name_unread(self.jaxpr);
        if self.flat {
            return f.write_str(&printer.one_equation_a_line(self.jaxpr));
        }
        let shared = shared(self.jaxpr);
        printer.shared = shared.iter().map(|(jaxpr, name)| (address(jaxpr), name.clone())).collect();
        let mut parts = Vec::new();
        for (jaxpr, name) in shared {
            let program = printer.program(jaxpr);
            parts.extend([Doc::text(format!("let {name} = ")), program, Doc::text(" in"), Doc::Break(" ")]);
        }
        parts.push(printer.program(self.jaxpr));
        f.write_str(&Doc::Concat(parts).layout(WIDTH))
    }
}

/// The name of the variable with this number: `a` … `z`, `ba`, `bb` …: the number in base 26.
fn letters(mut number: usize) -> String {
    let mut name = Vec::new();
    while name.is_empty() || number > 0 {
        name.push(b'a' + (number % 26) as u8);
        number /= 26;
    }
    name.iter().rev().map(|&letter| letter as char).collect()
}

/// What tells one program from another that reads the same.
fn address(jaxpr: &Jaxpr) -> usize {
    std::ptr::from_ref(jaxpr) as usize
}

/// The programs in a parameter, those of tuples included.
fn programs(param: &Param) -> Vec<&Arc<ClosedJaxpr>> {
    match param {
        Param::Jaxpr(closed) => vec![closed],
        Param::Tuple(items) | Param::List(items) => items.iter().flat_map(programs).collect(),
        _ => Vec::new(),
    }
}

/// The inner programs that stand in front, in the order in which a breadth-first search meets them, and their names.
fn shared(outermost: &Jaxpr) -> Vec<(&Jaxpr, String)> {
    // Programs are kept alive by the equations that hold them, so their addresses stay theirs.
    let mut order: Vec<(&Jaxpr, usize, String)> = Vec::new();
    let mut places: HashMap<usize, usize> = HashMap::new();
    let mut queue: VecDeque<(&Jaxpr, String)> = VecDeque::from([(outermost, String::new())]);
    while let Some((jaxpr, name)) = queue.pop_front() {
        let place = *places.entry(address(jaxpr)).or_insert(order.len());
        if place == order.len() {
            order.push((jaxpr, 0, name));
        }
        let large = place > 0 && jaxpr.eqns.len() > LARGE;
        order[place].1 += 1 + usize::from(large);
        for eqn in &jaxpr.eqns {
            let name = eqn.prim.params().into_iter().find_map(|(key, param)| match param {
                Param::Word(word) if key == "name" => Some(word.trim_matches(['<', '>']).to_string()),
                _ => None,
            });
            let name = name.unwrap_or_else(|| "jaxpr".to_string());
            queue.extend(eqn.prim.subjaxprs().into_iter().map(|inner| (inner, name.clone())));
        }
    }
    let mut taken: HashMap<String, usize> = HashMap::new();
    let repeated = order.into_iter().filter(|(_, count, _)| *count > 1);
    repeated
        .map(|(jaxpr, _, name)| {
            let count = taken.entry(name.clone()).or_insert(0);
            *count += 1;
            let unique = if *count > 1 { format!("{name}{}", *count - 1) } else { name };
            (jaxpr, unique)
        })
        .collect()
}

struct Printer {
    /// The names of variables, by the address of the program they belong to.
    names: HashMap<(usize, Var), String>,
    next: usize,
    /// The names of programs that stand in front.
    shared: HashMap<usize, String>,
    weak: bool,
    /// The parameters printed so far: while they live, no other program has the address of one of theirs.
    alive: Vec<Param>,
}

impl Printer {
    /// Variables of the outermost program that nobody reads are `_`.
    fn name_unread(&mut self, jaxpr: &Jaxpr) {
        let atoms = jaxpr.eqns.iter().flat_map(|eqn| &eqn.inputs).chain(&jaxpr.outs);
        let read: HashSet<&Var> =
            atoms.filter_map(|atom| if let Atom::Var(var) = atom { Some(var) } else { None }).collect();
        let unread = jaxpr.eqns.iter().flat_map(|eqn| &eqn.outputs).filter(|var| !read.contains(var));
        self.names.extend(unread.map(|&var| ((address(jaxpr), var), "_".to_string())));
    }

    fn var(&mut self, jaxpr: &Jaxpr, var: Var) -> String {
        if let Some(name) = self.names.get(&(address(jaxpr), var)) {
            return name.clone();
        }
        let name = loop {
            self.next += 1;
            let name = letters(self.next - 1);
            if !self.shared.values().any(|taken| *taken == name) {
                break name;
            }
        };
        self.names.insert((address(jaxpr), var), name.clone());
        name
    }

    fn aval(&self, aval: &Aval) -> String {
        format!("{aval}{}", if self.weak && aval.weak { "*" } else { "" })
    }

    fn binders(&mut self, jaxpr: &Jaxpr, vars: &[Var]) -> Doc {
        let binder = |&var: &Var| Doc::text(format!("{}:{}", self.var(jaxpr, var), self.aval(jaxpr.aval(var))));
        list("", vars.iter().map(binder).collect::<Vec<_>>())
    }

    fn atoms(&mut self, jaxpr: &Jaxpr, atoms: &[Atom], separator: &'static str) -> Doc {
        let atom = |atom: &Atom| match atom {
            Atom::Var(var) => Doc::text(self.var(jaxpr, *var)),
            Atom::Lit(lit) => Doc::text(format!("{}:{}", literal(lit.value), self.aval(&lit.aval()))),
        };
        list(separator, atoms.iter().map(atom).collect::<Vec<_>>())
    }

    fn equation(&mut self, jaxpr: &Jaxpr, eqn: &Eqn) -> Doc {
        let outputs = self.binders(jaxpr, &eqn.outputs);
        let params = self.params(eqn);
        let inputs = self.atoms(jaxpr, &eqn.inputs, "");
        let equals = if eqn.outputs.is_empty() { "" } else { " = " };
        Doc::Concat(vec![outputs, Doc::text(equals), Doc::text(eqn.prim.name()), params, Doc::text(" "), inputs])
    }

    fn params(&mut self, eqn: &Eqn) -> Doc {
        let params = eqn.prim.params();
        if params.is_empty() {
            return Doc::Concat(Vec::new());
        }
        let pairs: Vec<Doc> = params
            .into_iter()
            .map(|(name, param)| {
                let value = self.param(&param);
                self.alive.push(param);
                Doc::Concat(vec![Doc::text(format!("{name}=")), value])
            })
            .collect();
        bracketed("[", pairs, "]")
    }

    fn param(&mut self, param: &Param) -> Doc {
        match param {
            Param::Jaxpr(closed) => self.inner(&closed.jaxpr),
            Param::Tuple(items) if items.iter().all(|item| matches!(item, Param::Jaxpr(_))) => {
                let programs = programs(param).into_iter().map(|closed| self.inner(&closed.jaxpr)).collect();
                bracketed("(", programs, ")")
            }
            param => Doc::text(param.to_string()),
        }
    }

    /// An inner program: the name of one that stands in front.
    fn inner(&mut self, jaxpr: &Jaxpr) -> Doc {
        match self.shared.get(&address(jaxpr)) {
            Some(name) => Doc::text(name.clone()),
            None => self.program(jaxpr),
        }
    }

    fn program(&mut self, jaxpr: &Jaxpr) -> Doc {
        let head = self.head(jaxpr);
        let eqns: Vec<Doc> = jaxpr.eqns.iter().map(|eqn| self.equation(jaxpr, eqn)).collect();
        let eqns = Doc::nest(vec![Doc::Break(" "), Doc::join(Doc::Break("; "), eqns)]);
        let tail = self.tail(jaxpr);
        Doc::group(vec![Doc::nest(vec![head, eqns, Doc::Break(" "), tail]), Doc::text(" }")])
    }

    fn head(&mut self, jaxpr: &Jaxpr) -> Doc {
        let consts = self.binders(jaxpr, &jaxpr.consts);
        let invars = self.binders(jaxpr, &jaxpr.invars);
        Doc::Concat(vec![Doc::text("{ lambda "), consts, Doc::text("; "), invars, Doc::text(". let")])
    }

    fn tail(&mut self, jaxpr: &Jaxpr) -> Doc {
        let outs = self.atoms(jaxpr, &jaxpr.outs, ",");
        Doc::Concat(vec![Doc::text("in ("), outs, Doc::text(if jaxpr.outs.len() == 1 { ",)" } else { ")" })])
    }

    fn one_equation_a_line(&mut self, jaxpr: &Jaxpr) -> String {
        let mut text = self.head(jaxpr).flat();
        for eqn in &jaxpr.eqns {
            text += &format!("\n    {}", self.equation(jaxpr, eqn).flat());
        }
        text += &format!("\n  {} }}", self.tail(jaxpr).flat());
        text
    }
}

/// Items with a break after each but the last, where only the breaks that must become new lines.
fn list(separator: &'static str, items: Vec<Doc>) -> Doc {
    let between = Doc::Concat(vec![Doc::text(separator), Doc::group(vec![Doc::Break(" ")])]);
    Doc::nest(vec![Doc::group(vec![Doc::join(between, items)])])
}

/// Items in brackets, all on one line or each on its own.
fn bracketed(open: &'static str, items: Vec<Doc>, close: &'static str) -> Doc {
    let inner = Doc::nest(vec![Doc::text(open), Doc::Break(""), Doc::join(Doc::Break(" "), items)]);
    Doc::group(vec![inner, Doc::Break(""), Doc::text(close)])
}
