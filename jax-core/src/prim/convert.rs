//! Changing the dtype: by value, by bits, and forgetting the derivative.

use crate::array::{Array, bind_one};
use crate::base::error::ErrorKind;
use crate::base::{DType, Error, Result};
use crate::ir::primitive::{Jvp, Transpose};
use crate::ir::{Aval, Derivative, Lower, Operand, Param, Params, Primitive, Sample};
use crate::kernel::{Buf, Unary};
use crate::prim::elementwise::{any, batch, numeric};
use crate::prim::sample::{special, unary};

/// The value in another dtype: floats truncate to integers and saturate, integers wrap, complex numbers lose
/// their imaginary part.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ConvertElementType {
    /// The dtype of the result.
    pub new_dtype: DType,
    /// Whether the result's dtype is weak.
    pub weak_type: bool,
}

/// The value in another dtype: floats truncate to integers and saturate, integers wrap, complex numbers lose
/// their imaginary part.
#[track_caller]
pub fn convert_element_type(x: &Array, new_dtype: DType, weak_type: bool) -> Array {
    if x.dtype() == new_dtype && x.weak_type() == weak_type {
        return x.clone();
    }
    if let Some(constant) = x.constant_as(new_dtype, weak_type) {
        return constant;
    }
    bind_one(ConvertElementType { new_dtype, weak_type }, &[x])
}

impl Primitive for ConvertElementType {
    fn name(&self) -> &'static str {
        "convert_element_type"
    }

    fn params(&self) -> Params {
        vec![("new_dtype", Param::DType(self.new_dtype)), ("weak_type", Param::Bool(self.weak_type))]
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        Ok(vec![ins[0].with_dtype(self.new_dtype).with_weak(self.weak_type)])
    }

    fn derivative(&self) -> Derivative<'_> {
        let jvp: Jvp<'_> = Box::new(|args, tangents| {
            let ans = convert_element_type(&args[0], self.new_dtype, self.weak_type);
            let tangent = tangents[0].as_ref().filter(|_| self.new_dtype.is_inexact());
            let tangent = tangent.map(|g| convert_element_type(g, self.new_dtype, self.weak_type));
            (vec![ans], vec![tangent])
        });
        let transpose: Transpose<'_> = Box::new(|cts, operands| match (&operands[0], &cts[0]) {
            (Operand::Linear(aval), Some(ct)) if aval.dtype.is_inexact() => {
                vec![Some(convert_element_type(ct, aval.dtype, aval.weak))]
            }
            _ => vec![None],
        });
        Derivative::Rule(jvp, Some(transpose))
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], _: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        batch(self.clone(), args, dims)
    }

    fn simplify(&self, args: &[Array]) -> Option<Vec<Array>> {
        (args[0].dtype() == self.new_dtype && args[0].weak_type() == self.weak_type).then(|| vec![args[0].clone()])
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        let from = cx.ty(ins[0]).dtype;
        vec![cx.elementwise(ins, |b, args| match self.new_dtype {
            DType::Bool if from != DType::Bool => {
                let zero = b.float(from, 0.0);
                b.binary(crate::kernel::Binary::Ne, args[0], zero)
            }
            to if from.is_complex() && !to.is_complex() => {
                let real = b.unary(Unary::Real, args[0]);
                b.convert(to, real)
            }
            to => b.convert(to, args[0]),
        })]
    }
}

/// The bits as another dtype of the same size.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct BitcastConvertType {
    /// The dtype of the result.
    pub new_dtype: DType,
}

/// The bits as another dtype of the same size.
#[track_caller]
pub fn bitcast_convert_type(x: &Array, new_dtype: DType) -> Array {
    bind_one(BitcastConvertType { new_dtype }, &[x])
}

impl Primitive for BitcastConvertType {
    fn name(&self) -> &'static str {
        "bitcast_convert_type"
    }

    fn params(&self) -> Params {
        vec![("new_dtype", Param::DType(self.new_dtype))]
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        let from = ins[0].dtype;
        if from.size() != self.new_dtype.size() || from.is_complex() || self.new_dtype.is_complex() {
            let message = format!("bitcast_convert_type cannot reinterpret {from} as {}.", self.new_dtype);
            return Err(Error::new(ErrorKind::DType, "bitcast_convert_type", message));
        }
        Ok(vec![ins[0].with_dtype(self.new_dtype).with_weak(false)])
    }

    fn derivative(&self) -> Derivative<'_> {
        Derivative::Zero
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], _: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        batch(self.clone(), args, dims)
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        vec![cx.elementwise(ins, |b, args| b.bitcast(self.new_dtype, args[0]))]
    }
}

/// The operand, whose derivative is taken to be zero.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct StopGradient;

/// The operand, whose derivative is taken to be zero.
#[track_caller]
pub fn stop_gradient(x: &Array) -> Array {
    bind_one(StopGradient, &[x])
}

impl Primitive for StopGradient {
    fn name(&self) -> &'static str {
        "stop_gradient"
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        Ok(vec![ins[0].clone()])
    }

    fn derivative(&self) -> Derivative<'_> {
        Derivative::Zero
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], _: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        batch(self.clone(), args, dims)
    }

    fn simplify(&self, args: &[Array]) -> Option<Vec<Array>> {
        true.then(|| vec![args[0].clone()])
    }

    fn lower(&self, _: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        ins.to_vec()
    }
}

/// The operand as a new value.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Copy;

/// The operand as a new value.
#[track_caller]
pub fn copy(x: &Array) -> Array {
    bind_one(Copy, &[x])
}

impl Primitive for Copy {
    fn name(&self) -> &'static str {
        "copy"
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        Ok(vec![ins[0].clone()])
    }

    fn derivative(&self) -> Derivative<'_> {
        Derivative::Linear(Box::new(|cts, _| vec![cts[0].clone()]))
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], _: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        batch(self.clone(), args, dims)
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        vec![cx.copy(ins[0])]
    }
}

crate::readers! {
    "convert_element_type", 1..=1, |eqn| ConvertElementType {
        new_dtype: eqn.dtype("new_dtype")?,
        weak_type: eqn.bool("weak_type")?,
    };
    "bitcast_convert_type", 1..=1, |eqn| BitcastConvertType { new_dtype: eqn.dtype("new_dtype")? };
    "stop_gradient", 1..=1, |_| StopGradient;
    "copy", 1..=1, |_| Copy;
}

/// Operands that laws are tested on.
pub(crate) fn samples() -> Vec<Sample> {
    let values = [0.3, -2.5, 7.0, -0.2, 1.1];
    let mut samples = Vec::new();
    for new_dtype in DType::ALL {
        let to = ConvertElementType { new_dtype, weak_type: false };
        let one_shape = unary(to.clone(), any, &values).filter(|sample| sample.args[0].shape() == [2, 3]);
        samples.extend(one_shape.chain(special(to)));
        let bits = move |from: DType| {
            let plain = |dtype: DType| !dtype.is_complex() && dtype != DType::Bool;
            plain(from) && plain(new_dtype) && from.size() == new_dtype.size() && from != new_dtype
        };
        let bitcast = BitcastConvertType { new_dtype };
        samples.extend(unary(bitcast, bits, &values).filter(|sample| sample.args[0].shape() == [2, 3]));
    }
    samples.extend(unary(ConvertElementType { new_dtype: DType::F32, weak_type: true }, numeric, &values));
    samples.extend(unary(StopGradient, any, &values));
    samples.extend(unary(Copy, any, &values));
    samples
}
