//! `if`: one that may be staged becomes `condition(c).choose(names, state, |state| …, |state| …)`.

use proc_macro2::{Ident, Span};
use quote::quote_spanned;
use syn::{Expr, Stmt, spanned::Spanned};

use super::super::scope::{Facts, Origin};
use super::super::walk::{Position, Walk};
use super::escape::{block, in_block};
use super::tests_pattern;
use crate::build::{generated, hole};

impl Walk<'_> {
    /// An `if` of any kind.
    pub(in crate::rewrite) fn if_(&mut self, expr: &mut Expr) -> Facts {
        let Expr::If(branch) = expr else { return Facts::default() };
        if let Some((_, otherwise)) = &mut branch.else_branch {
            in_block(otherwise);
        }
        let mark = self.scopes.open();
        let cond = self.expr(&mut branch.cond, Position::Value);
        let staged = cond.origin != Origin::Host && !tests_pattern(&branch.cond);
        let facts = if staged { self.staged_if(expr, &cond) } else { self.host_if(expr) };
        self.scopes.close(mark);
        facts
    }

    fn host_if(&mut self, expr: &mut Expr) -> Facts {
        let Expr::If(branch) = expr else { return Facts::default() };
        let (then, then_facts) = self.arm(|walk| walk.block(&mut branch.then_branch, Position::Value));
        let (otherwise, else_facts) =
            self.arm(|walk| branch.else_branch.as_mut().map(|(_, otherwise)| walk.side(otherwise)));
        self.branch(vec![then, otherwise]);
        let else_facts = else_facts.unwrap_or_else(|| then_facts.clone());
        if !then_facts.pending && !else_facts.pending {
            return then_facts.join(&else_facts);
        }
        // One side may have been left in the middle, so that the value of both is one that may be absent.
        let span = branch.if_token.span;
        let then = block(std::mem::take(&mut branch.then_branch.stmts));
        branch.then_branch.stmts = vec![Stmt::Expr(self.present(then, &then_facts), None)];
        let (else_token, otherwise, else_facts) = match branch.else_branch.take() {
            Some((token, otherwise)) => (token, *otherwise, else_facts),
            None => (syn::Token![else](span), block(Vec::new()), Facts::default()),
        };
        let otherwise = block(vec![Stmt::Expr(self.present(otherwise, &else_facts), None)]);
        branch.else_branch = Some((else_token, Box::new(otherwise)));
        self.hoist(expr, then_facts.origin.join(else_facts.origin))
    }

    fn staged_if(&mut self, expr: &mut Expr, cond: &Facts) -> Facts {
        let Expr::If(branch) = expr else { return Facts::default() };
        let span = branch.if_token.span;
        self.enter(true);
        let (then_steps, mut then_facts) = self.arm(|walk| walk.block(&mut branch.then_branch, Position::Value));
        let then_left = self.left();
        self.other_side();
        let (else_steps, else_facts) = self.arm(|walk| match &mut branch.else_branch {
            Some((_, otherwise)) => walk.side(otherwise),
            None => Facts::default(),
        });
        let else_left = self.left();
        let carried = self.leave();
        self.begin_as_arrays(&carried);
        let state = self.hand_over(&carried, vec![then_steps, else_steps, Vec::new()]);
        let choice = Ident::new("choice", Span::mixed_site());
        let then_block = std::mem::replace(&mut branch.then_branch, syn::parse_quote!({}));
        let has_value = matches!(then_block.stmts.last(), Some(Stmt::Expr(_, None)));
        let mut then = Expr::Block(syn::ExprBlock { attrs: Vec::new(), label: None, block: then_block });
        let mut otherwise = match branch.else_branch.take() {
            Some((_, otherwise)) => *otherwise,
            None => syn::parse_quote!({}),
        };
        if has_value {
            self.side_value(&mut then, &then_facts, &choice);
            self.side_value(&mut otherwise, &else_facts, &choice);
        }
        let sides = [then_facts.pending, else_facts.pending, then_left.is_some(), else_left.is_some()];
        let leaves = sides.contains(&true);
        if leaves {
            then = self.leavable(then, &then_facts, then_left);
            otherwise = self.leavable(otherwise, &else_facts, else_left);
        }
        let test = std::mem::replace(&mut *branch.cond, Expr::PLACEHOLDER);
        let condition = self.build.name("condition", span);
        let choose = Ident::new("choose", generated(span));
        let (names, result) = (carried.names(), carried.result());
        let (parameter, begin) = carried.parameter(span);
        let (given, assign) = carried.assignment();
        let (test_hole, state_hole, then_hole, else_hole) = (hole(0), hole(1), hole(2), hole(3));
        let value = Ident::new("value", Span::mixed_site());
        let template = quote_spanned! {generated(span)=> {
            let #choice = #condition(#test_hole);
            let (#value, #given) = #choice.#choose(
                #names,
                #state_hole,
                |#parameter| { #begin let #value = #then_hole; (#value, #result) },
                |#parameter| { #begin let #value = #else_hole; (#value, #result) },
            );
            #assign
            #value
        }};
        *expr = self.build.template(template, [test, state, then, otherwise]);
        let facts = then_facts.join(&else_facts);
        then_facts.origin =
            if cond.origin == Origin::Traced { Origin::Traced } else { Origin::Unknown.join(facts.origin) };
        if leaves {
            return self.hoist(expr, then_facts.origin);
        }
        Facts { copy: false, literal: false, ..then_facts }
    }

    /// What a side of a branch gives: a number or another value of the host becomes an array if the branch is staged.
    fn side_value(&self, side: &mut Expr, facts: &Facts, choice: &Ident) {
        if let Some(Expr::Tuple(tuple)) = tail(side) {
            let numbers = tuple.elems.iter_mut().filter(|elem| super::super::walk::is_number(elem));
            numbers.for_each(|elem| wrap(elem, choice, self));
        } else if facts.origin == Origin::Host {
            wrap(side, choice, self);
        }
    }
}

fn wrap(value: &mut Expr, choice: &Ident, walk: &Walk<'_>) {
    let span = generated(value.span());
    let inner = std::mem::replace(value, Expr::PLACEHOLDER);
    let hole = hole(0);
    *value = walk.build.template(quote_spanned!(span=> #choice.value(#hole)), [inner]);
}

/// The expression that a block gives.
pub(super) fn tail(expr: &mut Expr) -> Option<&mut Expr> {
    match expr {
        Expr::Block(block) => match block.block.stmts.last_mut() {
            Some(Stmt::Expr(tail, None)) => self::tail(tail),
            _ => None,
        },
        other => Some(other),
    }
}
