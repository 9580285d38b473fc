//! What counts as an array: arrays, references to them, Rust scalars, literals, vectors and slices.

use num_complex::Complex;

use super::data::{Array, Element};
use crate::base::{DType, Scalar};

/// A value that an operation takes as an array.
///
/// - Rust scalars are weakly typed, as Python's are in JAX.
/// - Array literals, nested to any depth, are what nested lists are in Python: `[1.2, 3.2]` becomes `float32`, since
///   that is the default float, `[1, 2]` becomes `int32`, `[true]` becomes `bool`.
/// - Vectors and slices hold data: they keep their element type, and `f64` stays `float64`.
///
/// ```
/// use jax_core::array::IntoArray;
/// use jax_core::base::DType;
/// assert_eq!([[1.5, 2.5], [0.0, 1.0]].into_array().dtype(), DType::F32);
/// assert_eq!(vec![1.5, 2.5].into_array().dtype(), DType::F64);
/// assert_eq!([0.1].into_array_of(DType::F64).to_vec::<f64>(), [0.1]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an array",
    note = "arrays are `Array`, Rust numbers, array literals such as `[[1.0, 2.0], [3.0, 4.0]]`, vectors, slices and `ndarray` arrays"
)]
pub trait IntoArray: Sized {
    /// The array.
    fn into_array(self) -> Array;

    /// The array, for use in this dtype: a literal in the dtype, converted from what was written so that no digit is
    /// lost, and anything else as it is, to be converted by who asks.
    #[track_caller]
    fn into_array_of(self, _dtype: DType) -> Array {
        self.into_array()
    }
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

impl IntoArray for &bool {
    fn into_array(self) -> Array {
        (*self).into_array()
    }
}

macro_rules! strong_scalars {
    ($($ty:ty),*) => {
        $(impl IntoArray for $ty {
            fn into_array(self) -> Array {
                Array::scalar(Scalar::from_i128(<$ty as Element>::DTYPE, self as i128))
            }
        })*
    };
}

strong_scalars!(i8, i16, u8, u16);

impl IntoArray for Complex<f32> {
    fn into_array(self) -> Array {
        Complex::new(self.re as f64, self.im as f64).into_array()
    }
}

impl IntoArray for Complex<f64> {
    fn into_array(self) -> Array {
        Array::weak_scalar_as(DType::C64, Scalar::from_complex(DType::C128, self))
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
    #[track_caller]
    fn into_array(self) -> Array {
        Array::from_slice(self, &[self.len()])
    }
}

impl IntoArray for &[bool] {
    #[track_caller]
    fn into_array(self) -> Array {
        Array::from_bools(self, &[self.len()])
    }
}

impl<T> IntoArray for Vec<T>
where
    for<'a> &'a [T]: IntoArray,
{
    #[track_caller]
    fn into_array(self) -> Array {
        self.as_slice().into_array()
    }
}

impl<T> IntoArray for &Vec<T>
where
    for<'a> &'a [T]: IntoArray,
{
    #[track_caller]
    fn into_array(self) -> Array {
        self.as_slice().into_array()
    }
}

/// A number of a Rust array literal, or such an array: what a nested list is in Python.
pub trait Literal {
    /// The dtype that its numbers get when none is asked for.
    const DTYPE: DType;
    /// The number of axes.
    const NDIM: usize;

    /// Appends the extents. All parts of a Rust array have one type, so that it is never ragged.
    fn extents(shape: &mut Vec<usize>);

    /// Appends the numbers as they were written, in row-major order.
    fn numbers(&self, numbers: &mut Vec<Scalar>);
}

macro_rules! literals {
    ($($ty:ty => $dtype:ident, |$x:ident| $exact:expr;)*) => {
        $(impl Literal for $ty {
            const DTYPE: DType = DType::$dtype;
            const NDIM: usize = 0;

            fn extents(_: &mut Vec<usize>) {}

            fn numbers(&self, numbers: &mut Vec<Scalar>) {
                let $x = *self;
                numbers.push($exact);
            }
        })*
    };
}

literals! {
    bool => Bool, |x| Scalar::bool(x);
    i8 => I8, |x| Scalar::from_i128(DType::I8, x as i128);
    i16 => I16, |x| Scalar::from_i128(DType::I16, x as i128);
    i32 => I32, |x| Scalar::from_i128(DType::I32, x as i128);
    i64 => I64, |x| Scalar::from_i128(DType::I64, x as i128);
    u8 => U8, |x| Scalar::from_i128(DType::U8, x as i128);
    u16 => U16, |x| Scalar::from_i128(DType::U16, x as i128);
    u32 => U32, |x| Scalar::from_i128(DType::U32, x as i128);
    u64 => U64, |x| Scalar::from_i128(DType::U64, x as i128);
    half::f16 => F16, |x| Scalar::from_bits(DType::F16, x.to_bits() as u128);
    half::bf16 => BF16, |x| Scalar::from_bits(DType::BF16, x.to_bits() as u128);
    f32 => F32, |x| Scalar::from_bits(DType::F32, x.to_bits() as u128);
    // The default float: an unsuffixed literal is an f64 in Rust as it is in Python.
    f64 => F32, |x| Scalar::from_f64(DType::F64, x);
    Complex<f32> => C64, |x| Scalar::from_complex(DType::C64, Complex::new(x.re as f64, x.im as f64));
    Complex<f64> => C64, |x| Scalar::from_complex(DType::C128, x);
}

impl<T: Literal, const N: usize> Literal for [T; N] {
    const DTYPE: DType = T::DTYPE;
    const NDIM: usize = 1 + T::NDIM;

    fn extents(shape: &mut Vec<usize>) {
        shape.push(N);
        T::extents(shape);
    }

    fn numbers(&self, numbers: &mut Vec<Scalar>) {
        self.iter().for_each(|part| part.numbers(numbers));
    }
}

/// The array of a literal, its numbers converted from what was written.
fn from_literal<T: Literal>(literal: &T, dtype: DType) -> Array {
    let (mut shape, mut numbers) = (Vec::with_capacity(T::NDIM), Vec::new());
    T::extents(&mut shape);
    literal.numbers(&mut numbers);
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.cast(dtype).to_bytes()).collect();
    Array::from_bytes(dtype, &shape, &bytes)
}

impl<T: Literal, const N: usize> IntoArray for [T; N] {
    fn into_array(self) -> Array {
        from_literal(&self, T::DTYPE)
    }

    fn into_array_of(self, dtype: DType) -> Array {
        from_literal(&self, dtype)
    }
}

impl<T: Literal, const N: usize> IntoArray for &[T; N] {
    fn into_array(self) -> Array {
        from_literal(self, T::DTYPE)
    }

    fn into_array_of(self, dtype: DType) -> Array {
        from_literal(self, dtype)
    }
}
