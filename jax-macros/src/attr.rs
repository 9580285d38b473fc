//! Reading the options of `#[jit(…)]`, `#[grad(…)]` and `#[vmap(…)]`. Which parameters they mean is resolved in `parse`.

use proc_macro2::{Ident, Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Expr, Lit, LitStr, Meta, Token, spanned::Spanned};

use crate::errors::{self, Errors};

/// Which of the attributes is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `#[jit]`.
    Jit,
    /// `#[grad]`.
    Grad,
    /// `#[vmap]`.
    Vmap,
}

impl Kind {
    /// The attribute as it is written.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Jit => "jit",
            Self::Grad => "grad",
            Self::Vmap => "vmap",
        }
    }

    fn of(attribute: &Attribute) -> Option<Self> {
        match &*attribute.path().segments.last()?.ident.to_string() {
            "jit" => Some(Self::Jit),
            "grad" => Some(Self::Grad),
            "vmap" => Some(Self::Vmap),
            _ => None,
        }
    }
}

/// A parameter that an option names, by name or by position.
#[derive(Clone, Debug)]
pub(crate) enum ParamRef {
    /// By name.
    Name(String, Span),
    /// By position, from the end when negative.
    Index(i64, Span),
}

/// One `#[grad(…)]`.
#[derive(Debug)]
pub(crate) struct GradOptions {
    /// Where the attribute stands, for faults that no option carries.
    pub(crate) span: Span,
    /// The option that chose the parameters, and its choice; the first parameter if absent.
    pub(crate) wrt: Option<(&'static str, Vec<ParamRef>)>,
    /// Whether the result is `(value, aux)`.
    pub(crate) has_aux: bool,
    /// What the gradient function is called.
    pub(crate) name: Option<Ident>,
    /// What the function of value and gradient is called.
    pub(crate) value_and_grad_name: Option<Ident>,
}

/// One `#[vmap(…)]`.
#[derive(Debug)]
pub(crate) struct VmapOptions {
    /// The axis of each argument that is mapped: the leading one if absent.
    pub(crate) in_axes: Option<Expr>,
    /// The axis of each result.
    pub(crate) out_axes: Option<Expr>,
    /// The size of the batch, where no argument has it.
    pub(crate) axis_size: Option<Expr>,
}

/// What an attribute makes of the functions that those nearer to the function have made.
#[derive(Debug)]
pub(crate) enum Transform {
    /// Their gradients beside them.
    Grad(GradOptions),
    /// Their batches in their places.
    Vmap(Box<VmapOptions>),
}

/// Everything that the attributes of one function ask for.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// The static parameters, each with the option that named it.
    pub(crate) statics: Vec<(&'static str, ParamRef)>,
    /// The transforms, that of the attribute nearest to the function first, as of Python's decorators.
    pub(crate) transforms: Vec<Transform>,
    /// Whether the function is said to stand in an `impl`.
    pub(crate) is_method: bool,
}

impl Options {
    /// Reads the attribute being expanded and takes the other ones off the function, so that it is staged once.
    pub(crate) fn read(kind: Kind, args: TokenStream, attributes: &mut Vec<Attribute>, errors: &mut Errors) -> Self {
        let mut options = Self::default();
        let mut jits = 0;
        let mut read = |kind: Kind, args: TokenStream, span: Span, errors: &mut Errors| {
            match kind {
                Kind::Jit => {
                    jits += 1;
                    if jits == 2 {
                        errors.on(span, errors::jit_twice());
                    }
                    options.read_jit(args, errors);
                }
                Kind::Grad => options.read_grad(args, span, errors),
                Kind::Vmap => options.read_vmap(args, errors),
            };
        };
        read(kind, args, Span::call_site(), errors);
        attributes.retain(|attribute| {
            let Some(kind) = Kind::of(attribute) else { return true };
            match &attribute.meta {
                Meta::Path(_) => read(kind, TokenStream::new(), attribute.path().span(), errors),
                Meta::List(list) => read(kind, list.tokens.clone(), attribute.path().span(), errors),
                Meta::NameValue(_) => errors.at(attribute, errors::jit_takes_no_call(kind.name())),
            }
            false
        });
        options.transforms.reverse();
        options
    }

    fn read_jit(&mut self, args: TokenStream, errors: &mut Errors) {
        const KNOWN: &str = "`static(…)`, `static_argnames`, `static_argnums`, `method`";
        let mut statics = Vec::new();
        let is_method = &mut self.is_method;
        each_option(args, errors, |option, span, input, errors| {
            let option = match option {
                "static" => "static",
                "static_argnames" => "static_argnames",
                "static_argnums" => "static_argnums",
                "method" => {
                    *is_method = true;
                    return Ok(());
                }
                _ => return unknown("jit", option, span, KNOWN, input, errors),
            };
            if option == "static" && input.peek(syn::token::Paren) {
                let content;
                syn::parenthesized!(content in input);
                for name in content.parse_terminated(Ident::parse_any, Token![,])? {
                    statics.push((option, ParamRef::Name(name.unraw().to_string(), name.span())));
                }
                return Ok(());
            }
            input.parse::<Token![=]>()?;
            statics.extend(param_refs(&input.parse()?)?.into_iter().map(|param| (option, param)));
            Ok(())
        });
        self.statics.extend(statics);
    }

