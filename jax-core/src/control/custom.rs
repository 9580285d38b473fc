//! Functions with a user's own derivative: custom_jvp and custom_vjp.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::{close, marks};
use crate::array::fail::raise;
use crate::array::{Array, bind, builder};
use crate::base::error::ErrorKind;
use crate::base::{Error, Result};
use crate::ir::primitive::{Jvp, Transpose};
use crate::ir::read::{Read, Reading};
use crate::ir::{Aval, ClosedJaxpr, Derivative, Jaxpr, Lower, Operand, Param, Params, Prim, Primitive, Tangent};
use crate::kernel::Buf;
use crate::prim::rule::{materialize, zeros};
use crate::transform::batch::{batch, batch_jaxpr};

/// A user's rule over flat arrays; compared by identity.
#[derive(Clone)]
pub struct Rule(Arc<FlatRule>);

type FlatRule = dyn Fn(&[Array]) -> Vec<Array> + Send + Sync;

impl Rule {
    /// A rule.
    pub fn new(rule: impl Fn(&[Array]) -> Vec<Array> + Send + Sync + 'static) -> Rule {
        Rule(Arc::new(rule))
    }

    /// Applies it.
    pub fn call(&self, args: &[Array]) -> Vec<Array> {
        (self.0)(args)
    }

    /// The rule over a batch: operands marked in `batched` have a leading batch axis of this size; so will the
    /// results, all of them.
    fn batched(&self, batched: Vec<bool>, size: usize) -> Rule {
        let rule = self.clone();
        Rule::new(move |args| {
            let element = |(arg, &batched): (&Array, &bool)| {
                let aval = arg.aval();
                if batched { aval.with_shape(&aval.shape[1..]) } else { aval.clone() }
            };
            let avals: Vec<Aval> = args.iter().zip(&batched).map(element).collect();
            let closed = builder::trace(&avals, |args| rule.call(args));
            let dims: Vec<Option<usize>> = batched.iter().map(|&b| b.then_some(0)).collect();
            let (outs, dims) = batch(&closed, args, &dims, size);
            outs.iter().zip(dims).map(|(out, dim)| materialize(out, dim, 0, size)).collect()
        })
    }

    /// The rule of a function that was read from text, where rules are not: fails when it is needed.
    fn unread(name: &str) -> Rule {
        let message = format!("The derivative of '{name}' is code, which a jaxpr's text does not have.");
        Rule::new(move |_| raise(Error::new(ErrorKind::Transform, "custom_jvp_call", message.clone())))
    }

    fn address(&self) -> usize {
        Arc::as_ptr(&self.0).cast::<u8>() as usize
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Rule) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Rule {}

impl Hash for Rule {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.address().hash(state);
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rule")
    }
}

fn closed(jaxpr: &Arc<Jaxpr>) -> ClosedJaxpr {
    ClosedJaxpr { jaxpr: jaxpr.clone(), consts: Vec::new() }
}

/// A function over a batch.
struct Batched {
    operands: Vec<Array>,
    batched: Vec<bool>,
    call_jaxpr: Arc<Jaxpr>,
    /// How many operands there are in front of those that were given.
    extra: usize,
}

fn batch_call(jaxpr: &Arc<Jaxpr>, args: &[Array], dims: &[Option<usize>], size: usize) -> Batched {
    let fronted: Vec<Array> = args
        .iter()
        .zip(dims)
        .map(|(arg, dim)| match dim {
            Some(dim) => crate::prim::shape::move_axis(arg, *dim, 0),
            None => arg.clone(),
        })
        .collect();
    let batched = marks(dims);
    let all = vec![true; jaxpr.outs.len()];
    let (call, _) = batch_jaxpr(&closed(jaxpr), &batched, Some(&all), size);
    // What it closed over, which lanes take part, are its first operands, like what the function closed over.
    let (call, extra) = close(&call);
    let count = extra.len();
    let batched = std::iter::repeat_n(false, count).chain(batched).collect();
    Batched { operands: extra.into_iter().chain(fronted).collect(), batched, call_jaxpr: Arc::new(call), extra: count }
}

