//! Syntax that the rewriting makes: nodes built by hand, since quoting and parsing again at every level would make
//! expansion quadratic. What to build, and where, is decided elsewhere.

use proc_macro_crate::{FoundCrate, crate_name};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, Token, punctuated::Punctuated};

/// The path of the library crate as the user's package calls it.
pub(crate) fn library() -> TokenStream {
    match crate_name("jax") {
        Ok(FoundCrate::Name(name)) => {
            let name = Ident::new(&name, Span::call_site());
            quote!(::#name)
        }
        Ok(FoundCrate::Itself) | Err(_) => quote!(::jax),
    }
}

/// Builds calls into the library's private module.
pub(crate) struct Build {
    private: syn::Path,
}

impl Build {
    /// Builds for the library at the given path.
    pub(crate) fn new(library: &TokenStream) -> Self {
        Self { private: syn::parse_quote!(#library::__private) }
    }

    fn private(&self, name: &str, span: Span) -> syn::ExprPath {
        let mut path = self.private.clone();
        path.segments.push(Ident::new(name, generated(span)).into());
        syn::ExprPath { attrs: Vec::new(), qself: None, path }
    }

    fn call(&self, function: syn::ExprPath, span: Span, args: impl IntoIterator<Item = Expr>) -> Expr {
        Expr::Call(syn::ExprCall {
            attrs: Vec::new(),
            func: Box::new(Expr::Path(function)),
            paren_token: syn::token::Paren(generated(span)),
            args: args.into_iter().collect(),
        })
    }

    /// `(&…&private::Name(args)).method()`, the method at the user's span, so that errors and `Location` name it.
    fn specialized(&self, name: &str, refs: usize, method: &str, span: Span, args: [Expr; 2]) -> Expr {
        self.probe(self.call(self.private(name, span), span, args), refs, method, span)
    }

    fn probe(&self, mut receiver: Expr, refs: usize, method: &str, span: Span) -> Expr {
        for _ in 0..refs {
            receiver = reference(receiver, span);
        }
        Expr::MethodCall(syn::ExprMethodCall {
            attrs: Vec::new(),
            receiver: Box::new(paren(receiver, span)),
            dot_token: Token![.](generated(span)),
            method: Ident::new(method, span),
            turbofish: None,
            paren_token: syn::token::Paren(span),
            args: Punctuated::new(),
        })
    }

    /// Another handle to the value of a place: `(&&Dup(&place)).dup()`.
    pub(crate) fn dup(&self, place: Expr, span: Span) -> Expr {
        let dup = self.call(self.private("Dup", span), span, [reference(place, span)]);
        self.probe(dup, 2, "dup", span)
    }

    /// A handle to the value of a field that is not used again, which may be a key: `last(&place)`. It cannot be moved:
    /// the rest of what it is in may be used again, or be borrowed.
    pub(crate) fn last(&self, place: Expr, span: Span) -> Expr {
        self.call(self.private("last", span), span, [reference(place, span)])
    }

    /// A comparison that gives an array when an array is involved: `(&&&Cmp(&(a), &(b))).gt()`.
    pub(crate) fn compare(&self, method: &str, span: Span, left: Expr, right: Expr) -> Expr {
        let args = [left, right].map(|side| reference(paren(side, span), span));
        self.specialized("Cmp", 3, method, span, args)
    }

    /// An operator whose left operand is an unsuffixed literal: `(&&LitBin(a, b)).mul()`.
    pub(crate) fn literal_operator(&self, method: &str, span: Span, left: Expr, right: Expr) -> Expr {
        self.specialized("LitBin", 2, method, span, [left, right])
    }

    /// Syntax from a template, in which `hole(0)`, `hole(1)`, … stand for the expressions given: so that what is large
    /// is not parsed again.
    pub(crate) fn template(&self, tokens: TokenStream, holes: impl IntoIterator<Item = Expr>) -> Expr {
        let mut expr: Expr = match syn::parse2(tokens) {
            Ok(expr) => expr,
            Err(error) => Expr::Verbatim(error.to_compile_error()),
        };
        Fill(holes.into_iter().map(Some).collect()).visit_expr_mut(&mut expr);
        expr
    }

    /// What makes rustc say a message at this place.
    pub(crate) fn error(&self, span: Span, message: &str) -> Expr {
        Expr::Verbatim(syn::Error::new(span, message).into_compile_error())
    }

    /// The type `Array`.
    pub(crate) fn array_type(&self) -> syn::Type {
        syn::Type::Path(syn::TypePath { qself: None, path: self.private("Array", Span::call_site()).path })
    }

    /// The path of a name of the library's private module, to be quoted.
    pub(crate) fn name(&self, name: &str, span: Span) -> TokenStream {
        self.private(name, span).into_token_stream()
    }

    /// `into_array(value)`.
    pub(crate) fn array(&self, value: Expr, span: Span) -> Expr {
        self.call(self.private("into_array", span), span, [value])
    }

    /// `cast::<ty>(value)`.
    pub(crate) fn cast(&self, value: Expr, ty: &syn::Type, span: Span) -> Expr {
        self.typed("cast", value, ty, span)
    }

    /// `scalar::<ty>(value)`.
    pub(crate) fn scalar(&self, value: Expr, ty: &syn::Type, span: Span) -> Expr {
        self.typed("scalar", value, ty, span)
    }

    fn typed(&self, function: &str, value: Expr, ty: &syn::Type, span: Span) -> Expr {
        let mut function = self.private(function, span);
        if let Some(last) = function.path.segments.last_mut() {
            last.arguments = syn::PathArguments::AngleBracketed(syn::parse_quote!(::<#ty>));
        }
        self.call(function, span, [value])
    }
}

/// What stands for the expression of this number in a template.
pub(crate) fn hole(number: usize) -> Ident {
    Ident::new(&format!("{HOLE}{number}"), Span::mixed_site())
}

const HOLE: &str = "__jax_hole_";

/// Puts expressions into the holes of a template; what is put in is not looked at.
struct Fill(Vec<Option<Expr>>);

impl VisitMut for Fill {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if let Expr::Path(path) = expr
            && let Some(name) = path.path.get_ident()
            && let Some(number) = name.to_string().strip_prefix(HOLE)
            && let Some(value) = number.parse().ok().and_then(|number: usize| self.0.get_mut(number)?.take())
        {
            *expr = value;
            return;
        }
        visit_mut::visit_expr_mut(self, expr);
    }
}

/// The user's place in the file, marked as generated, so that style lints stay silent about it.
pub(crate) fn generated(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}

fn reference(expr: Expr, span: Span) -> Expr {
    Expr::Reference(syn::ExprReference {
        attrs: Vec::new(),
        and_token: Token![&](generated(span)),
        mutability: None,
        expr: Box::new(expr),
    })
}

fn paren(expr: Expr, span: Span) -> Expr {
    Expr::Paren(syn::ExprParen {
        attrs: Vec::new(),
        paren_token: syn::token::Paren(generated(span)),
        expr: Box::new(expr),
    })
}
