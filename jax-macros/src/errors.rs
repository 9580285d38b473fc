//! Every sentence that the macros say, and the collector that reports all faults of a function at once.
//!
//! A message says what is wrong, why, and what to write instead. Where a fault is found is no business of this file.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

use crate::shapes::Dim;

/// The faults found so far.
#[derive(Default)]
pub(crate) struct Errors(Option<syn::Error>);

impl Errors {
    /// Records a fault.
    pub(crate) fn push(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(all) => all.combine(error),
            None => self.0 = Some(error),
        }
    }

    /// Records a fault at the given tokens.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl std::fmt::Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    /// Records a fault at the given span.
    pub(crate) fn on(&mut self, span: Span, message: impl std::fmt::Display) {
        self.push(syn::Error::new(span, message));
    }

    /// Whether nothing was recorded.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The messages alone.
    #[cfg(test)]
    pub(crate) fn into_messages(self) -> Vec<String> {
        self.0.into_iter().flatten().map(|error| error.to_string()).collect()
    }

    /// The `compile_error!` items.
    pub(crate) fn into_tokens(self) -> TokenStream {
        self.0.map(|error| error.to_compile_error()).unwrap_or_default()
    }
}

fn listed(names: &[String]) -> String {
    if names.is_empty() {
        return "it has none".to_owned();
    }
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

// Attribute arguments.

pub(crate) fn unknown_param(option: &str, name: &str, params: &[String]) -> String {
    format!("`{option}` names `{name}`, which is not a parameter of this function; its parameters: {}", listed(params))
}

pub(crate) fn not_a_param() -> &'static str {
    "expected a parameter's name or position, or several, as in `x`, `0` or `(x, w)`"
}

pub(crate) fn unknown_index(option: &str, index: i64, params: &[String]) -> String {
    format!(
        "`{option}` names position {index}, but this function has {} parameter(s): {}",
        params.len(),
        listed(params)
    )
}

pub(crate) fn unknown_option(attribute: &str, option: &str, known: &str) -> String {
    format!("`#[{attribute}]` has no option `{option}`; its options: {known}")
}

pub(crate) fn duplicate_option(option: &str) -> String {
    format!("`{option}` is given twice; keep one")
}

pub(crate) fn repeated_param(option: &str, name: &str) -> String {
    format!("`{option}` names `{name}` twice; name each parameter once")
}

pub(crate) fn conflicting_wrt() -> &'static str {
    "`wrt` and `argnums` both say what to differentiate with respect to; keep one"
}

pub(crate) fn empty_wrt() -> &'static str {
    "no parameter to differentiate with respect to; name one, as in `wrt = x`, or leave `wrt` out for the first"
}

pub(crate) fn not_an_identifier(text: &str) -> String {
    format!("`{text}` is not a name that a function can have; write an identifier, as in `name = \"slope\"`")
}

pub(crate) fn same_name(name: &str) -> String {
    format!(
        "two functions would be called `{name}`; rename one with `name = \"…\"` or `value_and_grad_name = \"…\"` in `#[grad(…)]`"
    )
}

pub(crate) fn jit_takes_no_call(attribute: &str) -> String {
    format!("`#[{attribute}]` takes options in parentheses, as in `#[{attribute}(…)]`")
}

pub(crate) fn jit_twice() -> &'static str {
    "`#[jit]` is given twice; keep one"
}

pub(crate) fn number_of_axes(axes: usize, params: &[String]) -> String {
    format!(
        "`in_axes` has {axes} entries, but this function has {} parameter(s): {}; give each an axis or `None`",
        params.len(),
        listed(params)
    )
}

// Differentiation.

pub(crate) fn grad_of_nothing() -> &'static str {
    "a function without parameters has no gradient; pass what to differentiate with respect to as an argument"
}

pub(crate) fn grad_of_static(name: &str) -> String {
    format!(
        "cannot differentiate with respect to `{name}`: it is static, part of the cache key and not of the computation; \
         make it an `Array` or an `f32`, or name another parameter with `wrt = …`"
    )
}

pub(crate) fn grad_of_integer(name: &str, ty: &str) -> String {
    format!(
        "grad requires real- or complex-valued inputs, but `{name}` is `{ty}`; make it an `f32` or an `Array`, or name \
         another parameter with `wrt = …`"
    )
}

pub(crate) fn grad_of_key(name: &str) -> String {
    format!("cannot differentiate with respect to `{name}`: it is a PRNG key; name another parameter with `wrt = …`")
}

pub(crate) fn has_aux_result() -> &'static str {
    "`has_aux` needs a function that returns `(value, aux)`; declare the result as a pair, or drop `has_aux`"
}

// Form.

pub(crate) fn not_a_function(attribute: &str) -> String {
    format!("`#[{attribute}]` stages functions; put it on a `fn`")
}

