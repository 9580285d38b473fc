//! `#[derive(PyTree)]`: leaves and structure of structs and enums. What trees are for is the library's business.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{Attribute, Data, DeriveInput, Fields, Generics, Meta, Type};

use crate::build;
use crate::errors::{self, Errors};
use crate::types::{self, Declared};

/// Expands the derive.
pub(crate) fn expand(item: TokenStream) -> TokenStream {
    expand_for(&build::library(), item)
}

/// Expands with the library at the given path.
pub(crate) fn expand_for(library: &TokenStream, item: TokenStream) -> TokenStream {
    match syn::parse2(item) {
        Ok(item) => derive(library, &item),
        Err(error) => error.to_compile_error(),
    }
}

/// A field in the order of declaration.
struct Field<'a> {
    /// How it is named in a pattern or a literal: `weights`, `0`.
    member: syn::Member,
    /// The variable that holds it.
    variable: Ident,
    visibility: &'a syn::Visibility,
    ty: &'a Type,
    is_static: bool,
}

fn derive(library: &TokenStream, item: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let wants_axes = read_axes(item, &mut errors);
    let private = quote!(#library::__private);
    let (flat, leaves) = (Ident::new("flat", Span::mixed_site()), Ident::new("leaves", Span::mixed_site()));
    let mut all = Vec::new();
    let (flatten, unflatten) = match &item.data {
        Data::Struct(data) => {
            let fields = read_fields(&data.fields, &mut errors);
            let code = arm(&quote!(Self), &fields, &private, &flat, &leaves);
            all.extend(fields);
            let (pattern, flatten, unflatten) = code;
            (quote!(let #pattern = self; #flatten), unflatten)
        }
        Data::Enum(data) => {
            if data.variants.is_empty() {
                errors.at(&item.ident, errors::empty_enum());
            }
            let mut flatten = Vec::new();
            let mut unflatten = Vec::new();
            for (index, variant) in data.variants.iter().enumerate() {
                no_attribute(&variant.attrs, &mut errors);
                let name = &variant.ident;
                let fields = read_fields(&variant.fields, &mut errors);
                let (pattern, write, read) = arm(&quote!(Self::#name), &fields, &private, &flat, &leaves);
                all.extend(fields);
                let tag = index as u64;
                flatten.push(quote!(#pattern => { #flat.tag(#tag); #write }));
                // The tag was written above, so the last variant needs no test.
                let test = if index + 1 == data.variants.len() { quote!(_) } else { quote!(#tag) };
                unflatten.push(quote!(#test => #read));
            }
            (quote!(match self { #(#flatten)* }), quote!(match #leaves.tag() { #(#unflatten),* }))
        }
        Data::Union(data) => {
            errors.at(data.union_token, errors::union_tree());
            (TokenStream::new(), TokenStream::new())
        }
    };
    if !errors.is_empty() {
        return errors.into_tokens();
    }
    let name = &item.ident;
    // A tree of keys is used once, like a key.
    let holds_keys = all.iter().any(|field| types::classify(field.ty) == Declared::Key);
    let reusable = (!holds_keys).then(|| reusable(item, &all, &private));
    let axes = wants_axes.then(|| axes(item, &all, &private));
    let generics = bounded(&item.generics, &all, &private);
    let (generics, arguments, clause) = {
        let (_, arguments, _) = item.generics.split_for_impl();
        let (generics, _, clause) = generics.split_for_impl();
        (generics.to_token_stream(), arguments, clause.cloned())
    };
    let allow = quote!(#[automatically_derived] #[allow(unused_variables, clippy::all)]);
    quote! {
        #reusable
        #axes

        #allow
        impl #generics #private::PyTree for #name #arguments #clause {
            fn flatten(self, #flat: &mut #private::Flat) {
                #flatten
            }
            fn unflatten(#leaves: &mut #private::Leaves<'_>) -> Self {
                #unflatten
            }
        }

        #allow
        impl #generics #private::Arg for #name #arguments #clause {
            type Staged = Self;
            type Grad = Self;
            fn flatten(self, #flat: &mut #private::Flat) {
                #private::PyTree::flatten(self, #flat)
            }
            fn stage(#leaves: &mut #private::Leaves<'_>) -> Self {
                #private::PyTree::unflatten(#leaves)
            }
            fn rebuild(#leaves: &mut #private::Leaves<'_>) -> Self {
                #private::PyTree::unflatten(#leaves)
            }
        }

        #allow
        impl #generics #private::Ret for #name #arguments #clause {
            type Staged = Self;
            fn flatten(staged: Self, #flat: &mut #private::Flat) {
                #private::PyTree::flatten(staged, #flat)
            }
            fn flatten_self(self, #flat: &mut #private::Flat) {
                #private::PyTree::flatten(self, #flat)
            }
            fn rebuild(#leaves: &mut #private::Leaves<'_>) -> Self {
                #private::PyTree::unflatten(#leaves)
            }
        }
    }
}

/// The declaration that a tree may be used again without saying so, if the trees in it may.
fn reusable(item: &DeriveInput, fields: &[Field<'_>], private: &TokenStream) -> TokenStream {
    let mut generics = item.generics.clone();
    let is_leaf = |param: &&Ident| fields.iter().any(|field| !field.is_static && types::mentions(field.ty, param));
    for param in item.generics.type_params().map(|param| &param.ident).filter(is_leaf) {
        generics.make_where_clause().predicates.push(syn::parse_quote!(#param: #private::Reusable));
    }
    let name = &item.ident;
    let (generics, arguments, clause) = generics.split_for_impl();
    quote!(#[automatically_derived] impl #generics #private::Reusable for #name #arguments #clause {})
}

/// The struct of batch axes of a struct, one field for each of its leaves and subtrees.
fn axes(item: &DeriveInput, fields: &[Field<'_>], private: &TokenStream) -> TokenStream {
    let name = format_ident!("{}Axes", item.ident);
    let visibility = &item.vis;
    let doc =
        format!("Batch axes of a [`{}`], one for each field: what `in_axes` and `out_axes` take for it.", item.ident);
    let fields: Vec<_> = fields.iter().filter(|field| !field.is_static).collect();
    let members: Vec<_> = fields.iter().map(|field| &field.member).collect();
    let types: Vec<_> = (0..fields.len()).map(|index| format_ident!("A{index}", span = Span::mixed_site())).collect();
    let declared = fields.iter().zip(&types).map(|(field, ty)| {
        let (visibility, doc) = (field.visibility, format!("Of `{}`.", field.member.to_token_stream()));
        let name = match &field.member {
            syn::Member::Named(name) => Some(quote!(#name:)),
            syn::Member::Unnamed(_) => None,
        };
        quote!(#[doc = #doc] #visibility #name #ty)
    });
    let declared = match fields.first().map(|field| &field.member) {
        Some(syn::Member::Unnamed(_)) => quote!((#(#declared),*);),
        _ => quote!({ #(#declared),* }),
    };
    // Numbers of a tuple struct's fields close up where static ones are left out.
    let members = members.iter().enumerate().map(|(index, member)| match member {
        syn::Member::Named(name) => syn::Member::Named(name.clone()),
        syn::Member::Unnamed(_) => syn::Member::Unnamed(index.into()),
    });
    quote! {
        #[doc = #doc]
        #[allow(dead_code)]
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        #visibility struct #name<#(#types),*> #declared

        #[automatically_derived]
        impl<#(#types: #private::IntoAxis),*> #private::IntoAxis for #name<#(#types),*> {
            fn into_axis(self) -> #private::Axes {
                #private::Axes::Parts(::std::vec::Vec::from([#(#private::IntoAxis::into_axis(self.#members)),*]))
            }
        }
    }
}

/// The pattern of a struct or a variant, what writes its fields, and what reads them.
fn arm(
    path: &TokenStream,
    fields: &[Field<'_>],
    private: &TokenStream,
    flat: &Ident,
    leaves: &Ident,
) -> (TokenStream, TokenStream, TokenStream) {
    let members: Vec<_> = fields.iter().map(|field| &field.member).collect();
    let count = fields.len();
    let variables = fields.iter().map(|field| &field.variable);
    let write = fields.iter().map(|Field { variable, ty, is_static, .. }| match (is_static, types::float_bits(ty)) {
        (true, Some(_)) => quote!(#flat.static_value(#variable.to_bits());),
        (true, None) => quote!(#flat.static_value(#variable);),
        (false, _) => quote!(<#ty as #private::PyTree>::flatten(#variable, #flat);),
    });
    let read = fields.iter().map(|Field { ty, is_static, .. }| match (is_static, types::float_bits(ty)) {
        (true, Some(bits)) => {
            let bits = Ident::new(bits, Span::call_site());
            quote!(<#ty>::from_bits(#leaves.static_value::<#bits>()))
        }
        (true, None) => quote!(#leaves.static_value::<#ty>()),
        (false, _) => quote!(<#ty as #private::PyTree>::unflatten(#leaves)),
    });
    // Fields of a literal are evaluated in the order written, which is that of the leaves.
    (
        quote!(#path { #(#members: #variables),* }),
        quote!(#flat.node(#count); #(#write)*),
        quote!(#path { #(#members: #read),* }),
    )
}

fn read_fields<'a>(fields: &'a Fields, errors: &mut Errors) -> Vec<Field<'a>> {
    let read = |(index, field): (usize, &'a syn::Field)| {
        let is_static = read_static(&field.attrs, errors);
        if !is_static {
            match types::classify(&field.ty) {
                _ if matches!(field.ty, Type::Reference(_)) && !types::is_str_ref(&field.ty) => {
                    errors.at(&field.ty, errors::borrowed_field());
                }
                Declared::Scalar | Declared::HostCopy | Declared::HostOwned => {
                    errors.at(&field.ty, errors::scalar_field(&spelled(&field.ty)));
                }
                Declared::Array | Declared::Key | Declared::Tree => {}
            }
        }
        let member = match &field.ident {
            Some(name) => syn::Member::Named(name.clone()),
            None => syn::Member::Unnamed(index.into()),
        };
        let variable = format_ident!("field{index}", span = Span::mixed_site());
        Field { member, variable, visibility: &field.vis, ty: &field.ty, is_static }
    };
    fields.iter().enumerate().map(read).collect()
}

fn spelled(ty: &Type) -> String {
    ty.to_token_stream().to_string().replace("& ", "&")
}

fn read_static(attributes: &[Attribute], errors: &mut Errors) -> bool {
    let mut is_static = false;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("pytree")) {
        let named = match &attribute.meta {
            Meta::List(list) => syn::parse2::<syn::Token![static]>(list.tokens.clone()).is_ok(),
            _ => false,
        };
        if !named {
            errors.at(attribute, errors::unknown_pytree_attribute());
        }
        // A fault in the attribute is reported once; the field counts as marked.
        is_static = true;
    }
    is_static
}

/// Whether `#[pytree(axes)]` asks for a struct of batch axes.
fn read_axes(item: &DeriveInput, errors: &mut Errors) -> bool {
    let mut asked = false;
    for attribute in item.attrs.iter().filter(|attribute| attribute.path().is_ident("pytree")) {
        let named = match &attribute.meta {
            Meta::List(list) => syn::parse2::<Ident>(list.tokens.clone()).is_ok_and(|name| name == "axes"),
            _ => false,
        };
        match &item.data {
            Data::Struct(_) if named => asked = true,
            _ => errors.at(attribute, errors::pytree_attribute_place()),
        }
    }
    asked
}

fn no_attribute(attributes: &[Attribute], errors: &mut Errors) {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("pytree")) {
        errors.at(attribute, errors::pytree_attribute_place());
    }
}

/// The generics with what the fields need of them: a tree where a parameter is in a leaf, a key where it is static.
fn bounded(generics: &Generics, fields: &[Field<'_>], private: &TokenStream) -> Generics {
    let mut bounded = generics.clone();
    for param in generics.type_params().map(|param| &param.ident) {
        let mut used = [false; 2];
        for field in fields {
            used[usize::from(field.is_static)] |= types::mentions(field.ty, param);
        }
        let clause = bounded.make_where_clause();
        if used[0] {
            clause.predicates.push(syn::parse_quote!(#param: #private::PyTree));
        }
        if used[1] {
            clause.predicates.push(syn::parse_quote!(
                #param: ::core::clone::Clone + ::core::cmp::Eq + ::core::hash::Hash + ::core::fmt::Debug
                    + ::core::marker::Send + ::core::marker::Sync + 'static
            ));
        }
    }
    bounded
}

#[cfg(test)]
mod tests;
