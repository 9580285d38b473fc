//! The walk that carries shapes through a body: each variable has what is known of its value, each operation is
//! looked up in `ops`, and a fault is reported at the operator. It reads what the user wrote and changes nothing.

use std::collections::HashMap;

use proc_macro2::Span;
use syn::visit::{self, Visit};
use syn::{BinOp, Block, Expr, Lit, Pat, Stmt, UnOp, spanned::Spanned};

use super::dtype::{DType, Element};
use super::ops::{self, Call};
use super::spec::{self, Dim, Tree};
use super::value::{self, Known, Value};
use crate::errors::{self, Errors};

/// Follows the shapes of a body from its parameters to its result.
pub(crate) fn infer(params: &[(&Pat, &Tree)], result: &Tree, body: &Block, errors: &mut Errors) {
    let mut infer = Infer { scopes: vec![HashMap::new()], result: Some(result), errors };
    for (pat, tree) in params {
        let name = if let Pat::Ident(pat) = pat { Some(pat.ident.to_string()) } else { None };
        infer.bind(pat, &Value::declared(tree, name.as_deref()));
    }
    let (value, span) = infer.block(body);
    infer.returned(&value, result, span);
}

struct Infer<'a> {
    scopes: Vec<HashMap<String, Value>>,
    /// What a `return` has to give; nothing inside closures.
    result: Option<&'a Tree>,
    errors: &'a mut Errors,
}

