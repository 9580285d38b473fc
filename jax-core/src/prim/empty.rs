//! A value that nobody reads: what stands for a residual that another branch of a `cond` has.

use crate::array::{Array, bind_one};
use crate::base::{DType, Result, Scalar};
use crate::ir::{Aval, Derivative, Lower, Param, Params, Primitive, Sample};
use crate::kernel::Buf;

/// A scalar without a meaning. It lowers to zero.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Empty {
    /// The dtype.
    pub dtype: DType,
}

/// A scalar without a meaning.
#[track_caller]
pub fn empty(dtype: DType) -> Array {
    bind_one(Empty { dtype }, &[])
}

impl Primitive for Empty {
    fn name(&self) -> &'static str {
        "empty2"
    }

    fn params(&self) -> Params {
        vec![("dtype", Param::DType(self.dtype)), ("memory_space", Param::Word("MemorySpace.Device".into()))]
    }

    fn type_rule(&self, _: &[Aval]) -> Result<Vec<Aval>> {
        Ok(vec![Aval::new(self.dtype, &[])])
    }

    fn derivative(&self) -> Derivative<'_> {
        Derivative::Zero
    }

    fn batch(&self, _: &[Array], _: &[Option<usize>], _: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        (vec![empty(self.dtype)], vec![None])
    }

    fn lower(&self, cx: &mut Lower, _: &[Buf]) -> Vec<Buf> {
        vec![cx.constant(Scalar::zero(self.dtype))]
    }
}

crate::readers! { "empty2", 0..=0, |eqn| Empty { dtype: eqn.dtype("dtype")? }; }

/// Operands that laws are tested on.
pub(crate) fn samples() -> Vec<Sample> {
    vec![Sample::new(Empty { dtype: DType::F32 }, Vec::new()), Sample::new(Empty { dtype: DType::I64 }, Vec::new())]
}
