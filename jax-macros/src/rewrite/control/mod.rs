//! Control flow that may be staged: each construct becomes a call on closures over the variables that it assigns.
//!
//! Nothing is guessed: a construct whose condition is surely of the host keeps its tokens, and any other is written
//! so that the type of its condition chooses (`jax_core::stage::flow`). The variables that a construct assigns go
//! into its closures as one value, nested pairs, come out as another, and are assigned outside; the closures shadow
//! them by name, so that the user's tokens stay as they are, once each. What is only read is captured.

mod branch;
mod choice;
mod escape;
mod loops;
mod place;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Expr, Path};

use super::flow::{Step, Var};
use super::settle;
use super::walk::Walk;
pub(super) use escape::{Target, in_block};
pub(super) use place::mutates;

use crate::build::generated;

/// A region of the body that may become a closure.
#[derive(Debug)]
pub(super) struct Frame {
    /// Variables below this number are declared outside.
    pub(super) outside: Var,
    /// Those of them that are assigned inside, in the order of the first assignment.
    assigned: Vec<(Var, Ident)>,
    /// The keys from outside that are used, and so moved, inside.
    keys: Vec<(Var, Ident)>,
    /// Variables without a value outside that have one here.
    set: Vec<Var>,
    /// Whether it surely becomes one.
    pub(super) staged: bool,
    /// Its number, for a label.
    number: usize,
    /// Whether it is left at once somewhere inside.
    left: bool,
}

/// What a construct takes and gives.
#[derive(Debug, Default)]
pub(super) struct Carried {
    /// The variables that go in.
    inputs: Vec<(Var, Ident)>,
    /// Keys that go in and not out.
    keys: Vec<(Var, Ident)>,
    /// The variables that come out.
    outputs: Vec<(Var, Ident)>,
    /// Those of them that have no value before.
    unset: Vec<Ident>,
}

impl Walk<'_> {
    /// Enters a region, which may be known to become a closure.
    pub(super) fn enter(&mut self, staged: bool) {
        let (outside, number) = (self.scopes.count(), self.numbered());
        let (assigned, keys, set) = (Vec::new(), Vec::new(), Vec::new());
        self.frames.push(Frame { outside, assigned, keys, set, staged, number, left: false });
        self.depth += 1;
    }

    /// Says of the region just entered whether it becomes a closure.
    fn stage_frame(&mut self, staged: bool) {
        if let Some(frame) = self.frames.last_mut() {
            frame.staged = staged;
        }
    }

    /// Leaves a region: what it takes and gives as a closure.
    pub(super) fn leave(&mut self) -> Carried {
        self.depth -= 1;
        let Some(frame) = self.frames.pop() else { return Carried::default() };
        let mut carried = Carried::default();
        for (var, name) in frame.assigned {
            match self.is_unset(var) {
                true => carried.unset.push(name.clone()),
                false => carried.inputs.push((var, name.clone())),
            }
            carried.outputs.push((var, name));
        }
        carried.keys = frame.keys;
        carried.keys.retain(|(var, _)| carried.outputs.iter().all(|(assigned, _)| assigned != var));
        carried
    }

    /// Forgets what one side of a branch gave a value, before the other side is walked.
    fn other_side(&mut self) {
        if let Some(frame) = self.frames.last_mut() {
            frame.set.clear();
        }
    }

    /// Records that a variable is assigned.
    pub(super) fn note_assigned(&mut self, var: Var, name: &Ident) {
        for frame in &mut self.frames {
            if var < frame.outside && frame.assigned.iter().all(|(known, _)| *known != var) {
                frame.assigned.push((var, name.clone()));
            }
        }
    }

    /// Records that a key is used, and so moved.
    pub(super) fn note_key(&mut self, var: Var, name: &Ident) {
        for frame in &mut self.frames {
            if var < frame.outside && frame.keys.iter().all(|(known, _)| *known != var) {
                frame.keys.push((var, name.clone()));
            }
        }
    }

    /// Whether a variable is declared and has no value yet.
    pub(super) fn is_unset(&self, var: Var) -> bool {
        self.scopes.get(var).unset && self.frames.iter().all(|frame| !frame.set.contains(&var))
    }

    /// Records that a variable has a value from here on.
    pub(super) fn note_set(&mut self, var: Var) {
        match self.frames.last_mut() {
            Some(frame) if var < frame.outside => frame.set.push(var),
            _ => self.scopes.get_mut(var).unset = false,
        }
    }

    /// A bare number that is carried begins as an array.
    fn begin_as_arrays(&mut self, carried: &Carried) {
        for (var, _) in &carried.outputs {
            if self.numbers.contains(var) {
                self.accumulators.insert(*var);
            }
        }
    }

    /// The state that goes in, as an expression, recorded in the flow; then what happens inside, and what comes out.
    fn hand_over(&mut self, carried: &Carried, inside: Vec<Vec<Step>>) -> Expr {
        let mut state: Expr = syn::parse_quote!(());
        let mut parts = Vec::new();
        for (index, (var, name)) in carried.inputs.iter().chain(&carried.keys).enumerate() {
            // A key is moved however often it is used: reuse is for rustc to report.
            let is_key = index >= carried.inputs.len() || self.scopes.get(*var).key;
            let moves = !is_key && !self.scopes.get(*var).facts.copy;
            let mut path = syn::ExprPath { attrs: Vec::new(), qself: None, path: Path::from(name.clone()) };
            if moves {
                let number = self.new_use(*var);
                settle::mark(&mut path.attrs, number);
                self.read(*var, name, Some(number));
            } else {
                self.read(*var, name, None);
            }
            parts.push(Expr::Path(path));
        }
        for part in parts.into_iter().rev() {
            let elems = [part, state].into_iter().collect();
            state = Expr::Tuple(syn::ExprTuple { attrs: Vec::new(), paren_token: syn::token::Paren::default(), elems });
        }
        self.overwritten(carried);
        self.branch(inside);
        self.overwritten(carried);
        for (var, _) in &carried.outputs {
            if self.is_unset(*var) {
                self.note_set(*var);
            }
        }
        state
    }

    fn overwritten(&mut self, carried: &Carried) {
        let here = carried.outputs.iter().filter(|(var, _)| self.scopes.get(*var).depth == self.depth);
        let steps: Vec<Step> = here.map(|(var, _)| Step::Overwrite(*var)).collect();
        self.flow.extend(steps);
    }
}

