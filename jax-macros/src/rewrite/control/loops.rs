//! `while` and `for`: what may be staged becomes `repeat(…).body(…)`, or `range(a, b).each(…)` for integers.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, Meta, Pat, RangeLimits};

use super::super::flow::Step;
use super::super::scope::{Facts, Origin};
use super::super::walk::{Position, Walk};
use super::tests_pattern;
use crate::build::{generated, hole};

/// What `#[unroll]` says of a loop.
enum Unroll {
    /// Nothing: a loop stays rolled.
    Never,
    /// `#[unroll]`: it runs while tracing.
    Whole,
    /// `#[unroll(4)]`: so many turns are put into one.
    By(TokenStream),
}

fn take_unroll(attrs: &mut Vec<Attribute>) -> Unroll {
    let Some(index) = attrs.iter().position(|attr| attr.path().is_ident("unroll")) else { return Unroll::Never };
    match attrs.remove(index).meta {
        Meta::List(list) => Unroll::By(list.tokens),
        _ => Unroll::Whole,
    }
}

impl Walk<'_> {
    /// A `while` of any kind.
    pub(in crate::rewrite) fn while_(&mut self, expr: &mut Expr) -> Facts {
        let leaves = escapes(expr);
        let Expr::While(looped) = expr else { return Facts::default() };
        let unroll = take_unroll(&mut looped.attrs);
        let mark = self.scopes.open();
        self.enter();
        let (asked, cond) = self.arm(|walk| walk.expr(&mut looped.cond, Position::Value));
        let (done, _) = self.arm(|walk| walk.block(&mut looped.body, Position::Value));
        let carried = self.leave();
        self.scopes.close(mark);
        let rolled = matches!(unroll, Unroll::Never) && !tests_pattern(&looped.cond) && !leaves;
        // A bare number that the loop counts with would be a number of the host, and the loop unrolled.
        let counters = asked.iter().filter_map(|step| match step {
            Step::Read(var, _) => Some(*var),
            _ => None,
        });
        let counted = counters.filter(|var| self.numbers.contains(var)).any(|var| carried.assigns(var));
        if !rolled || (cond.origin == Origin::Host && !counted) {
            self.branch(vec![asked.into_iter().chain(done).collect(), Vec::new()]);
            return Facts::default();
        }
        self.begin_as_arrays(&carried);
        let span = looped.while_token.span;
        let state = self.hand_over(&carried, vec![asked.into_iter().chain(done).collect(), Vec::new()]);
        let test = std::mem::replace(&mut *looped.cond, Expr::PLACEHOLDER);
        let block = std::mem::replace(&mut looped.body, syn::parse_quote!({}));
        let block = Expr::Block(syn::ExprBlock { attrs: Vec::new(), label: None, block });
        let (repeat, body) = (self.build.name("repeat", span), Ident::new("body", generated(span)));
        let (names, result) = (carried.names(), carried.result());
        let (parameter, begin) = carried.parameter(span);
        let (given, assign) = carried.assignment();
        let (state_hole, test_hole, block_hole) = (hole(0), hole(1), hole(2));
        let test_name = Ident::new("goes_on", Span::mixed_site());
        let template = quote_spanned! {generated(span)=> {
            let #given = #repeat(#names, #state_hole, |#parameter| { #begin let #test_name = #test_hole; (#test_name, #result) })
                .#body(|#parameter| { #begin #block_hole; #result });
            #assign
        }};
        *expr = self.build.template(template, [state, test, block]);
        Facts::default()
    }

    /// A `for` of any kind.
    pub(in crate::rewrite) fn for_(&mut self, expr: &mut Expr) -> Facts {
        let leaves = escapes(expr);
        let Expr::ForLoop(looped) = expr else { return Facts::default() };
        let unroll = take_unroll(&mut looped.attrs);
        let named = matches!(&*looped.pat, Pat::Ident(_) | Pat::Wild(_));
        let rolled = !matches!(unroll, Unroll::Whole) && is_range(&looped.expr) && named && !leaves;
        let over = self.expr(&mut looped.expr, Position::Value);
        self.enter();
        let mark = self.scopes.open();
        let (done, _) = self.arm(|walk| {
            let facts = if rolled { Facts::scalar() } else { Facts { literal: false, ..over } };
            walk.bind(&looped.pat, &facts, false);
            walk.block(&mut looped.body, Position::Value)
        });
        self.scopes.close(mark);
        let carried = self.leave();
        if !rolled {
            self.branch(vec![done, Vec::new()]);
            return Facts::default();
        }
        self.begin_as_arrays(&carried);
        let span = looped.for_token.span;
        let state = self.hand_over(&carried, vec![done, Vec::new()]);
        let mut holes = vec![state];
        let block = std::mem::replace(&mut looped.body, syn::parse_quote!({}));
        holes.push(Expr::Block(syn::ExprBlock { attrs: Vec::new(), label: None, block }));
        let steps = self.steps(std::mem::replace(&mut *looped.expr, Expr::PLACEHOLDER), span, &mut holes);
        let factor = match unroll {
            Unroll::By(factor) => quote_spanned!(generated(span)=> .unroll(#factor)),
            _ => TokenStream::new(),
        };
        let each = Ident::new("each", generated(span));
        let pat = &looped.pat;
        let (names, result) = (carried.names(), carried.result());
        let (parameter, begin) = carried.parameter(span);
        let (given, assign) = carried.assignment();
        let (state_hole, block_hole) = (hole(0), hole(1));
        let template = quote_spanned! {generated(span)=> {
            let #given = #steps #factor.#each(#names, #state_hole, |#pat, #parameter| { #begin #block_hole; #result });
            #assign
        }};
        *expr = self.build.template(template, holes);
        Facts::default()
    }

    /// A range with `rev` and `step_by`, as the library's; its expressions go into holes.
    fn steps(&self, expr: Expr, span: Span, holes: &mut Vec<Expr>) -> TokenStream {
        let mut put = |value: Expr| {
            holes.push(value);
            hole(holes.len() - 1)
        };
        match expr {
            Expr::Paren(inner) => self.steps(*inner.expr, span, holes),
            Expr::Range(syn::ExprRange { start: Some(start), end: Some(end), limits, .. }) => {
                let function = match limits {
                    RangeLimits::HalfOpen(_) => self.build.name("range", span),
                    RangeLimits::Closed(_) => self.build.name("range_inclusive", span),
                };
                let (start, end) = (put(*start), put(*end));
                quote_spanned!(generated(span)=> #function(#start, #end))
            }
            Expr::MethodCall(call) => {
                let args: Vec<Ident> = call.args.into_iter().map(put).collect();
                let method = call.method;
                let receiver = self.steps(*call.receiver, span, holes);
                quote_spanned!(generated(span)=> #receiver.#method(#(#args),*))
            }
            _ => TokenStream::new(),
        }
    }
}

/// Whether an expression is a range of two bounds, reversed or with steps.
fn is_range(expr: &Expr) -> bool {
    match expr {
        Expr::Range(range) => range.start.is_some() && range.end.is_some(),
        Expr::Paren(inner) => is_range(&inner.expr),
        Expr::MethodCall(call) => {
            let adapts = match call.args.len() {
                0 => call.method == "rev",
                1 => call.method == "step_by",
                _ => false,
            };
            adapts && is_range(&call.receiver)
        }
        _ => false,
    }
}

/// Whether control may leave a construct other than at its end.
pub(super) fn escapes(expr: &Expr) -> bool {
    let mut search = Escapes { depth: 0, found: false };
    match expr {
        Expr::While(looped) => {
            search.depth = 0;
            visit::visit_expr(&mut search, &looped.cond);
            visit::visit_block(&mut search, &looped.body);
        }
        Expr::ForLoop(looped) => visit::visit_block(&mut search, &looped.body),
        other => visit::visit_expr(&mut search, other),
    }
    search.found
}

struct Escapes {
    /// How many loops around are inside.
    depth: usize,
    found: bool,
}

impl Visit<'_> for Escapes {
    fn visit_expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Return(_) | Expr::Try(_) => self.found = true,
            Expr::Break(exit) => self.found |= self.depth == 0 || exit.label.is_some(),
            Expr::Continue(exit) => self.found |= self.depth == 0 || exit.label.is_some(),
            Expr::While(_) | Expr::ForLoop(_) | Expr::Loop(_) => {
                self.depth += 1;
                visit::visit_expr(self, expr);
                self.depth -= 1;
            }
            Expr::Closure(_) | Expr::Async(_) => {}
            _ => visit::visit_expr(self, expr),
        }
    }

    fn visit_item(&mut self, _: &syn::Item) {}
}