pub(crate) fn impl_trait() -> &'static str {
    "`impl Trait` in a staged function: tracing needs the type itself; name it, as in `fn f<T: Float>(x: T) -> T`, or pass \
     the function to a transform such as `vmap(|x: Array| …)`"
}

pub(crate) fn receiver() -> &'static str {
    "a staged method takes `self` or `&self`: it is pure, so it cannot write into `self`, and other receivers are no trees \
     of arrays; return the new value instead"
}

pub(crate) fn recursion(name: &str) -> String {
    format!(
        "`{name}` calls itself without a bound: a staged function is traced, and tracing this call never ends; put it under a \
         condition on a static argument (`n: usize`, or `#[jit(static(n))]`) or on a shape, or write a loop"
    )
}

pub(crate) fn async_function() -> &'static str {
    "a staged function cannot be `async`: it runs as one compiled program that never waits; await before the call and \
     pass the value as an argument"
}

pub(crate) fn const_function() -> &'static str {
    "a staged function cannot be `const`: it is traced and compiled when it is first called; drop `const`"
}

pub(crate) fn unsafe_function() -> &'static str {
    "a staged function cannot be `unsafe`: what is compiled is the arithmetic that it describes, and that is always \
     safe; drop `unsafe`"
}

pub(crate) fn extern_function() -> &'static str {
    "a staged function cannot be `extern` or variadic: its arguments are flattened to arrays, not passed by a C calling \
     convention; call it from an ordinary `extern` function"
}

pub(crate) fn mut_reference(name: &str) -> String {
    format!(
        "`{name}` is a `&mut` parameter: a staged function is pure, so it cannot write into its caller; take the value \
         (`{name}: Array` lets its buffer be reused) and return the new one"
    )
}

pub(crate) fn borrowed_str(name: &str) -> String {
    format!(
        "`{name}` is part of the cache key, which outlives the call; write `{name}: &'static str` or `{name}: String`"
    )
}

pub(crate) fn borrowed_key(name: &str) -> String {
    format!(
        "a key that is lent can be used again, for the same numbers; write `{name}: Key`, and `{name}.clone()` at the call \
         if the same numbers are meant"
    )
}

pub(crate) fn cfg_parameter() -> &'static str {
    "a parameter of a staged function cannot be conditional; put `#[cfg]` on the function, once per form"
}

pub(crate) fn no_result() -> &'static str {
    "this staged function returns nothing: it is pure, so without a result it does nothing; return what it computes, as \
     in `-> Array`"
}

pub(crate) fn borrowed_result() -> &'static str {
    "a staged function returns new arrays, so its result cannot be a borrow; return the value, as in `-> Array`"
}

// Purity.

const ONCE: &str = "traced once per signature";

pub(crate) fn mutable_static(name: &str) -> String {
    format!(
        "`{name}` is a mutable static: a staged function is {ONCE}, so it would see a stale value ever after, and its writes would \
         happen only while tracing; pass the value as an argument and return the new one"
    )
}

pub(crate) fn unsafe_block() -> String {
    format!(
        "`unsafe` in a staged function, which is {ONCE}, so the block would run only then, on tracers instead of data; \
         compute with array operations, or call it outside and pass the result as an argument"
    )
}

pub(crate) fn static_assignment(name: &str) -> String {
    format!(
        "`{name}` is assigned in a staged function, which is {ONCE}, so the write would happen only then; return the new \
         value instead"
    )
}

pub(crate) fn interior_mutability(name: &str, method: &str) -> String {
    format!(
        "`{name}.{method}` reads or writes shared state: a staged function is {ONCE}, so it would see a stale value ever after; pass \
         the value as an argument and return the new one"
    )
}

pub(crate) fn printing(what: &str) -> String {
    format!(
        "`{what}` in a staged function, which is {ONCE}, so it would print only then, and print tracers; use \
         `jax::debug::print!`, which prints when the program runs"
    )
}

pub(crate) fn reading_input() -> String {
    format!(
        "input in a staged function, which is {ONCE}, so it would be read only then; read it outside and pass it as an argument"
    )
}

pub(crate) fn clock(what: &str) -> String {
    format!(
        "`{what}` reads the clock in a staged function, which is {ONCE}, so it would tell the time of tracing; measure \
         around the call (with `block_until_ready`), or pass the time as an argument"
    )
}

pub(crate) fn environment(what: &str) -> String {
    format!(
        "`{what}` reads the environment in a staged function, which is {ONCE}, so later changes would not be seen; read it \
         outside and pass it as an argument"
    )
}

pub(crate) fn files(what: &str) -> String {
    format!(
        "`{what}` does I/O in a staged function, which is {ONCE}, so it would happen only then; do it outside and pass \
         what it gives as an argument"
    )
}

pub(crate) fn host_randomness(what: &str) -> String {
    format!(
        "`{what}` draws host randomness in a staged function, which is {ONCE}, so every call would use the same draw; \
         take a key (`key: Key`) and draw with `random::uniform(key, …)`"
    )
}

