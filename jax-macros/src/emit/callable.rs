//! The items of one callable: a function that calls, and what answers questions about it. Questions are functions of a
//! struct of the same name, which lives in another namespace; an `impl` has no place for a struct, so that there they are
//! functions with the name in front.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Attribute, Generics, ext::IdentExt};

use super::{Callable, Emit, is_shared};
use crate::parse::Function;
use crate::types;

impl Emit<'_> {
    /// A function that calls, and what answers questions.
    pub(super) fn callable(&self, callable: &Callable, body: &TokenStream) -> TokenStream {
        let Callable { name, result, docs, types, .. } = callable;
        let Function { vis, params, attrs, generics, receiver, is_method, .. } = self.function;
        let private = self.private();
        let call = Ident::new("call", Span::mixed_site());
        let flags: Vec<&Attribute> = attrs.iter().filter(|attr| is_shared(attr)).collect();
        let others = attrs.iter().filter(|attr| {
            !attr.path().is_ident("doc")
                && !attr.path().is_ident("track_caller")
                && !attr.path().is_ident("expect")
                && !is_shared(attr)
        });
        let inputs = params.iter().zip(types).enumerate().map(|(index, (param, ty))| match receiver {
            Some(receiver) if index == 0 => {
                // Its own `mut` is for the body.
                let (reference, token) =
                    (receiver.reference.as_ref().map(|(and, life)| quote!(#and #life)), &receiver.self_token);
                quote!(#reference #token)
            }
            _ => {
                let name = &param.name;
                quote!(#name: #ty)
            }
        });
        let inputs = quote!(#(#inputs),*);
        let pass = params.iter().zip(types).map(|(param, ty)| {
            let name = &param.name;
            match (param.is_static, types::float_bits(ty)) {
                (true, Some(_)) => quote!(#call.static_arg(#name.to_bits());),
                (true, None) => quote!(#call.static_arg(#name);),
                (false, _) => quote!(#call.arg(#name);),
            }
        });
        let staged = self.stage_path(callable);
        let arguments = generics.arguments();
        let entry = if *is_method { quote!(Self::#name #arguments) } else { quote!(#name #arguments) };
        let pass = quote! {
            let mut #call = #private::Call::new(#staged);
            #(#pass)*
        };
        let outer = generics.outer(&private);
        let (function_generics, _, function_where) = outer.split_for_impl();
        let function = quote! {
            #docs
            #(#flags)*
            #(#others)*
            #[track_caller]
            #[allow(clippy::too_many_arguments, clippy::multiple_bound_locations)]
            #vis fn #name #function_generics(#inputs) -> #result #function_where {
                #pass
                #call.entry(&#entry);
                #call.invoke::<#result>()
            }
        };
        let stages = self.stages(callable, body, &entry, &outer);
        let questions = self.questions(callable, &inputs, &pass, &staged, &outer);
        if *is_method {
            let items = questions.iter().chain(&stages).map(|item| quote!(#(#flags)* #item));
            return quote!(#function #(#items)* #body);
        }
        let about = format!("What can be asked of the staged function `{}`.", name.unraw());
        let (struct_generics, field) = generics.of_struct();
        let mut of_impl = outer.clone();
        of_impl.params =
            of_impl.params.into_iter().filter(|param| !matches!(param, syn::GenericParam::Lifetime(_))).collect();
        let (impl_generics, struct_arguments, impl_where) = of_impl.split_for_impl();
        quote! {
            #function

            #[doc = #about]
            #(#flags)*
            #[allow(non_camel_case_types, dead_code)]
            #vis struct #name #struct_generics { #field }

            #(#flags)*
            #[allow(dead_code, clippy::too_many_arguments, clippy::multiple_bound_locations)]
            impl #impl_generics #name #struct_arguments #impl_where {
                #(#questions)*
                #(#stages)*
            }
        }
    }

    /// The functions that ask: what would be traced, compiled, given.
    fn questions(
        &self,
        callable: &Callable,
        inputs: &TokenStream,
        pass: &TokenStream,
        staged: &TokenStream,
        outer: &Generics,
    ) -> Vec<TokenStream> {
        let Callable { name, result, .. } = callable;
        let Function { vis, generics, is_method, .. } = self.function;
        let library = self.library;
        let call = Ident::new("call", Span::mixed_site());
        let text = name.unraw().to_string();
        let error = quote!(#library::Error);
        let of_call = [
            (
                "jaxpr",
                quote!(#library::ClosedJaxpr),
                quote!(jaxpr()),
                format!("The jaxpr of `{text}` for arguments like these."),
            ),
            (
                "try_jaxpr",
                quote!(::core::result::Result<#library::ClosedJaxpr, #error>),
                quote!(try_jaxpr()),
                format!("The jaxpr of `{text}` for arguments like these, or what is wrong with them."),
            ),
            (
                "lower",
                quote!(#library::Lowered),
                quote!(lower()),
                format!("`{text}` lowered for arguments like these."),
            ),
            (
                "try_call",
                quote!(::core::result::Result<#result, #error>),
                quote!(try_invoke::<#result>()),
                format!("Calls `{text}`; what is wrong with the arguments comes back as an error."),
            ),
        ];
        let of_cache = [
            ("compile_count", quote!(usize), format!("How many signatures `{text}` has been compiled for.")),
            (
                "recompiles",
                quote!(::std::vec::Vec<::std::string::String>),
                format!("For each compilation of `{text}` after the first, what made it necessary."),
            ),
        ];
        let allow = is_method
            .then(|| quote!(#[allow(dead_code, clippy::too_many_arguments, clippy::multiple_bound_locations)]));
        let (all_generics, _, all_where) = outer.split_for_impl();
        let (own, bounds) = match is_method {
            true => (all_generics.to_token_stream(), all_where.to_token_stream()),
            false => (generics.lifetimes(), TokenStream::new()),
        };
        let without_lifetimes = if *is_method { &own } else { &TokenStream::new() };
        let mut questions = Vec::new();
        for (question, gives, asks, doc) in of_call {
            let question = self.question(name, question);
            questions.push(quote! {
                #[doc = #doc]
                #[track_caller]
                #allow
                #vis fn #question #own(#inputs) -> #gives #bounds {
                    #pass
                    #call.#asks
                }
            });
        }
        for (question, gives, doc) in of_cache {
            let (asks, question) = (Ident::new(question, name.span()), self.question(name, question));
            questions.push(quote! {
                #[doc = #doc]
                #allow
                #vis fn #question #without_lifetimes() -> #gives #bounds {
                    #staged.#asks()
                }
            });
        }
        questions
    }

    /// The functions that give each stage's static, the body with the first one. A static is one for all instances of a
    /// generic function, or of an `impl` that may be generic, so that there it holds all of them.
    fn stages(
        &self,
        callable: &Callable,
        body: &TokenStream,
        entry: &TokenStream,
        outer: &Generics,
    ) -> Vec<TokenStream> {
        let Function { vis, generics, is_method, .. } = self.function;
        let private = self.private();
        let (all_generics, _, all_where) = outer.split_for_impl();
        let (own, bounds) = match is_method {
            true => (all_generics.to_token_stream(), all_where.to_token_stream()),
            false => Default::default(),
        };
        let mut stages = Vec::new();
        for (index, value) in callable.stages.iter().enumerate() {
            let name = self.stage_name(callable, index);
            let inside = if index == 0 && !is_method { body } else { &TokenStream::new() };
            let hidden = quote!(#[doc(hidden)] #[allow(dead_code, clippy::multiple_bound_locations)]);
            stages.push(match *is_method || generics.is_generic() {
                true => quote! {
                    #hidden
                    #vis fn #name #own() -> &'static #private::Staged #bounds {
                        #inside
                        static __JAX_STAGED: #private::Instances = #private::Instances::new();
                        __JAX_STAGED.of(&#entry, || #value)
                    }
                },
                false => quote! {
                    #hidden
                    #vis const fn #name() -> &'static #private::Staged {
                        #inside
                        static __JAX_STAGED: #private::Staged = #value;
                        &__JAX_STAGED
                    }
                },
            });
        }
        stages
    }
}
