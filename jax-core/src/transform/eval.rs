//! Walking a jaxpr with arrays: evaluation, and the environment that every other walk uses.

use smallvec::SmallVec;

use crate::array::{Array, bind, with_span};
use crate::ir::{Atom, ClosedJaxpr, Eqn, Jaxpr, Literal, Var};

/// What a walk knows of each variable.
#[derive(Debug)]
pub(crate) struct Env<T>(Vec<Option<T>>);

impl<T: Clone> Env<T> {
    /// An environment for a jaxpr, with values for its consts and arguments.
    pub fn new(jaxpr: &Jaxpr, consts: impl IntoIterator<Item = T>, args: impl IntoIterator<Item = T>) -> Env<T> {
        let mut env = Env(vec![None; jaxpr.avals.len()]);
        jaxpr.consts.iter().zip(consts).for_each(|(&var, value)| env.set(var, value));
        jaxpr.invars.iter().zip(args).for_each(|(&var, value)| env.set(var, value));
        env
    }

    pub fn set(&mut self, var: Var, value: T) {
        self.0[var.0 as usize] = Some(value);
    }

    pub fn get(&self, var: Var) -> &T {
        match &self.0[var.0 as usize] {
            Some(value) => value,
            None => crate::bug!("{var:?} is used before its equation"),
        }
    }

    pub fn take(&mut self, var: Var) -> Option<T> {
        self.0[var.0 as usize].take()
    }

    /// The value of an operand.
    pub fn read(&self, atom: &Atom, literal: impl FnOnce(Literal) -> T) -> T {
        match atom {
            Atom::Var(var) => self.get(*var).clone(),
            Atom::Lit(value) => literal(*value),
        }
    }

    /// The values of an equation's operands.
    pub fn read_all(&self, atoms: &[Atom], literal: impl Fn(Literal) -> T) -> Vec<T> {
        atoms.iter().map(|atom| self.read(atom, &literal)).collect()
    }

    /// Gives an equation's results their values.
    pub fn define(&mut self, eqn: &Eqn, values: impl IntoIterator<Item = T>) {
        eqn.outputs.iter().zip(values).for_each(|(&var, value)| self.set(var, value));
    }
}

/// A literal as an array.
pub(crate) fn literal(literal: Literal) -> Array {
    if literal.weak { Array::weak_scalar(literal.value) } else { Array::scalar(literal.value) }
}

/// The results of a jaxpr for these arguments: staged while a function is traced, run otherwise.
pub fn eval(closed: &ClosedJaxpr, args: &[Array]) -> Vec<Array> {
    let jaxpr = &closed.jaxpr;
    let mut env = Env::new(jaxpr, closed.consts.iter().cloned(), args.iter().cloned());
    for eqn in &jaxpr.eqns {
        let operands = env.read_all(&eqn.inputs, literal);
        let operands: SmallVec<[&Array; 4]> = operands.iter().collect();
        let results = with_span(eqn.span, || bind(eqn.prim.clone(), &operands));
        env.define(eqn, results);
    }
    env.read_all(&jaxpr.outs, literal)
}
