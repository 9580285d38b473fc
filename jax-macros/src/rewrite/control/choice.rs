//! `match` on numbers: an `if` for each arm, so that the type of what is matched says whether it is staged.

use proc_macro2::{Ident, Span};
use quote::quote_spanned;
use syn::ext::IdentExt;
use syn::{Expr, Pat, RangeLimits, spanned::Spanned};

use super::super::flow::Step;
use super::super::scope::{Facts, Origin};
use super::super::walk::{Position, Walk, takes};
use super::escape::in_block;
use crate::build::{generated, hole};

/// What is matched, by the name that it has in the arms.
const SUBJECT: &str = "__jax_subject";

impl Walk<'_> {
    /// A `match` of any kind.
    pub(in crate::rewrite) fn match_(&mut self, expr: &mut Expr) -> Facts {
        let Expr::Match(choice) = expr else { return Facts::default() };
        choice.arms.iter_mut().for_each(|arm| in_block(&mut arm.body));
        let takes = choice.arms.iter().any(|arm| takes(&arm.pat));
        let taken = takes || choice.arms.iter().all(|arm| is_numeric(&arm.pat, Origin::Traced));
        let subject = self.expr(&mut choice.expr, if taken { Position::Value } else { Position::Place });
        let of_numbers = choice.arms.iter().all(|arm| is_numeric(&arm.pat, subject.origin));
        let last_takes_all = choice.arms.last().is_some_and(|arm| arm.guard.is_none());
        if subject.origin != Origin::Host && of_numbers && last_takes_all {
            return self.staged_match(expr, &subject);
        }
        let mut each = Vec::with_capacity(choice.arms.len());
        let mut arms = Vec::with_capacity(choice.arms.len());
        for arm in &mut choice.arms {
            let (steps, of_arm) = self.arm(|walk| {
                walk.scoped(|walk| {
                    walk.bind(&arm.pat, &subject, false);
                    if let Some((_, guard)) = &mut arm.guard {
                        walk.expr(guard, Position::Value);
                    }
                    walk.side(&mut arm.body)
                })
            });
            each.push(of_arm);
            arms.push(steps);
        }
        self.branch(arms);
        if each.iter().any(|facts| facts.pending) {
            for (arm, facts) in choice.arms.iter_mut().zip(&each) {
                let body = std::mem::replace(&mut *arm.body, Expr::PLACEHOLDER);
                *arm.body = self.present(body, facts);
                arm.comma.get_or_insert_default();
            }
            let origin = each.iter().map(|facts| facts.origin).reduce(Origin::join).unwrap_or_default();
            return self.hoist(expr, origin);
        }
        each.into_iter().reduce(|all, facts| all.join(&facts)).unwrap_or_default()
    }

    /// The same as a chain of `if`, which is walked as such; the last arm is its `else`.
    fn staged_match(&mut self, expr: &mut Expr, facts: &Facts) -> Facts {
        let Expr::Match(choice) = expr else { return Facts::default() };
        let span = choice.match_token.span;
        let name = Ident::new(SUBJECT, Span::mixed_site());
        let subject = Expr::Path(syn::ExprPath { attrs: Vec::new(), qself: None, path: name.clone().into() });
        let mut chain: Option<Expr> = None;
        for arm in choice.arms.drain(..).rev() {
            let span = generated(arm.pat.span());
            let bound = bindings(&arm.pat);
            let within = |inner: Expr| match bound.is_empty() {
                true => inner,
                false => {
                    let hole = hole(0);
                    self.build.template(quote_spanned!(span=> { #(let #bound = #name;)* #hole }), [inner])
                }
            };
            let body = within(*arm.body);
            let guard = arm.guard.map(|(_, guard)| within(*guard));
            let Some(rest) = chain else {
                chain = Some(body);
                continue;
            };
            let test = match (test(&arm.pat, &subject), guard) {
                (Some(test), Some(guard)) => self.both(test, guard, span),
                (Some(only), None) | (None, Some(only)) => only,
                (None, None) => {
                    // Whatever comes after it is never reached, of which rustc cannot warn any more.
                    chain = Some(body);
                    continue;
                }
            };
            let (test_hole, body_hole, rest_hole) = (hole(0), hole(1), hole(2));
            let template = quote_spanned!(span=> if #test_hole { #body_hole } else { #rest_hole });
            chain = Some(self.build.template(template, [test, body, rest]));
        }
        let Some(mut chain) = chain else { return Facts::default() };
        let matched = std::mem::replace(&mut *choice.expr, Expr::PLACEHOLDER);
        let mark = self.scopes.open();
        let pat: Pat = syn::parse_quote!(#name);
        self.bind(&pat, facts, false);
        let waiting = self.hoisted.len();
        let result = self.expr(&mut chain, Position::Value);
        self.scopes.close(mark);
        if let Some((_, hoisted)) = self.hoisted.get_mut(waiting) {
            // The chain went out of the statement, and what is matched goes with it.
            std::mem::swap(hoisted, &mut chain);
        }
        let (matched_hole, chain_hole) = (hole(0), hole(1));
        let template = quote_spanned!(generated(span)=> { let #name = #matched_hole; #chain_hole });
        *expr = self.build.template(template, [matched, chain]);
        if let Some((_, hoisted)) = self.hoisted.get_mut(waiting) {
            // In its place stands what the whole gives.
            std::mem::swap(hoisted, expr);
        }
        result
    }

    fn both(&self, left: Expr, right: Expr, span: Span) -> Expr {
        let (left_hole, right_hole) = (hole(0), hole(1));
        self.build.template(quote_spanned!(span=> #left_hole && #right_hole), [left, right])
    }

    /// `&&` and `||` of anything but values of the host: the type of the left side says what they mean.
    pub(in crate::rewrite) fn logical(&mut self, expr: &mut Expr) -> Facts {
        let Expr::Binary(binary) = expr else { return Facts::default() };
        let pattern = super::tests_pattern(&binary.left) || super::tests_pattern(&binary.right);
        let left = self.expr(&mut binary.left, Position::Value);
        self.depth += 1;
        let (steps, right): (Vec<Step>, Facts) = self.arm(|walk| walk.expr(&mut binary.right, Position::Value));
        self.depth -= 1;
        self.branch(vec![steps, Vec::new()]);
        let facts = left.join(&right);
        if pattern || facts.origin == Origin::Host {
            return facts;
        }
        let span = binary.op.span();
        let method = Ident::new(if matches!(binary.op, syn::BinOp::And(_)) { "and" } else { "or" }, generated(span));
        let [left, right] = super::super::walk::operands(binary);
        let condition = self.build.name("condition", span);
        let (left_hole, right_hole) = (hole(0), hole(1));
        let template = quote_spanned!(generated(span)=> #condition(#left_hole).#method(|| #right_hole));
        *expr = self.build.template(template, [left, right]);
        facts
    }
}

/// Whether a pattern is of numbers, so that what it matches may be traced.
fn is_numeric(pat: &Pat, origin: Origin) -> bool {
    match pat {
        Pat::Lit(_) | Pat::Range(_) | Pat::Wild(_) => true,
        Pat::Ident(pat) => {
            let names_constant = !pat.ident.unraw().to_string().chars().any(char::is_lowercase);
            pat.by_ref.is_none()
                && (!names_constant || origin == Origin::Traced)
                && pat.subpat.as_ref().is_none_or(|(_, inner)| is_numeric(inner, origin))
        }
        Pat::Or(pat) => pat.cases.iter().all(|case| is_numeric(case, origin) && bindings(case).is_empty()),
        Pat::Paren(pat) => is_numeric(&pat.pat, origin),
        _ => false,
    }
}

/// The names that a pattern of numbers binds.
fn bindings(pat: &Pat) -> Vec<Pat> {
    match pat {
        Pat::Ident(pat) if pat.ident.unraw().to_string().chars().any(char::is_lowercase) => {
            vec![Pat::Ident(syn::PatIdent { subpat: None, ..pat.clone() })]
        }
        Pat::Paren(pat) => bindings(&pat.pat),
        _ => Vec::new(),
    }
}

/// What holds of the subject if a pattern of numbers matches; nothing if it always does.
fn test(pat: &Pat, subject: &Expr) -> Option<Expr> {
    let span = generated(pat.span());
    Some(match pat {
        Pat::Lit(literal) => syn::parse2(quote_spanned!(span=> #subject == #literal)).ok()?,
        Pat::Range(range) => {
            let above = range.start.as_ref().map(|start| quote_spanned!(span=> #subject >= #start));
            let below = range.end.as_ref().map(|end| match range.limits {
                RangeLimits::HalfOpen(_) => quote_spanned!(span=> #subject < #end),
                RangeLimits::Closed(_) => quote_spanned!(span=> #subject <= #end),
            });
            match (above, below) {
                (Some(above), Some(below)) => syn::parse2(quote_spanned!(span=> #above && #below)).ok()?,
                (one, other) => syn::parse2(one.or(other)?).ok()?,
            }
        }
        Pat::Ident(pat) => match &pat.subpat {
            Some((_, inner)) => test(inner, subject)?,
            None if bindings(&Pat::Ident(pat.clone())).is_empty() => {
                let constant = &pat.ident;
                syn::parse2(quote_spanned!(span=> #subject == #constant)).ok()?
            }
            None => return None,
        },
        Pat::Or(pat) => {
            // A case that always matches makes all of it match.
            let cases: Option<Vec<Expr>> = pat.cases.iter().map(|case| test(case, subject)).collect();
            let mut cases = cases?.into_iter();
            let first = cases.next()?;
            cases.fold(first, |all, case| syn::parse_quote_spanned!(span=> #all || #case))
        }
        Pat::Paren(pat) => test(&pat.pat, subject)?,
        _ => return None,
    })
}