impl Infer<'_> {
    // Variables.

    fn bind(&mut self, pat: &Pat, value: &Value) {
        match pat {
            Pat::Ident(pat) => {
                if let Some(scope) = self.scopes.last_mut() {
                    scope.insert(pat.ident.to_string(), value.clone());
                }
            }
            Pat::Type(typed) => self.bind(&typed.pat, value),
            Pat::Paren(inner) => self.bind(&inner.pat, value),
            Pat::Reference(inner) => self.bind(&inner.pat, value),
            Pat::Tuple(tuple) => match value {
                Value::Tuple(members) if members.len() == tuple.elems.len() => {
                    tuple.elems.iter().zip(members).for_each(|(pat, member)| self.bind(pat, member));
                }
                _ => tuple.elems.iter().for_each(|pat| self.bind(pat, &Value::Unknown)),
            },
            other => self.forget(other),
        }
    }

    /// Declares the names of a pattern that is not looked into.
    fn forget(&mut self, pat: &Pat) {
        let mut names = Names::default();
        names.visit_pat(pat);
        if let Some(scope) = self.scopes.last_mut() {
            scope.extend(names.0.into_iter().map(|name| (name, Value::Unknown)));
        }
    }

    fn variable(&self, name: &syn::Ident) -> Value {
        let name = name.to_string();
        self.scopes.iter().rev().find_map(|scope| scope.get(&name)).cloned().unwrap_or(Value::Unknown)
    }

    fn set(&mut self, name: &str, value: Value) {
        if let Some(held) = self.scopes.iter_mut().rev().find_map(|scope| scope.get_mut(name)) {
            *held = value;
        }
    }

    fn scoped<R>(&mut self, walk: impl FnOnce(&mut Self) -> R) -> R {
        self.scopes.push(HashMap::new());
        let result = walk(self);
        self.scopes.pop();
        result
    }

    /// Walks what may happen instead of something else, from the same state.
    fn arm<R>(&mut self, walk: impl FnOnce(&mut Self) -> R) -> (R, Vec<HashMap<String, Value>>) {
        let before = self.scopes.clone();
        let result = walk(self);
        (result, std::mem::replace(&mut self.scopes, before))
    }

    fn merge(&mut self, ends: Vec<Vec<HashMap<String, Value>>>) {
        let mut ends = ends.into_iter();
        let Some(mut merged) = ends.next() else { return };
        for end in ends {
            for (scope, other) in merged.iter_mut().zip(end) {
                for (name, value) in scope {
                    let held = std::mem::replace(value, Value::Unknown);
                    *value = held.meet(other.get(name).cloned().unwrap_or(Value::Unknown));
                }
            }
        }
        self.scopes = merged;
    }

    /// Forgets what is assigned in code that runs any number of times.
    fn havoc(&mut self, find: impl FnOnce(&mut Assigned)) {
        let mut assigned = Assigned::default();
        find(&mut assigned);
        assigned.0.iter().for_each(|name| self.set(name, Value::Unknown));
    }

    // Statements.

    /// The value of a block and where it stands.
    fn block(&mut self, block: &Block) -> (Value, Span) {
        self.scoped(|infer| {
            let mut tail = (Value::Unknown, block.span());
            for statement in &block.stmts {
                match statement {
                    Stmt::Local(local) => infer.local(local),
                    Stmt::Expr(expr, None) => tail = (infer.expr(expr), expr.span()),
                    Stmt::Expr(expr, Some(_)) => {
                        infer.expr(expr);
                    }
                    Stmt::Macro(_) | Stmt::Item(_) => {}
                }
            }
            tail
        })
    }

    fn local(&mut self, local: &syn::Local) {
        let mut value = Value::Unknown;
        if let Some(init) = &local.init {
            value = self.expr(&init.expr);
            if let Some((_, diverge)) = &init.diverge {
                self.arm(|infer| infer.expr(diverge));
            }
        }
        if let (Pat::Type(typed), Some(init)) = (&local.pat, &local.init)
            && spec::mentions(&typed.ty)
        {
            let mut found = Errors::default();
            let tree = Tree::take(&mut (*typed.ty).clone(), &typed.ty, &mut found);
            let name = if let Pat::Ident(pat) = &*typed.pat { pat.ident.to_string() } else { "this".to_owned() };
            self.fits(&value, &tree, init.expr.span(), &format!("variable `{name}`"));
            value = Value::declared(&tree, None);
        }
        self.bind(&local.pat, &value);
    }

    fn returned(&mut self, value: &Value, declared: &Tree, span: Span) {
        self.fits(value, declared, span, "the result");
    }

    /// Checks a value against what is declared of it.
    fn fits(&mut self, value: &Value, declared: &Tree, span: Span, what: &str) {
        match (value, declared) {
            (Value::Tuple(values), Tree::Tuple(trees)) if values.len() == trees.len() => {
                values.iter().zip(trees).for_each(|(value, tree)| self.fits(value, tree, span, what));
            }
            (Value::Array(known), Tree::Array(spec)) => {
                let fits = known.dims.as_ref().is_none_or(|dims| {
                    dims.len() == spec.dims.len()
                        && dims.iter().zip(&spec.dims).all(|(a, b)| value::same(a, b).is_some())
                });
                if !fits || known.dtype.is_some_and(|dtype| !ops::gives(spec.dtype, dtype)) {
                    self.errors.on(span, errors::declared(what, &spec.to_string(), &known.to_string()));
                }
            }
            (Value::Array(known), Tree::Scalar(dtype)) if known.ndim().is_some_and(|ndim| ndim > 0) => {
                self.errors.on(span, errors::declared(what, dtype.name(), &known.to_string()));
            }
            _ => {}
        }
    }

    // Expressions.

    fn fault(&mut self, span: Span, result: Result<Value, String>) -> Value {
        result.unwrap_or_else(|message| {
            self.errors.on(span, message);
            Value::Unknown
        })
    }

    fn exprs<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>) -> Vec<Value> {
        exprs.into_iter().map(|expr| self.expr(expr)).collect()
    }

    fn expr(&mut self, expr: &Expr) -> Value {
        match expr {
            Expr::Path(path) => path.path.get_ident().map_or(Value::Unknown, |name| self.variable(name)),
            Expr::Lit(literal) => literal_value(&literal.lit),
            Expr::Paren(inner) => self.expr(&inner.expr),
            Expr::Group(inner) => self.expr(&inner.expr),
            Expr::Reference(inner) => self.expr(&inner.expr),
            Expr::Tuple(tuple) => Value::Tuple(self.exprs(&tuple.elems)),
            Expr::Array(array) => Value::Tuple(self.exprs(&array.elems)),
            Expr::Unary(unary) => {
                let value = self.expr(&unary.expr);
                match (unary.op, value) {
                    (UnOp::Neg(_), Value::Size(_)) => Value::Unknown,
                    (_, value) => value,
                }
            }
            Expr::Binary(binary) => self.binary(binary),
            Expr::Call(call) => self.call(call),
            Expr::MethodCall(call) => self.method(call),
            Expr::Index(index) => self.index(index),
            Expr::Field(field) => match (self.expr(&field.base), &field.member) {
                (Value::Tuple(members), syn::Member::Unnamed(index)) => {
                    members.into_iter().nth(index.index as usize).unwrap_or(Value::Unknown)
                }
                _ => Value::Unknown,
            },
            Expr::Block(block) => {
                if block.label.is_some() {
                    self.havoc(|assigned| assigned.visit_block(&block.block));
                }
                self.block(&block.block).0
            }
            Expr::If(branch) => self.if_(branch),
            Expr::Match(choice) => self.match_(choice),
            Expr::While(looped) => {
                self.repeated(
                    |assigned| assigned.visit_expr_while(looped),
                    |infer| {
                        infer.expr(&looped.cond);
                        infer.block(&looped.body);
                    },
                );
                Value::Unknown
            }
            Expr::Loop(looped) => {
                self.repeated(
                    |assigned| assigned.visit_expr_loop(looped),
                    |infer| {
                        infer.block(&looped.body);
                    },
                );
                Value::Unknown
            }
            Expr::ForLoop(looped) => {
                self.expr(&looped.expr);
                self.repeated(
                    |assigned| assigned.visit_expr_for_loop(looped),
                    |infer| {
                        infer.forget(&looped.pat);
                        infer.block(&looped.body);
                    },
                );
                Value::Unknown
            }
            Expr::Closure(closure) => {
                self.repeated(
                    |assigned| assigned.visit_expr_closure(closure),
                    |infer| {
                        let result = infer.result.take();
                        closure.inputs.iter().for_each(|input| infer.forget(input));
                        infer.expr(&closure.body);
                        infer.result = result;
                    },
                );
                Value::Unknown
            }
            Expr::Assign(assign) => {
                let value = self.expr(&assign.right);
                match &*assign.left {
                    Expr::Path(path) => {
                        if let Some(name) = path.path.get_ident() {
                            self.set(&name.to_string(), value);
                        }
                    }
                    // An update at an index keeps the shape.
                    Expr::Index(_) => {}
                    other => self.havoc(|assigned| assigned.target(other)),
                }
                Value::Unknown
            }
            Expr::Return(exit) => {
                if let Some(expr) = &exit.expr {
                    let value = self.expr(expr);
                    if let Some(result) = self.result {
                        self.returned(&value, result, expr.span());
                    }
                }
                Value::Unknown
            }
            Expr::Let(test) => {
                self.expr(&test.expr);
                self.forget(&test.pat);
                Value::Unknown
            }
            Expr::Cast(cast) => match self.expr(&cast.expr) {
                Value::Array(known) => {
                    let name = crate::types::plain_name(&cast.ty);
                    let dtype = name.as_deref().and_then(DType::named).map(Element::strong);
                    Value::Array(Known { dtype, dims: known.dims })
                }
                _ => Value::Unknown,
            },
            Expr::Try(inner) => {
                self.expr(&inner.expr);
                Value::Unknown
            }
            Expr::Break(syn::ExprBreak { expr: Some(inner), .. }) => {
                self.expr(inner);
                Value::Unknown
            }
            Expr::Struct(literal) => {
                literal.fields.iter().for_each(|field| drop(self.expr(&field.expr)));
                Value::Unknown
            }
            _ => Value::Unknown,
        }
    }

    fn repeated(&mut self, find: impl FnOnce(&mut Assigned), walk: impl FnOnce(&mut Self)) {
        self.havoc(find);
        let ((), end) = self.arm(|infer| infer.scoped(walk));
        let before = self.scopes.clone();
        self.merge(vec![before, end]);
    }

    fn if_(&mut self, branch: &syn::ExprIf) -> Value {
        self.scoped(|infer| {
            infer.expr(&branch.cond);
            let ((then, _), after_then) = infer.arm(|infer| infer.block(&branch.then_branch));
            let (otherwise, after) = infer.arm(|infer| match &branch.else_branch {
                Some((_, otherwise)) => infer.expr(otherwise),
                None => Value::Unknown,
            });
            let ends = [(ends_early(&branch.then_branch), after_then), (diverges(branch.else_branch.as_ref()), after)];
            let values = [then, otherwise];
            infer.joined(ends.into_iter().zip(values))
        })
    }

    fn match_(&mut self, choice: &syn::ExprMatch) -> Value {
        self.expr(&choice.expr);
        let mut arms = Vec::with_capacity(choice.arms.len());
        for arm in &choice.arms {
            let (value, end) = self.arm(|infer| {
                infer.scoped(|infer| {
                    infer.forget(&arm.pat);
                    if let Some((_, guard)) = &arm.guard {
                        infer.expr(guard);
                    }
                    infer.expr(&arm.body)
                })
            });
            arms.push(((is_exit(&arm.body), end), value));
        }
        self.joined(arms.into_iter())
    }

    /// Goes on from the ends of those arms that reach it.
    fn joined(&mut self, arms: impl Iterator<Item = ((bool, Vec<HashMap<String, Value>>), Value)>) -> Value {
        let mut ends = Vec::new();
        let mut joined: Option<Value> = None;
        for ((_, end), value) in arms.filter(|((leaves, _), _)| !leaves) {
            ends.push(end);
            joined = Some(match joined {
                Some(all) => all.meet(value),
                None => value,
            });
        }
        self.merge(ends);
        joined.unwrap_or(Value::Unknown)
    }

    fn binary(&mut self, binary: &syn::ExprBinary) -> Value {
        let (left, right) = (self.expr(&binary.left), self.expr(&binary.right));
        let Some((op, assigns)) = operator(&binary.op) else { return Value::Unknown };
        let result = ops::operator(op, &left, &right);
        let value = self.fault(binary.op.span(), result);
        if !assigns {
            return value;
        }
        if let Expr::Path(path) = &*binary.left
            && let Some(name) = path.path.get_ident()
        {
            self.set(&name.to_string(), value);
        }
        Value::Unknown
    }

    fn call(&mut self, call: &syn::ExprCall) -> Value {
        let exprs: Vec<&Expr> = call.args.iter().collect();
        let values = self.exprs(exprs.iter().copied());
        let Expr::Path(path) = &*call.func else {
            self.expr(&call.func);
            return Value::Unknown;
        };
        let mut segments = path.path.segments.iter().rev().map(|segment| segment.ident.to_string());
        let (Some(name), Some(module)) = (segments.next(), segments.next()) else { return Value::Unknown };
        if !matches!(&*module, "jnp" | "numpy" | "nn") {
            return Value::Unknown;
        }
        let result = ops::apply(&Call { name: &name, values: &values, exprs: &exprs });
        self.fault(path.span(), result)
    }

    fn method(&mut self, call: &syn::ExprMethodCall) -> Value {
        let exprs: Vec<&Expr> = std::iter::once(&*call.receiver).chain(&call.args).collect();
        let values = self.exprs(exprs.iter().copied());
        let name = call.method.to_string();
        match (&*name, &values[0]) {
            ("clone" | "to_owned", value) => value.clone(),
            (name, Value::Array(_)) => {
                let result = ops::apply(&Call { name, values: &values, exprs: &exprs });
                self.fault(call.method.span(), result)
            }
            _ => Value::Unknown,
        }
    }

    fn index(&mut self, index: &syn::ExprIndex) -> Value {
        let value = self.expr(&index.expr);
        let at = self.expr(&index.index);
        let Value::Array(Known { dtype, dims: Some(dims) }) = value else { return Value::Unknown };
        let gone = match (&*index.index, at) {
            (Expr::Array(array), _) => array.elems.len(),
            (Expr::Lit(_), Value::Size(Dim::Size(_))) => 1,
            _ => return Value::Unknown,
        };
        match dims.get(gone..) {
            Some(rest) => Value::Array(Known { dtype, dims: Some(rest.to_vec()) }),
            None => {
                let known = Known { dtype, dims: Some(dims) };
                self.errors.at(&index.index, errors::too_many_indices(&known.to_string(), gone));
                Value::Unknown
            }
        }
    }
}