/// A function with a user's forward-mode rule. The first `num_consts` operands are what the function closed over;
/// their tangents are ignored.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CustomJvpCall {
    /// The function's name.
    pub name: String,
    /// The function.
    pub call_jaxpr: Arc<Jaxpr>,
    /// From primals and then tangents to results and then their tangents, leaving out closed-over operands.
    pub jvp: Rule,
    /// How many leading operands the function closed over.
    pub num_consts: usize,
}

/// Applies a function with a user's forward-mode rule.
#[track_caller]
pub fn custom_jvp_call(primitive: CustomJvpCall, operands: &[Array]) -> Vec<Array> {
    bind(Prim::new(primitive), &operands.iter().collect::<Vec<_>>()).into_vec()
}

impl Primitive for CustomJvpCall {
    fn name(&self) -> &'static str {
        "custom_jvp_call"
    }

    fn params(&self) -> Params {
        vec![
            ("name", Param::Word(self.name.clone())),
            ("call_jaxpr", Param::Jaxpr(Arc::new(closed(&self.call_jaxpr)))),
            ("jvp", Param::Word("jvp".into())),
            ("symbolic_zeros", Param::Bool(false)),
        ]
    }

    fn type_rule(&self, _: &[Aval]) -> Result<Vec<Aval>> {
        Ok(self.call_jaxpr.out_avals())
    }

    fn derivative(&self) -> Derivative<'_> {
        let jvp: Jvp<'_> = Box::new(|args, tangents| {
            let own = self.num_consts..args.len();
            let full = own.clone().map(|i| tangents[i].clone().unwrap_or_else(|| zeros(args[i].aval())));
            let operands: Vec<Array> = args[own.clone()].iter().cloned().chain(full).collect();
            let mut results = self.jvp.call(&operands);
            let count = self.call_jaxpr.outs.len();
            if results.len() != 2 * count {
                raise(Error::new(
                    ErrorKind::Transform,
                    "custom_jvp_call",
                    format!(
                        "Custom JVP rule for function {} must produce as many tangents as primal outputs ({count}), \
                         but gave {} arrays.",
                        self.name,
                        results.len()
                    ),
                ));
            }
            let tangents = results.split_off(count);
            check_tangents(&self.name, &results, &tangents);
            let float = |(tangent, primal): (Array, &Array)| primal.dtype().is_inexact().then_some(tangent);
            let tangents = tangents.into_iter().zip(&results).map(float).collect();
            (results, tangents)
        });
        Derivative::Rule(jvp, None)
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], size: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        let Batched { operands, batched, call_jaxpr, extra } = batch_call(&self.call_jaxpr, args, dims, size);
        let num_consts = extra + self.num_consts;
        let own = &batched[num_consts..];
        let jvp = self.jvp.batched([own, own].concat(), size);
        let results = custom_jvp_call(CustomJvpCall { call_jaxpr, jvp, num_consts, ..self.clone() }, &operands);
        let dims = vec![Some(0); results.len()];
        (results, dims)
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        cx.jaxpr(&self.call_jaxpr, ins)
    }

    fn subjaxprs(&self) -> Vec<&Jaxpr> {
        vec![&self.call_jaxpr]
    }

    fn map_subjaxprs(&self, pass: &dyn Fn(&Jaxpr) -> Jaxpr) -> Option<Prim> {
        Some(Prim::new(Self { call_jaxpr: Arc::new(pass(&self.call_jaxpr)), ..self.clone() }))
    }
}

fn check_tangents(name: &str, primals: &[Array], tangents: &[Array]) {
    for (primal, tangent) in primals.iter().zip(tangents) {
        if primal.shape() != tangent.shape() || (primal.dtype().is_inexact() && primal.dtype() != tangent.dtype()) {
            raise(Error::new(
                ErrorKind::Transform,
                "custom_jvp_call",
                format!(
                    "Custom JVP rule for function {name} must produce primal and tangent outputs with corresponding \
                     shapes and dtypes, but got primal {} and tangent {}.",
                    primal.aval(),
                    tangent.aval()
                ),
            ));
        }
    }
}

