//! Closures of the user: what they capture, and what their parameters are while they are traced.

use syn::{Block, Expr, Pat, Path, Stmt};

use super::control::in_block;
use super::flow::Var;
use super::scope::{Facts, Origin};
use super::settle;
use super::walk::Walk;
use crate::build::Build;
use crate::types;

/// The variables that a closure takes from outside.
pub(super) struct Captures {
    /// Variables below this number are outside.
    pub(super) outside: Var,
    /// Those used, in the order of first use.
    pub(super) used: Vec<(Var, syn::Ident)>,
    /// Whether one of them is assigned.
    pub(super) assigns: bool,
}

impl Walk<'_> {
    /// A closure. One that owns what it captures (by the user's `move`, or because a transform takes it, and a
    /// transform keeps what it is given) gets duplicates of what is used again after it.
    pub(super) fn closure(&mut self, expr: &mut Expr, kept: bool) -> Facts {
        let Expr::Closure(closure) = expr else { return Facts::default() };
        let captures = Captures { outside: self.scopes.count(), used: Vec::new(), assigns: false };
        self.captures.push(captures);
        self.repeated(|walk| {
            walk.scoped(|walk| {
                for input in &closure.inputs {
                    walk.bind(input, &Facts::of(Origin::Traced), false);
                }
                in_block(&mut closure.body);
                walk.begin_body();
                let facts = walk.side(&mut closure.body);
                walk.end_body(&mut closure.body, &facts);
            });
        });
        let Some(captures) = self.captures.pop() else { return Facts::default() };
        if captures.assigns || (closure.capture.is_none() && !kept) {
            let borrows = captures.used.iter().map(|(var, _)| *var).collect();
            return Facts { borrows, ..Facts::of(Origin::Unknown) };
        }
        let span = closure.or1_token.span;
        closure.capture.get_or_insert_with(|| syn::Token![move](span));
        let mut stmts = Vec::new();
        for (var, name) in captures.used {
            let variable = self.scopes.get(var);
            if variable.key || variable.facts.copy {
                continue;
            }
            let mutable = variable.mutable.then(|| syn::Token![mut](name.span()));
            let number = self.new_use(var);
            self.read(var, &name, Some(number));
            let mut path = syn::ExprPath { attrs: Vec::new(), qself: None, path: Path::from(name.clone()) };
            settle::mark(&mut path.attrs, number);
            stmts.push(syn::parse_quote!(let #mutable #name = #path;));
        }
        if !stmts.is_empty() {
            let closure = std::mem::replace(expr, Expr::PLACEHOLDER);
            stmts.push(Stmt::Expr(closure, None));
            *expr = Expr::Block(syn::ExprBlock {
                attrs: Vec::new(),
                label: None,
                block: Block { brace_token: syn::token::Brace(span), stmts },
            });
        }
        Facts::default()
    }
}

/// A closure that is given a name is called with what is traced: its Rust scalars are arrays.
pub(super) fn traced_parameters(value: &mut Expr, build: &Build) {
    let Expr::Closure(closure) = value else { return };
    for input in &mut closure.inputs {
        if let Pat::Type(typed) = input
            && types::is_traced_scalar(&typed.ty)
        {
            *typed.ty = build.array_type();
        }
    }
    if let syn::ReturnType::Type(_, ty) = &mut closure.output
        && types::is_traced_scalar(ty)
    {
        **ty = build.array_type();
    }
}
