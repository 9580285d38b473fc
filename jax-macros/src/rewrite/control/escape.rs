//! `return`, `break` and `continue` out of what may be a closure: the closure is left at once, a code that is carried
//! like a variable says where to, and what would follow runs only if no exit was taken.
//!
//! A construct that may have been left gives a `Pending` value. It is taken out of its statement, which goes, with the
//! statements after it, into a branch on the code. Which statements these are, and which loops have such a body,
//! is known only once they were walked: it is learned in one round and used in the next.

use proc_macro2::{Ident, Span};
use quote::{format_ident, quote_spanned};
use syn::visit::{self, Visit};
use syn::{Expr, Lifetime, Pat, Stmt, spanned::Spanned};

use super::super::flow::Step;
use super::super::scope::{Facts, Origin};
use super::super::walk::{Position, Walk};
use super::Carried;
use crate::build::{generated, hole};
use crate::errors;

/// The code of a `return`; those of loops follow.
const RETURN: i32 = 1;

/// What an exit may lead to.
#[derive(Debug)]
pub(in crate::rewrite) struct Target {
    /// The number of a loop; none for the body of the function or of a closure.
    number: Option<usize>,
    /// How many regions are around it.
    frames: usize,
    label: Option<String>,
    /// Whether it is left out of a closure inside.
    pub(super) broken: bool,
    /// Whether its next turn is begun out of a closure inside.
    pub(super) continued: bool,
    /// Whether a `break` out of a closure gives a value.
    pub(super) valued: bool,
    /// Whether something further outside is left through it.
    pub(super) leaves: bool,
    /// Whether it is a loop that only its exits end.
    pub(super) endless: bool,
    /// Whether it is a body in which some exit leaves a closure, so that the code is needed.
    coded: bool,
}

impl Target {
    pub(super) fn break_code(&self) -> i32 {
        self.number.map_or(RETURN, |number| 2 * number as i32 + 2)
    }

    pub(super) fn continue_code(&self) -> i32 {
        self.break_code() + 1
    }

    /// The variable that waits for what it gives.
    pub(super) fn given(&self) -> Ident {
        let number = self.number.map_or_else(String::new, |number| number.to_string());
        format_ident!("__jax_given{number}", span = Span::mixed_site())
    }
}

/// The variable of the code.
pub(super) fn exit() -> Ident {
    Ident::new("__jax_exit", Span::mixed_site())
}

pub(super) fn label(number: usize) -> Lifetime {
    Lifetime::new(&format!("'__jax_{number}"), Span::mixed_site())
}

