//! Linearization: forward mode, split into what is known now and the linear program of the tangents.

use smallvec::SmallVec;

use super::eval::{Env, literal};
use super::jvp::{bind_all, jvp_jaxpr};
use crate::array::{Array, with_span};
use crate::ir::verify::checked;
use crate::ir::{Atom, Aval, ClosedJaxpr, Eqn, Jaxpr, Literal, Prim, Source, Tangent, Var};

/// A function at a point: its value there, and its derivative as a linear program.
#[derive(Debug)]
pub struct Linearized {
    /// The results at the point.
    pub primals: Vec<Array>,
    /// The linear program: its arguments are the residuals, then the tangents of the arguments that were marked.
    /// Its results are the tangents of the results that have one.
    pub linear: Jaxpr,
    /// The values that the linear program needs from the point.
    pub residuals: Vec<Array>,
    /// Which results depend on the marked arguments differentiably.
    pub has_tangent: Vec<bool>,
}

/// Linearizes a jaxpr at these arguments with respect to those marked.
///
/// Equations that do not depend on tangents run (or are staged) at once; the others are collected.
pub fn linearize(closed: &ClosedJaxpr, primals: &[Array], wrt: &[bool]) -> Linearized {
    let (jvp, has_tangent) = jvp_jaxpr(closed, wrt, None);
    let tangents = jvp.jaxpr.invars.len() - primals.len();
    let known: Vec<Tangent> = primals.iter().cloned().map(Some).chain(std::iter::repeat_n(None, tangents)).collect();
    let later: Vec<bool> = (0..jvp.jaxpr.outs.len()).map(|out| out >= has_tangent.len()).collect();
    let (primals, linear, residuals) = partial_eval(&jvp, &known, &later);
    Linearized { primals, linear, residuals, has_tangent }
}

/// Evaluates what known arguments determine (`None` marks unknown ones), and collects the rest.
///
/// Gives the results that `later` does not mark, which must be known, and a jaxpr for those that it marks, over
/// residuals and then the unknown arguments, with the residuals' values.
pub fn partial_eval(closed: &ClosedJaxpr, args: &[Tangent], later: &[bool]) -> (Vec<Array>, Jaxpr, Vec<Array>) {
    let jaxpr = &closed.jaxpr;
    let consts = closed.consts.iter().cloned().map(Some);
    let mut env: Env<Tangent> = Env::new(jaxpr, consts, args.iter().cloned());
    let mut rest = Collector::new(jaxpr);
    for (&var, _) in jaxpr.invars.iter().zip(args).filter(|(_, arg)| arg.is_none()) {
        let argument = rest.define(var);
        rest.arguments.push(argument);
    }
    for eqn in &jaxpr.eqns {
        let operands = env.read_all(&eqn.inputs, |l| Some(literal(l)));
        if operands.iter().all(Option::is_some) {
            let operands: Vec<Array> = operands.into_iter().flatten().collect();
            let results = with_span(eqn.span, || bind_all(&eqn.prim, &operands));
            env.define(eqn, results.into_iter().map(Some));
            continue;
        }
        let avals: Vec<Aval> = eqn.inputs.iter().map(|atom| jaxpr.atom_aval(atom)).collect();
        let unknown: Vec<bool> = operands.iter().map(Option::is_none).collect();
        match eqn.prim.partial_eval(&avals, &unknown) {
            Some(parts) => {
                let known: Vec<Array> = parts.known_ins.iter().filter_map(|&i| operands[i].clone()).collect();
                let results = with_span(eqn.span, || bind_all(&parts.known, &known));
                let (outs, residuals) = results.split_at(parts.known_outs.len());
                for (&position, out) in parts.known_outs.iter().zip(outs) {
                    env.set(eqn.outputs[position], Some(out.clone()));
                }
                let source = |source: &Source| match *source {
                    Source::Residual(i) => rest.residual(&residuals[i]),
                    Source::Operand(i) => rest.operand(&eqn.inputs[i], &operands[i]),
                };
                let inputs = parts.unknown_ins.iter().map(source).collect();
                rest.equation(&mut env, eqn, parts.unknown, inputs, &parts.unknown_outs);
            }
            None => {
                let inputs = eqn.inputs.iter().zip(&operands).map(|(atom, value)| rest.operand(atom, value)).collect();
                let all: Vec<Option<usize>> = (0..eqn.outputs.len()).map(Some).collect();
                rest.equation(&mut env, eqn, eqn.prim.clone(), inputs, &all);
            }
        }
    }
    let outs = env.read_all(&jaxpr.outs, |l| Some(literal(l)));
    let marked = jaxpr.outs.iter().zip(&outs).zip(later).filter(|(_, later)| **later);
    rest.linear.outs = marked.map(|((atom, value), _)| rest.operand(atom, value)).collect();
    let unmarked = outs.into_iter().zip(later).filter(|(_, later)| !**later);
    let known = unmarked
        .map(|(out, _)| match out {
            Some(array) => array,
            None => crate::bug!("a result that must be known depends on an unknown argument"),
        })
        .collect();
    let (linear, residuals) = rest.finish();
    (known, linear, residuals)
}

