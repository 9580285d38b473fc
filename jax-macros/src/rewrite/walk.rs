//! The walk over a body in the order of evaluation: it resolves names, marks uses that may move, writes down the flow
//! for the search of last uses, and rewrites comparisons, literal operators and scalar conversions on the way.

use std::collections::BTreeSet;

use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{BinOp, Block, Expr, Lit, Pat, Type, UnOp, spanned::Spanned};

use super::closure::Captures;
use super::control::{Frame, Target, mutates};
use super::flow::{Step, Use, Var};
use super::macros::{self, Arguments};
use super::names::{gives_arrays, is_random, lends, may_be_staged, of_the_host, takes_closures, takes_receiver};
use super::scope::{Facts, Origin, Scopes, Variable};
use super::{is_compound_assignment, settle};
use crate::build::Build;
use crate::parse::Function;
use crate::types::{self, Declared};

/// What one round of walking finds and the next one uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Learned {
    /// Variables that begin as a bare number and are assigned what is computed from arrays: they have to begin as
    /// arrays.
    pub(crate) accumulators: BTreeSet<Var>,
    /// Statements, by number, in which something may be left that only the compiled function can leave.
    pub(crate) statements: BTreeSet<usize>,
    /// Loops, by number, whose turns may be left so.
    pub(crate) loops: BTreeSet<usize>,
}

/// What a walk found.
pub(crate) struct Walked {
    /// The flow.
    pub(crate) flow: Vec<Step>,
    /// For each marked use, whether it needs a duplicate whatever follows.
    pub(crate) uses: Vec<bool>,
    /// What this round found, with what was known before.
    pub(crate) found: Learned,
}

/// Walks a body whose accumulators are known as far as given.
pub(crate) fn walk(body: &mut Block, function: &Function, build: &Build, learned: &Learned) -> Walked {
    let mut walk = Walk {
        build,
        scopes: Scopes::default(),
        flow: Vec::new(),
        uses: Vec::new(),
        depth: 0,
        frames: Vec::new(),
        writes: false,
        targets: Vec::new(),
        learned,
        found: learned.clone(),
        hoisted: Vec::new(),
        loops: 0,
        statements: 0,
        labels: 0,
        captures: Vec::new(),
        numbers: BTreeSet::new(),
        accumulators: learned.accumulators.clone(),
    };
    for param in &function.params {
        let (facts, key) = param_facts(&param.ty, param.is_static);
        walk.bind(&param.pat, &facts, key);
    }
    walk.begin_body();
    let facts = walk.block(body, Position::Value);
    if walk.ends(&facts) {
        let mut whole = Expr::Block(syn::ExprBlock {
            attrs: Vec::new(),
            label: None,
            block: std::mem::replace(body, syn::parse_quote!({})),
        });
        walk.end_body(&mut whole, &facts);
        match whole {
            Expr::Block(whole) => *body = whole.block,
            other => body.stmts.push(syn::Stmt::Expr(other, None)),
        }
    }
    let found = Learned { accumulators: walk.accumulators, ..walk.found };
    Walked { flow: walk.flow, uses: walk.uses, found }
}

fn param_facts(ty: &Type, is_static: bool) -> (Facts, bool) {
    let declared = types::classify(ty);
    let copy = matches!(declared, Declared::HostCopy | Declared::Scalar);
    let facts = match declared {
        _ if is_static => Facts { copy, ..Facts::of(Origin::Host) },
        Declared::HostCopy => Facts::host(),
        Declared::HostOwned => Facts::of(Origin::Host),
        Declared::Scalar => Facts::scalar(),
        Declared::Array | Declared::Key | Declared::Tree => Facts::of(Origin::Traced),
    };
    (facts, declared == Declared::Key)
}

/// What is done with the value of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// It is taken: a place would be moved out of.
    Value,
    /// It is looked at, or written to.
    Place,
    /// A field of it is: the value itself is not looked at.
    Base,
}

