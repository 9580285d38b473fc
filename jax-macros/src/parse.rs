//! The function being staged, in the shape that the later steps use. Faults of its body are found in `check`.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::{Attribute, FnArg, ItemFn, Pat, ReturnType, Type, Visibility, spanned::Spanned};

use crate::attr::{GradOptions, Options, ParamRef};
use crate::errors::{self, Errors};
use crate::types::{self, Declared};

/// One parameter.
pub(crate) struct Param {
    /// The pattern as written, which the body keeps.
    pub(crate) pat: Pat,
    /// What the callable function calls it: its name, or `argN` where the pattern is not a name.
    pub(crate) name: Ident,
    /// The declared type.
    pub(crate) ty: Type,
    /// Lint attributes of the parameter.
    pub(crate) attrs: Vec<Attribute>,
    /// Whether it is part of the cache key by the user's wish.
    pub(crate) is_static: bool,
}

/// One gradient to add.
pub(crate) struct Grad {
    /// The name of the gradient function.
    pub(crate) name: Ident,
    /// The name of the function of value and gradient.
    pub(crate) value_and_grad_name: Ident,
    /// The parameters to differentiate with respect to, by position.
    pub(crate) wrt: Vec<usize>,
    /// Whether the result is `(value, aux)`.
    pub(crate) has_aux: bool,
}

/// A function to stage.
pub(crate) struct Function {
    /// The attributes that are left once ours are read.
    pub(crate) attrs: Vec<Attribute>,
    /// The visibility, shared by everything that is emitted.
    pub(crate) vis: Visibility,
    /// The name.
    pub(crate) name: Ident,
    /// The parameters in order.
    pub(crate) params: Vec<Param>,
    /// The declared result.
    pub(crate) result: Type,
    /// The body as written.
    pub(crate) body: syn::Block,
    /// The gradients to add.
    pub(crate) grads: Vec<Grad>,
}

impl Function {
    /// Reads a function whose form `check` has seen; reports options that name what is not there.
    pub(crate) fn read(item: ItemFn, options: Options, errors: &mut Errors) -> Self {
        let mut params: Vec<Param> = Vec::with_capacity(item.sig.inputs.len());
        for (index, input) in item.sig.inputs.into_iter().enumerate() {
            let FnArg::Typed(input) = input else { continue };
            let name = match &*input.pat {
                Pat::Ident(pat) if pat.subpat.is_none() => pat.ident.clone(),
                other => Ident::new(&format!("arg{index}"), other.span().resolved_at(Span::mixed_site())),
            };
            params.push(Param { pat: *input.pat, name, ty: *input.ty, attrs: input.attrs, is_static: false });
        }
        let names: Vec<String> = params.iter().map(|param| param.name.unraw().to_string()).collect();
        for (option, param) in &options.statics {
            if let Some(index) = resolve(option, param, &names, errors) {
                if params[index].is_static {
                    errors.on(span_of(param), errors::repeated_param(option, &names[index]));
                }
                params[index].is_static = true;
            }
        }
        let result = match item.sig.output {
            ReturnType::Type(_, ty) => *ty,
            ReturnType::Default => syn::parse_quote!(()),
        };
        let name = item.sig.ident;
        let mut taken = vec![name.unraw().to_string()];
        let grads = options
            .grads
            .into_iter()
            .filter_map(|grad| read_grad(grad, &name, &params, &names, &result, &mut taken, errors))
            .collect();
        Self { attrs: item.attrs, vis: item.vis, name, params, result, body: *item.block, grads }
    }
}

fn read_grad(
    options: GradOptions,
    of: &Ident,
    params: &[Param],
    names: &[String],
    result: &Type,
    taken: &mut Vec<String>,
    errors: &mut Errors,
) -> Option<Grad> {
    let written = [options.name.is_some(), options.value_and_grad_name.is_some()];
    let name = options.name.unwrap_or_else(|| suffixed(of, "_grad"));
    let value_and_grad_name = options.value_and_grad_name.unwrap_or_else(|| suffixed(of, "_value_and_grad"));
    for (added, written) in [(&name, written[0]), (&value_and_grad_name, written[1])] {
        let text = added.unraw().to_string();
        if taken.contains(&text) {
            // A name that the user did not write has the span of the function: the attribute is where to rename it.
            let span = if written { added.span() } else { options.span };
            errors.on(span, errors::same_name(&text));
        }
        taken.push(text);
    }
    if params.is_empty() {
        errors.on(options.span, errors::grad_of_nothing());
        return None;
    }
    let mut wrt = Vec::new();
    match &options.wrt {
        None => check_differentiable(&params[0], params[0].name.span(), &mut wrt, 0, errors),
        Some((option, chosen)) => {
            for param in chosen {
                let Some(index) = resolve(option, param, names, errors) else { continue };
                if wrt.contains(&index) {
                    errors.on(span_of(param), errors::repeated_param(option, &names[index]));
                } else {
                    check_differentiable(&params[index], span_of(param), &mut wrt, index, errors);
                }
            }
        }
    }
    if options.has_aux && pair(result).is_none() {
        errors.at(result, errors::has_aux_result());
        return None;
    }
    Some(Grad { name, value_and_grad_name, wrt, has_aux: options.has_aux })
}

fn suffixed(name: &Ident, suffix: &str) -> Ident {
    Ident::new(&format!("{}{suffix}", name.unraw()), name.span())
}

/// The two members of a pair type.
pub(crate) fn pair(ty: &Type) -> Option<(&Type, &Type)> {
    match ty {
        Type::Tuple(tuple) if tuple.elems.len() == 2 => Some((&tuple.elems[0], &tuple.elems[1])),
        _ => None,
    }
}

fn check_differentiable(param: &Param, span: Span, wrt: &mut Vec<usize>, index: usize, errors: &mut Errors) {
    let name = param.name.to_string();
    let real = matches!(types::plain_name(&param.ty).as_deref(), Some("f32" | "f64"));
    match types::classify(&param.ty) {
        _ if param.is_static => errors.on(span, errors::grad_of_static(&name)),
        Declared::HostCopy | Declared::HostOwned => errors.on(span, errors::grad_of_static(&name)),
        Declared::Key => errors.on(span, errors::grad_of_key(&name)),
        Declared::Scalar if !real => {
            errors.on(span, errors::grad_of_integer(&name, &types::plain_name(&param.ty).unwrap_or_default()));
        }
        Declared::Array | Declared::Scalar | Declared::Tree => wrt.push(index),
    }
}

fn span_of(param: &ParamRef) -> Span {
    match param {
        ParamRef::Name(_, span) | ParamRef::Index(_, span) => *span,
    }
}

/// The position of the parameter that an option names.
fn resolve(option: &str, param: &ParamRef, names: &[String], errors: &mut Errors) -> Option<usize> {
    let (found, message) = match param {
        ParamRef::Name(name, _) => {
            (names.iter().position(|known| known == name), errors::unknown_param(option, name, names))
        }
        ParamRef::Index(index, _) => {
            let count = names.len() as i64;
            let position = if *index < 0 { index.saturating_add(count) } else { *index };
            let found = (0..count).contains(&position).then_some(position as usize);
            (found, errors::unknown_index(option, *index, names))
        }
    };
    if found.is_none() {
        errors.on(span_of(param), message);
    }
    found
}
