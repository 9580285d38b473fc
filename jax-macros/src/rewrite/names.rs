//! What is known of functions and methods by their names alone. How that is used is the walk's business.

use syn::{Path, ext::IdentExt};

/// Whether a path is of the samplers, whose first argument is a key: `random::uniform`, `jax::random::split`.
pub(super) fn is_random(path: &Path) -> bool {
    path.segments.iter().rev().nth(1).is_some_and(|segment| segment.ident == "random")
}

/// Whether a path is of the library's own functions, whose results are arrays.
pub(super) fn gives_arrays(path: &Path) -> bool {
    path.segments.len() > 1
        && path.segments.first().is_some_and(|segment| {
            matches!(&*segment.ident.to_string(), "jnp" | "lax" | "nn" | "random" | "scipy" | "jax" | "Array")
        })
        && path.segments.last().is_some_and(|segment| !of_the_host(&segment.ident.to_string()))
}

/// Whether a path may be of a staged function: neither a constructor nor an associated function, and not of the standard
/// or the array library.
pub(super) fn may_be_staged(path: &Path) -> bool {
    let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.unraw().to_string()).collect();
    let plain = path.segments.iter().all(|segment| segment.arguments.is_none());
    let ours = ["jnp", "lax", "nn", "random", "tree", "jax", "std", "core", "alloc", "debug"];
    plain
        && names.iter().all(|name| name.starts_with(|c: char| c.is_lowercase() || c == '_'))
        && names.first().is_some_and(|name| !ours.contains(&name.as_str()))
        && names.last().is_some_and(|name| name != "drop")
        && !takes_closures(path)
}

/// Whether a function is a transform or a loop that keeps the closures it is given.
pub(super) fn takes_closures(path: &Path) -> bool {
    path.segments.last().is_some_and(|segment| {
        matches!(
            &*segment.ident.to_string(),
            "jit"
                | "grad"
                | "value_and_grad"
                | "vjp"
                | "jvp"
                | "linearize"
                | "linear_transpose"
                | "vmap"
                | "jacfwd"
                | "jacrev"
                | "jacobian"
                | "hessian"
                | "make_jaxpr"
                | "eval_shape"
                | "checkpoint"
                | "custom_jvp"
                | "custom_vjp"
                | "cond"
                | "switch"
                | "while_loop"
                | "fori_loop"
                | "scan"
                | "map"
                | "associative_scan"
        )
    })
}

/// Whether a method gives a value of the host whatever it is called on.
pub(super) fn of_the_host(method: &str) -> bool {
    matches!(
        method,
        "shape" | "ndim" | "size" | "len" | "is_empty" | "dtype" | "nbytes" | "itemsize" | "weak_type" | "aval"
    )
}

/// Whether a method gives a borrow of its receiver.
pub(super) fn lends(method: &str) -> bool {
    matches!(
        method,
        "shape"
            | "aval"
            | "iter"
            | "as_ref"
            | "as_slice"
            | "as_str"
            | "as_deref"
            | "get"
            | "first"
            | "last"
            | "chunks"
            | "windows"
            | "keys"
            | "values"
            | "split_at"
            | "split_first"
            | "split_last"
    )
}

/// Whether a method takes its receiver, as those of `Vec` and `Option` that open it do.
pub(super) fn takes_receiver(method: &str) -> bool {
    method.starts_with("into_") || method.starts_with("unwrap") || method == "expect"
}
