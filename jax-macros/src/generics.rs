//! The type parameters of a staged function: which stand for numbers, which for trees, and what the signature that the
//! user calls and the one that is traced say of them. A parameter that is a number is its tracer in the traced one.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::visit_mut::{self, VisitMut};
use syn::{GenericParam, Generics, Path, Type, TypeParamBound, WherePredicate};

use crate::parse::Param;
use crate::types;

/// The generic parameters of a function.
#[derive(Default)]
pub(crate) struct TypeParams {
    declared: Generics,
    /// Those that arguments or results are made of and that have no bound `PyTree`.
    numbers: Vec<Ident>,
    /// Those with the bound `PyTree`.
    trees: Vec<Ident>,
    /// The others: they are the same while tracing.
    others: Vec<Ident>,
}

impl TypeParams {
    /// Reads the parameters of a function with these parameters and this result.
    pub(crate) fn read(declared: Generics, params: &[Param], result: &Type) -> Self {
        let mut read = Self::default();
        for param in declared.type_params() {
            let name = param.ident.clone();
            let traced = params.iter().filter(|param| !param.is_static).map(|param| &param.ty).chain([result]);
            let bounds =
                declared.where_clause.iter().flat_map(|clause| &clause.predicates).filter_map(|bound| match bound {
                    WherePredicate::Type(bound)
                        if types::plain_name(&bound.bounded_ty).is_some_and(|ty| name == ty) =>
                    {
                        Some(&bound.bounds)
                    }
                    _ => None,
                });
            let kind = if bounds.chain([&param.bounds]).flatten().any(is_tree) {
                &mut read.trees
            } else if traced.into_iter().any(|ty| types::mentions(ty, &name)) {
                &mut read.numbers
            } else {
                &mut read.others
            };
            kind.push(name);
        }
        Self { declared, ..read }
    }

    /// Whether instances differ by more than lifetimes.
    pub(crate) fn is_generic(&self) -> bool {
        self.declared.params.iter().any(|param| !matches!(param, GenericParam::Lifetime(_)))
    }

    /// Those that are numbers.
    pub(crate) fn numbers(&self) -> &[Ident] {
        &self.numbers
    }

