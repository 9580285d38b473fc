//! Random numbers and arrays, the same for the same seed.

use jax_core::array::Array;
use jax_core::base::dtype::Kind;
use jax_core::base::{DType, Scalar};

/// SplitMix64 (Steele, Lea and Flood 2014).
#[derive(Clone)]
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    pub fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }

    /// From -1 to 1, and not 0.
    pub fn float(&mut self) -> f64 {
        ((self.next() >> 12) as f64 + 0.5) / (1u64 << 51) as f64 - 1.0
    }

    pub fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }

    pub fn scalar(&mut self, dtype: DType) -> Scalar {
        match dtype.kind() {
            Kind::Bool => Scalar::bool(self.chance(2)),
            Kind::Signed => Scalar::from_i128(dtype, self.below(7) as i128 - 3),
            Kind::Unsigned => Scalar::from_i128(dtype, self.below(6) as i128),
            Kind::Opaque => panic!("{dtype} has no numbers"),
            Kind::Float => Scalar::from_f64(dtype, self.float()),
            Kind::Complex => Scalar::from_complex(dtype, num_complex::Complex::new(self.float(), self.float())),
        }
    }

    /// An array with elements of moderate size.
    pub fn array(&mut self, dtype: DType, shape: &[usize]) -> Array {
        let count: usize = shape.iter().product();
        let bytes: Vec<u8> = (0..count).flat_map(|_| self.scalar(dtype).to_bytes()).collect();
        Array::from_bytes(dtype, shape, &bytes)
    }
}
