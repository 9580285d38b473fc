//! `self`: within the macro a receiver is a parameter like any other, under a name that can be bound again.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, FnArg, ItemFn, Receiver};

use crate::errors::{self, Errors};

/// Makes the receiver of a method an ordinary parameter, in its body too, and gives it back as it was declared.
pub(crate) fn take(item: &mut ItemFn, errors: &mut Errors) -> Option<Receiver> {
    let Some(FnArg::Receiver(receiver)) = item.sig.inputs.first().cloned() else { return None };
    if receiver.colon_token.is_some() || receiver.reference.is_some() && receiver.mutability.is_some() {
        errors.at(&receiver, errors::receiver());
    }
    let name = renamed(receiver.self_token.span);
    let input = match &receiver.reference {
        Some(_) => syn::parse_quote!(#name: &Self),
        None => {
            let mutability = &receiver.mutability;
            syn::parse_quote!(#mutability #name: Self)
        }
    };
    if let Some(first) = item.sig.inputs.first_mut() {
        *first = input;
    }
    Rename.visit_block_mut(&mut item.block);
    Some(receiver)
}

/// Whether a function names the type that it is associated with.
pub(crate) fn names_the_type(item: &ItemFn) -> bool {
    struct Search(bool);
    impl Visit<'_> for Search {
        fn visit_path(&mut self, path: &syn::Path) {
            self.0 |= path.segments.first().is_some_and(|segment| segment.ident == "Self");
            visit::visit_path(self, path);
        }

        fn visit_item(&mut self, _: &syn::Item) {}
    }
    let mut search = Search(false);
    search.visit_item_fn(item);
    search.0
}

fn renamed(span: Span) -> Ident {
    Ident::new("__jax_self", Span::mixed_site().located_at(span))
}

struct Rename;

impl VisitMut for Rename {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if let Expr::Path(path) = expr
            && path.path.is_ident("self")
            && let Some(segment) = path.path.segments.first_mut()
        {
            segment.ident = renamed(segment.ident.span());
        }
        visit_mut::visit_expr_mut(self, expr);
    }

    fn visit_macro_mut(&mut self, mac: &mut syn::Macro) {
        mac.tokens = in_tokens(std::mem::take(&mut mac.tokens));
    }

    // `self` in there is another one.
    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}

fn in_tokens(tokens: TokenStream) -> TokenStream {
    let rename = |token| match token {
        TokenTree::Ident(ident) if ident == "self" => TokenTree::Ident(renamed(ident.span())),
        TokenTree::Group(group) => {
            let mut inner = Group::new(group.delimiter(), in_tokens(group.stream()));
            inner.set_span(group.span());
            TokenTree::Group(inner)
        }
        other => other,
    };
    tokens.into_iter().map(rename).collect()
}
