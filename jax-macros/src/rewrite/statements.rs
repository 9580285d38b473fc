//! Blocks, declarations and assignments: what the walk does where variables get their values.

use syn::{Block, Expr, Pat, Stmt, spanned::Spanned};

use super::closure::traced_parameters;
use super::flow::Step;
use super::scope::{Facts, Origin};
use super::walk::{Position, Walk, is_number};
use crate::types;

impl Walk<'_> {
    pub(super) fn block(&mut self, block: &mut Block, position: Position) -> Facts {
        self.scoped(|walk| walk.statements(&mut block.stmts, position))
    }

    /// Statements in the scope of a block: from one on in which something may be left, the rest goes into a branch.
    pub(super) fn statements(&mut self, stmts: &mut Vec<Stmt>, position: Position) -> Facts {
        let mut facts = Facts::default();
        let mut pending = false;
        let mut index = 0;
        while index < stmts.len() {
            let number = self.statements;
            self.statements += 1;
            if self.learned.statements.contains(&number) {
                let mut rest = stmts.split_off(index);
                let facts = self.guarded(&mut rest, position);
                stmts.append(&mut rest);
                return facts;
            }
            facts = self.statement(&mut stmts[index], position);
            if !self.hoisted.is_empty() {
                self.found.statements.insert(number);
                self.hoisted.clear();
                pending = true;
            }
            index += 1;
        }
        Facts { pending, ..facts }
    }

    pub(super) fn statement(&mut self, statement: &mut Stmt, position: Position) -> Facts {
        match statement {
            Stmt::Local(local) => {
                self.local_statement(local);
                Facts::default()
            }
            Stmt::Expr(expr, None) => self.expr(expr, position),
            Stmt::Expr(expr, Some(_)) => {
                self.expr(expr, Position::Value);
                Facts::default()
            }
            Stmt::Macro(mac) => self.macro_call(&mut mac.mac),
            Stmt::Item(_) => Facts::default(),
        }
    }

    fn local_statement(&mut self, local: &mut syn::Local) {
        let mut facts = Facts::default();
        if let Some(init) = &mut local.init {
            let position = if matches!(&local.pat, Pat::Wild(_)) { Position::Place } else { Position::Value };
            traced_parameters(&mut init.expr, self.build);
            facts = self.expr(&mut init.expr, position);
            if let Some((_, diverge)) = &mut init.diverge {
                self.maybe(|walk| walk.expr(diverge, Position::Value));
            }
            // Nothing is declared between here and the binding, so this is the number of a variable declared below.
            let var = self.scopes.count();
            let begins_as_number = is_mutable_name(&local.pat) && is_number(&init.expr);
            if begins_as_number {
                self.numbers.insert(var);
            }
            let accumulates = begins_as_number && self.accumulators.contains(&var);
            if accumulates && !matches!(local.pat, Pat::Type(_)) {
                self.make_array(&mut init.expr);
                facts = Facts::scalar();
            }
            if let Pat::Type(typed) = &local.pat {
                facts.literal = false;
                if types::is_traced_scalar(&typed.ty) && (accumulates || facts.origin == Origin::Traced) {
                    if accumulates && types::plain_name(&typed.ty).as_deref() != Some("bool") {
                        let span = init.expr.span();
                        let inner = std::mem::replace(&mut *init.expr, Expr::PLACEHOLDER);
                        *init.expr = self.build.scalar(inner, &typed.ty, span);
                    } else {
                        self.make_array(&mut init.expr);
                    }
                    local.pat = (*typed.pat).clone();
                    facts = Facts::scalar();
                } else if types::is_traced_scalar(&typed.ty) || types::is_host_number(&typed.ty) {
                    facts = Facts::host();
                }
            }
        }
        let var = self.scopes.count();
        if let Pat::Type(typed) = &local.pat
            && self.accumulators.contains(&var)
            && types::is_traced_scalar(&typed.ty)
        {
            local.pat = (*typed.pat).clone();
        }
        self.bind(&local.pat, &facts, false);
        if local.init.is_none() && self.scopes.count() > var {
            self.scopes.get_mut(var).unset = true;
        }
    }

    /// A number assigned to a variable that is an array becomes one too.
    pub(super) fn assigned_number(&mut self, target: &Expr, value: &mut Expr, facts: &mut Facts) {
        let Some((var, _)) = path_of(target).and_then(|path| self.local(path)) else { return };
        if self.is_unset(var) && is_number(value) {
            self.numbers.insert(var);
        }
        let is_array = self.accumulators.contains(&var);
        if is_array && facts.origin != Origin::Traced
            || facts.literal && self.scopes.get(var).facts.origin == Origin::Traced
        {
            self.make_array(value);
            *facts = Facts::scalar();
        }
    }

    pub(super) fn assign(&mut self, target: &mut Expr, facts: &Facts) {
        match target {
            Expr::Tuple(tuple) => tuple.elems.iter_mut().for_each(|elem| self.assign(elem, facts)),
            Expr::Path(path) => {
                if let Some((var, name)) = self.local(path) {
                    self.assigned(target);
                    self.note_set(var);
                    self.capture(var, &name);
                    // In a loop or a closure the old value may still be needed in another turn.
                    if self.scopes.get(var).depth == self.depth {
                        self.flow.push(Step::Overwrite(var));
                        self.flow.extend(self.scopes.overlapping(var, "").map(|(_, place)| Step::Overwrite(place)));
                    }
                    let facts = facts.clone();
                    self.update(target, |old| {
                        old.origin = old.origin.join(facts.origin);
                        old.borrows.extend(facts.borrows);
                    });
                }
            }
            Expr::Infer(_) => {}
            place => {
                self.assigned(place);
                match self.fields(place) {
                    Some((root, fields)) => {
                        self.expr(place, Position::Base);
                        let own = self.scopes.place(root, &fields);
                        if self.scopes.get(own).depth == self.depth {
                            self.flow.push(Step::Overwrite(own));
                        }
                    }
                    None => drop(self.written(true, place)),
                }
            }
        }
    }

    /// Records that a captured variable is written to.
    pub(super) fn assigned(&mut self, target: &Expr) {
        let Some((var, name)) = self.root_name(target) else { return };
        self.note_assigned(var, &name);
        for captures in &mut self.captures {
            captures.assigns |= var < captures.outside;
        }
    }

    pub(super) fn update(&mut self, target: &Expr, change: impl FnOnce(&mut Facts)) {
        if let Expr::Path(path) = target
            && let Some((var, _)) = self.local(path)
        {
            let facts = &mut self.scopes.get_mut(var).facts;
            change(facts);
            if facts.origin == Origin::Traced && self.numbers.contains(&var) {
                self.accumulators.insert(var);
            }
            facts.literal &= facts.origin == Origin::Host;
            facts.copy &= facts.origin == Origin::Host;
        }
    }
}

fn path_of(expr: &Expr) -> Option<&syn::ExprPath> {
    match expr {
        Expr::Path(path) => Some(path),
        _ => None,
    }
}

/// Whether a pattern declares one mutable variable.
fn is_mutable_name(pat: &Pat) -> bool {
    match pat {
        Pat::Ident(pat) => pat.mutability.is_some() && pat.subpat.is_none(),
        Pat::Type(typed) => is_mutable_name(&typed.pat),
        _ => false,
    }
}