pub(crate) fn threads(what: &str) -> String {
    format!(
        "`{what}` uses threads in a staged function, which is {ONCE}, so it would run only then; large kernels already \
         use all cores, and independent calls can be made from threads outside"
    )
}

pub(crate) fn asynchronous() -> &'static str {
    "`async` code in a staged function: it runs as one compiled program that never waits; await outside and pass the \
     value as an argument"
}

// Declared shapes.

pub(crate) fn not_a_dimension() -> &'static str {
    "expected a dimension: a size such as `4`, a name such as `B`, or `_` for any size"
}

pub(crate) fn shape_out_of_reach(ty: &str) -> String {
    format!(
        "a shape inside `{ty}<…>` would not be checked: shapes are understood in arrays, references, tuples, `Vec` and \
         `Option`; write `Array` here"
    )
}

fn listed_and(items: &[String]) -> String {
    match items {
        [rest @ .., last] if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        items => items.concat(),
    }
}

/// What can be done about two sizes that have to be equal and are not.
fn unequal(a: &Dim, b: &Dim) -> String {
    match (a, b) {
        (Dim::Named(a), Dim::Named(b)) => {
            format!("`{a}` and `{b}` stand for any two sizes; use one name if they are always equal")
        }
        (Dim::Named(name), size) | (size, Dim::Named(name)) => {
            format!("`{name}` stands for any size, so it need not be {size}")
        }
        (a, b) => format!("{a} is not {b}"),
    }
}

pub(crate) fn incompatible_shapes(op: &str, operands: &[String], sizes: &[Dim; 2]) -> String {
    format!(
        "{op} got incompatible shapes for broadcasting: {}; {}",
        listed_and(operands),
        unequal(&sizes[0], &sizes[1])
    )
}

pub(crate) fn contraction(op: &str, left: &str, right: &str, a: &Dim, b: &Dim) -> String {
    format!(
        "{op} requires contracting dimensions to have the same shape, got {a} and {b} of {left} and {right}; {}",
        unequal(a, b)
    )
}

pub(crate) fn matmul_of_scalar(op: &str, left: &str, right: &str) -> String {
    format!("{op} input operand must have ndim at least 1, but it has ndim 0: {left} and {right}; multiply with `*`")
}

pub(crate) fn axis_out_of_bounds(op: &str, axis: i64, ndim: usize, operand: &str) -> String {
    format!("{op}: axis {axis} is out of bounds for array of dimension {ndim}: {operand}")
}

pub(crate) fn squeeze(operand: &str, axis: usize, size: &Dim) -> String {
    format!("cannot select an axis to squeeze out which has size not equal to one: axis {axis} of {operand} is {size}")
}

pub(crate) fn permutation(operand: &str, given: usize, ndim: usize) -> String {
    format!(
        "transpose permutation isn't a permutation of operand dimensions: {given} axes for {operand}, which has {ndim}"
    )
}

pub(crate) fn reshape(operand: &str, before: usize, shape: &str, after: usize) -> String {
    format!("cannot reshape array of shape {operand} (size {before}) into shape [{shape}] (size {after})")
}

pub(crate) fn too_many_indices(operand: &str, given: usize) -> String {
    format!("too many indices for array: {given} for {operand}")
}

pub(crate) fn declared(what: &str, declared: &str, found: &str) -> String {
    format!("{what} is declared `{declared}`, but this is {found}")
}

// Control flow.

pub(crate) fn question_in_staged() -> &'static str {
    "`?` cannot leave a branch or a loop that is staged: what a `Result` or an `Option` holds is decided while tracing; \
     match it before, or write the branch on a `bool`"
}

pub(crate) fn two_exits() -> &'static str {
    "two parts of this statement may leave it; give each a `let` of its own, so that the second runs only if the first \
     did not leave"
}

// `#[derive(PyTree)]`.

pub(crate) fn union_tree() -> &'static str {
    "a union cannot be a PyTree: which of its fields are arrays is not known; use an enum"
}

pub(crate) fn empty_enum() -> &'static str {
    "an enum without variants has no values, so it cannot be a PyTree"
}

pub(crate) fn unknown_pytree_attribute() -> &'static str {
    "the one attribute of a PyTree field is `#[pytree(static)]`"
}

pub(crate) fn pytree_attribute_place() -> &'static str {
    "`#[pytree(static)]` goes on a field, `#[pytree(axes)]` on a struct"
}

pub(crate) fn scalar_field(ty: &str) -> String {
    format!(
        "a field of type `{ty}` is not an array: make it `Array` if it is computed with or learned, or mark it \
         `#[pytree(static)]` if it belongs to the structure (a change then compiles anew)"
    )
}

pub(crate) fn borrowed_field() -> &'static str {
    "a PyTree owns its arrays, so that it can be built from the leaves of a result; make the field `Array` instead of a \
     reference"
}