impl Walk<'_> {
    // Targets.

    /// Begins the body of the function or of a closure.
    pub(in crate::rewrite) fn begin_body(&mut self) {
        self.declare_given(&exit());
        self.begin_target(None, None);
        self.declare_given(&self.targets[self.targets.len() - 1].given());
    }

    /// Begins a loop, which has a number.
    pub(super) fn begin_loop(&mut self, label: Option<&syn::Label>) -> usize {
        let number = self.loops;
        self.loops += 1;
        self.begin_target(Some(number), label.map(|label| label.name.ident.to_string()));
        number
    }

    fn begin_target(&mut self, number: Option<usize>, label: Option<String>) {
        let frames = self.frames.len();
        let (broken, continued, valued, leaves, endless, coded) = (false, false, false, false, false, false);
        self.targets.push(Target { number, frames, label, broken, continued, valued, leaves, endless, coded });
    }

    pub(super) fn end_target(&mut self) -> Target {
        match self.targets.pop() {
            Some(target) => target,
            None => unreachable!("a target that was begun"),
        }
    }

    pub(super) fn declare_given(&mut self, name: &Ident) {
        let pat: Pat = syn::parse_quote!(mut #name);
        self.bind(&pat, &Facts::of(Origin::Traced), false);
    }

    /// Whether the body that was walked needs an end of its own.
    pub(in crate::rewrite) fn ends(&self, facts: &Facts) -> bool {
        facts.pending || self.targets.last().is_some_and(|target| target.coded)
    }

    /// Ends the body of the function or of a closure, walked: what it gives may have been returned before.
    pub(in crate::rewrite) fn end_body(&mut self, body: &mut Expr, facts: &Facts) {
        let ends = self.ends(facts);
        let target = self.end_target();
        if !ends {
            return;
        }
        let span = body.span();
        let whole = std::mem::replace(body, Expr::PLACEHOLDER);
        let (exit, given, value) = (exit(), target.given(), Ident::new("last", Span::mixed_site()));
        let (none, absent) = (self.build.name("no_exit", span), self.build.name("absent", span));
        let hole = hole(0);
        if !facts.pending && !target.broken {
            *body = self.build.template(quote_spanned!(generated(span)=> { let mut #exit = #none(); #hole }), [whole]);
            return;
        }
        let last = self.present(whole, facts);
        let finish = Ident::new("finish", generated(span));
        let template = quote_spanned! {generated(span)=> {
            let mut #exit = #none();
            let mut #given = #absent();
            let #value = #hole;
            #exit.#finish(#value, #given)
        }};
        *body = self.build.template(template, [last]);
    }

    // Exits.

    /// `return`, `break` or `continue`.
    pub(in crate::rewrite) fn exit(&mut self, expr: &mut Expr) -> Facts {
        let (label, value, is_continue) = match expr {
            Expr::Return(exit) => (None, exit.expr.as_deref_mut(), false),
            Expr::Break(exit) => (exit.label.as_ref(), exit.expr.as_deref_mut(), false),
            Expr::Continue(exit) => (exit.label.as_ref(), None, true),
            _ => return Facts::default(),
        };
        let wanted = label.map(|label| label.ident.to_string());
        let has_value = value.is_some();
        let facts = value.map(|value| self.expr(value, Position::Value));
        let is_return = matches!(expr, Expr::Return(_));
        let target = self.targets.iter().rposition(|target| match (&wanted, target.number) {
            _ if is_return => target.number.is_none(),
            (Some(wanted), _) => target.label.as_ref() == Some(wanted),
            (None, number) => number.is_some(),
        });
        let Some(target) = target else { return Facts::default() };
        let crossed = self.frames.iter().skip(self.targets[target].frames).any(|frame| frame.staged);
        if !crossed {
            if is_return {
                // Out of a closure only the closure ends, and what it captures is never at its last use.
                self.flow.push(Step::Exit);
            }
            return Facts::default();
        }
        for inside in &mut self.targets[target + 1..] {
            inside.leaves = true;
        }
        let body = self.targets[..=target].iter_mut().rev().find(|target| target.number.is_none());
        if let Some(body) = body {
            body.coded = true;
        }
        let found = &mut self.targets[target];
        match is_continue {
            true => found.continued = true,
            false => found.broken = true,
        }
        found.valued |= has_value;
        let code = if is_continue { found.continue_code() } else { found.break_code() };
        let (exit, given) = (exit(), found.given());
        let mut assigned = vec![exit.clone()];
        if has_value {
            assigned.push(given.clone());
        }
        for name in assigned {
            if let Some(var) = self.scopes.find(&name) {
                self.note_assigned(var, &name);
            }
        }
        let Some(frame) = self.frames.iter_mut().rev().find(|frame| frame.staged) else { return Facts::default() };
        frame.left = true;
        let label = self::label(frame.number);
        let span = expr.span();
        let value = match std::mem::replace(expr, Expr::PLACEHOLDER) {
            Expr::Return(syn::ExprReturn { expr: value, .. }) | Expr::Break(syn::ExprBreak { expr: value, .. }) => {
                value
            }
            _ => None,
        };
        let (present, absent) = (self.build.name("present", span), self.build.name("absent", span));
        let hole = hole(0);
        let give = value.as_ref().map(|_| quote_spanned!(generated(span)=> #given = #present(#hole);));
        let template = quote_spanned!(generated(span)=> { #give #exit.take(#code); break #label (#absent()) });
        let value = value.map(|mut value| {
            if facts.is_some_and(|facts| facts.origin == Origin::Host) {
                self.make_array(&mut value);
            }
            *value
        });
        *expr = self.build.template(template, value);
        Facts::default()
    }

    /// `?`, which cannot leave a closure.
    pub(in crate::rewrite) fn question(&mut self, expr: &mut Expr) -> Facts {
        let Expr::Try(inner) = expr else { return Facts::default() };
        let facts = self.expr(&mut inner.expr, Position::Value);
        let body = self.targets.iter().rev().find(|target| target.number.is_none());
        let outside = body.map_or(0, |target| target.frames);
        if self.frames.iter().skip(outside).any(|frame| frame.staged) {
            *expr = self.build.error(inner.question_token.span, errors::question_in_staged());
        }
        facts
    }

    /// One side of a branch: of a block the value, even where it may be absent.
    pub(in crate::rewrite) fn side(&mut self, expr: &mut Expr) -> Facts {
        match expr {
            Expr::Block(block) if block.label.is_none() => self.block(&mut block.block, Position::Value),
            other => self.expr(other, Position::Value),
        }
    }

    // What follows a construct that may have been left.

    /// The value of a walked block as one that may be absent.
    pub(super) fn present(&self, mut value: Expr, facts: &Facts) -> Expr {
        if facts.pending {
            return value;
        }
        if facts.origin == Origin::Host && !matches!(super::branch::tail(&mut value), Some(Expr::Tuple(_))) {
            self.make_array(&mut value);
        }
        let span = value.span();
        let (present, hole) = (self.build.name("present", span), hole(0));
        self.build.template(quote_spanned!(generated(span)=> #present(#hole)), [value])
    }

    /// The inside of a closure that may be left at once: labelled, and its value one that may be absent.
    pub(super) fn leavable(&self, value: Expr, facts: &Facts, left: Option<usize>) -> Expr {
        let span = value.span();
        let value = self.present(value, facts);
        let Some(number) = left else { return value };
        let (label, hole) = (label(number), hole(0));
        self.build.template(quote_spanned!(generated(span)=> #label: { #hole }), [value])
    }

    /// Takes a construct that may have been left out of its statement.
    pub(in crate::rewrite) fn hoist(&mut self, expr: &mut Expr, origin: Origin) -> Facts {
        let name = format_ident!("__jax_value{}", self.numbered(), span = Span::mixed_site());
        let construct = std::mem::replace(expr, path(&name));
        self.hoisted.push((name, construct));
        // What it gave a value is outside of the branch to come, and the keys that it used are gone.
        if let Some(mut frame) = self.frames.pop() {
            frame.keys.clear();
            let set = std::mem::take(&mut frame.set);
            set.into_iter().for_each(|var| self.note_set(var));
            self.frames.push(frame);
        }
        Facts::of(origin)
    }

    /// Statements of which the first may have been left in the middle: the rest runs only if it was not.
    pub(in crate::rewrite) fn guarded(&mut self, stmts: &mut Vec<Stmt>, position: Position) -> Facts {
        let span = stmts.first().map_or_else(Span::mixed_site, Spanned::span);
        let mut rest = stmts.split_off(1);
        self.enter(true);
        let (steps, (mut facts, mut hoisted)) = self.arm(|walk| {
            let mut facts = match stmts.first_mut() {
                Some(first) => walk.statement(first, position),
                None => Facts::default(),
            };
            let hoisted = std::mem::take(&mut walk.hoisted);
            facts.pending = false;
            if !rest.is_empty() {
                facts = walk.statements(&mut rest, position);
            }
            (facts, hoisted)
        });
        let left = self.left();
        let mut carried = self.leave();
        carried.forget_unset();
        let Some((name, construct)) = hoisted.pop() else {
            self.branch(vec![steps]);
            stmts.append(&mut rest);
            return facts;
        };
        if !hoisted.is_empty() {
            *stmts = vec![Stmt::Expr(self.build.error(span, errors::two_exits()), None)];
            return facts;
        }
        let is_construct = |stmt: &Stmt| matches!(stmt, Stmt::Expr(Expr::Path(path), _) if path.path.is_ident(&name));
        if rest.is_empty() && stmts.first().is_some_and(is_construct) {
            self.branch(vec![steps]);
            *stmts = vec![Stmt::Expr(construct, None)];
            return Facts { pending: true, ..Facts::default() };
        }
        self.begin_as_arrays(&carried);
        let state = self.hand_over(&carried, vec![steps, Vec::new()]);
        stmts.retain(|stmt| !is_construct(stmt));
        stmts.append(&mut rest);
        let body = block(std::mem::take(stmts));
        let body = self.leavable(body, &facts, left);
        let guard = self.guard(span, &carried, Some((name, construct)), state, body);
        *stmts = vec![Stmt::Expr(guard, None)];
        facts.pending = true;
        facts
    }

    /// A branch on whether no exit was taken.
    pub(super) fn guard(
        &self,
        span: Span,
        carried: &Carried,
        before: Option<(Ident, Expr)>,
        state: Expr,
        body: Expr,
    ) -> Expr {
        let (names, result) = (carried.names(), carried.result());
        let (parameter, begin) = carried.parameter(span);
        let (given, assign) = carried.assignment();
        let (exit, value) = (exit(), Ident::new("value", Span::mixed_site()));
        let absent = self.build.name("absent", span);
        let (state_hole, body_hole, before_hole) = (hole(0), hole(1), hole(2));
        let (choose, unused) = (Ident::new("choose", generated(span)), carried.unused(span));
        let waiting = before.as_ref().map(|(name, _)| quote_spanned!(generated(span)=> let #name = #before_hole;));
        let open = before.as_ref().map(|(name, _)| quote_spanned!(generated(span)=> let #name = #name.value();));
        let template = quote_spanned! {generated(span)=> {
            #waiting
            let (#value, #given) = #exit.branch().#choose(
                #names,
                #state_hole,
                |#parameter| { #begin #open let #value = #body_hole; (#value, #result) },
                |#parameter| { #unused (#absent(), #result) },
            );
            #assign
            #value
        }};
        let before = before.map(|(_, construct)| construct);
        self.build.template(template, [state, body].into_iter().chain(before))
    }

    /// The number of the innermost closure if it was left since this was last asked.
    pub(super) fn left(&mut self) -> Option<usize> {
        let frame = self.frames.last_mut()?;
        std::mem::take(&mut frame.left).then_some(frame.number)
    }

    pub(super) fn numbered(&mut self) -> usize {
        self.labels += 1;
        self.labels
    }
}

pub(super) fn path(name: &Ident) -> Expr {
    Expr::Path(syn::ExprPath { attrs: Vec::new(), qself: None, path: name.clone().into() })
}

pub(super) fn block(stmts: Vec<Stmt>) -> Expr {
    let block = syn::Block { brace_token: syn::token::Brace::default(), stmts };
    Expr::Block(syn::ExprBlock { attrs: Vec::new(), label: None, block })
}

/// An expression in a block of its own if it has an exit in it, so that what follows the exit has a block to stand in.
pub(in crate::rewrite) fn in_block(expr: &mut Expr) {
    if !matches!(expr, Expr::Block(_)) && escapes(expr) {
        let inner = std::mem::replace(expr, Expr::PLACEHOLDER);
        *expr = block(vec![Stmt::Expr(inner, None)]);
    }
}

/// Whether there is an exit in an expression.
pub(super) fn escapes(expr: &Expr) -> bool {
    struct Search(bool);
    impl Visit<'_> for Search {
        fn visit_expr(&mut self, expr: &Expr) {
            match expr {
                Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) => self.0 = true,
                Expr::Closure(_) | Expr::Async(_) => {}
                _ if self.0 => {}
                _ => visit::visit_expr(self, expr),
            }
        }

        fn visit_item(&mut self, _: &syn::Item) {}
    }
    let mut search = Search(false);
    search.visit_expr(expr);
    search.0
}
