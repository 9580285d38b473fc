//! `while`, `loop` and `for`: what may be staged becomes `repeat(…).body(…)`, or `range(a, b).each(…)` for integers.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::{Attribute, Expr, Meta, Pat, RangeLimits, Stmt};

use super::super::flow::Step;
use super::super::scope::{Facts, Origin};
use super::super::walk::{Position, Walk};
use super::escape::{Target, block, escapes, exit};
use super::{Carried, tests_pattern};
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

/// A loop that was walked.
struct Walked {
    span: Span,
    carried: Carried,
    target: Target,
    /// What is done in a turn, as the inside of a closure.
    turn: Expr,
    /// Whether something in a turn may have left it.
    left: bool,
}

impl Walk<'_> {
    /// A `while` of any kind.
    pub(in crate::rewrite) fn while_(&mut self, expr: &mut Expr) -> Facts {
        let Expr::While(looped) = expr else { return Facts::default() };
        let unroll = take_unroll(&mut looped.attrs);
        let rolled = matches!(unroll, Unroll::Never) && !tests_pattern(&looped.cond);
        let number = self.begin_loop(looped.label.as_ref());
        let mark = self.scopes.open();
        self.enter(false);
        let (asked, cond) = self.arm(|walk| walk.expr(&mut looped.cond, Position::Value));
        let staged = rolled && cond.origin != Origin::Host;
        let guarded = !staged && self.learned.loops.contains(&number);
        self.stage_frame(staged || guarded);
        let (done, turn) = self.arm(|walk| walk.block(&mut looped.body, Position::Value));
        let label = self.left();
        let carried = self.leave().of_loop();
        self.scopes.close(mark);
        let target = self.end_target();
        if rolled && cond.origin == Origin::Host {
            // A bare number that the loop counts with would be a number of the host, and the loop unrolled.
            let asks = asked.iter().filter_map(|step| match step {
                Step::Read(var, _) => Some(*var),
                _ => None,
            });
            let counters = asks.filter(|var| self.numbers.contains(var) && carried.assigns(*var));
            self.accumulators.extend(counters.collect::<Vec<_>>());
        }
        let steps = vec![asked.into_iter().chain(done).collect(), Vec::new()];
        if !staged && !guarded {
            self.learn_loop(number, &turn);
            self.branch(steps);
            return Facts::default();
        }
        self.begin_as_arrays(&carried);
        let state = self.hand_over(&carried, steps);
        let span = looped.while_token.span;
        let body = block(std::mem::take(&mut looped.body.stmts));
        let left = turn.pending || label.is_some();
        let turn = if left || guarded { self.leavable(body, &turn, label) } else { body };
        let mut walked = Walked { span, carried, target, turn, left };
        if guarded {
            looped.body = self.guarded_turn(&mut walked, state);
            return self.after_host_loop(expr, &walked);
        }
        let test = std::mem::replace(&mut *looped.cond, Expr::PLACEHOLDER);
        let test = match walked.target.broken || walked.target.leaves {
            true => {
                let (condition, exit, hole) = (self.build.name("condition", span), exit(), hole(0));
                let template = quote_spanned!(generated(span)=> #condition(#exit.goes_on()).and(|| #hole));
                self.build.template(template, [test])
            }
            false => test,
        };
        let leaves = walked.target.leaves;
        *expr = self.repeat(walked, state, test);
        self.left_outside(expr, leaves)
    }

    /// A `loop` of any kind: staged if something in it is left that only the compiled function can leave.
    pub(in crate::rewrite) fn loop_(&mut self, expr: &mut Expr) -> Facts {
        let Expr::Loop(looped) = expr else { return Facts::default() };
        let unroll = take_unroll(&mut looped.attrs);
        let number = self.begin_loop(looped.label.as_ref());
        let mark = self.scopes.open();
        let given = self.targets[self.targets.len() - 1].given();
        self.declare_given(&given);
        let learned = self.learned.loops.contains(&number);
        self.enter(learned);
        let (done, turn) = self.arm(|walk| walk.block(&mut looped.body, Position::Value));
        let label = self.left();
        let carried = self.leave().of_loop();
        let mut target = self.end_target();
        target.endless = true;
        if !learned || !matches!(unroll, Unroll::Never) {
            self.learn_loop(number, &turn);
            self.branch(vec![done, Vec::new()]);
            self.scopes.close(mark);
            return Facts::default();
        }
        self.begin_as_arrays(&carried);
        let state = self.hand_over(&carried, vec![done, Vec::new()]);
        self.scopes.close(mark);
        let span = looped.loop_token.span;
        let body = block(std::mem::take(&mut looped.body.stmts));
        let turn = self.leavable(body, &turn, label);
        let exit = exit();
        let test = self.build.template(quote_spanned!(generated(span)=> #exit.goes_on()), []);
        let leaves = target.leaves;
        *expr = self.repeat(Walked { span, carried, target, turn, left: true }, state, test);
        self.left_outside(expr, leaves)
    }

    /// A `for` of any kind.
    pub(in crate::rewrite) fn for_(&mut self, expr: &mut Expr) -> Facts {
        let Expr::ForLoop(looped) = expr else { return Facts::default() };
        let unroll = take_unroll(&mut looped.attrs);
        let named = matches!(&*looped.pat, Pat::Ident(_) | Pat::Wild(_));
        owned_members(&mut looped.expr);
        let ranged = is_range(&looped.expr) && named;
        let exits = !ranged && looped.body.stmts.iter().any(leaves_statement);
        let by_type = may_be_arrays(&looped.expr) && !exits;
        let over = self.expr(&mut looped.expr, Position::Value);
        let rolled = !matches!(unroll, Unroll::Whole) && (ranged || by_type && over.origin != Origin::Host);
        let number = self.begin_loop(looped.label.as_ref());
        let guarded = !rolled && self.learned.loops.contains(&number);
        let mark = self.scopes.open();
        let facts = if rolled && ranged { Facts::scalar() } else { Facts { literal: false, ..over } };
        // What a guarded turn is given is outside of the closure that the turn becomes.
        if guarded {
            self.bind(&looped.pat, &facts, false);
        }
        self.enter(rolled || guarded);
        let (done, turn) = self.arm(|walk| {
            if !guarded {
                walk.bind(&looped.pat, &facts, false);
            }
            walk.block(&mut looped.body, Position::Value)
        });
        let label = self.left();
        let carried = self.leave().of_loop();
        let target = self.end_target();
        if !rolled && !guarded {
            self.scopes.close(mark);
            self.learn_loop(number, &turn);
            self.branch(vec![done, Vec::new()]);
            return Facts::default();
        }
        self.begin_as_arrays(&carried);
        let state = self.hand_over(&carried, vec![done, Vec::new()]);
        self.scopes.close(mark);
        let span = looped.for_token.span;
        let body = block(std::mem::take(&mut looped.body.stmts));
        let left = turn.pending || label.is_some();
        let turn = if left || guarded { self.leavable(body, &turn, label) } else { body };
        let mut walked = Walked { span, carried, target, turn, left };
        if guarded {
            looped.body = self.guarded_turn(&mut walked, state);
            return self.after_host_loop(expr, &walked);
        }
        let range = std::mem::replace(&mut *looped.expr, Expr::PLACEHOLDER);
        let pat = looped.pat.clone();
        let leaves = walked.target.leaves;
        *expr = self.each(walked, state, range, &pat, unroll);
        self.left_outside(expr, leaves)
    }

    /// Records that a loop of the host has turns that only the compiled function can leave.
    fn learn_loop(&mut self, number: usize, turn: &Facts) {
        if turn.pending {
            self.found.loops.insert(number);
        }
    }

    /// What a turn does in a closure, and then: where its next turn begins, it is no longer left.
    fn turn(&self, walked: &Walked, hole: &Ident) -> TokenStream {
        let span = generated(walked.span);
        let (exit, next) = (exit(), walked.target.continue_code());
        let arrive = walked.target.continued.then(|| quote_spanned!(span=> #exit.arrive(#next);));
        match walked.left {
            true => quote_spanned!(span=> let _ = #hole; #arrive),
            false => quote_spanned!(span=> #hole; #arrive),
        }
    }

    /// What comes after a loop, and its value.
    fn end(&self, walked: &Walked) -> TokenStream {
        let span = generated(walked.span);
        let Walked { target, .. } = walked;
        let (exit, code, given) = (exit(), target.break_code(), target.given());
        let arrive = target.broken.then(|| quote_spanned!(span=> #exit.arrive(#code);));
        let value = target.valued.then(|| quote_spanned!(span=> #given.take()));
        if !target.leaves {
            return quote_spanned!(span=> #arrive #value);
        }
        let (present, absent) = (self.build.name("present", walked.span), self.build.name("absent", walked.span));
        match value {
            Some(value) => quote_spanned!(span=> #arrive #present(#value)),
            // Only a `loop` has no other end than its exits.
            None if target.endless && !target.broken => quote_spanned!(span=> #absent()),
            None => quote_spanned!(span=> #arrive #present(())),
        }
    }

    fn repeat(&self, walked: Walked, state: Expr, test: Expr) -> Expr {
        let span = walked.span;
        let (repeat, body) = (self.build.name("repeat", span), Ident::new("body", generated(span)));
        let (names, result) = (walked.carried.names(), walked.carried.result());
        let (parameter, begin) = walked.carried.parameter(span);
        let (given, assign) = walked.carried.assignment();
        let (state_hole, test_hole, turn_hole) = (hole(0), hole(1), hole(2));
        let test_name = Ident::new("goes_on", Span::mixed_site());
        let (turn, end) = (self.turn(&walked, &turn_hole), self.end(&walked));
        let begin_given = self.begin_given(&walked);
        let template = quote_spanned! {generated(span)=> {
            #begin_given
            let #given = #repeat(#names, #state_hole, |#parameter| { #begin let #test_name = #test_hole; (#test_name, #result) })
                .#body(|#parameter| { #begin #turn #result });
            #assign
            #end
        }};
        self.build.template(template, [state, test, walked.turn])
    }

    /// The variable that waits for the value of a loop.
    fn begin_given(&self, walked: &Walked) -> Option<TokenStream> {
        let (given, absent) = (walked.target.given(), self.build.name("absent", walked.span));
        walked.target.valued.then(|| quote_spanned!(generated(walked.span)=> let mut #given = #absent();))
    }

    fn each(&self, walked: Walked, state: Expr, range: Expr, pat: &Pat, unroll: Unroll) -> Expr {
        let span = walked.span;
        let (names, result) = (walked.carried.names(), walked.carried.result());
        let (parameter, begin) = walked.carried.parameter(span);
        let (given, assign) = walked.carried.assignment();
        let (state_hole, turn_hole) = (hole(0), hole(1));
        let (turn, end) = (self.turn(&walked, &turn_hole), self.end(&walked));
        let early = walked.target.broken || walked.target.leaves;
        let mut holes = vec![state, walked.turn];
        let steps = self.steps(range, span, &mut holes);
        let factor = match unroll {
            Unroll::By(factor) => quote_spanned!(generated(span)=> .unroll(#factor)),
            _ => TokenStream::new(),
        };
        let each = Ident::new(if early { "each_while" } else { "each" }, generated(span));
        let exit = exit();
        let goes_on = early.then(|| {
            let test_name = Ident::new("goes_on", Span::mixed_site());
            quote_spanned!(generated(span)=> |#parameter| {
                #begin
                let #test_name = #exit.goes_on();
                let _ = #result;
                #test_name
            },)
        });
        let template = quote_spanned! {generated(span)=> {
            let #given = #steps #factor.#each(#names, #state_hole, #goes_on |#pat, #parameter| { #begin #turn #result });
            #assign
            #end
        }};
        self.build.template(template, holes)
    }

    /// A turn of a loop of the host, which runs only if no exit was taken.
    fn guarded_turn(&self, walked: &mut Walked, state: Expr) -> syn::Block {
        let turn = std::mem::replace(&mut walked.turn, Expr::PLACEHOLDER);
        let guard = self.guard(walked.span, &walked.carried, None, state, turn);
        let (exit, next, hole) = (exit(), walked.target.continue_code(), hole(0));
        let span = generated(walked.span);
        let template = quote_spanned!(span=> { let _ = #hole; #exit.arrive(#next); });
        match self.build.template(template, [guard]) {
            Expr::Block(block) => block.block,
            _ => syn::parse_quote!({}),
        }
    }

    fn after_host_loop(&mut self, expr: &mut Expr, walked: &Walked) -> Facts {
        let (end, hole) = (self.end(walked), hole(0));
        let looped = std::mem::replace(expr, Expr::PLACEHOLDER);
        *expr = self.build.template(quote_spanned!(generated(walked.span)=> { #hole; #end }), [looped]);
        self.left_outside(expr, walked.target.leaves)
    }

    /// A loop that leaves what is around it goes out of its statement.
    fn left_outside(&mut self, expr: &mut Expr, leaves: bool) -> Facts {
        if leaves { self.hoist(expr, Origin::Traced) } else { Facts::default() }
    }

    /// A range with `rev` and `step_by`, as the library's; its expressions go into holes.
    fn steps(&self, expr: Expr, span: Span, holes: &mut Vec<Expr>) -> TokenStream {
        if !is_range(&expr) {
            return self.items(expr, span, holes);
        }
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

    /// What is no range, as the library's; the type says whether it is a scan.
    fn items(&self, items: Expr, span: Span, holes: &mut Vec<Expr>) -> TokenStream {
        let items = match items {
            Expr::Tuple(_) => {
                let (together, hole) = (self.build.name("Together", span), hole(0));
                self.build.template(quote_spanned!(generated(span)=> #together(#hole)), [items])
            }
            items => items,
        };
        holes.push(items);
        let (hole, function) = (hole(holes.len() - 1), self.build.name("items", span));
        quote_spanned!(generated(span)=> #function(#hole))
    }
}

/// The arrays that a `for` goes through together, each by value: whether they are used again is found anyway.
fn owned_members(expr: &mut Expr) {
    let Expr::Tuple(tuple) = expr else { return };
    for elem in &mut tuple.elems {
        if let Expr::Reference(inner) = elem {
            *elem = std::mem::replace(&mut *inner.expr, Expr::PLACEHOLDER);
        }
    }
}

fn leaves_statement(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::Expr(expr, _) => escapes(expr),
        Stmt::Local(local) => local.init.as_ref().is_some_and(|init| escapes(&init.expr)),
        _ => false,
    }
}

/// Whether what a `for` goes through may be arrays: a method of iterators surely gives an iterator.
fn may_be_arrays(expr: &Expr) -> bool {
    match expr {
        Expr::Path(_) | Expr::Field(_) | Expr::Index(_) | Expr::Call(_) => true,
        Expr::Paren(inner) => may_be_arrays(&inner.expr),
        Expr::Reference(inner) => inner.mutability.is_none() && may_be_arrays(&inner.expr),
        Expr::Tuple(tuple) => !tuple.elems.is_empty() && tuple.elems.iter().all(may_be_arrays),
        _ => false,
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
