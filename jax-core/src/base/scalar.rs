//! One element of any dtype, as its bits.

use std::fmt;

use half::{bf16, f16};
use num_complex::Complex;

use super::dtype::{DType, Kind};

/// One element of a known dtype.
///
/// Equality and hashing are those of the bits: `-0.0` differs from `0.0`, a NaN equals itself. That is what
/// caches and common-subexpression elimination need.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scalar {
    dtype: DType,
    bits: u128,
}

impl Scalar {
    /// The element with these bits; bits beyond the dtype's size are dropped.
    pub fn from_bits(dtype: DType, bits: u128) -> Scalar {
        let keep = if dtype.bits() == 128 { u128::MAX } else { (1 << dtype.bits()) - 1 };
        Scalar { dtype, bits: bits & keep }
    }

    /// Zero of any dtype.
    pub fn zero(dtype: DType) -> Scalar {
        Scalar { dtype, bits: 0 }
    }

    /// One of any dtype.
    pub fn one(dtype: DType) -> Scalar {
        Scalar::from_f64(dtype, 1.0)
    }

    /// A truth value.
    pub fn bool(value: bool) -> Scalar {
        Scalar { dtype: DType::Bool, bits: value as u128 }
    }

    /// `value` converted to `dtype`: rounded to nearest for floats, saturated for integers, `!= 0` for `bool`.
    pub fn from_f64(dtype: DType, value: f64) -> Scalar {
        let bits: u128 = match dtype {
            DType::Bool => (value != 0.0) as u128,
            DType::I8 => value as i8 as u8 as u128,
            DType::I16 => value as i16 as u16 as u128,
            DType::I32 => value as i32 as u32 as u128,
            DType::I64 => value as i64 as u64 as u128,
            DType::U8 => value as u8 as u128,
            DType::U16 => value as u16 as u128,
            DType::U32 => value as u32 as u128,
            DType::U64 | DType::Stack => value as u64 as u128,
            DType::F16 => f16::from_f64(value).to_bits() as u128,
            DType::BF16 => bf16::from_f64(value).to_bits() as u128,
            DType::F32 | DType::C64 => (value as f32).to_bits() as u128,
            DType::F64 | DType::C128 => value.to_bits() as u128,
        };
        Scalar { dtype, bits }
    }

    /// `value` converted to `dtype`: wrapped for integers, rounded for floats, `!= 0` for `bool`.
    pub fn from_i128(dtype: DType, value: i128) -> Scalar {
        match dtype.kind() {
            Kind::Bool => Scalar::bool(value != 0),
            Kind::Signed | Kind::Unsigned | Kind::Opaque => Scalar::from_bits(dtype, value as u128),
            Kind::Float | Kind::Complex => match dtype.component() {
                DType::F32 => Scalar::from_bits(dtype, (value as f32).to_bits() as u128),
                _ => Scalar::from_f64(dtype, value as f64),
            },
        }
    }

    /// A complex number rounded to `dtype`'s components; a real dtype keeps the real part.
    pub fn from_complex(dtype: DType, value: Complex<f64>) -> Scalar {
        let re = Scalar::from_f64(dtype, value.re).bits;
        match dtype {
            DType::C64 => Scalar { dtype, bits: re | ((value.im as f32).to_bits() as u128) << 32 },
            DType::C128 => Scalar { dtype, bits: re | (value.im.to_bits() as u128) << 64 },
            _ => Scalar { dtype, bits: re },
        }
    }

    /// The dtype.
    pub fn dtype(self) -> DType {
        self.dtype
    }

    /// The bits, in the low end.
    pub fn bits(self) -> u128 {
        self.bits
    }

    /// The value as `f64`: rounded for 64-bit integers, the real part of a complex number.
    pub fn as_f64(self) -> f64 {
        match self.dtype {
            DType::Bool => self.bits as f64,
            DType::F16 => f16::from_bits(self.bits as u16).to_f64(),
            DType::BF16 => bf16::from_bits(self.bits as u16).to_f64(),
            DType::F32 | DType::C64 => f32::from_bits(self.bits as u32) as f64,
            DType::F64 | DType::C128 => f64::from_bits(self.bits as u64),
            _ => self.as_i128() as f64,
        }
    }

    /// The value as an integer: exact for integers and `bool`, truncated and saturated for floats.
    pub fn as_i128(self) -> i128 {
        match self.dtype {
            DType::I8 => self.bits as i8 as i128,
            DType::I16 => self.bits as i16 as i128,
            DType::I32 => self.bits as i32 as i128,
            DType::I64 => self.bits as i64 as i128,
            DType::Bool | DType::U8 | DType::U16 | DType::U32 | DType::U64 | DType::Stack => self.bits as i128,
            _ => self.as_f64() as i128,
        }
    }

    /// The value as a complex number.
    pub fn as_complex(self) -> Complex<f64> {
        match self.dtype {
            DType::C64 => Complex::new(self.as_f64(), f32::from_bits((self.bits >> 32) as u32) as f64),
            DType::C128 => Complex::new(self.as_f64(), f64::from_bits((self.bits >> 64) as u64)),
            _ => Complex::new(self.as_f64(), 0.0),
        }
    }

    /// Whether the value is neither zero nor `false`.
    pub fn as_bool(self) -> bool {
        match self.dtype.kind() {
            Kind::Float | Kind::Complex => self.as_complex() != Complex::new(0.0, 0.0),
            _ => self.bits != 0,
        }
    }

    /// The value in another dtype, by the rules of `from_f64` (from floats) and `from_i128` (from integers).
    pub fn cast(self, dtype: DType) -> Scalar {
        match self.dtype.kind() {
            _ if dtype == self.dtype => self,
            Kind::Bool | Kind::Signed | Kind::Unsigned | Kind::Opaque => Scalar::from_i128(dtype, self.as_i128()),
            Kind::Float => match dtype {
                DType::Bool => Scalar::bool(self.as_bool()),
                _ => Scalar::from_f64(dtype, self.as_f64()),
            },
            Kind::Complex => match dtype {
                DType::Bool => Scalar::bool(self.as_bool()),
                _ => Scalar::from_complex(dtype, self.as_complex()),
            },
        }
    }

    /// The bytes in native order, `dtype.size()` of them.
    pub fn to_bytes(self) -> smallvec::SmallVec<[u8; 16]> {
        self.bits.to_le_bytes()[..self.dtype.size()].iter().copied().collect()
    }

    /// The element stored in these bytes (little endian, `dtype.size()` of them).
    pub fn from_bytes(dtype: DType, bytes: &[u8]) -> Scalar {
        let mut buffer = [0u8; 16];
        buffer[..dtype.size()].copy_from_slice(&bytes[..dtype.size()]);
        Scalar { dtype, bits: u128::from_le_bytes(buffer) }
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.dtype.kind() {
            Kind::Bool => write!(f, "{}", if self.bits != 0 { "True" } else { "False" }),
            Kind::Signed | Kind::Unsigned | Kind::Opaque => write!(f, "{}", self.as_i128()),
            Kind::Float => match self.dtype {
                DType::F16 => write!(f, "{:?}", f16::from_bits(self.bits as u16)),
                DType::BF16 => write!(f, "{:?}", bf16::from_bits(self.bits as u16)),
                DType::F32 => write!(f, "{:?}", f32::from_bits(self.bits as u32)),
                _ => write!(f, "{:?}", self.as_f64()),
            },
            Kind::Complex => {
                let z = self.as_complex();
                write!(f, "({}{:+}j)", z.re, z.im)
            }
        }
    }
}

impl fmt::Debug for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}:{}", self.dtype.short_name())
    }
}
