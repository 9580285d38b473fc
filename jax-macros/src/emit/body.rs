//! The traced body: a function with the user's patterns and tokens, and one that reads its arguments and writes its
//! results.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt;

use super::{Emit, is_lint, is_shared};
use crate::parse::Function;
use crate::types;

impl Emit<'_> {
    /// The names of the two functions.
    fn body_names(&self) -> [Ident; 2] {
        ["traced", "body"].map(|part| match self.function.is_method {
            true => format_ident!("__jax_{}_{part}", self.function.name.unraw(), span = Span::call_site()),
            false => Ident::new(&format!("__jax_{part}"), Span::call_site()),
        })
    }

    /// The function that the static of a callable holds.
    pub(super) fn body_path(&self) -> TokenStream {
        let [_, body] = self.body_names();
        let arguments = self.function.generics.traced_arguments(&self.private());
        match self.function.is_method {
            true => quote!(Self::#body #arguments),
            false => quote!(#body #arguments),
        }
    }

    /// The two functions.
    pub(super) fn body(&self) -> TokenStream {
        let Function { params, result, body, attrs, generics, is_method, .. } = self.function;
        let private = self.private();
        let result = types::with_static_lifetimes(result);
        let [traced, reads_and_writes] = self.body_names();
        let (leaves, out) = (Ident::new("leaves", Span::mixed_site()), Ident::new("out", Span::mixed_site()));
        let lints = attrs.iter().filter(|attr| is_lint(attr) && !is_method || attr.path().is_ident("expect"));
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
        let inner = generics.inner(&private);
        let (parameters, _, bounds) = inner.split_for_impl();
        let arguments = generics.arguments();
        let call = if *is_method { quote!(Self::#traced #arguments) } else { quote!(#traced #arguments) };
        // Names of the library's traits that the rewritten body uses; an `impl` has no place for them but inside.
        let methods = quote!(#[allow(unused_imports)] use #private::methods::*;);
        let (around, inside) = match is_method {
            true => (TokenStream::new(), quote!({ #methods #body })),
            false => (methods, quote!(#body)),
        };
        let hidden = is_method.then(|| {
            let flags = attrs.iter().filter(|attr| is_shared(attr));
            quote!(#(#flags)* #[doc(hidden)])
        });
        quote! {
            #hidden
            #(#lints)*
            #[allow(unused_parens, unused_braces, unused_mut, unused_assignments, unreachable_code, clippy::all)]
            fn #traced #parameters(#(#inputs),*) -> <#result as #private::Ret>::Staged #bounds #inside
            #around
            #hidden
            #[allow(clippy::multiple_bound_locations)]
            fn #reads_and_writes #parameters(#leaves: &mut #private::Leaves<'_>, #out: &mut #private::Flat) #bounds {
                #(#reads)*
                #check_arguments
                let #value = #call(#(#size_values,)* #(#values),*);
                #check_result
                <#result as #private::Ret>::flatten(#value, #out)
            }
        }
    }
}
