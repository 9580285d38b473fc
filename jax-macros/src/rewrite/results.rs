//! Conversion of results declared as scalars: a function `-> f32` gives a rank-0 array while it is traced, so its tail
//! and its `return` values go through `into_array`. Results of other types are left alone.

use syn::visit_mut::{self, VisitMut};
use syn::{Block, Expr, Stmt, Type, spanned::Spanned};

use crate::build::Build;
use crate::types;

/// Wraps the tail and the returns of a body where the declared result asks for it.
pub(crate) fn convert(body: &mut Block, result: &Type, build: &Build) {
    if !mentions_scalar(result) {
        return;
    }
    let mut wrap = Wrap { result, build };
    wrap.visit_block_mut(body);
    wrap.block(body, result);
}

fn mentions_scalar(ty: &Type) -> bool {
    match ty {
        Type::Tuple(tuple) => tuple.elems.iter().any(mentions_scalar),
        other => types::is_traced_scalar(other),
    }
}

struct Wrap<'a> {
    result: &'a Type,
    build: &'a Build,
}

impl Wrap<'_> {
    fn block(&self, block: &mut Block, ty: &Type) {
        if let Some(Stmt::Expr(tail, None)) = block.stmts.last_mut() {
            self.value(tail, ty);
        }
    }

    /// Wraps the leaves of a value: through blocks and branches, and through a tuple literal of a tuple type.
    fn value(&self, value: &mut Expr, ty: &Type) {
        match value {
            Expr::Block(inner) => self.block(&mut inner.block, ty),
            Expr::If(inner) => {
                self.block(&mut inner.then_branch, ty);
                if let Some((_, otherwise)) = &mut inner.else_branch {
                    self.value(otherwise, ty);
                }
            }
            Expr::Loop(inner) => {
                Breaks { wrap: self, ty, label: inner.label.as_ref(), inside: false }.visit_block_mut(&mut inner.body)
            }
            Expr::Match(inner) => inner.arms.iter_mut().for_each(|arm| self.value(&mut arm.body, ty)),
            Expr::Paren(inner) => self.value(&mut inner.expr, ty),
            Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) | Expr::While(_) | Expr::ForLoop(_) => {}
            Expr::Macro(inner) if diverges(&inner.mac) => {}
            Expr::Tuple(tuple) => {
                if let Type::Tuple(types) = ty
                    && types.elems.len() == tuple.elems.len()
                {
                    tuple.elems.iter_mut().zip(&types.elems).for_each(|(value, ty)| self.value(value, ty));
                }
            }
            scalar if types::is_traced_scalar(ty) => {
                let span = scalar.span();
                let inner = std::mem::replace(scalar, Expr::PLACEHOLDER);
                *scalar = self.build.array(inner, span);
            }
            _ => {}
        }
    }
}

/// Wraps what a loop is left with.
struct Breaks<'a> {
    wrap: &'a Wrap<'a>,
    ty: &'a Type,
    label: Option<&'a syn::Label>,
    /// Whether another loop is around.
    inside: bool,
}

impl VisitMut for Breaks<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        let inside = self.inside;
        match expr {
            Expr::Break(exit) => {
                let ours = match (&exit.label, self.label) {
                    (Some(label), Some(own)) => label.ident == own.name.ident,
                    (Some(_), None) => false,
                    (None, _) => !inside,
                };
                if let Some(value) = exit.expr.as_mut().filter(|_| ours) {
                    self.wrap.value(value, self.ty);
                }
            }
            Expr::Loop(_) | Expr::While(_) | Expr::ForLoop(_) => self.inside = true,
            Expr::Closure(_) | Expr::Async(_) => return,
            _ => {}
        }
        visit_mut::visit_expr_mut(self, expr);
        self.inside = inside;
    }

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}

fn diverges(mac: &syn::Macro) -> bool {
    ["panic", "unreachable", "todo", "unimplemented"].iter().any(|name| mac.path.is_ident(name))
}

impl VisitMut for Wrap<'_> {
    fn visit_expr_return_mut(&mut self, expr: &mut syn::ExprReturn) {
        visit_mut::visit_expr_return_mut(self, expr);
        if let Some(value) = &mut expr.expr {
            self.value(value, self.result);
        }
    }

    // A `return` in there leaves the closure or the item, not the staged function.
    fn visit_expr_closure_mut(&mut self, _: &mut syn::ExprClosure) {}
    fn visit_expr_async_mut(&mut self, _: &mut syn::ExprAsync) {}
    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}
