//! Counting along an axis.

use crate::array::fail::value_error;
use crate::array::{Array, bind_one};
use crate::base::error::ErrorKind;
use crate::base::{DType, Error, Result};
use crate::ir::{Aval, Derivative, Lower, Param, Params, Primitive, Sample};
use crate::kernel::Buf;
use crate::prim::elementwise::tuple;

/// An array whose elements are their coordinate along one axis.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Iota {
    /// The dtype of the result.
    pub dtype: DType,
    /// The shape of the result.
    pub shape: Vec<usize>,
    /// The axis that is counted along.
    pub dimension: usize,
}

/// An array whose elements are their coordinate along one axis.
#[track_caller]
pub fn iota(dtype: DType, shape: &[usize], dimension: usize) -> Array {
    bind_one(Iota { dtype, shape: shape.to_vec(), dimension }, &[])
}

impl Primitive for Iota {
    fn name(&self) -> &'static str {
        "iota"
    }

    fn params(&self) -> Params {
        vec![
            ("dimension", Param::Int(self.dimension as i64)),
            ("dtype", Param::DType(self.dtype)),
            ("shape", Param::ints(&self.shape)),
            ("sharding", Param::None),
        ]
    }

    fn type_rule(&self, _: &[Aval]) -> Result<Vec<Aval>> {
        if self.dtype == DType::Bool {
            let message = "iota does not accept dtype bool. Accepted dtypes are subtypes of integer, floating, \
                           complexfloating.";
            return Err(Error::new(ErrorKind::DType, "iota", message));
        }
        if self.dimension >= self.shape.len() {
            let message = format!(
                "iota dimension must be between 0 and len(shape), got dimension={} for shape={}",
                self.dimension,
                tuple(&self.shape)
            );
            return Err(value_error("iota", message));
        }
        Ok(vec![Aval::new(self.dtype, &self.shape)])
    }

    fn derivative(&self) -> Derivative<'_> {
        Derivative::Zero
    }

    fn batch(&self, _: &[Array], _: &[Option<usize>], _: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        (vec![iota(self.dtype, &self.shape, self.dimension)], vec![None])
    }

    fn lower(&self, cx: &mut Lower, _: &[Buf]) -> Vec<Buf> {
        cx.map(&self.shape, &[], |body, _| {
            let at = body.axis(self.dimension);
            vec![body.convert(self.dtype, at)]
        })
    }
}

crate::readers! {
    "iota", 0..=0, |eqn| Iota {
        dtype: eqn.dtype("dtype")?,
        shape: eqn.usizes("shape")?,
        dimension: eqn.usize("dimension")?,
    };
}

/// Operands that laws are tested on.
pub(crate) fn samples() -> Vec<Sample> {
    let count =
        |dtype, shape: &[usize], dimension| Sample::new(Iota { dtype, shape: shape.to_vec(), dimension }, Vec::new());
    vec![
        count(DType::F32, &[5], 0),
        count(DType::I32, &[2, 3], 1),
        count(DType::U32, &[3, 1, 2], 0),
        count(DType::F32, &[0, 2], 1),
    ]
}
