//! What a staged function may not be or do: its form, and the purity of its body. All faults are found in one go;
//! what the types decide (key reuse, use after donation) is left to rustc, and wording to `errors`.

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Expr, FnArg, ItemFn, Pat, ReturnType, Token, Type, spanned::Spanned};

use crate::errors::{self, Errors};
use crate::types;

/// Reports what this version cannot stage about the signature.
pub(crate) fn form(item: &ItemFn, errors: &mut Errors) {
    let sig = &item.sig;
    if let Some(token) = &sig.asyncness {
        errors.at(token, errors::async_function());
    }
    if let Some(token) = &sig.constness {
        errors.at(token, errors::const_function());
    }
    if let Some(token) = &sig.unsafety {
        errors.at(token, errors::unsafe_function());
    }
    if let Some(abi) = &sig.abi {
        errors.at(abi, errors::extern_function());
    }
    if let Some(variadic) = &sig.variadic {
        errors.at(variadic, errors::extern_function());
    }
    for input in &sig.inputs {
        match input {
            FnArg::Receiver(receiver) => errors.at(receiver, errors::receiver()),
            FnArg::Typed(input) => parameter(input, errors),
        }
    }
    match &sig.output {
        ReturnType::Default => errors.at(&sig.ident, errors::no_result()),
        ReturnType::Type(_, ty) => match &**ty {
            Type::Tuple(tuple) if tuple.elems.is_empty() => errors.at(ty, errors::no_result()),
            Type::Never(_) => errors.at(ty, errors::no_result()),
            Type::Reference(_) => errors.at(ty, errors::borrowed_result()),
            Type::ImplTrait(_) => errors.at(ty, errors::impl_trait()),
            _ => {}
        },
    }
}

fn parameter(input: &syn::PatType, errors: &mut Errors) {
    let name = match &*input.pat {
        Pat::Ident(pat) => pat.ident.to_string(),
        other => other.to_token_stream().to_string(),
    };
    if let Some(cfg) = input.attrs.iter().find(|attr| attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr")) {
        errors.at(cfg, errors::cfg_parameter());
    }
    match &*input.ty {
        Type::Reference(reference) if reference.mutability.is_some() => {
            errors.at(&input.ty, errors::mut_reference(&name));
        }
        Type::Reference(reference)
            if types::is_str_ref(&input.ty)
                && reference.lifetime.as_ref().is_none_or(|lifetime| lifetime.ident != "static") =>
        {
            errors.at(&input.ty, errors::borrowed_str(&name));
        }
        Type::Reference(_) if types::classify(&input.ty) == types::Declared::Key => {
            errors.at(&input.ty, errors::borrowed_key(&name));
        }
        Type::ImplTrait(_) => errors.at(&input.ty, errors::impl_trait()),
        _ => {}
    }
}

/// Reports a call of the function itself that every call reaches: tracing it would never end.
pub(crate) fn recursion(item: &ItemFn, errors: &mut Errors) {
    let mut search = Recursion { name: &item.sig.ident, found: None };
    search.visit_block(&item.block);
    if let Some(call) = search.found {
        errors.on(call, errors::recursion(&item.sig.ident.to_string()));
    }
}

/// Searches what is evaluated whatever the arguments are; where something may leave earlier, nothing is known.
struct Recursion<'a> {
    name: &'a syn::Ident,
    found: Option<Span>,
}

impl Visit<'_> for Recursion<'_> {
    fn visit_block(&mut self, block: &syn::Block) {
        for stmt in &block.stmts {
            if may_leave(stmt) {
                return;
            }
            self.visit_stmt(stmt);
        }
    }

    fn visit_expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Call(call) if matches!(&*call.func, Expr::Path(path) if self.is_self(&path.path)) => {
                self.found.get_or_insert(call.func.span());
            }
            Expr::If(branch) => self.visit_expr(&branch.cond),
            Expr::Match(choice) => self.visit_expr(&choice.expr),
            Expr::ForLoop(each) => self.visit_expr(&each.expr),
            Expr::While(_) | Expr::Closure(_) | Expr::Async(_) => {}
            Expr::Binary(binary) if matches!(binary.op, syn::BinOp::And(_) | syn::BinOp::Or(_)) => {
                self.visit_expr(&binary.left);
            }
            other => visit::visit_expr(self, other),
        }
    }

    fn visit_item(&mut self, _: &syn::Item) {}
}

impl Recursion<'_> {
    fn is_self(&self, path: &syn::Path) -> bool {
        let last = path.segments.last().is_some_and(|segment| segment.ident == *self.name);
        let from = path.segments.iter().rev().skip(1).all(|segment| segment.ident == "Self" || segment.ident == "self");
        last && from
    }
}

