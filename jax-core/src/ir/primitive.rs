//! The one trait that an array primitive implements.

use std::any::Any;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use super::aval::Aval;
use super::jaxpr::Jaxpr;
use super::lower::Lower;
use super::param::Params;
use crate::array::Array;
use crate::base::Result;
use crate::kernel::Buf;

/// A primitive with its parameters, shared.
#[derive(Clone)]
pub struct Prim(Arc<dyn Primitive>);

/// A tangent or cotangent; `None` is a zero known while tracing.
pub type Tangent = Option<Array>;

/// An operand as a transpose rule sees it: a known value, or the place of a linear input, of which only the type
/// is known.
#[derive(Clone, Debug)]
pub enum Operand {
    /// A value that does not depend on the linear inputs.
    Known(Array),
    /// A linear input.
    Linear(Aval),
}

impl Operand {
    /// The type.
    pub fn aval(&self) -> Aval {
        match self {
            Operand::Known(value) => value.aval().clone(),
            Operand::Linear(aval) => aval.clone(),
        }
    }
}

/// A forward-mode rule: results and their tangents from operands and their tangents.
pub type Jvp<'a> = Box<dyn Fn(&[Array], &[Tangent]) -> (Vec<Array>, Vec<Tangent>) + 'a>;

/// A transpose rule: from the results' cotangents and the operands, the cotangents of the linear operands (`None`
/// for known ones and for zeros). At least one cotangent is not `None`.
pub type Transpose<'a> = Box<dyn Fn(&[Tangent], &[Operand]) -> Vec<Tangent> + 'a>;

/// How a primitive differentiates. There is no default: each says what it is.
pub enum Derivative<'a> {
    /// Linear in all operands together; its own derivative.
    Linear(Transpose<'a>),
    /// Linear in each operand while the others are held fixed.
    Multilinear(Transpose<'a>),
    /// Any differentiable function; with a transpose if it is linear in some operands.
    Rule(Jvp<'a>, Option<Transpose<'a>>),
    /// Derivative zero wherever it exists, or operands or results that carry none.
    Zero,
    /// Not differentiable, and why.
    Undefined(&'static str),
}

impl fmt::Debug for Derivative<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Derivative::Linear(_) => "Linear",
            Derivative::Multilinear(_) => "Multilinear",
            Derivative::Rule(_, None) => "Rule",
            Derivative::Rule(_, Some(_)) => "Rule with transpose",
            Derivative::Zero => "Zero",
            Derivative::Undefined(why) => why,
        })
    }
}

/// What becomes of an equation some of whose operands are unknown (the tangents, in reverse mode): a known
/// equation that computes what it can and, after its `known_outs`, residuals; and an unknown one for the rest.
#[derive(Clone, Debug)]
pub struct PartialEval {
    /// The known part.
    pub known: Prim,
    /// Positions of the known part's operands among the equation's.
    pub known_ins: Vec<usize>,
    /// Positions of the results that the known part gives before its residuals.
    pub known_outs: Vec<usize>,
    /// The unknown part.
    pub unknown: Prim,
    /// The unknown part's operands.
    pub unknown_ins: Vec<Source>,
    /// Positions of the results that the unknown part gives; `None` for one that nobody needs.
    pub unknown_outs: Vec<Option<usize>>,
}

/// Where an operand of the unknown part comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// A residual that the known part gives, by number.
    Residual(usize),
    /// An operand of the equation, by position.
    Operand(usize),
}

/// Operands of one equation that laws are tested on.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The primitive.
    pub prim: Prim,
    /// The operands: concrete arrays.
    pub args: Vec<Array>,
}

impl Sample {
    /// A sample.
    pub fn new(prim: impl Primitive, args: Vec<Array>) -> Sample {
        Sample { prim: Prim::new(prim), args }
    }
}

/// An array primitive: its whole truth.
///
/// A type that implements it holds the parameters and derives `Clone, PartialEq, Eq, Hash, Debug`. Rules are
/// written on [`Array`], so they stage, differentiate and batch like a user's code.
pub trait Primitive: Parameters {
    /// The name in jaxprs.
    fn name(&self) -> &'static str;

    /// The parameters, in the order in which they print.
    fn params(&self) -> Params {
        Params::new()
    }

    /// The types of the results, or what is wrong with the operands.
    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>>;

    /// How it differentiates.
    fn derivative(&self) -> Derivative<'_>;

    /// The results for operands some of which have a batch axis (`dims`, at least one) of this size, and the
    /// batch axes of the results.
    fn batch(&self, args: &[Array], dims: &[Option<usize>], size: usize) -> (Vec<Array>, Vec<Option<usize>>);

    /// What it computes, in the kernel language.
    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf>;

    /// A simpler way to the same results, if these operands have one.
    fn simplify(&self, _args: &[Array]) -> Option<Vec<Array>> {
        None
    }

    /// How it splits when some operands are unknown; `None` makes all of it unknown.
    fn partial_eval(&self, _ins: &[Aval], _unknown: &[bool]) -> Option<PartialEval> {
        None
    }

    /// The same with as few as possible of the results that nobody uses: the primitive, which operands it still
    /// takes, and which results it still gives. `None` keeps all.
    fn dce(&self, _used: &[bool]) -> Option<(Prim, Vec<bool>, Vec<bool>)> {
        None
    }

    /// The programs among the parameters, for passes that look inside.
    fn subjaxprs(&self) -> Vec<&Jaxpr> {
        Vec::new()
    }

    /// The same with what a pass makes of its programs, which keeps their types and values; `None` for primitives
    /// whose programs are not run as programs.
    fn map_subjaxprs(&self, _pass: &dyn Fn(&Jaxpr) -> Jaxpr) -> Option<Prim> {
        None
    }

    /// Whether it does something besides giving results: then no pass drops, repeats or reorders it.
    fn has_effects(&self) -> bool {
        self.subjaxprs().into_iter().any(Jaxpr::has_effects)
    }
}

/// What every parameter struct has by its derives: comparison and hashing behind a pointer.
pub trait Parameters: fmt::Debug + Send + Sync + Any {
    /// For comparisons and downcasts.
    fn as_any(&self) -> &dyn Any;
    /// Equality with any other primitive.
    fn dyn_eq(&self, other: &dyn Any) -> bool;
    /// Hashing.
    fn dyn_hash(&self, state: &mut dyn Hasher);
}

impl<T: fmt::Debug + Send + Sync + Any + Eq + Hash> Parameters for T {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn dyn_eq(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<T>().is_some_and(|other| self == other)
    }

    fn dyn_hash(&self, mut state: &mut dyn Hasher) {
        std::any::TypeId::of::<T>().hash(&mut state);
        self.hash(&mut state);
    }
}

impl Prim {
    /// A primitive as the shared object that equations hold.
    pub fn new(primitive: impl Primitive) -> Prim {
        Prim(Arc::new(primitive))
    }

    /// The primitive as its own type, if it is of that type.
    pub fn downcast<T: Primitive>(&self) -> Option<&T> {
        (*self.0).as_any().downcast_ref()
    }
}

impl Deref for Prim {
    type Target = dyn Primitive;

    fn deref(&self) -> &dyn Primitive {
        &*self.0
    }
}

impl fmt::Debug for Prim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl PartialEq for Prim {
    fn eq(&self, other: &Prim) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.dyn_eq((*other.0).as_any())
    }
}

impl Eq for Prim {}

impl Hash for Prim {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.dyn_hash(state);
    }
}
