//! What the spelling of a type tells about a parameter or a field. No type inference lives here.

use proc_macro2::Ident;
use syn::visit::{self, Visit};
use syn::{Type, visit_mut, visit_mut::VisitMut};

/// What a value of a declared type is while its function is traced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Declared {
    /// `Array` or `&Array`.
    Array,
    /// A scalar that is traced as a weakly typed array: `f32 f64 i32 i64 u32 u64 bool`.
    Scalar,
    /// A value that is part of the cache key and freely copied: `usize`, `char`, `&'static str`, …
    HostCopy,
    /// A value that is part of the cache key and owned: `String`.
    HostOwned,
    /// A PRNG key, which is consumed by its use.
    Key,
    /// Anything else: tuples, vectors, structs that may hold arrays.
    Tree,
}

/// The single identifier that a type is spelled with, without generics: `Array` of `jax::Array`.
pub(crate) fn plain_name(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) if path.qself.is_none() => {
            let last = path.path.segments.last()?;
            last.arguments.is_none().then(|| last.ident.to_string())
        }
        Type::Paren(inner) => plain_name(&inner.elem),
        Type::Group(inner) => plain_name(&inner.elem),
        _ => None,
    }
}

/// Whether a type is spelled as a scalar that is traced.
pub(crate) fn is_traced_scalar(ty: &Type) -> bool {
    plain_name(ty).is_some_and(|name| matches!(&*name, "f32" | "f64" | "i32" | "i64" | "u32" | "u64" | "bool"))
}

/// Whether a type is spelled as a host number that is never traced.
pub(crate) fn is_host_number(ty: &Type) -> bool {
    plain_name(ty).is_some_and(|name| {
        matches!(&*name, "usize" | "isize" | "u8" | "u16" | "u128" | "i8" | "i16" | "i128" | "char")
    })
}

/// Whether a type is `f32` or `f64`, which have neither `Eq` nor `Hash`: as cache keys they stand by their bits.
pub(crate) fn float_bits(ty: &Type) -> Option<&'static str> {
    match &*plain_name(ty)? {
        "f32" => Some("u32"),
        "f64" => Some("u64"),
        _ => None,
    }
}

/// Whether a type is a reference to `str`.
pub(crate) fn is_str_ref(ty: &Type) -> bool {
    matches!(ty, Type::Reference(reference) if plain_name(&reference.elem).as_deref() == Some("str"))
}

/// Classifies a declared type by its spelling.
pub(crate) fn classify(ty: &Type) -> Declared {
    if is_traced_scalar(ty) {
        return Declared::Scalar;
    }
    if is_host_number(ty) || is_str_ref(ty) {
        return Declared::HostCopy;
    }
    let ty = match ty {
        Type::Reference(reference) => &*reference.elem,
        other => other,
    };
    match plain_name(ty).as_deref() {
        Some("Array") => Declared::Array,
        Some("Key") => Declared::Key,
        Some("String") => Declared::HostOwned,
        _ => Declared::Tree,
    }
}

/// The type with every elided lifetime written `'static`, so that it can stand in an item of its own.
pub(crate) fn with_static_lifetimes(ty: &Type) -> Type {
    struct Fill;
    impl VisitMut for Fill {
        fn visit_type_reference_mut(&mut self, reference: &mut syn::TypeReference) {
            let span = reference.and_token.span;
            reference.lifetime.get_or_insert_with(|| syn::Lifetime::new("'static", span));
            visit_mut::visit_type_reference_mut(self, reference);
        }
        fn visit_lifetime_mut(&mut self, lifetime: &mut syn::Lifetime) {
            *lifetime = syn::Lifetime::new("'static", lifetime.span());
        }
    }
    let mut filled = ty.clone();
    Fill.visit_type_mut(&mut filled);
    filled
}

/// Whether a type names a type parameter.
pub(crate) fn mentions(ty: &Type, param: &Ident) -> bool {
    struct Search<'a>(&'a Ident, bool);
    impl Visit<'_> for Search<'_> {
        fn visit_path(&mut self, path: &syn::Path) {
            self.1 |= path.segments.first().is_some_and(|segment| segment.ident == *self.0);
            visit::visit_path(self, path);
        }
    }
    let mut search = Search(param, false);
    search.visit_type(ty);
    search.1
}

/// The type of a batch: scalars, and the type parameters that stand for numbers, become arrays.
pub(crate) fn batched(ty: &Type, numbers: &[Ident], array: &Type) -> Type {
    struct Batch<'a>(&'a [Ident], &'a Type);
    impl VisitMut for Batch<'_> {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            let number = plain_name(ty).is_some_and(|name| self.0.iter().any(|number| *number == name));
            if number || is_traced_scalar(ty) {
                *ty = self.1.clone();
                return;
            }
            visit_mut::visit_type_mut(self, ty);
        }
    }
    let mut batched = ty.clone();
    Batch(numbers, array).visit_type_mut(&mut batched);
    batched
}