fn literal_value(literal: &Lit) -> Value {
    let scalar = |name: &str| {
        DType::named(name).map_or(Value::Unknown, |dtype| Value::Array(Known::scalar(Element::weak(dtype))))
    };
    match literal {
        Lit::Int(int) if int.suffix().is_empty() || int.suffix() == "usize" => {
            int.base10_parse().map_or(Value::Unknown, |size| Value::Size(Dim::Size(size)))
        }
        Lit::Int(int) => scalar(int.suffix()),
        Lit::Float(_) => scalar("f32"),
        Lit::Bool(_) => scalar("bool"),
        _ => Value::Unknown,
    }
}

/// An operator by JAX's name, and whether it assigns.
fn operator(op: &BinOp) -> Option<(&'static str, bool)> {
    Some(match op {
        BinOp::Add(_) => ("add", false),
        BinOp::Sub(_) => ("sub", false),
        BinOp::Mul(_) => ("mul", false),
        BinOp::Div(_) => ("div", false),
        BinOp::Rem(_) => ("rem", false),
        BinOp::BitAnd(_) => ("and", false),
        BinOp::BitOr(_) => ("or", false),
        BinOp::BitXor(_) => ("xor", false),
        BinOp::Eq(_) => ("eq", false),
        BinOp::Ne(_) => ("ne", false),
        BinOp::Lt(_) => ("lt", false),
        BinOp::Le(_) => ("le", false),
        BinOp::Gt(_) => ("gt", false),
        BinOp::Ge(_) => ("ge", false),
        BinOp::AddAssign(_) => ("add", true),
        BinOp::SubAssign(_) => ("sub", true),
        BinOp::MulAssign(_) => ("mul", true),
        BinOp::DivAssign(_) => ("div", true),
        BinOp::RemAssign(_) => ("rem", true),
        _ => return None,
    })
}