/// A function with a user's reverse-mode rule. The first `num_consts` operands are what the function closed over;
/// they get no cotangents.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CustomVjpCall {
    /// The function's name.
    pub name: String,
    /// The function.
    pub call_jaxpr: Arc<Jaxpr>,
    /// From the arguments to the results and then residuals.
    pub fwd: Rule,
    /// From residuals and then the results' cotangents to the arguments' cotangents.
    pub bwd: Rule,
    /// How many leading operands the function closed over.
    pub num_consts: usize,
}

/// Applies a function with a user's reverse-mode rule.
#[track_caller]
pub fn custom_vjp_call(primitive: CustomVjpCall, operands: &[Array]) -> Vec<Array> {
    bind(Prim::new(primitive), &operands.iter().collect::<Vec<_>>()).into_vec()
}

impl Primitive for CustomVjpCall {
    fn name(&self) -> &'static str {
        "custom_vjp_call"
    }

    fn params(&self) -> Params {
        vec![
            ("name", Param::Word(self.name.clone())),
            ("bwd", Param::Word("bwd".into())),
            ("call_jaxpr", Param::Jaxpr(Arc::new(closed(&self.call_jaxpr)))),
            ("fwd", Param::Word("fwd".into())),
            ("symbolic_zeros", Param::Bool(false)),
        ]
    }

    fn type_rule(&self, _: &[Aval]) -> Result<Vec<Aval>> {
        Ok(self.call_jaxpr.out_avals())
    }

    fn derivative(&self) -> Derivative<'_> {
        let jvp: Jvp<'_> = Box::new(|args, tangents| {
            let own = self.num_consts..args.len();
            let mut results = self.fwd.call(&args[own.clone()]);
            let residuals = results.split_off(self.call_jaxpr.outs.len().min(results.len()));
            let full = own.clone().map(|i| tangents[i].clone().unwrap_or_else(|| zeros(args[i].aval())));
            let operands: Vec<Array> = residuals.iter().cloned().chain(full).collect();
            let linear = CustomLin {
                name: self.name.clone(),
                bwd: self.bwd.clone(),
                num_residuals: residuals.len(),
                outs: results.iter().map(|r| r.aval().clone()).collect(),
            };
            let tangents = bind(Prim::new(linear), &operands.iter().collect::<Vec<_>>());
            let float = |(tangent, primal): (Array, &Array)| primal.dtype().is_inexact().then_some(tangent);
            let tangents = tangents.into_iter().zip(&results).map(float).collect();
            (results, tangents)
        });
        Derivative::Rule(jvp, None)
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], size: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        let Batched { operands, batched, call_jaxpr, extra } = batch_call(&self.call_jaxpr, args, dims, size);
        let num_consts = extra + self.num_consts;
        let own: Vec<bool> = batched[num_consts..].to_vec();
        let fwd = self.fwd.batched(own.clone(), size);
        // Residuals and cotangents all come batched; a cotangent of an unbatched argument is the sum over lanes.
        let bwd = self.bwd.clone();
        let bwd = Rule::new(move |args| {
            let cotangents = bwd.batched(vec![true; args.len()], size).call(args);
            let reduce = |(ct, &batched): (Array, &bool)| {
                if batched { ct } else { crate::prim::reduce::reduce_sum(&ct, &[0]) }
            };
            cotangents.into_iter().zip(&own).map(reduce).collect()
        });
        let results = custom_vjp_call(CustomVjpCall { call_jaxpr, fwd, bwd, num_consts, ..self.clone() }, &operands);
        let dims = vec![Some(0); results.len()];
        (results, dims)
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        cx.jaxpr(&self.call_jaxpr, ins)
    }

    fn subjaxprs(&self) -> Vec<&Jaxpr> {
        vec![&self.call_jaxpr]
    }

    fn map_subjaxprs(&self, pass: &dyn Fn(&Jaxpr) -> Jaxpr) -> Option<Prim> {
        Some(Prim::new(Self { call_jaxpr: Arc::new(pass(&self.call_jaxpr)), ..self.clone() }))
    }
}