/// Whether a statement may leave the function or the block it stands in, or hides what it does in a macro.
fn may_leave(stmt: &syn::Stmt) -> bool {
    struct Leaves(bool);
    impl Visit<'_> for Leaves {
        fn visit_expr(&mut self, expr: &Expr) {
            self.0 |= matches!(expr, Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) | Expr::Try(_));
            if !matches!(expr, Expr::Closure(_) | Expr::Async(_)) {
                visit::visit_expr(self, expr);
            }
        }

        fn visit_local(&mut self, local: &syn::Local) {
            self.0 |= local.init.as_ref().is_some_and(|init| init.diverge.is_some());
            visit::visit_local(self, local);
        }

        fn visit_item(&mut self, _: &syn::Item) {}
    }
    let mut leaves = Leaves(false);
    leaves.visit_stmt(stmt);
    leaves.0
}

/// Reports everything in the body that is not a function of the arguments.
pub(crate) fn purity(item: &ItemFn, errors: &mut Errors) {
    let mut locals = Locals::default();
    locals.visit_item_fn(item);
    Purity { errors, locals: locals.0, reported: HashSet::new() }.visit_block(&item.block);
}

/// Names bound inside the function, which are never shared state however they are spelled.
#[derive(Default)]
struct Locals(HashSet<String>);

impl Visit<'_> for Locals {
    fn visit_pat_ident(&mut self, pat: &syn::PatIdent) {
        self.0.insert(pat.ident.to_string());
        visit::visit_pat_ident(self, pat);
    }
}

struct Purity<'a> {
    errors: &'a mut Errors,
    locals: HashSet<String>,
    /// Mutable statics already named: one message for each is enough.
    reported: HashSet<String>,
}

impl Purity<'_> {
    /// The name of a path that by its spelling is a static: its last segment is in capitals and nothing local.
    fn static_name(&self, expr: &Expr) -> Option<(String, Span)> {
        match expr {
            Expr::Path(path) => {
                let ident = &path.path.segments.last()?.ident;
                let name = ident.to_string();
                let local = path.path.segments.len() == 1 && self.locals.contains(&name);
                (is_all_caps(&name) && !local).then(|| (name, ident.span()))
            }
            Expr::Paren(inner) => self.static_name(&inner.expr),
            Expr::Field(field) => self.static_name(&field.base),
            Expr::Index(index) => self.static_name(&index.expr),
            _ => None,
        }
    }

    fn assignment(&mut self, target: &Expr) {
        if let Some((name, span)) = self.static_name(target)
            && self.reported.insert(name.clone())
        {
            self.errors.on(span, errors::static_assignment(&name));
        }
    }

    fn macro_arguments(&mut self, tokens: TokenStream) {
        if let Ok(args) = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(tokens) {
            for arg in &args {
                self.visit_expr(arg);
            }
        }
    }
}

impl Visit<'_> for Purity<'_> {
    fn visit_expr_unsafe(&mut self, block: &syn::ExprUnsafe) {
        let mut found = Vec::new();
        statics_in(block.block.to_token_stream(), &mut found);
        found.retain(|(name, _)| !self.locals.contains(name));
        if found.is_empty() {
            self.errors.on(block.unsafe_token.span, errors::unsafe_block());
        }
        for (name, span) in found {
            if self.reported.insert(name.clone()) {
                self.errors.on(span, errors::mutable_static(&name));
            }
        }
        visit::visit_expr_unsafe(self, block);
    }

