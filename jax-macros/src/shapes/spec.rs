//! Shapes as users write them in types, `f32![B, 4]`, and where in a declared type they stand.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Token, Type, ext::IdentExt, spanned::Spanned};

use super::dtype::DType;
use crate::errors::{self, Errors};

/// One extent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Dim {
    /// A size that is written out.
    Size(usize),
    /// A size that goes by a name, which is the same everywhere in a signature.
    Named(String),
    /// Any size: `_`, or what is not known.
    Any,
}

impl std::fmt::Display for Dim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Dim::Size(size) => write!(f, "{size}"),
            Dim::Named(name) => f.write_str(name),
            Dim::Any => f.write_str("_"),
        }
    }
}

impl Parse for Dim {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(Token![_]) {
            input.parse::<Token![_]>()?;
            Ok(Dim::Any)
        } else if input.peek(syn::LitInt) {
            Ok(Dim::Size(input.parse::<syn::LitInt>()?.base10_parse()?))
        } else if input.peek(Ident::peek_any) {
            Ok(Dim::Named(input.call(Ident::parse_any)?.unraw().to_string()))
        } else {
            Err(input.error(errors::not_a_dimension()))
        }
    }
}

/// A dtype with extents: `f32![B, 4]`.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    /// The dtype.
    pub(crate) dtype: DType,
    /// The extents, outermost first.
    pub(crate) dims: Vec<Dim>,
    /// Where it was written.
    pub(crate) span: Span,
}

impl std::fmt::Display for Spec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let dims: Vec<String> = self.dims.iter().map(Dim::to_string).collect();
        write!(f, "{}![{}]", self.dtype.name(), dims.join(", "))
    }
}

impl Spec {
    /// Reads a macro in type position; `None` if it is not one of ours.
    fn read(ty: &syn::TypeMacro, errors: &mut Errors) -> Option<Spec> {
        let dtype = DType::named(&ty.mac.path.segments.last()?.ident.to_string())?;
        let span = ty.span();
        let dims =
            match syn::parse::Parser::parse2(Punctuated::<Dim, Token![,]>::parse_terminated, ty.mac.tokens.clone()) {
                Ok(dims) => dims.into_iter().collect(),
                Err(error) => {
                    errors.push(error);
                    return None;
                }
            };
        Some(Spec { dtype, dims, span })
    }
}

/// Where shapes stand in a declared type.
#[derive(Clone, Debug)]
pub(crate) enum Tree {
    /// No shape is declared.
    Unknown,
    /// An array, or a reference to one.
    Array(Spec),
    /// A Rust scalar, traced as a weakly typed array without axes.
    Scalar(DType),
    /// A host size, which a dimension may be named after.
    Size,
    /// A tuple.
    Tuple(Vec<Tree>),
    /// Every element of a `Vec`, an `Option` or an array.
    Each(Box<Tree>),
}

impl Tree {
    /// Whether a shape is declared anywhere.
    pub(crate) fn declares(&self) -> bool {
        match self {
            Tree::Unknown | Tree::Scalar(_) | Tree::Size => false,
            Tree::Array(_) => true,
            Tree::Tuple(members) => members.iter().any(Tree::declares),
            Tree::Each(element) => element.declares(),
        }
    }

    /// The names of dimensions, in the order of writing.
    pub(crate) fn names(&self, names: &mut Vec<(String, Span)>) {
        match self {
            Tree::Unknown | Tree::Scalar(_) | Tree::Size => {}
            Tree::Array(spec) => {
                for dim in &spec.dims {
                    if let Dim::Named(name) = dim
                        && names.iter().all(|(known, _)| known != name)
                    {
                        names.push((name.clone(), spec.span));
                    }
                }
            }
            Tree::Tuple(members) => members.iter().for_each(|member| member.names(names)),
            Tree::Each(element) => element.names(names),
        }
    }

    /// Takes the shapes out of a type, leaving `array` in their places.
    pub(crate) fn take(ty: &mut Type, array: &Type, errors: &mut Errors) -> Tree {
        match ty {
            Type::Macro(mac) => match Spec::read(mac, errors) {
                Some(spec) => {
                    *ty = at(array, spec.span);
                    Tree::Array(spec)
                }
                None => Tree::Unknown,
            },
            Type::Paren(inner) => Tree::take(&mut inner.elem, array, errors),
            Type::Group(inner) => Tree::take(&mut inner.elem, array, errors),
            Type::Reference(inner) => Tree::take(&mut inner.elem, array, errors),
            Type::Tuple(tuple) => Tree::Tuple(tuple.elems.iter_mut().map(|ty| Tree::take(ty, array, errors)).collect()),
            Type::Array(inner) => Tree::Each(Box::new(Tree::take(&mut inner.elem, array, errors))),
            Type::Path(path) => Tree::take_from_path(path, array, errors),
            _ => Tree::Unknown,
        }
    }

    fn take_from_path(path: &mut syn::TypePath, array: &Type, errors: &mut Errors) -> Tree {
        let Some(last) = path.path.segments.last_mut() else { return Tree::Unknown };
        let name = last.ident.to_string();
        match &mut last.arguments {
            syn::PathArguments::None => match &*name {
                "usize" => Tree::Size,
                "f32" | "f64" | "i32" | "i64" | "u32" | "u64" | "bool" => {
                    DType::named(&name).map_or(Tree::Unknown, Tree::Scalar)
                }
                _ => Tree::Unknown,
            },
            syn::PathArguments::AngleBracketed(args) => {
                let mut trees = Vec::new();
                for arg in &mut args.args {
                    if let syn::GenericArgument::Type(ty) = arg {
                        trees.push((ty.span(), Tree::take(ty, array, errors)));
                    }
                }
                if matches!(&*name, "Vec" | "Option") && trees.len() == 1 {
                    return trees.pop().map_or(Tree::Unknown, |(_, tree)| Tree::Each(Box::new(tree)));
                }
                for (span, tree) in trees {
                    if tree.declares() {
                        errors.on(span, errors::shape_out_of_reach(&name));
                    }
                }
                Tree::Unknown
            }
            syn::PathArguments::Parenthesized(_) => Tree::Unknown,
        }
    }
}

/// The same type with every token at a place.
fn at(ty: &Type, span: Span) -> Type {
    fn located(tokens: TokenStream, span: Span) -> TokenStream {
        tokens
            .into_iter()
            .map(|mut tree| {
                if let TokenTree::Group(group) = &tree {
                    tree = proc_macro2::Group::new(group.delimiter(), located(group.stream(), span)).into();
                }
                tree.set_span(tree.span().located_at(span));
                tree
            })
            .collect()
    }
    syn::parse2(located(ty.to_token_stream(), span)).unwrap_or_else(|_| ty.clone())
}

/// Whether a shape is written anywhere in a type.
pub(crate) fn mentions(ty: &Type) -> bool {
    struct Find(bool);
    impl syn::visit::Visit<'_> for Find {
        fn visit_type_macro(&mut self, ty: &syn::TypeMacro) {
            let name = ty.mac.path.segments.last().map(|segment| segment.ident.to_string());
            self.0 |= name.is_some_and(|name| DType::named(&name).is_some());
        }
    }
    let mut find = Find(false);
    syn::visit::Visit::visit_type(&mut find, ty);
    find.0
}
