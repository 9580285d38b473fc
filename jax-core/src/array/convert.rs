//! What counts as an array: arrays, references to them, and Rust scalars.

use super::data::{Array, Element};
use crate::base::{DType, Scalar};

/// A value that an operation takes as an array. Rust scalars are weakly typed, as Python's are in JAX.
pub trait IntoArray {
    /// The array.
    fn into_array(self) -> Array;
}

impl IntoArray for Array {
    fn into_array(self) -> Array {
        self
    }
}

impl IntoArray for &Array {
    fn into_array(self) -> Array {
        self.clone()
    }
}

macro_rules! weak_scalars {
    ($($ty:ty => $dtype:ident, $make:ident $exact:ident as $via:ty;)*) => {
        $(
            impl IntoArray for $ty {
                fn into_array(self) -> Array {
                    Array::weak_scalar_as(DType::$dtype, Scalar::$make(DType::$exact, self as $via))
                }
            }

            impl IntoArray for &$ty {
                fn into_array(self) -> Array {
                    (*self).into_array()
                }
            }
        )*
    };
}

weak_scalars! {
    f32 => F32, from_f64 F64 as f64;
    f64 => F32, from_f64 F64 as f64;
    i32 => I32, from_i128 I64 as i128;
    i64 => I32, from_i128 I64 as i128;
    u32 => I32, from_i128 I64 as i128;
    u64 => I32, from_i128 U64 as i128;
    usize => I32, from_i128 I64 as i128;
}

impl IntoArray for bool {
    fn into_array(self) -> Array {
        Array::scalar(Scalar::bool(self))
    }
}

impl IntoArray for half::f16 {
    fn into_array(self) -> Array {
        Array::scalar(Scalar::from_bits(DType::F16, self.to_bits() as u128))
    }
}

impl IntoArray for half::bf16 {
    fn into_array(self) -> Array {
        Array::scalar(Scalar::from_bits(DType::BF16, self.to_bits() as u128))
    }
}

impl<T: Element> IntoArray for &[T] {
    fn into_array(self) -> Array {
        Array::from_slice(self, &[self.len()])
    }
}

impl<T: Element> IntoArray for Vec<T> {
    fn into_array(self) -> Array {
        self.as_slice().into_array()
    }
}

impl<T: Element, const N: usize> IntoArray for [T; N] {
    fn into_array(self) -> Array {
        self.as_slice().into_array()
    }
}

impl<T: Element, const N: usize, const M: usize> IntoArray for [[T; N]; M] {
    fn into_array(self) -> Array {
        Array::from_slice(self.as_flattened(), &[M, N])
    }
}

impl<T: Element, const N: usize, const M: usize, const K: usize> IntoArray for [[[T; N]; M]; K] {
    fn into_array(self) -> Array {
        Array::from_slice(self.as_flattened().as_flattened(), &[K, M, N])
    }
}