    fn read_grad(&mut self, args: TokenStream, span: Span, errors: &mut Errors) {
        const KNOWN: &str = "`wrt`, `argnums`, `has_aux`, `name`, `value_and_grad_name`, `method`";
        let is_method = &mut self.is_method;
        let mut grad = GradOptions { span, wrt: None, has_aux: false, name: None, value_and_grad_name: None };
        each_option(args, errors, |option, span, input, errors| {
            match option {
                "wrt" | "argnums" => {
                    let option = if option == "wrt" { "wrt" } else { "argnums" };
                    input.parse::<Token![=]>()?;
                    let params = param_refs(&input.parse()?)?;
                    if params.is_empty() {
                        errors.on(span, errors::empty_wrt());
                    } else if grad.wrt.is_some() {
                        errors.on(span, errors::conflicting_wrt());
                    } else {
                        grad.wrt = Some((option, params));
                    }
                }
                "has_aux" => {
                    grad.has_aux = match input.parse::<Option<Token![=]>>()? {
                        Some(_) => input.parse::<syn::LitBool>()?.value,
                        None => true,
                    };
                }
                "name" => grad.name = Some(new_name(input)?),
                "value_and_grad_name" => grad.value_and_grad_name = Some(new_name(input)?),
                "method" => *is_method = true,
                _ => return unknown("grad", option, span, KNOWN, input, errors),
            }
            Ok(())
        });
        self.transforms.push(Transform::Grad(grad));
    }

    fn read_vmap(&mut self, args: TokenStream, errors: &mut Errors) {
        const KNOWN: &str = "`in_axes`, `out_axes`, `axis_size`, `method`";
        let mut vmap = VmapOptions { in_axes: None, out_axes: None, axis_size: None };
        let is_method = &mut self.is_method;
        each_option(args, errors, |option, span, input, errors| {
            let value = match option {
                "in_axes" => &mut vmap.in_axes,
                "out_axes" => &mut vmap.out_axes,
                "axis_size" => &mut vmap.axis_size,
                "method" => {
                    *is_method = true;
                    return Ok(());
                }
                _ => return unknown("vmap", option, span, KNOWN, input, errors),
            };
            input.parse::<Token![=]>()?;
            *value = Some(input.parse()?);
            Ok(())
        });
        self.transforms.push(Transform::Vmap(Box::new(vmap)));
    }
}

/// Reads options separated by commas; a duplicate is a fault, and so is what `read` does not take.
fn each_option(
    args: TokenStream,
    errors: &mut Errors,
    mut read: impl FnMut(&str, Span, ParseStream<'_>, &mut Errors) -> syn::Result<()>,
) {
    let mut seen: Vec<String> = Vec::new();
    let parsed = (|input: ParseStream<'_>| {
        while !input.is_empty() {
            let name = input.call(Ident::parse_any)?;
            let option = name.to_string();
            if seen.contains(&option) {
                errors.on(name.span(), errors::duplicate_option(&option));
            }
            read(&option, name.span(), input, errors)?;
            seen.push(option);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    })
    .parse2(args);
    if let Err(error) = parsed {
        errors.push(error);
    }
}

/// Reports an unknown option and skips its value, so that the others are still read.
fn unknown(
    attribute: &str,
    option: &str,
    span: Span,
    known: &str,
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> syn::Result<()> {
    errors.on(span, errors::unknown_option(attribute, option, known));
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<proc_macro2::TokenTree>()?;
    }
    Ok(())
}

fn new_name(input: ParseStream<'_>) -> syn::Result<Ident> {
    input.parse::<Token![=]>()?;
    let text: LitStr = input.parse()?;
    text.parse().map_err(|_| syn::Error::new(text.span(), errors::not_an_identifier(&text.value())))
}

/// One parameter or several: `x`, `"x"`, `0`, `-1`, `(x, w)`, `[0, 1]`.
fn param_refs(value: &Expr) -> syn::Result<Vec<ParamRef>> {
    match value {
        Expr::Tuple(tuple) => tuple.elems.iter().map(param_ref).collect(),
        Expr::Array(array) => array.elems.iter().map(param_ref).collect(),
        Expr::Paren(inner) => param_refs(&inner.expr),
        one => Ok(vec![param_ref(one)?]),
    }
}

fn param_ref(value: &Expr) -> syn::Result<ParamRef> {
    match value {
        Expr::Path(path) if path.path.get_ident().is_some() => {
            let name = path.path.require_ident()?;
            Ok(ParamRef::Name(name.unraw().to_string(), name.span()))
        }
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Ok(ParamRef::Name(text.value(), text.span())),
            Lit::Int(index) => Ok(ParamRef::Index(index.base10_parse()?, index.span())),
            other => Err(syn::Error::new(other.span(), errors::not_a_param())),
        },
        Expr::Unary(syn::ExprUnary { op: syn::UnOp::Neg(_), expr, .. }) => match param_ref(expr)? {
            ParamRef::Index(index, _) => Ok(ParamRef::Index(-index, value.span())),
            ParamRef::Name(..) => Err(syn::Error::new(value.span(), errors::not_a_param())),
        },
        other => Err(syn::Error::new(other.span(), errors::not_a_param())),
    }
}
