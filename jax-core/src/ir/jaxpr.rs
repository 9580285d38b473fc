//! The data of a jaxpr. Printing, parsing and verification are files of their own.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use smallvec::SmallVec;

use super::aval::Aval;
use super::primitive::Prim;
use crate::array::Array;
use crate::base::{Scalar, Span};

/// A variable of a [`Jaxpr`]: an index into its `avals`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Var(pub u32);

/// A scalar constant written in place.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Literal {
    /// The value.
    pub value: Scalar,
    /// Whether its dtype is weak.
    pub weak: bool,
}

/// An operand: a variable or a literal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Atom {
    /// A variable.
    Var(Var),
    /// A scalar constant.
    Lit(Literal),
}

/// One equation: `outputs = prim inputs`. Where it came from is no part of what it is: equations compare without it.
#[derive(Clone, Debug)]
pub struct Eqn {
    /// The primitive with its parameters.
    pub prim: Prim,
    /// The operands.
    pub inputs: SmallVec<[Atom; 4]>,
    /// The variables it defines.
    pub outputs: SmallVec<[Var; 2]>,
    /// The user's line, which every transform hands on.
    pub span: Span,
}

impl PartialEq for Eqn {
    fn eq(&self, other: &Eqn) -> bool {
        self.prim == other.prim && self.inputs == other.inputs && self.outputs == other.outputs
    }
}

impl Eq for Eqn {}

impl Hash for Eqn {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.prim.hash(state);
        self.inputs.hash(state);
        self.outputs.hash(state);
    }
}

/// A program: `{ lambda consts ; invars. let eqns in (outs,) }`.
///
/// Variables are numbered densely and each is defined once, before its uses.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
pub struct Jaxpr {
    /// Variables bound to arrays that the traced function closed over.
    pub consts: Vec<Var>,
    /// The arguments.
    pub invars: Vec<Var>,
    /// The equations in order.
    pub eqns: Vec<Eqn>,
    /// The results.
    pub outs: Vec<Atom>,
    /// The type of every variable.
    pub avals: Vec<Aval>,
}

/// A jaxpr together with the arrays that it closed over, one for each of its `consts`.
#[derive(Clone, Debug)]
pub struct ClosedJaxpr {
    /// The program.
    pub jaxpr: Arc<Jaxpr>,
    /// The arrays bound to `jaxpr.consts`.
    pub consts: Vec<Array>,
}

impl PartialEq for ClosedJaxpr {
    fn eq(&self, other: &ClosedJaxpr) -> bool {
        self.jaxpr == other.jaxpr
            && self.consts.len() == other.consts.len()
            && self.consts.iter().zip(&other.consts).all(|(a, b)| a.same(b))
    }
}

impl Eq for ClosedJaxpr {}

impl Hash for ClosedJaxpr {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.jaxpr.hash(state);
    }
}

impl Literal {
    /// The type of the literal.
    pub fn aval(self) -> Aval {
        Aval::new(self.value.dtype(), &[]).with_weak(self.weak)
    }
}

impl Jaxpr {
    /// The type of a variable.
    pub fn aval(&self, var: Var) -> &Aval {
        &self.avals[var.0 as usize]
    }

    /// The type of an operand.
    pub fn atom_aval(&self, atom: &Atom) -> Aval {
        match atom {
            Atom::Var(var) => self.aval(*var).clone(),
            Atom::Lit(literal) => literal.aval(),
        }
    }

    /// The types of the arguments.
    pub fn in_avals(&self) -> Vec<Aval> {
        self.invars.iter().map(|&v| self.aval(v).clone()).collect()
    }

    /// The types of the results.
    pub fn out_avals(&self) -> Vec<Aval> {
        self.outs.iter().map(|atom| self.atom_aval(atom)).collect()
    }

    /// Whether it does something besides giving results.
    pub fn has_effects(&self) -> bool {
        self.eqns.iter().any(|eqn| eqn.prim.has_effects())
    }

    /// A new variable of this type.
    pub fn fresh(&mut self, aval: Aval) -> Var {
        self.avals.push(aval);
        Var(self.avals.len() as u32 - 1)
    }
}

impl Jaxpr {
    /// The same program with its arguments and results picked and ordered by position.
    pub fn reorder(&self, ins: &[usize], outs: &[usize]) -> Jaxpr {
        Jaxpr {
            invars: ins.iter().map(|&i| self.invars[i]).collect(),
            outs: outs.iter().map(|&i| self.outs[i]).collect(),
            ..self.clone()
        }
    }
}

impl ClosedJaxpr {
    /// The program with what it closed over as its first arguments, and those arrays.
    pub fn convert_consts(&self) -> (Jaxpr, Vec<Array>) {
        let mut jaxpr = (*self.jaxpr).clone();
        jaxpr.invars = jaxpr.consts.drain(..).chain(std::mem::take(&mut jaxpr.invars)).collect();
        (jaxpr, self.consts.clone())
    }

    /// A jaxpr that closes over nothing.
    pub fn new(jaxpr: Jaxpr) -> ClosedJaxpr {
        ClosedJaxpr { jaxpr: Arc::new(jaxpr), consts: Vec::new() }
    }

    /// The types of the arguments.
    pub fn in_avals(&self) -> Vec<Aval> {
        self.jaxpr.in_avals()
    }

    /// The types of the results.
    pub fn out_avals(&self) -> Vec<Aval> {
        self.jaxpr.out_avals()
    }
}
