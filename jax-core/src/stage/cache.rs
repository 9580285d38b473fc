//! Staged functions and their caches: one executable per signature, found in nanoseconds, made once.

use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;
use smallvec::SmallVec;

use super::axes::Axes;
use super::compiled::{Compiled, Traced};
use super::gradient::staged_gradient;
use super::reason::{Argument, reason};
use super::recursion;
use super::vectorize::vectorize;
use crate::array::{Array, builder};
use crate::base::{Result, Table};
use crate::ir::Aval;
use crate::tree::{Flat, Leaves, Token};

/// What a body does: reads its arguments and writes its results.
pub type Body = fn(&mut Leaves<'_>, &mut Flat);

/// A function that is traced once per signature and runs as machine code: what `#[jit]` makes of a function.
#[derive(Debug)]
pub struct Staged {
    name: &'static str,
    params: &'static [&'static str],
    kind: Kind,
    cache: Cache,
}

#[derive(Debug)]
enum Kind {
    Body(Body),
    Grad { of: &'static Staged, wrt: &'static [usize], value: bool, has_aux: bool },
    Vmap { of: &'static Staged, in_axes: fn() -> Axes, out_axes: fn() -> Axes, axis_size: Option<usize> },
}

impl Staged {
    /// A staged function of this name, with the names of its parameters.
    pub const fn new(name: &'static str, params: &'static [&'static str], body: Body) -> Staged {
        Staged { name, params, kind: Kind::Body(body), cache: Cache::new() }
    }

    /// The gradient of a staged function with respect to these parameters; with its value, or with auxiliary
    /// results, if so marked.
    pub const fn grad(
        name: &'static str,
        of: &'static Staged,
        wrt: &'static [usize],
        value: bool,
        has_aux: bool,
    ) -> Staged {
        Staged { name, params: of.params, kind: Kind::Grad { of, wrt, value, has_aux }, cache: Cache::new() }
    }

    /// A staged function of a batch from that of an element.
    pub const fn vmap(
        name: &'static str,
        of: &'static Staged,
        in_axes: fn() -> Axes,
        out_axes: fn() -> Axes,
        axis_size: Option<usize>,
    ) -> Staged {
        Staged { name, params: of.params, kind: Kind::Vmap { of, in_axes, out_axes, axis_size }, cache: Cache::new() }
    }

    /// The name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The names of the parameters.
    pub fn params(&self) -> &'static [&'static str] {
        self.params
    }

    /// How many signatures have been compiled.
    pub fn compile_count(&self) -> usize {
        self.cache.len()
    }

    /// For each compilation after the first, which argument made it necessary and what of it changed: shape, dtype, weak
    /// type, static value or structure, beside the call before that was most like it.
    pub fn recompiles(&self) -> Vec<String> {
        self.cache.reasons(self.params)
    }

    /// Does what the function does, inside a function that is being traced. `starts` are the first leaf and the
    /// first token of each argument.
    pub(super) fn inline(&self, args: &Flat, starts: &[(usize, usize)]) -> Flat {
        match self.kind {
            Kind::Body(body) => {
                let _turn = recursion::enter(self, args);
                let mut out = Flat::new();
                body(&mut args.read(), &mut out);
                out
            }
            Kind::Grad { of, wrt, value, has_aux } => {
                staged_gradient(args, starts, wrt, value, has_aux, |args| of.inline(args, starts))
            }
            Kind::Vmap { of, in_axes, out_axes, axis_size } => {
                vectorize(&in_axes(), &out_axes(), axis_size, args, starts, |args| of.inline(args, starts))
            }
        }
    }

    /// The jaxpr for arguments of these types.
    pub(super) fn trace(&self, args: &Flat, starts: &[(usize, usize)]) -> Traced {
        let (closed, out_tokens) = builder::trace_call(&args.avals(), |leaves| {
            let args = Flat { leaves: leaves.iter().cloned().collect(), tokens: args.tokens.clone() };
            let out = self.inline(&args, starts);
            (out.leaves.into_vec(), out.tokens)
        });
        Traced { closed, out_tokens }
    }

    /// The executable for arguments of these types.
    pub(super) fn compiled(&self, args: &Flat, starts: &[(usize, usize)]) -> Result<&Entry> {
        self.cache.find_or_make(args, starts, || self.trace(args, starts).optimize().lower().compile())
    }
}

/// One signature and its executable.
#[derive(Debug)]
pub struct Entry {
    avals: Vec<Aval>,
    tokens: SmallVec<[Token; 6]>,
    starts: Vec<(usize, usize)>,
    /// The executable.
    pub compiled: Compiled,
}

/// Executables by signature. Entries are only ever added.
#[derive(Debug, Default)]
pub struct Cache(Table<Entry, 8>);

fn hash(args: &Flat) -> u64 {
    let mut hasher = FxHasher::default();
    for leaf in &args.leaves {
        leaf.aval().hash(&mut hasher);
    }
    args.tokens.hash(&mut hasher);
    hasher.finish()
}

impl Entry {
    /// The part of the signature that an argument is.
    fn argument(&self, i: usize) -> Argument<'_> {
        let start = self.starts.get(i).copied().unwrap_or((self.avals.len(), self.tokens.len()));
        let end = self.starts.get(i + 1).copied().unwrap_or((self.avals.len(), self.tokens.len()));
        Argument { avals: &self.avals[start.0..end.0], tokens: &self.tokens[start.1..end.1] }
    }

    fn fits(&self, args: &Flat) -> bool {
        let same_type = |(aval, leaf): (&Aval, &Array)| aval == leaf.aval();
        self.avals.len() == args.leaves.len()
            && self.avals.iter().zip(&args.leaves).all(same_type)
            && self.tokens == args.tokens
    }
}

impl Cache {
    /// An empty cache.
    pub const fn new() -> Cache {
        Cache(Table::new())
    }

    /// The executable for arguments of this signature. Concurrent first calls make it once.
    ///
    /// # Errors
    /// What `make` gives.
    pub fn find_or_make(
        &self,
        args: &Flat,
        starts: &[(usize, usize)],
        make: impl FnOnce() -> Result<Compiled>,
    ) -> Result<&Entry> {
        let entry = || {
            let compiled = make()?;
            Ok(Entry { avals: args.avals(), tokens: args.tokens.clone(), starts: starts.to_vec(), compiled })
        };
        self.0.find_or_make(hash(args), |entry| entry.fits(args), entry)
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn reasons(&self, params: &[&str]) -> Vec<String> {
        let entries: Vec<&Entry> = self.0.in_order();
        let signatures: Vec<Vec<Argument<'_>>> =
            entries.into_iter().map(|entry| (0..params.len()).map(|i| entry.argument(i)).collect()).collect();
        (1..signatures.len()).map(|last| reason(&signatures[..last], &signatures[last], params)).collect()
    }
}