    fn visit_expr_method_call(&mut self, call: &syn::ExprMethodCall) {
        let method = call.method.to_string();
        if shares_state(&method, call.args.len())
            && let Some((name, _)) = self.static_name(&call.receiver)
        {
            let span = call.receiver.span().join(call.method.span()).unwrap_or_else(|| call.method.span());
            self.errors.on(span, errors::interior_mutability(&name, &method));
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_call(&mut self, call: &syn::ExprCall) {
        // What a callback does it does on the host, when the program runs.
        if !is_callback(&call.func) {
            visit::visit_expr_call(self, call);
        }
    }

    fn visit_expr_assign(&mut self, assign: &syn::ExprAssign) {
        self.assignment(&assign.left);
        visit::visit_expr_assign(self, assign);
    }

    fn visit_expr_binary(&mut self, binary: &syn::ExprBinary) {
        if crate::rewrite::is_compound_assignment(&binary.op) {
            self.assignment(&binary.left);
        }
        visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_async(&mut self, block: &syn::ExprAsync) {
        self.errors.on(block.async_token.span, errors::asynchronous());
        visit::visit_expr_async(self, block);
    }

    fn visit_expr_await(&mut self, wait: &syn::ExprAwait) {
        self.errors.on(wait.await_token.span, errors::asynchronous());
        visit::visit_expr_await(self, wait);
    }

    fn visit_macro(&mut self, mac: &syn::Macro) {
        let name = mac.path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
        match &*name {
            "print" | "println" | "eprint" | "eprintln" | "dbg" if !is_ours(&mac.path) => {
                self.errors.at(&mac.path, errors::printing(&format!("{name}!")));
            }
            "write" | "writeln" if mentions_output(mac.tokens.clone()) => {
                self.errors.at(&mac.path, errors::printing(&format!("{name}!")));
            }
            _ => self.macro_arguments(mac.tokens.clone()),
        }
    }

    fn visit_expr_path(&mut self, path: &syn::ExprPath) {
        if let Some(message) = impure_path(&path.path) {
            self.errors.at(&path.path, message);
        }
        visit::visit_expr_path(self, path);
    }
}

/// Whether a macro is the library's own, as `jax::debug::print!` is.
fn is_ours(path: &syn::Path) -> bool {
    path.segments.iter().any(|segment| segment.ident == "debug")
}

/// Whether a function is the library's `debug::callback`.
fn is_callback(function: &Expr) -> bool {
    let Expr::Path(path) = function else { return false };
    let mut names = path.path.segments.iter().rev().map(|segment| segment.ident.to_string());
    names.next().is_some_and(|name| name == "callback") && names.next().is_some_and(|name| name == "debug")
}

fn is_all_caps(name: &str) -> bool {
    name.chars().any(|c| c.is_ascii_uppercase()) && !name.chars().any(char::is_lowercase)
}

/// Names in capitals within an `unsafe` block: the statics that it is there to reach.
fn statics_in(tokens: TokenStream, found: &mut Vec<(String, Span)>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => statics_in(group.stream(), found),
            TokenTree::Ident(ident) => {
                let name = ident.to_string();
                if is_all_caps(&name) && name.len() > 1 && found.iter().all(|(known, _)| *known != name) {
                    found.push((name, ident.span()));
                }
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// Whether a method, called with so many arguments, reads or writes the state behind an atomic, a cell or a lock.
/// The count tells `Cell::get()` from the `get(i)` of a constant table.
fn shares_state(method: &str, args: usize) -> bool {
    match method {
        "get" | "take" | "lock" | "try_lock" | "read" | "try_read" | "write" | "try_write" | "borrow"
        | "borrow_mut" | "try_borrow" | "try_borrow_mut" | "get_mut" | "into_inner" => args == 0,
        "load" | "set" | "update" | "with" | "with_borrow" | "with_borrow_mut" | "replace_with" => args == 1,
        "replace" => args == 1,
        "store" | "swap" => args >= 1,
        "compare_exchange" | "compare_exchange_weak" | "compare_and_swap" => true,
        _ => method.starts_with("fetch_"),
    }
}

fn mentions_output(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => mentions_output(group.stream()),
        TokenTree::Ident(ident) => ident == "stdout" || ident == "stderr",
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// What is wrong with a path that reaches outside the program.
fn impure_path(path: &syn::Path) -> Option<String> {
    let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    let rest = match names.first().map(String::as_str) {
        Some("std" | "core") if names.len() > 1 => &names[1..],
        _ => &names[..],
    };
    let words: Vec<&str> = rest.iter().map(String::as_str).collect();
    let shown = names.join("::");
    match words[..] {
        [.., "Instant" | "SystemTime", "now"] | [.., "UNIX_EPOCH"] => Some(errors::clock(&shown)),
        ["env", _, ..] => Some(errors::environment(&shown)),
        ["fs", _, ..] | [.., "File", "open" | "create" | "options"] | [.., "OpenOptions", "new"] => {
            Some(errors::files(&shown))
        }
        ["net", _, ..] | ["process", _, ..] | [.., "Command", "new"] => Some(errors::files(&shown)),
        [.., "io", "stdout" | "stderr"] | ["stdout" | "stderr"] => Some(errors::printing(&shown)),
        [.., "io", "stdin" | "read_to_string"] | ["stdin"] => Some(errors::reading_input()),
        ["rand" | "fastrand" | "getrandom", _, ..] | ["thread_rng"] | [.., "OsRng"] => {
            Some(errors::host_randomness(&shown))
        }
        [.., "thread", "spawn" | "scope" | "sleep" | "park"] | ["rayon", ..] => Some(errors::threads(&shown)),
        _ => None,
    }
}
