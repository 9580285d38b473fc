//! The variables of a body and what the walk knows of each. How expressions are walked is not here.

use std::collections::HashMap;

use proc_macro2::Ident;
use syn::ext::IdentExt;

use super::flow::Var;

/// What a value is while its function is traced, as far as syntax tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Surely a value of the host: literals, static arguments, shapes and what comes of them.
    Host,
    /// Not known.
    #[default]
    Unknown,
    /// Computed from arrays.
    Traced,
}

impl Origin {
    /// The origin of what is computed from both.
    pub(crate) fn join(self, other: Self) -> Self {
        match (self, other) {
            (Self::Traced, _) | (_, Self::Traced) => Self::Traced,
            (Self::Host, Self::Host) => Self::Host,
            _ => Self::Unknown,
        }
    }
}

/// What is known of a value.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    /// Where it comes from.
    pub(crate) origin: Origin,
    /// Whether it is an unsuffixed number, whose type rustc decides last.
    pub(crate) literal: bool,
    /// Whether it is a scalar that may be passed where a Rust scalar is expected.
    pub(crate) scalar: bool,
    /// Whether it is freely copied.
    pub(crate) copy: bool,
    /// Whether it is the value of a block that may have been left, so that it is one that may be absent.
    pub(crate) pending: bool,
    /// The variables that it may borrow from.
    pub(crate) borrows: Vec<Var>,
}

impl Facts {
    /// A value of the given origin, of which nothing else is known.
    pub(crate) fn of(origin: Origin) -> Self {
        Self { origin, ..Self::default() }
    }

    /// A traced scalar.
    pub(crate) fn scalar() -> Self {
        Self { scalar: true, ..Self::of(Origin::Traced) }
    }

    /// A copied value of the host.
    pub(crate) fn host() -> Self {
        Self { origin: Origin::Host, copy: true, ..Self::default() }
    }

    /// The facts of what is computed from both, without borrowing from either.
    pub(crate) fn join(&self, other: &Self) -> Self {
        Self {
            origin: self.origin.join(other.origin),
            scalar: self.scalar && other.scalar,
            copy: self.copy && other.copy,
            ..Self::default()
        }
    }
}

/// A variable.
#[derive(Debug)]
pub(crate) struct Variable {
    /// What is known of its value.
    pub(crate) facts: Facts,
    /// Whether it is a PRNG key, which is moved however often it is used: reuse is for rustc to report.
    pub(crate) key: bool,
    /// Whether it is declared without a value, and has none yet.
    pub(crate) unset: bool,
    /// Whether it is declared `mut`.
    pub(crate) mutable: bool,
    /// How many loops and closures its declaration is inside of. A use further inside may happen again.
    pub(crate) depth: usize,
}

/// The variables in scope.
#[derive(Debug, Default)]
pub(crate) struct Scopes {
    variables: Vec<Variable>,
    /// For each name, the variables it means, innermost last.
    names: HashMap<String, Vec<Var>>,
    /// The names declared, in order, so that a scope can be left.
    declared: Vec<String>,
    /// Fields of variables that were named so far, each with a number of its own: `a.b.` of which variable.
    places: Vec<(Var, String, Var)>,
}

/// Where a scope began.
pub(crate) struct Mark(usize);

impl Scopes {
    /// Opens a scope.
    pub(crate) fn open(&self) -> Mark {
        Mark(self.declared.len())
    }

    /// Forgets what was declared since the mark.
    pub(crate) fn close(&mut self, mark: Mark) {
        for name in self.declared.drain(mark.0..) {
            if let Some(shadowed) = self.names.get_mut(&name) {
                shadowed.pop();
            }
        }
    }

    /// Declares a variable.
    pub(crate) fn declare(&mut self, name: &Ident, variable: Variable) -> Var {
        let name = name.unraw().to_string();
        self.names.entry(name.clone()).or_default().push(self.variables.len());
        self.declared.push(name);
        self.variables.push(variable);
        self.variables.len() - 1
    }

    /// The variable that a name means here.
    pub(crate) fn find(&self, name: &Ident) -> Option<Var> {
        self.find_text(&name.unraw().to_string())
    }

    /// The variable that a name means here.
    pub(crate) fn find_text(&self, name: &str) -> Option<Var> {
        self.names.get(name)?.last().copied()
    }

    /// What is known of a variable.
    pub(crate) fn get(&self, var: Var) -> &Variable {
        &self.variables[var]
    }

    /// What is known of a variable.
    pub(crate) fn get_mut(&mut self, var: Var) -> &mut Variable {
        &mut self.variables[var]
    }

    /// The number of a field of a variable: `fields` is `a.b.` for `variable.a.b`.
    pub(crate) fn place(&mut self, root: Var, fields: &str) -> Var {
        let known = self.places.iter().find(|(of, names, _)| *of == root && names == fields);
        if let Some((_, _, place)) = known {
            return *place;
        }
        let Variable { ref facts, mutable, depth, .. } = self.variables[root];
        self.variables.push(Variable { facts: facts.clone(), key: false, unset: false, mutable, depth });
        self.places.push((root, fields.to_owned(), self.variables.len() - 1));
        self.variables.len() - 1
    }

    /// The fields named so far of which a field of a variable is part, or which are part of it.
    pub(crate) fn overlapping(&self, root: Var, fields: &str) -> impl Iterator<Item = (&str, Var)> {
        let overlap = move |(of, names, _): &&(Var, String, Var)| {
            *of == root && (names.starts_with(fields) || fields.starts_with(&**names))
        };
        self.places.iter().filter(overlap).map(|(_, names, place)| (&**names, *place))
    }

    /// How many variables were declared so far.
    pub(crate) fn count(&self) -> usize {
        self.variables.len()
    }
}