/// Whether control never comes out of a block at its end.
fn ends_early(block: &Block) -> bool {
    matches!(block.stmts.last(), Some(Stmt::Expr(expr, _)) if is_exit(expr))
}

fn diverges(branch: Option<&(syn::Token![else], Box<Expr>)>) -> bool {
    branch.is_some_and(|(_, expr)| is_exit(expr))
}

fn is_exit(expr: &Expr) -> bool {
    match expr {
        Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) => true,
        Expr::Block(block) => ends_early(&block.block),
        _ => false,
    }
}

/// The names that a pattern declares.
#[derive(Default)]
struct Names(Vec<String>);

impl Visit<'_> for Names {
    fn visit_pat_ident(&mut self, pat: &syn::PatIdent) {
        self.0.push(pat.ident.to_string());
        visit::visit_pat_ident(self, pat);
    }
}

/// The variables that code assigns or lends mutably.
#[derive(Default)]
struct Assigned(Vec<String>);

impl Assigned {
    fn target(&mut self, place: &Expr) {
        match place {
            Expr::Path(path) => self.0.extend(path.path.get_ident().map(ToString::to_string)),
            Expr::Field(field) => self.target(&field.base),
            Expr::Index(index) => self.target(&index.expr),
            Expr::Paren(inner) => self.target(&inner.expr),
            Expr::Tuple(tuple) => tuple.elems.iter().for_each(|elem| self.target(elem)),
            _ => {}
        }
    }
}

impl Visit<'_> for Assigned {
    fn visit_expr_assign(&mut self, assign: &syn::ExprAssign) {
        self.target(&assign.left);
        visit::visit_expr_assign(self, assign);
    }

    fn visit_expr_binary(&mut self, binary: &syn::ExprBinary) {
        if operator(&binary.op).is_some_and(|(_, assigns)| assigns) {
            self.target(&binary.left);
        }
        visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_reference(&mut self, reference: &syn::ExprReference) {
        if reference.mutability.is_some() {
            self.target(&reference.expr);
        }
        visit::visit_expr_reference(self, reference);
    }
}