pub(super) struct Walk<'a> {
    pub(super) build: &'a Build,
    pub(super) scopes: Scopes,
    pub(super) flow: Vec<Step>,
    uses: Vec<bool>,
    pub(super) depth: usize,
    /// The regions around that may become closures.
    pub(super) frames: Vec<Frame>,
    pub(super) captures: Vec<Captures>,
    /// What exits may lead to, innermost last.
    pub(super) targets: Vec<Target>,
    /// What earlier rounds found.
    pub(super) learned: &'a Learned,
    /// What this round found.
    pub(super) found: Learned,
    /// Constructs that were taken out of the statement that is walked, and the names in their places.
    pub(super) hoisted: Vec<(syn::Ident, Expr)>,
    /// How many loops, statements and labels there were so far.
    pub(super) loops: usize,
    pub(super) statements: usize,
    pub(super) labels: usize,
    /// Whether what is walked is a place that is written to.
    pub(super) writes: bool,
    /// Mutable variables that begin as a bare number.
    pub(super) numbers: BTreeSet<Var>,
    pub(super) accumulators: BTreeSet<Var>,
}

impl Walk<'_> {
    // Variables.

    /// Declares the variables of a pattern.
    pub(super) fn bind(&mut self, pat: &Pat, facts: &Facts, key: bool) {
        match pat {
            Pat::Ident(pat) => {
                let variable = Variable {
                    facts: facts.clone(),
                    key,
                    unset: false,
                    mutable: pat.mutability.is_some(),
                    depth: self.depth,
                };
                self.scopes.declare(&pat.ident, variable);
                if let Some((_, inner)) = &pat.subpat {
                    self.bind(inner, facts, key);
                }
            }
            Pat::Type(pat) => self.bind(&pat.pat, facts, key || types::classify(&pat.ty) == Declared::Key),
            Pat::Tuple(pat) => self.bind_all(&pat.elems, facts),
            Pat::TupleStruct(pat) => self.bind_all(&pat.elems, facts),
            Pat::Slice(pat) => self.bind_all(&pat.elems, facts),
            Pat::Struct(pat) => pat.fields.iter().for_each(|field| self.bind(&field.pat, facts, false)),
            Pat::Reference(pat) => self.bind(&pat.pat, facts, key),
            Pat::Paren(pat) => self.bind(&pat.pat, facts, key),
            // Every case binds the same names; the first stands for all.
            Pat::Or(pat) => pat.cases.iter().take(1).for_each(|case| self.bind(case, facts, key)),
            _ => {}
        }
    }

    fn bind_all<'p>(&mut self, pats: impl IntoIterator<Item = &'p Pat>, facts: &Facts) {
        // Of a tuple of copies, each member is one; of a borrow, each may be.
        pats.into_iter().for_each(|pat| self.bind(pat, facts, false));
    }

    pub(super) fn read(&mut self, var: Var, name: &syn::Ident, moved: Option<Use>) {
        self.flow.push(Step::Read(var, moved));
        self.capture(var, name);
        self.hold(&self.scopes.get(var).facts.borrows.clone());
    }

    /// Records that variables are still borrowed here.
    pub(super) fn hold(&mut self, borrowed: &[Var]) {
        self.flow.extend(borrowed.iter().map(|var| Step::Read(*var, None)));
    }

    pub(super) fn capture(&mut self, var: Var, name: &syn::Ident) {
        for captures in &mut self.captures {
            if var < captures.outside && captures.used.iter().all(|(known, _)| *known != var) {
                captures.used.push((var, name.clone()));
            }
        }
    }

    /// Numbers a use that may move a variable; it needs a duplicate for sure if it may happen again.
    pub(super) fn new_use(&mut self, var: Var) -> Use {
        self.uses.push(self.scopes.get(var).depth < self.depth);
        self.uses.len() - 1
    }

    pub(super) fn local(&self, path: &syn::ExprPath) -> Option<(Var, syn::Ident)> {
        let name = path.path.get_ident().filter(|_| path.qself.is_none())?;
        Some((self.scopes.find(name)?, name.clone()))
    }

    /// The variable that a place is part of.
    pub(super) fn root(&self, place: &Expr) -> Option<Var> {
        Some(self.root_name(place)?.0)
    }

    pub(super) fn root_name(&self, place: &Expr) -> Option<(Var, syn::Ident)> {
        match place {
            Expr::Path(path) => self.local(path),
            Expr::Field(field) => self.root_name(&field.base),
            Expr::Index(index) => self.root_name(&index.expr),
            Expr::Paren(inner) => self.root_name(&inner.expr),
            Expr::Reference(inner) => self.root_name(&inner.expr),
            Expr::Unary(syn::ExprUnary { op: UnOp::Deref(_), expr, .. }) => self.root_name(expr),
            _ => None,
        }
    }

    /// The fields that lead from a variable to a place: `a.b.` for `variable.a.b`.
    pub(super) fn fields(&self, place: &Expr) -> Option<(Var, String)> {
        match place {
            Expr::Path(path) => self.local(path).map(|(var, _)| (var, String::new())),
            Expr::Field(field) => {
                let (var, fields) = self.fields(&field.base)?;
                Some((var, format!("{fields}{}.", field.member.to_token_stream())))
            }
            Expr::Paren(inner) => self.fields(&inner.expr),
            _ => None,
        }
    }

    /// Records that the fields of a variable are read with it, but those named.
    pub(super) fn read_fields(&mut self, root: Var, fields: &str, but: &[String]) {
        let read = self.scopes.overlapping(root, fields).filter(|(names, _)| !but.iter().any(|but| but == names));
        self.flow.extend(read.map(|(_, place)| Step::Read(place, None)));
    }

    // Flow.

    /// Walks what may or may not happen.
    pub(super) fn arm<R>(&mut self, walk: impl FnOnce(&mut Self) -> R) -> (Vec<Step>, R) {
        let outer = std::mem::take(&mut self.flow);
        let result = walk(self);
        (std::mem::replace(&mut self.flow, outer), result)
    }

    pub(super) fn branch(&mut self, arms: Vec<Vec<Step>>) {
        if arms.iter().any(|arm| !arm.is_empty()) {
            self.flow.push(Step::Branch(arms));
        }
    }

    pub(super) fn maybe<R>(&mut self, walk: impl FnOnce(&mut Self) -> R) -> R {
        let (steps, result) = self.arm(walk);
        self.branch(vec![steps, Vec::new()]);
        result
    }

    /// Walks what may happen any number of times.
    pub(super) fn repeated<R>(&mut self, walk: impl FnOnce(&mut Self) -> R) -> R {
        self.depth += 1;
        let result = self.maybe(walk);
        self.depth -= 1;
        result
    }

    pub(super) fn scoped<R>(&mut self, walk: impl FnOnce(&mut Self) -> R) -> R {
        let mark = self.scopes.open();
        let result = walk(self);
        self.scopes.close(mark);
        result
    }

    pub(super) fn make_array(&self, value: &mut Expr) {
        let span = value.span();
        let inner = std::mem::replace(value, Expr::PLACEHOLDER);
        *value = self.build.array(inner, span);
    }

    // Expressions.

    fn values<'e>(&mut self, values: impl IntoIterator<Item = &'e mut Expr>) -> Facts {
        let mut all = Facts::host();
        for value in values {
            let facts = self.expr(value, Position::Value);
            let mut borrows = std::mem::take(&mut all.borrows);
            borrows.extend(facts.borrows.iter().copied());
            all = Facts { borrows, ..all.join(&facts) };
        }
        all.borrows.sort_unstable();
        all.borrows.dedup();
        self.hold(&all.borrows);
        all
    }

    pub(super) fn expr(&mut self, expr: &mut Expr, position: Position) -> Facts {
        match expr {
            Expr::Path(path) => self.path(path, position, &[]),
            Expr::Lit(literal) => self.literal(&literal.lit),
            Expr::Paren(inner) => self.expr(&mut inner.expr, position),
            Expr::Group(inner) => self.expr(&mut inner.expr, position),
            Expr::Unary(unary) => match unary.op {
                UnOp::Deref(_) => self.expr(&mut unary.expr, Position::Place),
                UnOp::Neg(_) => self.expr(&mut unary.expr, Position::Value),
                _ => Facts { literal: false, ..self.expr(&mut unary.expr, Position::Value) },
            },
            Expr::Binary(_) => self.binary(expr),
            Expr::Cast(_) => self.cast(expr),
            Expr::Field(_) | Expr::Index(_) => self.member(expr, position, &[]),
            Expr::Reference(reference) => {
                if reference.mutability.is_some() {
                    self.assigned(&reference.expr);
                }
                let mut facts = self.written(reference.mutability.is_some(), &mut reference.expr);
                facts.borrows.extend(self.root(&reference.expr));
                facts
            }
            Expr::Call(_) => self.call(expr),
            Expr::MethodCall(call) => self.method(call),
            Expr::Tuple(tuple) => self.values(&mut tuple.elems),
            Expr::Array(array) => self.values(&mut array.elems),
            Expr::Repeat(repeat) => self.values([&mut *repeat.expr, &mut *repeat.len]),
            Expr::Range(range) => self.values(range.start.iter_mut().chain(&mut range.end).map(|end| &mut **end)),
            Expr::Struct(literal) => {
                let facts = self.values(literal.fields.iter_mut().map(|field| &mut field.expr));
                // The rest is taken without the fields that are given.
                let prefix = literal.rest.as_ref().and_then(|rest| self.fields(rest)).unwrap_or_default().1;
                let name = |field: &syn::FieldValue| format!("{prefix}{}.", field.member.to_token_stream());
                let given: Vec<String> = literal.fields.iter().map(name).collect();
                let rest = match literal.rest.as_deref_mut() {
                    Some(Expr::Path(rest)) => self.path(rest, Position::Value, &given),
                    Some(rest @ Expr::Field(_)) => self.member(rest, Position::Value, &given),
                    Some(rest) => self.expr(rest, Position::Value),
                    None => Facts::host(),
                };
                let borrows = [&facts.borrows[..], &rest.borrows].concat();
                self.hold(&borrows);
                Facts { copy: false, borrows, ..facts.join(&rest) }
            }
            Expr::Block(block) if block.label.is_none() => {
                let facts = self.block(&mut block.block, position);
                if facts.pending { self.hoist(expr, facts.origin) } else { facts }
            }
            // A `break` may leave it early, which the walk does not follow: nothing in it counts as a last use.
            Expr::Block(block) => self.repeated(|walk| walk.block(&mut block.block, position)),
            Expr::Unsafe(block) => self.block(&mut block.block, position),
            Expr::If(_) => self.if_(expr),
            Expr::Match(_) => self.match_(expr),
            Expr::Let(test) => {
                let position = if takes(&test.pat) { Position::Value } else { Position::Place };
                let facts = self.expr(&mut test.expr, position);
                self.bind(&test.pat, &facts, false);
                Facts::host()
            }
            Expr::While(_) => self.while_(expr),
            Expr::Loop(_) => self.loop_(expr),
            Expr::ForLoop(_) => self.for_(expr),
            Expr::Closure(_) => self.closure(expr, false),
            Expr::Assign(assign) => {
                let mut facts = self.expr(&mut assign.right, Position::Value);
                if matches!(&*assign.left, Expr::Index(_)) {
                    self.assigned(&assign.left);
                    if let Some(update) = self.update_at(&mut assign.left, &mut assign.right, None) {
                        *expr = update;
                    }
                    return Facts::default();
                }
                self.assigned_number(&assign.left, &mut assign.right, &mut facts);
                self.assign(&mut assign.left, &facts);
                Facts::default()
            }
            Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) => self.exit(expr),
            Expr::Try(_) => self.question(expr),
            Expr::Macro(call) => self.macro_call(&mut call.mac),
            _ => Facts::default(),
        }
    }

    /// A place that is looked at, or that may be written to and then stays Rust's own.
    pub(super) fn written(&mut self, written: bool, place: &mut Expr) -> Facts {
        let writes = self.writes;
        self.writes |= written;
        let facts = self.expr(place, Position::Place);
        self.writes = writes;
        facts
    }

    /// A name; of a variable that is taken without some of its fields, those are `but`.
    fn path(&mut self, path: &mut syn::ExprPath, position: Position, but: &[String]) -> Facts {
        let Some((var, name)) = self.local(path) else {
            let constant = path
                .path
                .segments
                .last()
                .is_some_and(|segment| !segment.ident.to_string().chars().any(char::is_lowercase));
            return if constant { Facts::host() } else { Facts::default() };
        };
        let variable = self.scopes.get(var);
        let variable_is_key = variable.key;
        let moves = position == Position::Value && !variable.key && !variable.facts.copy;
        let facts = variable.facts.clone();
        if position != Position::Base {
            self.read_fields(var, "", but);
        }
        if moves {
            let number = self.new_use(var);
            settle::mark(&mut path.attrs, number);
            self.read(var, &name, Some(number));
        } else {
            if position == Position::Value && variable_is_key {
                self.note_key(var, &name);
            }
            self.read(var, &name, None);
        }
        facts
    }

    fn literal(&self, literal: &Lit) -> Facts {
        let (scalar, literal) = match literal {
            Lit::Int(number) => (true, number.suffix().is_empty()),
            Lit::Float(number) => (true, number.suffix().is_empty()),
            Lit::Bool(_) => (true, false),
            _ => (false, false),
        };
        Facts { scalar, literal, ..Facts::host() }
    }

    /// `place.field` and `place[index]`: taken out of their place, they are duplicated. What is taken without some of
    /// its fields is taken without `but`.
    fn member(&mut self, expr: &mut Expr, position: Position, but: &[String]) -> Facts {
        let place = self.fields(expr);
        let (base, facts) = match expr {
            Expr::Field(field) => (self.root(&field.base), self.expr(&mut field.base, Position::Base)),
            Expr::Index(index) => {
                let base = self.root(&index.expr);
                let facts = self.expr(&mut index.expr, Position::Place);
                let writes = std::mem::take(&mut self.writes);
                self.expr(&mut index.index, Position::Value);
                self.writes = writes;
                self.hold(&Vec::from_iter(base));
                self.indexed(expr, &facts);
                (base, facts)
            }
            _ => (None, Facts::default()),
        };
        let facts = Facts { literal: false, ..facts };
        let taken = position == Position::Value && !(facts.origin == Origin::Host && facts.copy);
        if let Some((root, fields)) = &place
            && position != Position::Base
        {
            let (root, own) = (*root, self.scopes.place(*root, fields));
            if taken {
                self.read_fields(root, fields, &[but, std::slice::from_ref(fields)].concat());
            } else {
                self.read_fields(root, fields, but);
            }
            if let Expr::Field(field) = expr
                && taken
            {
                let number = self.new_use(own);
                settle::mark(&mut field.attrs, number);
                self.flow.push(Step::Read(own, Some(number)));
                return Facts { borrows: Vec::new(), ..facts };
            }
        }
        if taken {
            let span = settle::span(expr);
            let place = std::mem::replace(expr, Expr::PLACEHOLDER);
            *expr = self.build.dup(place, span);
            return Facts { borrows: Vec::new(), ..facts };
        }
        let mut facts = facts;
        if position != Position::Value {
            facts.borrows.extend(base);
        }
        facts
    }

    fn binary(&mut self, expr: &mut Expr) -> Facts {
        let Expr::Binary(binary) = expr else { return Facts::default() };
        if is_compound_assignment(&binary.op) {
            let facts = self.expr(&mut binary.right, Position::Value);
            self.assigned(&binary.left);
            if let Some(update) = self.update_at(&mut binary.left, &mut binary.right, Some(&binary.op)) {
                *expr = update;
                return Facts::default();
            }
            self.written(true, &mut binary.left);
            self.update(&binary.left, |old| old.origin = old.origin.join(facts.origin));
            return Facts::default();
        }
        if matches!(binary.op, BinOp::And(_) | BinOp::Or(_)) {
            return self.logical(expr);
        }
        if let Some(method) = comparison(&binary.op) {
            let left = self.expr(&mut binary.left, Position::Place);
            let right = self.expr(&mut binary.right, Position::Place);
            self.hold(&Vec::from_iter(self.root(&binary.left)));
            self.hold(&left.borrows);
            let facts = left.join(&right);
            if facts.origin != Origin::Host {
                let span = binary.op.span();
                let [left, right] = operands(binary);
                *expr = self.build.compare(method, span, left, right);
            }
            return facts;
        }
        let left = self.expr(&mut binary.left, Position::Value);
        let right = self.expr(&mut binary.right, Position::Value);
        self.hold(&left.borrows);
        let facts = Facts { literal: left.literal && right.literal, ..left.join(&right) };
        if left.literal
            && right.origin != Origin::Host
            && let Some(method) = arithmetic(&binary.op)
        {
            let span = binary.op.span();
            let [left, right] = operands(binary);
            *expr = self.build.literal_operator(method, span, left, right);
        }
        facts
    }

    fn cast(&mut self, expr: &mut Expr) -> Facts {
        let Expr::Cast(cast) = expr else { return Facts::default() };
        let facts = self.expr(&mut cast.expr, Position::Value);
        if facts.origin == Origin::Traced && types::is_traced_scalar(&cast.ty) {
            let span = cast.as_token.span;
            let value = std::mem::replace(&mut *cast.expr, Expr::PLACEHOLDER);
            *expr = self.build.cast(value, &cast.ty, span);
            return Facts { scalar: facts.scalar, ..Facts::of(Origin::Traced) };
        }
        if facts.origin == Origin::Host || types::is_host_number(&cast.ty) {
            return Facts::host();
        }
        Facts::of(facts.origin)
    }

    fn call(&mut self, expr: &mut Expr) -> Facts {
        let Expr::Call(call) = expr else { return Facts::default() };
        let callee = match &*call.func {
            Expr::Path(path) if self.local(path).is_none() => Some(path.path.clone()),
            _ => None,
        };
        let callee_facts = self.expr(&mut call.func, Position::Place);
        let consumes_key = callee.as_ref().is_some_and(is_random);
        let transforms = callee.as_ref().is_some_and(takes_closures);
        let mut all = Facts::of(Origin::Unknown);
        let mut scalars = Vec::with_capacity(call.args.len());
        for (index, arg) in call.args.iter_mut().enumerate() {
            let facts = match arg {
                Expr::Path(path) if consumes_key && index == 0 && self.local(path).is_some() => {
                    if let Some((var, name)) = self.local(path) {
                        self.note_key(var, &name);
                    }
                    self.expr(arg, Position::Place)
                }
                // A field that is used again is moved as written too: reuse is for rustc to report.
                Expr::Field(_) if consumes_key && index == 0 => {
                    let facts = self.expr(arg, Position::Value);
                    if let Expr::Field(field) = arg {
                        settle::never_duplicate(&mut field.attrs);
                    }
                    facts
                }
                Expr::Closure(_) if transforms => self.closure(arg, true),
                _ => self.expr(arg, Position::Value),
            };
            scalars.push(facts.scalar && facts.origin != Origin::Host);
            all.scalar = facts.scalar && (index == 0 || all.scalar);
            all.borrows.extend(facts.borrows);
            all.origin = all.origin.join(facts.origin);
        }
        // The callee, if it is a local, is borrowed until the arguments are evaluated.
        self.hold(&Vec::from_iter(self.root(&call.func)));
        self.hold(&callee_facts.borrows);
        all.borrows.sort_unstable();
        all.borrows.dedup();
        self.hold(&all.borrows);
        match callee {
            Some(path) if gives_arrays(&path) => all.origin = Origin::Traced,
            Some(path) if all.origin == Origin::Traced && may_be_staged(&path) => self.pass(expr, &path, &scalars),
            _ => {}
        }
        all
    }

    fn method(&mut self, call: &mut syn::ExprMethodCall) -> Facts {
        let method = call.method.to_string();
        let position = if takes_receiver(&method) { Position::Value } else { Position::Place };
        let receiver = if mutates(&method) {
            self.assigned(&call.receiver);
            self.written(true, &mut call.receiver)
        } else {
            self.expr(&mut call.receiver, position)
        };
        let mut facts = self.values(&mut call.args);
        // The receiver is borrowed until the arguments are evaluated, unless it was taken.
        let root = self.root(&call.receiver);
        if position != Position::Value {
            self.hold(&Vec::from_iter(root));
        }
        self.hold(&receiver.borrows);
        facts.borrows.extend(receiver.borrows);
        if lends(&method) {
            facts.borrows.extend(root);
        }
        facts.borrows.sort_unstable();
        facts.borrows.dedup();
        if of_the_host(&method) {
            return Facts { borrows: facts.borrows, ..Facts::host() };
        }
        let origin = match (receiver.origin, facts.origin) {
            (Origin::Host, Origin::Host) => Origin::Host,
            (receiver, args) => receiver.join(args),
        };
        let scalar = receiver.scalar && (call.args.is_empty() || facts.scalar);
        Facts { origin, scalar, literal: false, copy: origin == Origin::Host && receiver.copy, ..facts }
    }

    pub(super) fn macro_call(&mut self, mac: &mut syn::Macro) -> Facts {
        let borrows = macros::borrows(&mac.path);
        let mut mentioned = Vec::new();
        macros::names(mac.tokens.clone(), &mut mentioned);
        let mut facts = Facts::default();
        let args = Arguments::parse(mac.tokens.clone());
        let listed = args.is_some();
        if let Some(mut args) = args {
            let position = if borrows { Position::Place } else { Position::Value };
            for value in args.values_mut() {
                facts.origin = facts.origin.join(self.expr(value, position).origin);
            }
            mac.tokens = args.into_tokens();
        }
        if borrows || !listed {
            // Names inside format strings, and in tokens that are not expressions, are read too.
            for var in mentioned.iter().filter_map(|name| self.scopes.find_text(name)) {
                self.flow.push(Step::Read(var, None));
            }
        }
        facts
    }
}

