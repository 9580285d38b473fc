//! `debug::print!` and `check!`: format strings whose values exist only when the program runs.
//!
//! What a string captures by name is made an argument, since the formatting happens later, elsewhere, with the values
//! that the program handed over.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Expr, LitStr, Token};

use crate::build::library;

/// A format string and its arguments.
struct Message {
    text: LitStr,
    /// The values in order, and the names of those that have one.
    values: Vec<(Option<Ident>, Expr)>,
}

impl Parse for Message {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let text: LitStr = input.parse()?;
        let mut values = Vec::new();
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
            let name = if input.peek(Ident::peek_any) && input.peek2(Token![=]) && !input.peek2(Token![==]) {
                let name = input.parse()?;
                input.parse::<Token![=]>()?;
                Some(name)
            } else {
                None
            };
            values.push((name, input.parse()?));
        }
        for name in captured(&text.value()) {
            if values.iter().all(|(known, _): &(Option<Ident>, _)| known.as_ref().is_none_or(|known| *known != name)) {
                let ident = Ident::new(&name, text.span());
                let value = syn::parse_quote!(#ident);
                values.push((Some(ident), value));
            }
        }
        Ok(Self { text, values })
    }
}

use syn::ext::IdentExt as _;

/// The names in the placeholders of a format string.
fn captured(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        rest = &rest[open + 1..];
        if let Some(after) = rest.strip_prefix('{') {
            rest = after;
            continue;
        }
        let inside = rest.split('}').next().unwrap_or_default();
        let name = inside.split(':').next().unwrap_or_default().trim();
        let named = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
        if named && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

impl Message {
    /// The values handed over, and the function that makes the text of them.
    fn expand(&self) -> (TokenStream, TokenStream) {
        let library = library();
        let values = self.values.iter().map(|(_, value)| quote!((&#library::__private::Shown(&(#value))).shown()));
        let text = &self.text;
        let places = self.values.iter().enumerate().map(|(place, (name, _))| match name {
            Some(name) => quote!(#name = values[#place]),
            None => quote!(values[#place]),
        });
        let values = quote!({
            #[allow(unused_imports)]
            use #library::__private::methods::*;
            ::std::vec![#(#values),*]
        });
        let format = quote!(|values: &[#library::__private::Value]| ::std::format!(#text, #(#places),*));
        (values, format)
    }
}

/// `debug::print!("x = {}", x)`.
pub(crate) fn print(input: TokenStream) -> TokenStream {
    match syn::parse2::<Message>(input) {
        Ok(message) => {
            let (library, text) = (library(), &message.text);
            let (values, format) = message.expand();
            quote!(#library::__private::debug_print(#text, #values, #format))
        }
        Err(error) => error.to_compile_error(),
    }
}

/// `check!(x > 0.0, "x must be positive, got {}", x)`; without a message, the condition as it is written.
pub(crate) fn check(input: TokenStream) -> TokenStream {
    let parser = |input: ParseStream<'_>| {
        let condition: Expr = input.parse()?;
        if input.peek(Token![,]) {
            input.parse::<Token![,]>()?;
        }
        let message = if input.is_empty() {
            let shown = quote!(#condition).to_string().replace('{', "{{").replace('}', "}}");
            let text = LitStr::new(&format!("check failed: {shown}"), proc_macro2::Span::call_site());
            Message { text, values: Vec::new() }
        } else {
            input.parse()?
        };
        Ok((condition, message))
    };
    match parser.parse2(input) {
        Ok((condition, message)) => {
            let (library, text) = (library(), &message.text);
            let (values, format) = message.expand();
            quote!(#library::__private::check(&(#condition), #text, #values, #format))
        }
        Err(error) => error.to_compile_error(),
    }
}

#[cfg(test)]
mod tests {
    use super::captured;

    #[test]
    fn names_in_placeholders() {
        assert_eq!(captured("x = {x}, {} {0} {{no}} {y:.3} {x:?}"), ["x", "y"]);
        assert_eq!(captured("nothing"), [""; 0]);
    }
}