/// Whether a condition has a `let` in it, which only values of the host can match.
fn tests_pattern(cond: &Expr) -> bool {
    match cond {
        Expr::Let(_) => true,
        Expr::Binary(binary) => tests_pattern(&binary.left) || tests_pattern(&binary.right),
        Expr::Paren(inner) => tests_pattern(&inner.expr),
        _ => false,
    }
}

impl Carried {
    /// What a loop carries: a key that a turn uses up without a new one in its place stays captured, and the turn cannot
    /// move it, as rustc reports.
    fn of_loop(mut self) -> Self {
        self.keys.clear();
        self
    }

    /// Whether a variable is assigned inside.
    fn assigns(&self, var: Var) -> bool {
        self.outputs.iter().any(|(assigned, _)| *assigned == var)
    }

    /// Keeps variables without a value before to the inside.
    fn forget_unset(&mut self) {
        let unset = &self.unset;
        self.outputs.retain(|(_, name)| !unset.contains(name));
    }

    /// What a closure that does nothing does with the keys that it is given.
    fn unused(&self, span: Span) -> TokenStream {
        let keys = self.keys.iter().map(|(_, name)| name);
        quote_spanned!(generated(span)=> #(let _ = &#keys;)*)
    }

    /// The names that errors tell, of what comes out.
    fn names(&self) -> TokenStream {
        let names = self.outputs.iter().map(|(_, name)| name.unraw().to_string());
        quote!(&[#(#names),*])
    }

    /// The parameter of a closure, and what the closure begins with.
    fn parameter(&self, span: Span) -> (TokenStream, TokenStream) {
        let inputs = self.inputs.iter().chain(&self.keys).map(|(_, name)| quote_spanned!(generated(span)=> mut #name));
        let pattern = nested(inputs);
        let (unset, keys) = (&self.unset, self.keys.iter().map(|(_, name)| name));
        (pattern, quote_spanned!(generated(span)=> #(let mut #unset;)* #(let _ = &#keys;)*))
    }

    /// What a closure gives.
    fn result(&self) -> TokenStream {
        nested(self.outputs.iter().map(|(_, name)| quote!(#name)))
    }

    /// The pattern of what comes out, and its assignment to the variables outside.
    fn assignment(&self) -> (TokenStream, TokenStream) {
        let given: Vec<Ident> =
            (0..self.outputs.len()).map(|i| format_ident!("given{i}", span = Span::mixed_site())).collect();
        let names = self.outputs.iter().map(|(_, name)| name);
        (nested(given.iter().map(|given| quote!(#given))), quote!(#(#names = #given;)*))
    }
}

/// Pairs nested to the right: `(a, (b, ()))`.
fn nested(parts: impl DoubleEndedIterator<Item = TokenStream>) -> TokenStream {
    parts.rev().fold(quote!(()), |rest, part| quote!((#part, #rest)))
}
