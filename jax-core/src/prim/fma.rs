//! The fused multiply-add.

use crate::array::{Array, bind_one};
use crate::base::Result;
use crate::ir::primitive::Jvp;
use crate::ir::{Aval, Derivative, Lower, Primitive, Sample};
use crate::kernel::Buf;
use crate::prim::arith::mul;
use crate::prim::elementwise::{batch, float, result_shape, same_dtype};
use crate::prim::rule::add_tangents;
use crate::prim::shape::broadcast;
use crate::prim::slice::ramp;

/// `x * y + z` rounded once, elementwise. XLA fuses such products and sums on the CPU; here it is said.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Fma;

/// `x * y + z` rounded once, elementwise.
#[track_caller]
pub fn fma(x: &Array, y: &Array, z: &Array) -> Array {
    bind_one(Fma, &[x, y, z])
}

impl Primitive for Fma {
    fn name(&self) -> &'static str {
        "fma"
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        let dtype = same_dtype("fma", ins, float, "floats")?;
        let weak = ins.iter().all(|aval| aval.weak);
        Ok(vec![Aval::new(dtype, &result_shape("fma", ins)?).with_weak(weak)])
    }

    fn derivative(&self) -> Derivative<'_> {
        let jvp: Jvp<'_> = Box::new(|args, tangents| {
            let (x, y, z) = (&args[0], &args[1], &args[2]);
            let ans = fma(x, y, z);
            // An operand may be a scalar beside larger ones.
            let full = |g: &Array| if g.ndim() == ans.ndim() { g.clone() } else { broadcast(g, ans.shape()) };
            let parts = [
                tangents[0].as_ref().map(|g| full(&mul(g, y))),
                tangents[1].as_ref().map(|g| full(&mul(x, g))),
                tangents[2].as_ref().map(full),
            ];
            let tangent = parts.into_iter().fold(None, add_tangents);
            (vec![ans], vec![tangent])
        });
        Derivative::Rule(jvp, None)
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], _: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        batch(self.clone(), args, dims)
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        vec![cx.elementwise(ins, |b, args| b.mul_add(args[0], args[1], args[2]))]
    }
}

crate::readers! {
    "fma", 3..=3, |_| Fma;
}

/// Operands that laws are tested on.
pub(crate) fn samples() -> Vec<Sample> {
    let scalar = |value: f32| Array::scalar(crate::base::Scalar::from_f64(crate::base::DType::F32, value as f64));
    vec![
        Sample::new(Fma, vec![ramp(&[2, 3], 0.5), ramp(&[2, 3], -0.25), ramp(&[2, 3], 1.5)]),
        Sample::new(Fma, vec![ramp(&[4], 0.5), scalar(3.0), scalar(-2.0)]),
        Sample::new(Fma, vec![ramp(&[2, 1], 0.5), ramp(&[1, 3], 2.0), ramp(&[2, 3], 1.0)]),
        Sample::new(Fma, vec![scalar(0.1), scalar(3.0), scalar(-0.3)]),
    ]
}
