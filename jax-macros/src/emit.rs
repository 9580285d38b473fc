//! The items that a staged function becomes: the function itself, which makes a call; a struct of the same name, which
//! answers questions; the traced body; and the same two for every gradient. How bodies are rewritten is not here.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{Attribute, ItemFn, ext::IdentExt};

use crate::attr::{Kind, Options};
use crate::build::{self, Build};
use crate::check;
use crate::errors::{self, Errors};
use crate::parse::{self, Function, Grad};
use crate::rewrite;
use crate::shapes::Shapes;
use crate::types;

/// Expands an attribute on an item.
pub(crate) fn expand(kind: Kind, args: TokenStream, item: TokenStream) -> TokenStream {
    expand_for(&build::library(), kind, args, item)
}

/// Expands with the library at the given path.
pub(crate) fn expand_for(library: &TokenStream, kind: Kind, args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let mut item: ItemFn = match syn::parse2(item.clone()) {
        Ok(item) => item,
        Err(error) => {
            if syn::parse2::<syn::Item>(item.clone()).is_ok_and(|item| !matches!(item, syn::Item::Fn(_))) {
                errors.on(Span::call_site(), errors::not_a_function(kind.name()));
            } else {
                errors.push(error);
            }
            let errors = errors.into_tokens();
            return quote!(#errors #item);
        }
    };
    let options = Options::read(kind, args, &mut item.attrs, &mut errors);
    let mut shapes = Shapes::take(&mut item, library, &mut errors);
    check::form(&item, &mut errors);
    check::purity(&item, &mut errors);
    shapes.check(&item, &mut errors);
    shapes.check_variables(&mut item.block, library, &mut errors);
    let signature = item.clone();
    let mut function = Function::read(item, options, &mut errors);
    if errors.is_empty() {
        function.body = rewrite::body(&function, &Build::new(library));
        return Emit { library, function: &function, shapes: &shapes }.items();
    }
    let stub = stub(signature);
    let errors = errors.into_tokens();
    quote!(#errors #stub)
}

/// The function as declared, so that a fault in it does not make its callers faulty too.
fn stub(mut item: ItemFn) -> ItemFn {
    item.block = Box::new(syn::parse_quote!({ ::core::unreachable!() }));
    item.attrs.push(syn::parse_quote!(#[allow(unused, clippy::all)]));
    item
}

struct Emit<'a> {
    library: &'a TokenStream,
    function: &'a Function,
    shapes: &'a Shapes,
}

/// What one callable is made of: the staged function or one of its gradients.
struct Callable<'a> {
    name: &'a Ident,
    result: TokenStream,
    /// `Call::new` or `Call::of_grad`.
    open: TokenStream,
    /// The type of the static.
    of: TokenStream,
    /// What the static holds, and the items that this needs.
    value: TokenStream,
    items: TokenStream,
    docs: TokenStream,
}

impl Emit<'_> {
    fn items(&self) -> TokenStream {
        let Function { name, params, result, attrs, .. } = self.function;
        let library = self.library;
        let private = quote!(#library::__private);
        let text = name.unraw().to_string();
        let names = params.iter().map(|param| param.name.unraw().to_string());
        let docs = attrs.iter().filter(|attr| attr.path().is_ident("doc"));
        let function = self.callable(&Callable {
            name,
            result: result.to_token_stream(),
            open: quote!(new),
            of: quote!(#private::Staged),
            value: quote!(#private::Staged::new(#text, &[#(#names),*], __jax_body)),
            items: self.body(),
            docs: quote!(#(#docs)*),
        });
        let grads = self.function.grads.iter().map(|grad| self.gradient(grad));
        quote!(#function #(#grads)*)
    }

    /// A function that calls, and the struct that answers.
    fn callable(&self, callable: &Callable<'_>) -> TokenStream {
        let Callable { name, result, open, of, value, items, docs } = callable;
        let Function { vis, params, attrs, .. } = self.function;
        let library = self.library;
        let private = quote!(#library::__private);
        let call = Ident::new("call", Span::mixed_site());
        let flags: Vec<&Attribute> = attrs.iter().filter(|attr| is_shared(attr)).collect();
        let others = attrs.iter().filter(|attr| {
            !attr.path().is_ident("doc")
                && !attr.path().is_ident("track_caller")
                && !attr.path().is_ident("expect")
                && !is_shared(attr)
        });
        let inputs: Vec<TokenStream> = params
            .iter()
            .map(|param| {
                let (name, ty) = (&param.name, &param.ty);
                quote!(#name: #ty)
            })
            .collect();
        let pass = params.iter().map(|param| {
            let name = &param.name;
            match (param.is_static, types::float_bits(&param.ty)) {
                (true, Some(_)) => quote!(#call.static_arg(#name.to_bits());),
                (true, None) => quote!(#call.static_arg(#name);),
                (false, _) => quote!(#call.arg(#name);),
            }
        });
        let entry = quote!(#call.entry(&#name););
        let pass = quote! {
            let mut #call = #private::Call::#open(#name::staged());
            #(#pass)*
        };
        let text = name.unraw().to_string();
        let asked = [
            format!("What can be asked of the staged function `{text}`."),
            format!("The jaxpr of `{text}` for arguments like these."),
            format!("The jaxpr of `{text}` for arguments like these, or what is wrong with them."),
            format!("`{text}` lowered for arguments like these."),
            format!("Calls `{text}`; what is wrong with the arguments comes back as an error."),
            format!("How many signatures `{text}` has been compiled for."),
            format!("For each compilation of `{text}` after the first, what made it necessary."),
        ];
        let [about, jaxpr, try_jaxpr, lower, try_call, compile_count, recompiles] = &asked;
        let staged = if open.to_string() == "new" { quote!(Self::staged()) } else { quote!(Self::staged().staged()) };
        quote! {
            #docs
            #(#flags)*
            #(#others)*
            #[track_caller]
            #[allow(clippy::too_many_arguments)]
            #vis fn #name(#(#inputs),*) -> #result {
                #pass
                #entry
                #call.invoke::<#result>()
            }

            #[doc = #about]
            #(#flags)*
            #[allow(non_camel_case_types, dead_code)]
            #vis struct #name {}

            #(#flags)*
            #[allow(dead_code, clippy::too_many_arguments)]
            impl #name {
                #[doc = #jaxpr]
                #[track_caller]
                #vis fn jaxpr(#(#inputs),*) -> #library::ClosedJaxpr {
                    #pass
                    #call.jaxpr()
                }

                #[doc = #try_jaxpr]
                #[track_caller]
                #vis fn try_jaxpr(#(#inputs),*) -> ::core::result::Result<#library::ClosedJaxpr, #library::Error> {
                    #pass
                    #call.try_jaxpr()
                }

                #[doc = #lower]
                #[track_caller]
                #vis fn lower(#(#inputs),*) -> #library::Lowered {
                    #pass
                    #call.lower()
                }

                #[doc = #try_call]
                #[track_caller]
                #vis fn try_call(#(#inputs),*) -> ::core::result::Result<#result, #library::Error> {
                    #pass
                    #call.try_invoke::<#result>()
                }

                #[doc = #compile_count]
                #vis fn compile_count() -> usize {
                    #staged.compile_count()
                }

                #[doc = #recompiles]
                #vis fn recompiles() -> ::std::vec::Vec<::std::string::String> {
                    #staged.recompiles()
                }

                #[doc(hidden)]
                #vis const fn staged() -> &'static #of {
                    #items
                    static __JAX_STAGED: #of = #value;
                    &__JAX_STAGED
                }
            }
        }
    }

    /// The traced body: an inner function with the user's patterns and tokens, and one that reads its arguments.
    fn body(&self) -> TokenStream {
        let Function { params, result, body, attrs, .. } = self.function;
        let library = self.library;
        let private = quote!(#library::__private);
        let result = types::with_static_lifetimes(result);
        let (leaves, out) = (Ident::new("leaves", Span::mixed_site()), Ident::new("out", Span::mixed_site()));
        let lints = attrs.iter().filter(|attr| is_lint(attr) || attr.path().is_ident("expect"));
        let mut inputs = Vec::new();
        let mut reads = Vec::new();
        let mut values = Vec::new();
        for (index, param) in params.iter().enumerate() {
            let (pat, attrs, ty) = (&param.pat, &param.attrs, types::with_static_lifetimes(&param.ty));
            let value = format_ident!("arg{index}", span = Span::mixed_site());
            let (seen, read) = match (param.is_static, types::float_bits(&ty)) {
                (true, Some(bits)) => {
                    let bits = Ident::new(bits, Span::call_site());
                    (quote!(#ty), quote!(<#ty>::from_bits(#leaves.static_value::<#bits>())))
                }
                (true, None) => (quote!(#ty), quote!(#leaves.static_value::<#ty>())),
                (false, _) => (quote!(<#ty as #private::Arg>::Staged), quote!(<#ty as #private::Arg>::stage(#leaves))),
            };
            inputs.push(quote!(#(#attrs)* #pat: #seen));
            reads.push(quote!(let #value = #read;));
            values.push(value);
        }
        let (sizes, size_values) = self.shapes.parameters(&private);
        inputs.splice(0..0, sizes);
        let value = Ident::new("result", Span::mixed_site());
        let check_arguments = self.shapes.check_arguments(&private, &values);
        let check_result = self.shapes.check_result(&private, &value);
        quote! {
            #(#lints)*
            #[allow(unused_parens, unused_braces, unused_mut, unused_assignments, clippy::all)]
            fn __jax_traced(#(#inputs),*) -> <#result as #private::Ret>::Staged #body
            #[allow(unused_imports)]
            use #private::methods::*;
            fn __jax_body(#leaves: &mut #private::Leaves<'_>, #out: &mut #private::Flat) {
                #(#reads)*
                #check_arguments
                let #value = __jax_traced(#(#size_values,)* #(#values),*);
                #check_result
                <#result as #private::Ret>::flatten(#value, #out)
            }
        }
    }

    fn gradient(&self, grad: &Grad) -> TokenStream {
        let Function { name: of, params, result, .. } = self.function;
        let library = self.library;
        let private = quote!(#library::__private);
        let mut cotangents = grad.wrt.iter().map(|index| {
            let ty = types::with_static_lifetimes(&params[*index].ty);
            quote!(<#ty as #private::Arg>::Grad)
        });
        let gradient = match grad.wrt.len() {
            1 => cotangents.next().unwrap_or_default(),
            _ => quote!((#(#cotangents),*)),
        };
        let with_aux = match parse::pair(result) {
            Some((_, aux)) if grad.has_aux => quote!((#gradient, #aux)),
            _ => gradient.clone(),
        };
        let names = grad.wrt.iter().map(|i| format!("`{}`", params[*i].name.unraw())).collect::<Vec<_>>().join(", ");
        let (wrt, has_aux, of_text) = (&grad.wrt, grad.has_aux, of.unraw().to_string());
        let gradients = [
            (&grad.name, with_aux, false, format!("The gradient of `{of_text}` with respect to {names}.")),
            (
                &grad.value_and_grad_name,
                quote!((#result, #gradient)),
                true,
                format!("The value of `{of_text}` and its gradient with respect to {names}."),
            ),
        ];
        let callables = gradients.into_iter().map(|(name, result, value, doc)| {
            let text = name.unraw().to_string();
            self.callable(&Callable {
                name,
                result,
                open: quote!(of_grad),
                of: quote!(#private::StagedGrad),
                value: quote!(#private::StagedGrad::new(#text, #of::staged(), &[#(#wrt),*], #value, #has_aux)),
                items: TokenStream::new(),
                docs: quote!(#[doc = #doc]),
            })
        });
        quote!(#(#callables)*)
    }
}

fn is_lint(attribute: &Attribute) -> bool {
    ["allow", "warn", "deny", "forbid"].iter().any(|lint| attribute.path().is_ident(lint))
}

/// Whether an attribute holds for everything that is emitted.
fn is_shared(attribute: &Attribute) -> bool {
    is_lint(attribute) || attribute.path().is_ident("cfg")
}

#[cfg(test)]
mod tests;
