//! Shapes that a user states in types, `x: f32![B, 4]`: what a signature declares, the check of the body against it
//! while compiling (`infer`), and the check of the arguments and results against it while tracing, which is emitted.
//! One name means one size over a whole signature. The rules of operations are in `ops` and `value`.

mod dtype;
mod infer;
mod ops;
mod spec;
mod value;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{Block, FnArg, ItemFn, Pat, ReturnType, Stmt, Type, ext::IdentExt};

pub(crate) use self::spec::Dim;
use self::spec::{Spec, Tree};
use crate::errors::Errors;

/// What a signature says of shapes.
pub(crate) struct Shapes {
    params: Vec<(Pat, Tree)>,
    result: Tree,
    /// Named dimensions that the body uses as host sizes.
    used: Vec<Ident>,
    /// Whether variables of the body declare shapes.
    in_body: bool,
}

impl Shapes {
    /// Takes the shapes out of a signature, leaving the array type of the library in their places.
    pub(crate) fn take(item: &mut ItemFn, library: &TokenStream, errors: &mut Errors) -> Shapes {
        let array: Type = syn::parse_quote!(#library::Array);
        let mut params = Vec::new();
        for input in &mut item.sig.inputs {
            if let FnArg::Typed(input) = input {
                params.push(((*input.pat).clone(), Tree::take(&mut input.ty, &array, errors)));
            }
        }
        let result = match &mut item.sig.output {
            ReturnType::Type(_, ty) => Tree::take(ty, &array, errors),
            ReturnType::Default => Tree::Unknown,
        };
        let mut shapes = Shapes { params, result, used: Vec::new(), in_body: false };
        if shapes.declares() {
            shapes.used = shapes.used_in(item);
        }
        // A parameter that only a shape names is used.
        let names = shapes.names();
        for input in &mut item.sig.inputs {
            if let FnArg::Typed(input) = input
                && let Pat::Ident(pat) = &*input.pat
                && names.iter().any(|(name, _)| pat.ident.unraw() == name)
            {
                input.attrs.push(syn::parse_quote!(#[allow(unused_variables)]));
            }
        }
        shapes
    }

    /// Whether the signature declares anything.
    fn declares(&self) -> bool {
        self.result.declares() || self.params.iter().any(|(_, tree)| tree.declares())
    }

    /// Reports what in the body cannot fit the declaration.
    pub(crate) fn check(&self, item: &ItemFn, errors: &mut Errors) {
        let params: Vec<(&Pat, &Tree)> = self.params.iter().map(|(pat, tree)| (pat, tree)).collect();
        infer::infer(&params, &self.result, &item.block, errors);
    }

    /// The named dimensions of the signature, in the order of writing.
    fn names(&self) -> Vec<(String, Span)> {
        let mut names = Vec::new();
        self.params.iter().map(|(_, tree)| tree).chain([&self.result]).for_each(|tree| tree.names(&mut names));
        names
    }

    fn used_in(&self, item: &ItemFn) -> Vec<Ident> {
        let mut names = Vec::new();
        self.params.iter().for_each(|(_, tree)| tree.names(&mut names));
        let mut mentioned = Vec::new();
        identifiers(item.block.to_token_stream(), &mut mentioned);
        names.retain(|(name, _)| mentioned.contains(name) && self.size_param(name).is_none());
        names.into_iter().map(|(name, span)| Ident::new(&name, span)).collect()
    }

    /// The `usize` parameter that a dimension is named after.
    fn size_param(&self, name: &str) -> Option<usize> {
        self.params
            .iter()
            .position(|(pat, tree)| matches!((pat, tree), (Pat::Ident(pat), Tree::Size) if pat.ident.unraw() == name))
    }

    /// Puts a comparison behind each variable of the body that declares a shape.
    pub(crate) fn check_variables(&mut self, body: &mut Block, library: &TokenStream, errors: &mut Errors) {
        let array: Type = syn::parse_quote!(#library::Array);
        let private = quote!(#library::__private);
        let mut variables = Variables { array, private, errors, found: false };
        variables.visit_block_mut(body);
        self.in_body = variables.found;
    }

    /// Parameters that the traced body takes beside the user's, and what is passed for them.
    pub(crate) fn parameters(&self, private: &TokenStream) -> (Vec<TokenStream>, Vec<TokenStream>) {
        let dims = dims();
        let mut params = Vec::new();
        let mut values = Vec::new();
        if self.in_body {
            params.push(quote!(#dims: &#private::Dims));
            values.push(quote!(&#dims));
        }
        for name in &self.used {
            let text = name.to_string();
            params.push(quote!(#[allow(non_snake_case)] #name: usize));
            values.push(quote!(#dims.size_of(#text)));
        }
        (params, values)
    }

    /// Statements that compare the arguments, which are in variables of these names, with the declaration.
    pub(crate) fn check_arguments(&self, private: &TokenStream, values: &[Ident]) -> TokenStream {
        if !self.declares() && !self.in_body {
            return TokenStream::new();
        }
        let dims = dims();
        let names = self.names();
        let sizes = names.iter().filter_map(|(name, _)| Some((name, values.get(self.size_param(name)?)?)));
        let sizes = sizes.map(|(name, value)| quote!(#dims.bind(#name, #value);));
        let arrays = self.params.iter().zip(values).map(|((pat, tree), value)| {
            let path = match pat {
                Pat::Ident(pat) => pat.ident.unraw().to_string(),
                other => other.to_token_stream().to_string(),
            };
            checks(tree, &quote!(#value), "argument", &path, private)
        });
        quote! {
            let #dims = #private::Dims::new();
            #(#sizes)*
            #(#arrays)*
        }
    }

    /// Statements that compare the result, which is in a variable of this name, with the declaration.
    pub(crate) fn check_result(&self, private: &TokenStream, value: &Ident) -> TokenStream {
        checks(&self.result, &quote!(#value), "the result", "", private)
    }
}

/// The variables of a body that declare shapes: `let h: f32![B, 8] = …;`.
struct Variables<'a> {
    array: Type,
    private: TokenStream,
    errors: &'a mut Errors,
    found: bool,
}

impl VisitMut for Variables<'_> {
    fn visit_block_mut(&mut self, block: &mut Block) {
        visit_mut::visit_block_mut(self, block);
        if !block.stmts.iter().any(|statement| matches!(statement, Stmt::Local(local) if declares(&local.pat))) {
            return;
        }
        for mut statement in std::mem::take(&mut block.stmts) {
            let mut comparison = None;
            if let Stmt::Local(syn::Local { pat: Pat::Type(typed), init: Some(_), .. }) = &mut statement
                && let Pat::Ident(pat) = &*typed.pat
            {
                let name = pat.ident.clone();
                let tree = Tree::take(&mut typed.ty, &self.array, self.errors);
                if tree.declares() {
                    let path = name.unraw().to_string();
                    comparison = Some(checks(&tree, &name.to_token_stream(), "variable", &path, &self.private));
                }
            }
            block.stmts.push(statement);
            if let Some(tokens) = comparison {
                self.found = true;
                block.stmts.push(syn::parse_quote!(#tokens));
            }
        }
    }

    // What is in there is not part of the traced body.
    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}

/// Whether a pattern is given a type with shapes in it.
fn declares(pat: &Pat) -> bool {
    matches!(pat, Pat::Type(typed) if spec::mentions(&typed.ty))
}

fn dims() -> Ident {
    Ident::new("dims", Span::mixed_site())
}

/// Statements that compare the value in a place with what is declared of it; `path` is what the user calls the place.
fn checks(tree: &Tree, place: &TokenStream, what: &str, path: &str, private: &TokenStream) -> TokenStream {
    let dims = dims();
    match tree {
        Tree::Unknown | Tree::Scalar(_) | Tree::Size => TokenStream::new(),
        Tree::Array(spec) => {
            let Spec { dtype, dims: extents, .. } = spec;
            let variant = Ident::new(dtype.variant(), Span::call_site());
            let extents = extents.iter().map(|dim| match dim {
                Dim::Size(size) => quote!(#private::Dim::Size(#size)),
                Dim::Named(name) => quote!(#private::Dim::Named(#name)),
                Dim::Any => quote!(#private::Dim::Any),
            });
            let label = if path.is_empty() { what.to_owned() } else { format!("{what} `{path}`") };
            quote!(#dims.check(#label, &#place, #private::DType::#variant, &[#(#extents),*]);)
        }
        Tree::Tuple(members) => {
            let members = members.iter().enumerate().map(|(index, member)| {
                let field = syn::Index::from(index);
                checks(member, &quote!(#place.#field), what, &format!("{path}.{index}"), private)
            });
            quote!(#(#members)*)
        }
        Tree::Each(element) if element.declares() => {
            let item = format_ident!("item", span = Span::mixed_site());
            let inner = checks(element, &quote!((*#item)), what, &format!("{path}[_]"), private);
            quote!(for #item in (&#place).into_iter() { #inner })
        }
        Tree::Each(_) => TokenStream::new(),
    }
}

fn identifiers(tokens: TokenStream, found: &mut Vec<String>) {
    for tree in tokens {
        match tree {
            TokenTree::Ident(ident) => found.push(ident.unraw().to_string()),
            TokenTree::Group(group) => identifiers(group.stream(), found),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