/// The derivative of a function with a reverse-mode rule: it exists only to be transposed. Operands: residuals,
/// then tangents of the arguments.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CustomLin {
    name: String,
    bwd: Rule,
    num_residuals: usize,
    outs: Vec<Aval>,
}

impl CustomLin {
    fn forward_error(&self) -> Error {
        Error::new(
            ErrorKind::Transform,
            "custom_vjp_call",
            format!("can't apply forward-mode differentiation (jvp) to a custom_vjp function ({}).", self.name),
        )
    }
}

impl Primitive for CustomLin {
    fn name(&self) -> &'static str {
        "custom_lin"
    }

    fn type_rule(&self, _: &[Aval]) -> Result<Vec<Aval>> {
        Ok(self.outs.clone())
    }

    fn derivative(&self) -> Derivative<'_> {
        let jvp: Jvp<'_> = Box::new(|_, _| raise(self.forward_error()));
        let transpose: Transpose<'_> = Box::new(|cts, operands| {
            let residuals = operands[..self.num_residuals].iter().map(|operand| match operand {
                Operand::Known(value) => value.clone(),
                Operand::Linear(_) => raise(self.forward_error()),
            });
            let full = cts.iter().zip(&self.outs).map(|(ct, aval)| ct.clone().unwrap_or_else(|| zeros(aval)));
            let args: Vec<Array> = residuals.chain(full).collect();
            let cotangents = self.bwd.call(&args);
            let wanted = &operands[self.num_residuals..];
            if cotangents.len() != wanted.len() {
                raise(Error::new(
                    ErrorKind::Transform,
                    "custom_vjp_call",
                    format!(
                        "Custom VJP bwd rule for function {} must produce a cotangent for each argument ({}), but gave \
                         {}.",
                        self.name,
                        wanted.len(),
                        cotangents.len()
                    ),
                ));
            }
            let linear =
                |(ct, operand): (Array, &Operand)| -> Tangent { matches!(operand, Operand::Linear(_)).then_some(ct) };
            let none = std::iter::repeat_n(None, self.num_residuals);
            none.chain(cotangents.into_iter().zip(wanted).map(linear)).collect()
        });
        Derivative::Rule(jvp, Some(transpose))
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], size: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        let all: Vec<Array> = args.iter().zip(dims).map(|(arg, &dim)| materialize(arg, dim, 0, size)).collect();
        let batched = vec![true; self.num_residuals + self.outs.len()];
        let outs = self.outs.iter().map(|aval| crate::transform::batch::batched_aval(aval, size)).collect();
        let linear = CustomLin { bwd: self.bwd.batched(batched, size), outs, ..self.clone() };
        let results = bind(Prim::new(linear), &all.iter().collect::<Vec<_>>()).into_vec();
        let dims = vec![Some(0); results.len()];
        (results, dims)
    }

    fn lower(&self, _: &mut Lower, _: &[Buf]) -> Vec<Buf> {
        raise(self.forward_error())
    }
}

crate::readers! {
    "custom_jvp_call", 0..=usize::MAX, |eqn| {
        let (name, call_jaxpr) = read_call(eqn)?;
        CustomJvpCall { jvp: Rule::unread(&name), name, call_jaxpr, num_consts: 0 }
    };
    "custom_vjp_call", 0..=usize::MAX, |eqn| {
        let (name, call_jaxpr) = read_call(eqn)?;
        let rule = Rule::unread(&name);
        CustomVjpCall { fwd: rule.clone(), bwd: rule, name, call_jaxpr, num_consts: 0 }
    };
}

fn read_call(eqn: &Reading<'_>) -> Read<(String, Arc<Jaxpr>)> {
    let call_jaxpr = eqn.jaxpr("call_jaxpr")?;
    eqn.takes(&call_jaxpr, eqn.ins)?;
    Ok((eqn.word("name")?.to_string(), call_jaxpr))
}
