//! The function being staged, in the shape that the later steps use. Faults of its body are found in `check`.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::{Attribute, Expr, FnArg, ItemFn, Pat, Receiver, ReturnType, Type, Visibility, spanned::Spanned};

use crate::attr::{self, GradOptions, Options, ParamRef, VmapOptions};
use crate::errors::{self, Errors};
use crate::generics::TypeParams;
use crate::receiver;
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

/// What an attribute makes of what those nearer to the function have made.
pub(crate) enum Transform {
    /// Gradients beside it.
    Grad(Grad),
    /// The batches in its place.
    Vmap(Box<Vmap>),
}

/// A vectorization.
pub(crate) struct Vmap {
    /// The axes of the arguments, an expression that the library reads.
    pub(crate) in_axes: Expr,
    /// The axes of the results.
    pub(crate) out_axes: Expr,
    /// The size of the batch, if it is given.
    pub(crate) axis_size: Option<Expr>,
}

impl Vmap {
    /// Whether the argument at this position is the same for all elements.
    pub(crate) fn keeps(&self, index: usize) -> bool {
        match &self.in_axes {
            Expr::Tuple(axes) => axes.elems.iter().nth(index).is_some_and(is_none),
            all => is_none(all),
        }
    }

    /// Whether the result is the same for all elements.
    pub(crate) fn keeps_result(&self) -> bool {
        is_none(&self.out_axes)
    }
}

fn is_none(axis: &Expr) -> bool {
    matches!(axis, Expr::Path(path) if path.path.segments.last().is_some_and(|segment| segment.ident == "None"))
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
    /// The transforms, that of the attribute nearest to the function first.
    pub(crate) transforms: Vec<Transform>,
    /// The type parameters.
    pub(crate) generics: TypeParams,
    /// `self` as it was declared; it is the first of the parameters.
    pub(crate) receiver: Option<Receiver>,
    /// Whether the function stands in an `impl`.
    pub(crate) is_method: bool,
}

impl Function {
    /// Reads a function whose form `check` has seen; reports options that name what is not there.
    pub(crate) fn read(item: ItemFn, receiver: Option<Receiver>, options: Options, errors: &mut Errors) -> Self {
        let is_method = options.is_method || receiver.is_some() || receiver::names_the_type(&item);
        let mut params: Vec<Param> = Vec::with_capacity(item.sig.inputs.len());
        for (index, input) in item.sig.inputs.into_iter().enumerate() {
            let FnArg::Typed(input) = input else { continue };
            let name = match &*input.pat {
                Pat::Ident(pat) if pat.subpat.is_none() => pat.ident.clone(),
                other => Ident::new(&format!("arg{index}"), other.span().resolved_at(Span::mixed_site())),
            };
            params.push(Param { pat: *input.pat, name, ty: *input.ty, attrs: input.attrs, is_static: false });
        }
        if let (Some(receiver), Some(param)) = (&receiver, params.first_mut()) {
            param.name = Ident::new("self", receiver.self_token.span);
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
        let mut read = |transform| match transform {
            attr::Transform::Grad(grad) => {
                read_grad(grad, &name, &params, &names, &result, &mut taken, errors).map(Transform::Grad)
            }
            attr::Transform::Vmap(vmap) => Some(Transform::Vmap(Box::new(read_vmap(*vmap, &names, errors)))),
        };
        let transforms = options.transforms.into_iter().filter_map(&mut read).collect();
        let generics = TypeParams::read(item.sig.generics, &params, &result);
        Self {
            attrs: item.attrs,
            vis: item.vis,
            name,
            params,
            result,
            body: *item.block,
            transforms,
            generics,
            receiver,
            is_method,
        }
    }
}

fn read_vmap(options: VmapOptions, names: &[String], errors: &mut Errors) -> Vmap {
    let first = || syn::parse_quote!(0);
    let in_axes = options.in_axes.unwrap_or_else(first);
    if let Expr::Tuple(axes) = &in_axes
        && axes.elems.len() != names.len()
    {
        errors.at(&in_axes, errors::number_of_axes(axes.elems.len(), names));
    }
    Vmap { in_axes, out_axes: options.out_axes.unwrap_or_else(first), axis_size: options.axis_size }
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