    /// The parameters of the function that the user calls, with bounds and a where clause that say that the traced body
    /// fits them too.
    pub(crate) fn outer(&self, private: &TokenStream) -> Generics {
        let mut generics = self.declared.clone();
        let mut traced = Vec::new();
        let tracers = Tracers { numbers: &self.numbers, private };
        for param in self.declared.type_params().filter(|param| !param.bounds.is_empty()) {
            let (name, bounds) = (&param.ident, &param.bounds);
            traced.push(syn::parse_quote!(#name: #bounds));
        }
        traced.extend(self.declared.where_clause.iter().flat_map(|clause| &clause.predicates).cloned());
        traced.retain(|bound: &WherePredicate| self.numbers.iter().any(|name| mentioned(bound, name)));
        traced.iter_mut().for_each(|bound| tracers.clone().visit_where_predicate_mut(bound));
        let clause = &mut generics.make_where_clause().predicates;
        clause.extend(
            self.numbers.iter().map(|name| -> WherePredicate { syn::parse_quote!(#name: #private::Traceable) }),
        );
        clause.extend(traced);
        self.add_others(&mut generics, private);
        generics
    }

    /// The parameters of the traced body, where a number is what it is while it is traced. Lifetimes are `'static`.
    pub(crate) fn inner(&self, private: &TokenStream) -> Generics {
        let mut generics = self.without_lifetimes();
        let clause = &mut generics.make_where_clause().predicates;
        clause.extend(self.numbers.iter().map(|name| -> WherePredicate { syn::parse_quote!(#name: #private::Traced) }));
        self.add_others(&mut generics, private);
        generics
    }

    fn add_others(&self, generics: &mut Generics, private: &TokenStream) {
        let clause = &mut generics.make_where_clause().predicates;
        clause.extend(self.trees.iter().map(|name| -> WherePredicate { syn::parse_quote!(#name: #private::Tree) }));
        clause.extend(self.others.iter().map(|name| -> WherePredicate { syn::parse_quote!(#name: 'static) }));
    }

    fn without_lifetimes(&self) -> Generics {
        let mut generics = self.declared.clone();
        generics.params =
            generics.params.into_iter().filter(|param| !matches!(param, GenericParam::Lifetime(_))).collect();
        if let Some(clause) = &mut generics.where_clause {
            let lifetime = |bound: &WherePredicate| matches!(bound, WherePredicate::Lifetime(_));
            clause.predicates = std::mem::take(&mut clause.predicates).into_iter().filter(|b| !lifetime(b)).collect();
        }
        generics
    }

    /// What a struct of the same parameters is declared with, and its field that uses them.
    pub(crate) fn of_struct(&self) -> (TokenStream, TokenStream) {
        let mut names = Vec::new();
        let params = self.declared.params.iter().filter_map(|param| match param {
            GenericParam::Lifetime(_) => None,
            GenericParam::Type(param) => {
                names.push(&param.ident);
                let name = &param.ident;
                Some(quote!(#name))
            }
            GenericParam::Const(param) => {
                let (name, ty) = (&param.ident, &param.ty);
                Some(quote!(const #name: #ty))
            }
        });
        let params = Vec::from_iter(params);
        if params.is_empty() {
            return (TokenStream::new(), TokenStream::new());
        }
        let field = quote!(parameters: ::core::marker::PhantomData<(#(fn() -> #names,)*)>);
        (quote!(<#(#params),*>), field)
    }

    /// Lifetimes alone, for the functions of that struct.
    pub(crate) fn lifetimes(&self) -> TokenStream {
        let lifetimes = Vec::from_iter(self.declared.lifetimes());
        if lifetimes.is_empty() { TokenStream::new() } else { quote!(<#(#lifetimes),*>) }
    }

    /// `::<T, N>`, or nothing.
    pub(crate) fn arguments(&self) -> TokenStream {
        self.list(|name| quote!(#name))
    }

    /// The same with tracers for numbers.
    pub(crate) fn traced_arguments(&self, private: &TokenStream) -> TokenStream {
        self.list(|name| match self.numbers.contains(name) {
            true => quote!(<#name as #private::Traceable>::Tracer),
            false => quote!(#name),
        })
    }

    fn list(&self, of_type: impl Fn(&Ident) -> TokenStream) -> TokenStream {
        let arguments = self.declared.params.iter().filter_map(|param| match param {
            GenericParam::Lifetime(_) => None,
            GenericParam::Type(param) => Some(of_type(&param.ident)),
            GenericParam::Const(param) => {
                let name = &param.ident;
                Some(quote!(#name))
            }
        });
        let arguments = Vec::from_iter(arguments);
        if arguments.is_empty() { TokenStream::new() } else { quote!(::<#(#arguments),*>) }
    }
}

fn is_tree(bound: &TypeParamBound) -> bool {
    matches!(bound, TypeParamBound::Trait(bound) if last_is(&bound.path, "PyTree"))
}

fn last_is(path: &Path, name: &str) -> bool {
    path.segments.last().is_some_and(|segment| segment.ident == name)
}

/// Whether a bound names a type parameter.
fn mentioned(bound: &WherePredicate, name: &Ident) -> bool {
    let WherePredicate::Type(bound) = bound else { return false };
    types::mentions(&bound.bounded_ty, name)
}

/// Puts what stands for a number in its place.
#[derive(Clone)]
struct Tracers<'a> {
    numbers: &'a [Ident],
    private: &'a TokenStream,
}

impl VisitMut for Tracers<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        if let Some(name) = types::plain_name(ty)
            && let Some(name) = self.numbers.iter().find(|number| **number == name)
        {
            let private = self.private;
            *ty = syn::parse_quote!(<#name as #private::Traceable>::Tracer);
            return;
        }
        visit_mut::visit_type_mut(self, ty);
    }
}
