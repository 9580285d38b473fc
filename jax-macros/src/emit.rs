//! The items that a staged function becomes: what each attribute makes of the function and of what the attributes nearer
//! to it have made. The items of each are written in `callable`, the traced body in `body`; how it is rewritten is not
//! here.

mod body;
mod callable;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::{Attribute, ItemFn, Type, ext::IdentExt};

use crate::attr::{Kind, Options};
use crate::build::{self, Build};
use crate::check;
use crate::errors::{self, Errors};
use crate::parse::{self, Function, Grad, Transform};
use crate::receiver;
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
    let declared = item.clone();
    let receiver = receiver::take(&mut item, &mut errors);
    let mut shapes = Shapes::take(&mut item, library, &mut errors);
    check::form(&item, &mut errors);
    check::purity(&item, &mut errors);
    check::recursion(&item, &mut errors);
    shapes.check(&item, &mut errors);
    shapes.check_variables(&mut item.block, library, &mut errors);
    let mut function = Function::read(item, receiver, options, &mut errors);
    if errors.is_empty() {
        function.body = rewrite::body(&function, &Build::new(library));
        return Emit { library, function: &function, shapes: &shapes }.items();
    }
    let stub = stub(declared);
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
struct Callable {
    name: Ident,
    docs: TokenStream,
    /// The types of the parameters.
    types: Vec<Type>,
    result: Type,
    /// How often it is transformed in its place.
    last: usize,
    /// What the static of each stage holds: as it is made, and transformed.
    stages: Vec<TokenStream>,
}

impl Emit<'_> {
    fn private(&self) -> TokenStream {
        let library = self.library;
        quote!(#library::__private)
    }

    fn items(&self) -> TokenStream {
        let made = self.callables();
        let callables = made.iter().enumerate().map(|(index, callable)| {
            let body = if index == 0 { self.body() } else { Default::default() };
            self.callable(callable, &body)
        });
        quote!(#(#callables)*)
    }

    /// The function and what its attributes add, each transformed as often as attributes stand above.
    fn callables(&self) -> Vec<Callable> {
        let Function { name, params, result, attrs, transforms, generics, .. } = self.function;
        let private = self.private();
        let vmaps = |transforms: &[Transform]| transforms.iter().filter(|t| matches!(t, Transform::Vmap(_))).count();
        let text = name.unraw().to_string();
        let names = params.iter().map(|param| param.name.unraw().to_string());
        let docs = attrs.iter().filter(|attr| attr.path().is_ident("doc"));
        let body = self.body_path();
        let mut made = vec![Callable {
            name: name.clone(),
            docs: quote!(#(#docs)*),
            types: params.iter().map(|param| param.ty.clone()).collect(),
            result: result.clone(),
            last: vmaps(transforms),
            stages: vec![quote!(#private::Staged::new(#text, &[#(#names),*], #body))],
        }];
        for (index, transform) in transforms.iter().enumerate() {
            match transform {
                Transform::Grad(grad) => made.extend(self.gradient(&made[0], grad, vmaps(&transforms[index..]))),
                Transform::Vmap(vmap) => {
                    let library = self.library;
                    let array: Type = syn::parse_quote!(#library::Array);
                    let batched = |ty: &Type| types::batched(ty, generics.numbers(), &array);
                    let (in_axes, out_axes) = (&vmap.in_axes, &vmap.out_axes);
                    let size = vmap.axis_size.as_ref().map_or_else(
                        || quote!(::core::option::Option::None),
                        |size| quote!(::core::option::Option::Some(#size)),
                    );
                    for callable in &mut made {
                        let of = self.stage_path(callable);
                        let text = callable.name.unraw().to_string();
                        callable.stages.push(quote! {
                            #private::Staged::vmap(
                                #text, #of, || #private::axes(#in_axes), || #private::axes(#out_axes), #size,
                            )
                        });
                        for (index, (ty, param)) in callable.types.iter_mut().zip(params).enumerate() {
                            if !vmap.keeps(index) && !param.is_static {
                                *ty = batched(ty);
                            }
                        }
                        if !vmap.keeps_result() {
                            callable.result = batched(&callable.result);
                        }
                    }
                }
            }
        }
        made
    }

    fn gradient(&self, of: &Callable, grad: &Grad, last: usize) -> [Callable; 2] {
        let private = self.private();
        let mut cotangents = grad.wrt.iter().map(|index| -> Type {
            let ty = types::with_static_lifetimes(&of.types[*index]);
            syn::parse_quote!(<#ty as #private::Arg>::Grad)
        });
        let gradient: Type = match (grad.wrt.len(), cotangents.next()) {
            (1, Some(cotangent)) => cotangent,
            (_, first) => {
                let all = first.into_iter().chain(cotangents);
                syn::parse_quote!((#(#all),*))
            }
        };
        let result = &of.result;
        let with_aux = match parse::pair(result) {
            Some((_, aux)) if grad.has_aux => syn::parse_quote!((#gradient, #aux)),
            _ => gradient.clone(),
        };
        let params = &self.function.params;
        let names = grad.wrt.iter().map(|i| format!("`{}`", params[*i].name.unraw())).collect::<Vec<_>>().join(", ");
        let (wrt, has_aux, of_text) = (&grad.wrt, grad.has_aux, of.name.unraw().to_string());
        let stage = self.stage_path(of);
        let gradients = [
            (&grad.name, with_aux, false, format!("The gradient of `{of_text}` with respect to {names}.")),
            (
                &grad.value_and_grad_name,
                syn::parse_quote!((#result, #gradient)),
                true,
                format!("The value of `{of_text}` and its gradient with respect to {names}."),
            ),
        ];
        gradients.map(|(name, result, value, doc)| {
            let text = name.unraw().to_string();
            Callable {
                name: name.clone(),
                docs: quote!(#[doc = #doc]),
                types: of.types.clone(),
                result,
                last,
                stages: vec![quote!(#private::Staged::grad(#text, #stage, &[#(#wrt),*], #value, #has_aux))],
            }
        })
    }

    /// What a function about a callable is named: `jaxpr` of its struct, or `forward_jaxpr` in an `impl`.
    fn question(&self, of: &Ident, question: &str) -> Ident {
        match self.function.is_method {
            true => format_ident!("{}_{question}", of.unraw(), span = of.span()),
            false => Ident::new(question, of.span()),
        }
    }

    /// The name of the function that gives a stage of a callable.
    fn stage_name(&self, callable: &Callable, stage: usize) -> Ident {
        let name = if stage == callable.last { "staged".to_owned() } else { format!("staged_{stage}") };
        self.question(&callable.name, &name)
    }

    /// A call that gives the last stage of a callable so far.
    fn stage_path(&self, callable: &Callable) -> TokenStream {
        let stage = self.stage_name(callable, callable.stages.len() - 1);
        let (name, arguments) = (&callable.name, self.function.generics.arguments());
        match self.function.is_method {
            true => quote!(Self::#stage #arguments()),
            false => quote!(#name #arguments::#stage()),
        }
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