pub(super) fn operands(binary: &mut syn::ExprBinary) -> [Expr; 2] {
    [&mut binary.left, &mut binary.right].map(|side| std::mem::replace(&mut **side, Expr::PLACEHOLDER))
}

fn comparison(op: &BinOp) -> Option<&'static str> {
    Some(match op {
        BinOp::Eq(_) => "eq",
        BinOp::Ne(_) => "ne",
        BinOp::Lt(_) => "lt",
        BinOp::Le(_) => "le",
        BinOp::Gt(_) => "gt",
        BinOp::Ge(_) => "ge",
        _ => return None,
    })
}

fn arithmetic(op: &BinOp) -> Option<&'static str> {
    Some(match op {
        BinOp::Add(_) => "add",
        BinOp::Sub(_) => "sub",
        BinOp::Mul(_) => "mul",
        BinOp::Div(_) => "div",
        BinOp::Rem(_) => "rem",
        _ => return None,
    })
}

/// Whether an expression is a number as written: `0.0`, `-1`, `1.0f32`, or a truth value.
pub(super) fn is_number(value: &Expr) -> bool {
    match value {
        Expr::Lit(literal) => matches!(literal.lit, Lit::Int(_) | Lit::Float(_) | Lit::Bool(_)),
        Expr::Unary(syn::ExprUnary { op: UnOp::Neg(_), expr, .. }) => is_number(expr),
        Expr::Paren(inner) => is_number(&inner.expr),
        _ => false,
    }
}

/// Whether a pattern takes its value, or a part of it, out of its place.
pub(super) fn takes(pat: &Pat) -> bool {
    match pat {
        // A name in capitals is a constant to compare with.
        Pat::Ident(pat) => {
            pat.by_ref.is_none()
                && (pat.subpat.is_some() || pat.ident.unraw().to_string().chars().any(char::is_lowercase))
        }
        Pat::Type(pat) => takes(&pat.pat),
        Pat::Paren(pat) => takes(&pat.pat),
        Pat::Tuple(pat) => pat.elems.iter().any(takes),
        Pat::TupleStruct(pat) => pat.elems.iter().any(takes),
        Pat::Slice(pat) => pat.elems.iter().any(takes),
        Pat::Struct(pat) => pat.fields.iter().any(|field| takes(&field.pat)),
        Pat::Or(pat) => pat.cases.iter().any(takes),
        _ => false,
    }
}
