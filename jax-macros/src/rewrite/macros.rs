//! The arguments of macro calls in a staged body, where they read as expressions. What each macro does with them is
//! known by name only; the walk decides.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, Token};

/// The arguments of a macro call.
pub(crate) enum Arguments {
    /// `a, b, c`.
    List(Punctuated<Expr, Token![,]>),
    /// `value; count`, as in `vec![x; n]`.
    Repeat(Box<Expr>, Token![;], Box<Expr>),
}

impl Arguments {
    /// Reads the tokens, if they are expressions.
    pub(crate) fn parse(tokens: TokenStream) -> Option<Self> {
        let parser = |input: ParseStream<'_>| {
            if input.is_empty() {
                return Ok(Self::List(Punctuated::new()));
            }
            let first: Expr = input.parse()?;
            if input.peek(Token![;]) {
                return Ok(Self::Repeat(Box::new(first), input.parse()?, Box::new(input.parse()?)));
            }
            let mut list = Punctuated::new();
            list.push_value(first);
            while !input.is_empty() {
                list.push_punct(input.parse::<Token![,]>()?);
                if !input.is_empty() {
                    list.push_value(input.parse()?);
                }
            }
            Ok(Self::List(list))
        };
        parser.parse2(tokens).ok()
    }

    /// The expressions in order.
    pub(crate) fn values_mut(&mut self) -> Box<dyn Iterator<Item = &mut Expr> + '_> {
        match self {
            Self::List(list) => Box::new(list.iter_mut().map(|value| match value {
                // `name = value`, as in format strings.
                Expr::Assign(named) => &mut *named.right,
                value => value,
            })),
            Self::Repeat(value, _, count) => Box::new([&mut **value, &mut **count].into_iter()),
        }
    }

    /// The tokens again.
    pub(crate) fn into_tokens(self) -> TokenStream {
        match self {
            Self::List(list) => list.into_token_stream(),
            Self::Repeat(value, semi, count) => {
                let mut tokens = value.into_token_stream();
                semi.to_tokens(&mut tokens);
                count.to_tokens(&mut tokens);
                tokens
            }
        }
    }
}

/// Whether a macro only looks at its arguments, as those that format do.
pub(crate) fn borrows(path: &syn::Path) -> bool {
    path.segments.last().is_some_and(|segment| {
        matches!(
            &*segment.ident.to_string(),
            "format"
                | "format_args"
                | "panic"
                | "unreachable"
                | "todo"
                | "unimplemented"
                | "assert"
                | "assert_eq"
                | "assert_ne"
                | "debug_assert"
                | "debug_assert_eq"
                | "debug_assert_ne"
                | "write"
                | "writeln"
                | "print"
                | "println"
                | "matches"
                | "check"
        )
    })
}

/// Every name that tokens mention, those inside format strings included.
pub(crate) fn names(tokens: TokenStream, found: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => names(group.stream(), found),
            TokenTree::Ident(ident) => found.push(ident.to_string()),
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                for opened in text.split('{').skip(1) {
                    let end = opened.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(opened.len());
                    if end > 0 {
                        found.push(opened[..end].to_owned());
                    }
                }
            }
            TokenTree::Punct(_) => {}
        }
    }
}
