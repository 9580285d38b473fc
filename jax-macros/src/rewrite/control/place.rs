//! `x[i]`: a method call of a name that arrays and collections of the host both have.

use proc_macro2::{Ident, Span};
use quote::quote_spanned;
use syn::{BinOp, Expr};

use super::super::scope::{Facts, Origin};
use super::super::walk::{Position, Walk};
use crate::build::{generated, hole};

impl Walk<'_> {
    /// `base[index]` as a place, its parts walked: of a value of the host as it is, else `(*base.jax_at(index))`.
    pub(in crate::rewrite) fn indexed(&mut self, expr: &mut Expr, facts: &Facts) {
        let Expr::Index(index) = expr else { return };
        if facts.origin == Origin::Host || self.writes {
            return;
        }
        let span = index.bracket_token.span.join();
        let [base, at] = parts(index);
        let (base_hole, at_hole) = (hole(0), hole(1));
        let method = Ident::new("jax_at", generated(span));
        *expr = self.build.template(quote_spanned!(generated(span)=> (*#base_hole.#method(#at_hole))), [base, at]);
    }

    /// `base[index] = value` and `base[index] += value`, the value walked.
    pub(in crate::rewrite) fn update_at(
        &mut self,
        target: &mut Expr,
        value: &mut Expr,
        op: Option<&BinOp>,
    ) -> Option<Expr> {
        let Expr::Index(index) = target else { return None };
        let method = match op {
            None => "jax_set",
            Some(BinOp::AddAssign(_)) => "jax_add_assign",
            Some(BinOp::SubAssign(_)) => "jax_sub_assign",
            Some(BinOp::MulAssign(_)) => "jax_mul_assign",
            Some(BinOp::DivAssign(_)) => "jax_div_assign",
            Some(_) => return None,
        };
        let writes = std::mem::replace(&mut self.writes, true);
        self.expr(&mut index.expr, Position::Place);
        self.writes = writes;
        self.expr(&mut index.index, Position::Value);
        let span = index.bracket_token.span.join();
        let [base, at] = parts(index);
        let value = std::mem::replace(value, Expr::PLACEHOLDER);
        let (base_hole, at_hole, value_hole) = (hole(0), hole(1), hole(2));
        let method = Ident::new(method, generated(span));
        let (value_name, at_name) = (Ident::new("value", Span::mixed_site()), Ident::new("at", Span::mixed_site()));
        let template = quote_spanned!(generated(span)=> {
            let #value_name = #value_hole;
            let #at_name = #at_hole;
            #base_hole.#method(#at_name, #value_name)
        });
        Some(self.build.template(template, [base, at, value]))
    }
}

/// What is indexed, and by what; `x[[i, j]]` and `x[(i, j)]` are one place of two axes.
fn parts(index: &mut syn::ExprIndex) -> [Expr; 2] {
    let base = std::mem::replace(&mut *index.expr, Expr::PLACEHOLDER);
    let at = match std::mem::replace(&mut *index.index, Expr::PLACEHOLDER) {
        Expr::Array(array) => {
            let mut elems = array.elems;
            if !elems.empty_or_trailing() {
                elems.push_punct(syn::Token![,](generated(array.bracket_token.span.join())));
            }
            let paren_token = syn::token::Paren(array.bracket_token.span.join());
            Expr::Tuple(syn::ExprTuple { attrs: array.attrs, paren_token, elems })
        }
        at => at,
    };
    [base, at]
}

/// Whether a method changes what it is called on, as those of `Vec` do.
pub(in crate::rewrite) fn mutates(method: &str) -> bool {
    matches!(
        method,
        "push"
            | "push_back"
            | "push_front"
            | "push_str"
            | "pop"
            | "pop_back"
            | "pop_front"
            | "insert"
            | "remove"
            | "extend"
            | "append"
            | "clear"
            | "truncate"
            | "swap"
            | "reverse"
            | "drain"
            | "retain"
            | "iter_mut"
            | "get_mut"
    )
}