/// Which results of a jaxpr [`partial_eval`] cannot know when these arguments are unknown.
pub fn unknown_outs(jaxpr: &Jaxpr, unknown: &[bool]) -> Vec<bool> {
    let mut marked = vec![false; jaxpr.avals.len()];
    jaxpr.invars.iter().zip(unknown).for_each(|(var, &unknown)| marked[var.0 as usize] = unknown);
    let is_unknown = |marked: &[bool], atom: &Atom| matches!(atom, Atom::Var(var) if marked[var.0 as usize]);
    for eqn in &jaxpr.eqns {
        let ins: Vec<bool> = eqn.inputs.iter().map(|atom| is_unknown(&marked, atom)).collect();
        if ins.iter().all(|unknown| !unknown) {
            continue;
        }
        let avals: Vec<Aval> = eqn.inputs.iter().map(|atom| jaxpr.atom_aval(atom)).collect();
        match eqn.prim.partial_eval(&avals, &ins) {
            Some(parts) => parts.unknown_outs.iter().flatten().for_each(|&i| marked[eqn.outputs[i].0 as usize] = true),
            None => eqn.outputs.iter().for_each(|var| marked[var.0 as usize] = true),
        }
    }
    jaxpr.outs.iter().map(|atom| is_unknown(&marked, atom)).collect()
}

/// The unknown part of a jaxpr, under construction.
struct Collector<'a> {
    source: &'a Jaxpr,
    linear: Jaxpr,
    /// What each variable of the source is in the unknown part.
    map: Vec<Option<Var>>,
    arguments: Vec<Var>,
    residual_vars: Vec<Var>,
    residuals: Vec<Array>,
}

impl<'a> Collector<'a> {
    fn new(source: &'a Jaxpr) -> Collector<'a> {
        let map = vec![None; source.avals.len()];
        let (arguments, residual_vars, residuals) = (Vec::new(), Vec::new(), Vec::new());
        Collector { source, linear: Jaxpr::default(), map, arguments, residual_vars, residuals }
    }

    /// The new variable that an unknown variable of the source becomes.
    fn define(&mut self, var: Var) -> Var {
        let fresh = self.linear.fresh(self.source.aval(var).clone());
        self.map[var.0 as usize] = Some(fresh);
        fresh
    }

    /// An operand: an unknown variable, a literal, or a known value, which becomes a residual.
    fn operand(&mut self, atom: &Atom, value: &Tangent) -> Atom {
        match (atom, value) {
            (Atom::Lit(_), _) => *atom,
            (Atom::Var(var), value) => match (self.map[var.0 as usize], value) {
                (Some(known), _) => Atom::Var(known),
                (None, Some(value)) => {
                    let residual = self.residual(value);
                    if let Atom::Var(fresh) = residual {
                        self.map[var.0 as usize] = Some(fresh);
                    }
                    residual
                }
                (None, None) => crate::bug!("{var:?} is unknown and not defined"),
            },
        }
    }

    fn residual(&mut self, value: &Array) -> Atom {
        if let Some(value_of) = value.as_constant() {
            return Atom::Lit(Literal { value: value_of, weak: value.weak_type() });
        }
        if let Some(position) = self.residuals.iter().position(|known| known.same(value)) {
            return Atom::Var(self.residual_vars[position]);
        }
        let var = self.linear.fresh(value.aval().clone());
        self.residual_vars.push(var);
        self.residuals.push(value.clone());
        Atom::Var(var)
    }

    fn equation(
        &mut self,
        env: &mut Env<Tangent>,
        eqn: &Eqn,
        prim: Prim,
        inputs: SmallVec<[Atom; 4]>,
        outs: &[Option<usize>],
    ) {
        outs.iter().flatten().for_each(|&i| env.set(eqn.outputs[i], None));
        let define = |(position, out): (usize, &Option<usize>)| match out {
            Some(i) => self.define(eqn.outputs[*i]),
            None => self.linear.fresh(self.source.aval(eqn.outputs[position]).clone()),
        };
        let outputs = outs.iter().enumerate().map(define).collect();
        self.linear.eqns.push(Eqn { prim, inputs, outputs, span: eqn.span });
    }

    fn finish(mut self) -> (Jaxpr, Vec<Array>) {
        self.linear.invars = self.residual_vars.into_iter().chain(self.arguments).collect();
        (checked("partial_eval", self.linear), self.residuals)
    }
}
