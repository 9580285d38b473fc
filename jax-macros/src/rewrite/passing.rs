//! Calls that may be of staged functions: traced scalars are passed beside the call, since a parameter of type `f32`
//! cannot hold a tracer, and a result of a scalar type comes back as an array.

use proc_macro2::{Ident, Span};
use quote::{format_ident, quote_spanned};
use syn::ext::IdentExt;
use syn::{Expr, Path, spanned::Spanned};

use super::walk::Walk;
use crate::build::{generated, hole};

impl Walk<'_> {
    /// Rewrites a call of the function at a path, whose arguments are scalars where it says so:
    /// `match (a, b) { (a, b) => (&&passing.given(f(a, passing.scalar(1, b)))).take() }`.
    pub(super) fn pass(&self, expr: &mut Expr, callee: &Path, scalars: &[bool]) {
        let Expr::Call(call) = expr else { return };
        let closures = call.args.iter().any(|arg| matches!(arg, Expr::Closure(_)));
        let Some(last) = callee.segments.last().filter(|_| !closures) else { return };
        let (name, span) = (last.ident.unraw().to_string(), call.func.span());
        let place = generated(span);
        let passing = Ident::new("passing", Span::mixed_site());
        let values: Vec<Ident> =
            (0..scalars.len()).map(|index| format_ident!("value{index}", span = Span::mixed_site())).collect();
        let holes: Vec<Ident> = (0..scalars.len()).map(hole).collect();
        let args = scalars.iter().zip(&values).enumerate().map(|(index, (scalar, value))| match scalar {
            true => quote_spanned!(place=> #passing.scalar(#index, #value)),
            false => quote_spanned!(place=> #value),
        });
        let to = self.build.name("Passing", span);
        let (func, take) = (hole(scalars.len()), Ident::new("take", span));
        let template = quote_spanned! {place=>
            match (#(#holes,)*) {
                (#(#values,)*) => {
                    let #passing = #to::to(#name);
                    (&&#passing.given(#func(#(#args),*))).#take()
                }
            }
        };
        let func = std::mem::replace(&mut *call.func, Expr::PLACEHOLDER);
        let holes: Vec<Expr> = std::mem::take(&mut call.args).into_iter().chain([func]).collect();
        *expr = self.build.template(template, holes);
    }
}
