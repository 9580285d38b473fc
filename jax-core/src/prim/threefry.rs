//! The block cipher behind `random`: Threefry-2x32 with 20 rounds.
//!
//! Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011). It is one primitive, as in
//! JAX, so that a jaxpr that draws numbers stays short; it lowers to plain integer arithmetic on each element and
//! fuses with whatever makes the counters and uses the bits.

use crate::array::{Array, bind};
use crate::base::{DType, Result, Scalar};
use crate::ir::{Aval, Derivative, Lower, Prim, Primitive, Sample};
use crate::kernel::{Binary, Body, Buf, Id};
use crate::prim::elementwise::{batch, result_shape, same_dtype};

/// The two words of a key, and two words of a counter, to two random words, elementwise.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Threefry2x32;

/// Two random words for each counter `(x0, x1)` under the key `(k0, k1)`: `uint32` arrays of one rank, or scalars.
#[track_caller]
pub fn threefry2x32(k0: &Array, k1: &Array, x0: &Array, x1: &Array) -> (Array, Array) {
    let mut words = bind(Prim::new(Threefry2x32), &[k0, k1, x0, x1]).into_iter();
    match (words.next(), words.next()) {
        (Some(y0), Some(y1)) => (y0, y1),
        _ => crate::bug!("threefry2x32 gives two words"),
    }
}

/// How far the second word turns in each round; the first four and the last four take turns (table 2 of the paper).
const ROTATIONS: [[u32; 4]; 2] = [[13, 15, 26, 6], [17, 29, 16, 24]];

/// What the key schedule's third word is made with (section 3.3 of the paper: of Skein's C240, the 32 bits).
const PARITY: u32 = 0x1BD1_1BDA;

impl Primitive for Threefry2x32 {
    fn name(&self) -> &'static str {
        "threefry2x32"
    }

    fn type_rule(&self, ins: &[Aval]) -> Result<Vec<Aval>> {
        same_dtype("threefry2x32", ins, |dtype| dtype == DType::U32, "uint32")?;
        let aval = Aval::new(DType::U32, &result_shape("threefry2x32", ins)?);
        Ok(vec![aval.clone(), aval])
    }

    fn derivative(&self) -> Derivative<'_> {
        Derivative::Zero
    }

    fn batch(&self, args: &[Array], dims: &[Option<usize>], _: usize) -> (Vec<Array>, Vec<Option<usize>>) {
        batch(self.clone(), args, dims)
    }

    fn lower(&self, cx: &mut Lower, ins: &[Buf]) -> Vec<Buf> {
        cx.elementwise_many(ins, |b, args| rounds(b, args).to_vec())
    }
}

fn rounds(b: &mut Body, args: &[Id]) -> [Id; 2] {
    let word = |b: &mut Body, value: u32| b.constant(Scalar::from_i128(DType::U32, value as i128));
    let parity = word(b, PARITY);
    let mixed = b.binary(Binary::Xor, args[0], args[1]);
    let schedule = [args[0], args[1], b.binary(Binary::Xor, mixed, parity)];
    let mut x = [b.binary(Binary::Add, args[2], schedule[0]), b.binary(Binary::Add, args[3], schedule[1])];
    for group in 0..5 {
        for distance in ROTATIONS[group % 2] {
            x[0] = b.binary(Binary::Add, x[0], x[1]);
            let (left, right) = (word(b, distance), word(b, 32 - distance));
            let (high, low) = (b.binary(Binary::Shl, x[1], left), b.binary(Binary::ShrLogical, x[1], right));
            let turned = b.binary(Binary::Or, high, low);
            x[1] = b.binary(Binary::Xor, x[0], turned);
        }
        let count = word(b, group as u32 + 1);
        x[0] = b.binary(Binary::Add, x[0], schedule[(group + 1) % 3]);
        let second = b.binary(Binary::Add, schedule[(group + 2) % 3], count);
        x[1] = b.binary(Binary::Add, x[1], second);
    }
    x
}

crate::readers! {
    "threefry2x32", 4..=4, |_| Threefry2x32;
}

/// Operands that laws are tested on.
pub(crate) fn samples() -> Vec<Sample> {
    let word = |value: u32| Array::scalar(Scalar::from_i128(DType::U32, value as i128));
    let words = |shape: &[usize]| {
        let count = crate::base::shape::size(shape) as u32;
        Array::from_slice(&(0..count).map(|i| i.wrapping_mul(0x9E37_79B9)).collect::<Vec<_>>(), shape)
    };
    vec![
        Sample::new(Threefry2x32, vec![word(0), word(42), word(0), words(&[5])]),
        Sample::new(Threefry2x32, vec![words(&[2, 1]), words(&[1, 3]), words(&[2, 3]), word(7)]),
        Sample::new(Threefry2x32, vec![word(1), word(2), word(3), word(4)]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers that the cipher's authors publish with their code (Random123, threefry 2x32, 20 rounds).
    #[test]
    fn known_answers() {
        let word = |value: u32| Array::scalar(Scalar::from_i128(DType::U32, value as i128));
        for (key, counter, expected) in [
            ([0, 0], [0, 0], [0x6b20_0159, 0x99ba_4efe]),
            ([u32::MAX; 2], [u32::MAX; 2], [0x1cb9_96fc, 0xbb00_2be7]),
            ([0x13198a2e, 0x0370_7344], [0x243f_6a88, 0x85a3_08d3], [0xc492_3a9c, 0x483d_f7a0]),
        ] {
            let (y0, y1) = threefry2x32(&word(key[0]), &word(key[1]), &word(counter[0]), &word(counter[1]));
            assert_eq!([y0.to_vec::<u32>()[0], y1.to_vec::<u32>()[0]], expected);
        }
    }
}
