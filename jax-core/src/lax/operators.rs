//! Operators on arrays, references and Rust scalars in every combination, with NumPy's promotion and broadcasting.
//!
//! Between Rust scalars (weakly typed integers) `/` and `%` are Rust's; as soon as an array takes part they are
//! NumPy's true division and remainder.

use std::ops::{
    Add, AddAssign, BitAnd, BitAndAssign, BitOr, BitOrAssign, BitXor, BitXorAssign, Div, DivAssign, Mul, MulAssign,
    Neg, Not, Rem, RemAssign, Shl, Shr, Sub, SubAssign,
};

use super::promote;
use crate::array::{Array, IntoArray};
use crate::base::{DType, Kind};
use crate::prim::{arith, compare, logic, select};

/// Whether both operands are Rust integers.
fn host_integers(x: &Array, y: &Array) -> bool {
    [x, y].iter().all(|a| a.weak_type() && a.dtype().is_integer())
}

/// `x + y`; of truth values, or.
#[track_caller]
pub fn add(x: &Array, y: &Array) -> Array {
    let (x, y) = promote::binary(x, y);
    if x.dtype() == DType::Bool { logic::or(&x, &y) } else { arith::add(&x, &y) }
}

/// `x - y`.
#[track_caller]
pub fn sub(x: &Array, y: &Array) -> Array {
    let (x, y) = promote::binary(x, y);
    arith::sub(&x, &y)
}

/// `x * y`; of truth values, and.
#[track_caller]
pub fn mul(x: &Array, y: &Array) -> Array {
    let (x, y) = promote::binary(x, y);
    if x.dtype() == DType::Bool { logic::and(&x, &y) } else { arith::mul(&x, &y) }
}

/// `x / y`: true division, which gives floats for integers; Rust's division between Rust integers.
#[track_caller]
pub fn div(x: &Array, y: &Array) -> Array {
    let (x, y) = if host_integers(x, y) { promote::binary(x, y) } else { promote::binary_inexact(x, y) };
    arith::div(&x, &y)
}

/// `x % y` with the sign of `y`, as NumPy's remainder; Rust's, with the sign of `x`, between Rust scalars.
#[track_caller]
pub fn rem(x: &Array, y: &Array) -> Array {
    let host = x.weak_type() && y.weak_type();
    let (x, y) = promote::binary_numeric(x, y);
    let truncated = arith::rem(&x, &y);
    if host || x.dtype().kind() == Kind::Unsigned {
        return truncated;
    }
    let zero = crate::prim::elementwise::constant_like(&truncated, 0.0);
    let nonzero = compare::ne(&truncated, &zero);
    let other_sign = compare::ne(&compare::lt(&truncated, &zero), &compare::lt(&y, &zero));
    let shifted = arith::add(&truncated, &y);
    let pred = logic::and(&other_sign, &nonzero);
    let shape = pred.shape().to_vec();
    let full = |a: &Array| promote::broadcast_to(a, &shape);
    select::select(&pred, &full(&shifted), &full(&truncated))
}

/// Bitwise or logical and.
#[track_caller]
pub fn bitand(x: &Array, y: &Array) -> Array {
    let (x, y) = promote::binary(x, y);
    logic::and(&x, &y)
}

/// Bitwise or logical or.
#[track_caller]
pub fn bitor(x: &Array, y: &Array) -> Array {
    let (x, y) = promote::binary(x, y);
    logic::or(&x, &y)
}

/// Bitwise or logical exclusive or.
#[track_caller]
pub fn bitxor(x: &Array, y: &Array) -> Array {
    let (x, y) = promote::binary(x, y);
    logic::xor(&x, &y)
}

/// `x << y`.
#[track_caller]
pub fn shl(x: &Array, y: &Array) -> Array {
    let (x, y) = promote::binary_numeric(x, y);
    logic::shift_left(&x, &y)
}

/// `x >> y`, arithmetic for signed integers.
#[track_caller]
pub fn shr(x: &Array, y: &Array) -> Array {
    let (x, y) = promote::binary_numeric(x, y);
    if x.dtype().kind() == Kind::Unsigned {
        logic::shift_right_logical(&x, &y)
    } else {
        logic::shift_right_arithmetic(&x, &y)
    }
}

macro_rules! operators {
    ($($trait:ident $method:ident $function:ident [$($scalar:ty),*];)*) => {
        $(
            impl<R: IntoArray> $trait<R> for Array {
                type Output = Array;

                #[track_caller]
                fn $method(self, rhs: R) -> Array {
                    $function(&self, &rhs.into_array())
                }
            }

            impl<R: IntoArray> $trait<R> for &Array {
                type Output = Array;

                #[track_caller]
                fn $method(self, rhs: R) -> Array {
                    $function(self, &rhs.into_array())
                }
            }

            $(
                impl $trait<Array> for $scalar {
                    type Output = Array;

                    #[track_caller]
                    fn $method(self, rhs: Array) -> Array {
                        $function(&self.into_array(), &rhs)
                    }
                }

                impl $trait<&Array> for $scalar {
                    type Output = Array;

                    #[track_caller]
                    fn $method(self, rhs: &Array) -> Array {
                        $function(&self.into_array(), rhs)
                    }
                }
            )*
        )*
    };
}

operators! {
    Add add add [f32, f64, i32, i64, u32, u64, usize];
    Sub sub sub [f32, f64, i32, i64, u32, u64, usize];
    Mul mul mul [f32, f64, i32, i64, u32, u64, usize];
    Div div div [f32, f64, i32, i64, u32, u64, usize];
    Rem rem rem [f32, f64, i32, i64, u32, u64, usize];
    BitAnd bitand bitand [bool, i32, i64, u32, u64];
    BitOr bitor bitor [bool, i32, i64, u32, u64];
    BitXor bitxor bitxor [bool, i32, i64, u32, u64];
    Shl shl shl [i32, i64, u32, u64];
    Shr shr shr [i32, i64, u32, u64];
}

macro_rules! assignments {
    ($($trait:ident $method:ident $function:ident;)*) => {
        $(impl<R: IntoArray> $trait<R> for Array {
            #[track_caller]
            fn $method(&mut self, rhs: R) {
                *self = $function(self, &rhs.into_array());
            }
        })*
    };
}

assignments! {
    AddAssign add_assign add;
    SubAssign sub_assign sub;
    MulAssign mul_assign mul;
    DivAssign div_assign div;
    RemAssign rem_assign rem;
    BitAndAssign bitand_assign bitand;
    BitOrAssign bitor_assign bitor;
    BitXorAssign bitxor_assign bitxor;
}

macro_rules! prefixes {
    ($($trait:ident $method:ident $function:path;)*) => {
        $(
            impl $trait for Array {
                type Output = Array;

                #[track_caller]
                fn $method(self) -> Array {
                    $function(&self)
                }
            }

            impl $trait for &Array {
                type Output = Array;

                #[track_caller]
                fn $method(self) -> Array {
                    $function(self)
                }
            }
        )*
    };
}

prefixes! {
    Neg neg arith::neg;
    Not not logic::not;
}
