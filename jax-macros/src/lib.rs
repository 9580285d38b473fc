//! The staging front end: the attributes `#[jit]`, `#[grad]` and `#[vmap]` and the derive `PyTree`.
//!
//! A function goes through four steps, one file each: `attr` and `parse` read what the user wrote, `check` (and `shapes`,
//! where the signature states them) collects every fault, `rewrite` turns the body into one that works on tracers, `emit` writes the items. Wording of errors
//! lives in `errors`. Nothing of the array language lives here: what is emitted only names `::jax::__private::…`.
#![forbid(unsafe_code)]

mod attr;
mod build;
mod check;
mod emit;
mod errors;
mod format;
mod generics;
mod parse;
mod pytree;
mod receiver;
mod rewrite;
mod shapes;
mod types;

use proc_macro::TokenStream;

/// Stages a pure function: it is traced once per signature, compiled, and called as before.
///
/// Options: `static(n, act)`, also `static_argnames = ("n",)` and `static_argnums = (1,)`, name the parameters whose
/// values are part of the cache key and are seen by the body as plain host values. Attributes apply like Python's
/// decorators, the one nearest to the function first. An associated function that names neither `self` nor `Self` is told
/// to be one by `method`.
#[proc_macro_attribute]
pub fn jit(args: TokenStream, item: TokenStream) -> TokenStream {
    emit::expand(attr::Kind::Jit, args.into(), item.into()).into()
}

/// Stages a pure function and adds its gradient: `f` gains `f_grad` and `f_value_and_grad`.
///
/// Options: `wrt = x`, `wrt = (x, w)`, or by position `argnums = 0`, `argnums = (0, 1)`; `has_aux` for a function that
/// returns `(value, aux)`; `name = "…"` and `value_and_grad_name = "…"` rename what is added.
#[proc_macro_attribute]
pub fn grad(args: TokenStream, item: TokenStream) -> TokenStream {
    emit::expand(attr::Kind::Grad, args.into(), item.into()).into()
}

/// Stages a pure function of one element as a function of a batch: what those attributes have made that are nearer to the
/// function, its gradients too, is vectorized in its place.
///
/// Options: `in_axes = (0, None)` and `out_axes = 0` as of the function `vmap`, `axis_size = 5`. A mapped parameter that is
/// a scalar of one element is an `Array` of the batch.
#[proc_macro_attribute]
pub fn vmap(args: TokenStream, item: TokenStream) -> TokenStream {
    emit::expand(attr::Kind::Vmap, args.into(), item.into()).into()
}

/// Makes a struct or an enum a tree of arrays, so that it can be an argument or a result of a staged function.
///
/// A field marked `#[pytree(static)]` is part of the structure instead of a leaf. `#[pytree(axes)]` on a struct `Model`
/// declares `ModelAxes` beside it, with a batch axis for each field that is not static: `ModelAxes { w: 0, b: None }`
/// says of `vmap`'s arguments and results what a tuple in the order of declaration says too.
#[proc_macro_derive(PyTree, attributes(pytree))]
pub fn pytree(item: TokenStream) -> TokenStream {
    pytree::expand(item.into()).into()
}

/// `debug::print!("x = {}", x)`: see the library's `debug` module.
#[proc_macro]
pub fn debug_print(input: TokenStream) -> TokenStream {
    format::print(input.into()).into()
}

/// `check!(x > 0.0, "x must be positive, got {}", x)`: an error when the program runs, unless the condition holds.
///
/// It works inside staged functions, under every transform and in loops and branches. The error comes back from
/// `try_call` or `checkify`, and is a panic of the plain call; it names this line and, under `vmap`, the first lane
/// that fails. The program ends with the first check that fails. Values are taken by reference; the message is made
/// only if it is needed.
#[proc_macro]
pub fn check(input: TokenStream) -> TokenStream {
    format::check(input.into()).into()
}

/// Defines the macros in type position that state a dtype and a shape.
macro_rules! array_types {
    ($($name:ident)*) => {$(
        #[doc = concat!("`", stringify!($name), "![B, 4]` is an `Array` whose dtype and shape are stated.")]
        #[proc_macro]
        pub fn $name(_: TokenStream) -> TokenStream {
            let library = build::library();
            quote::quote!(#library::Array).into()
        }
    )*};
}

array_types!(bool i8 i16 i32 i64 u8 u16 u32 u64 f16 bf16 f32 f64 c64 c128);
