//! The marks of possible moves, and their replacement by duplicates once the last uses are known.

use proc_macro2::Span;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Expr, Meta, Token, spanned::Spanned};

use super::flow::Use;
use super::macros::Arguments;
use crate::build::Build;

/// The attribute that carries the number of a use from the walk to here; it never leaves the macro.
const MARK: &str = "__jax_use";

/// The attribute of a marked field that is left as it stands where it is used again.
const NEVER: &str = "__jax_never";

/// Marks a path, or a field of one, by its attributes as a use that may move its variable.
pub(crate) fn mark(attrs: &mut Vec<Attribute>, number: Use) {
    let span = Span::mixed_site();
    let literal = proc_macro2::Literal::usize_unsuffixed(number);
    attrs.push(Attribute {
        pound_token: Token![#](span),
        style: syn::AttrStyle::Outer,
        bracket_token: syn::token::Bracket(span),
        meta: Meta::NameValue(syn::MetaNameValue {
            path: syn::Ident::new(MARK, span).into(),
            eq_token: Token![=](span),
            value: Expr::Lit(syn::ExprLit { attrs: Vec::new(), lit: syn::Lit::new(literal) }),
        }),
    });
}

/// Says of a marked field that it is left as it stands where it is used again.
pub(crate) fn never_duplicate(attrs: &mut Vec<Attribute>) {
    if attrs.iter().any(|attr| attr.path().is_ident(MARK)) {
        let name = syn::Ident::new(NEVER, Span::mixed_site());
        attrs.push(syn::parse_quote!(#[#name]));
    }
}

fn take_never(attrs: &mut Vec<Attribute>) -> bool {
    let count = attrs.len();
    attrs.retain(|attr| !attr.path().is_ident(NEVER));
    attrs.len() < count
}

fn take_mark(attrs: &mut Vec<Attribute>) -> Option<Use> {
    let index = attrs.iter().position(|attr| attr.path().is_ident(MARK))?;
    let attribute = attrs.remove(index);
    let Meta::NameValue(syn::MetaNameValue { value: Expr::Lit(literal), .. }) = attribute.meta else { return None };
    match literal.lit {
        syn::Lit::Int(number) => number.base10_parse().ok(),
        _ => None,
    }
}

/// Where a duplicate of a place is reported: at the name of a field.
pub(crate) fn span(place: &Expr) -> Span {
    match place {
        Expr::Field(syn::ExprField { member: syn::Member::Named(name), .. }) => name.span(),
        _ => place.span(),
    }
}

/// Removes every mark, and duplicates the variables that are used again.
pub(crate) fn settle(body: &mut syn::Block, duplicated: &[bool], build: &Build) {
    Settle { duplicated, build }.visit_block_mut(body);
}

struct Settle<'a> {
    duplicated: &'a [bool],
    build: &'a Build,
}

impl VisitMut for Settle<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        visit_mut::visit_expr_mut(self, expr);
        let (number, is_field, never) = match expr {
            Expr::Path(path) => (take_mark(&mut path.attrs), false, false),
            Expr::Field(field) => (take_mark(&mut field.attrs), true, take_never(&mut field.attrs)),
            _ => return,
        };
        let Some(number) = number else { return };
        let again = self.duplicated.get(number).copied().unwrap_or(false);
        if if again { !never } else { is_field } {
            let span = span(expr);
            let place = std::mem::replace(expr, Expr::PLACEHOLDER);
            *expr = if again { self.build.dup(place, span) } else { self.build.last(place, span) };
        }
    }

    fn visit_field_value_mut(&mut self, field: &mut syn::FieldValue) {
        visit_mut::visit_field_value_mut(self, field);
        if field.colon_token.is_none() && !matches!(field.expr, Expr::Path(_)) {
            field.colon_token = Some(Token![:](Span::mixed_site()));
        }
    }

    fn visit_macro_mut(&mut self, mac: &mut syn::Macro) {
        if let Some(mut args) = Arguments::parse(mac.tokens.clone()) {
            args.values_mut().for_each(|value| self.visit_expr_mut(value));
            mac.tokens = args.into_tokens();
        }
    }

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}
