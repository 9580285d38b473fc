//! Operators on arrays, references and Rust scalars in every combination, with NumPy's promotion and broadcasting.
//!
//! Between Rust scalars (weakly typed integers) `/` and `%` are Rust's; as soon as an array takes part they are
//! NumPy's true division and remainder.

use std::ops::{
    Add, AddAssign, BitAnd, BitAndAssign, BitOr, BitOrAssign, BitXor, BitXorAssign, Div, DivAssign, Mul, MulAssign,
    Neg, Not, Rem, RemAssign, Shl, Shr, Sub, SubAssign,
};

use super::promote;
use crate::array::fail::raise;
use crate::array::{Array, IntoArray, at_caller};
use crate::base::error::ErrorKind;
use crate::base::{DType, Error, Kind};
use crate::prim::elementwise::constant_like;
use crate::prim::{arith, compare, logic, round, select};

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

/// Whether each element is not zero.
#[track_caller]
pub fn truth(x: &Array) -> Array {
    if x.dtype() == DType::Bool { x.clone() } else { compare::ne(x, &constant_like(x, 0.0)) }
}

/// `on_true` where `pred` holds, else `on_false`, with promotion and broadcasting.
#[track_caller]
pub fn where_(pred: &Array, on_true: &Array, on_false: &Array) -> Array {
    let pred = truth(pred);
    let cases = promote::dtypes(&[on_true, on_false]);
    let full = if pred.ndim() == 0 {
        let mut full = promote::broadcast_arrays("where", &[&cases[0], &cases[1]]);
        full.insert(0, pred);
        full
    } else {
        promote::broadcast_arrays("where", &[&pred, &cases[0], &cases[1]])
    };
    select::select(&full[0], &full[1], &full[2])
}

/// `on_true` where `pred` holds, else `on_false`: operands of one dtype that broadcast.
#[track_caller]
fn choose(pred: &Array, on_true: &Array, on_false: &Array) -> Array {
    let full = |a: &Array| promote::broadcast_to("select_n", a, pred.shape());
    at_caller(|| select::select(pred, &full(on_true), &full(on_false)))
}

/// `x % y` with the sign of `y`, as NumPy's remainder, 0 for integers when `y` is; Rust's, with the sign of `x`,
/// between Rust scalars.
#[track_caller]
pub fn rem(x: &Array, y: &Array) -> Array {
    let host = x.weak_type() && y.weak_type();
    let (x, y) = promote::binary_numeric(x, y);
    if host { arith::rem(&x, &y) } else { modulo(&x, &y) }
}

/// The remainder with the divisor's sign, of operands of one dtype of numbers.
#[track_caller]
fn modulo(x: &Array, y: &Array) -> Array {
    // An integer that is divided by zero leaves nothing: the remainder by 1.
    let y = match y.dtype().is_integer() {
        true => choose(&compare::eq(y, &constant_like(y, 0.0)), &constant_like(y, 1.0), y),
        false => y.clone(),
    };
    let truncated = arith::rem(x, &y);
    let zero = constant_like(&truncated, 0.0);
    let nonzero = compare::ne(&truncated, &zero);
    let other_sign = compare::ne(&compare::lt(&truncated, &zero), &compare::lt(&y, &zero));
    let shift = logic::and(&other_sign, &nonzero);
    choose(&shift, &arith::add(&truncated, &y), &truncated)
}

/// `x % y` with the sign of `y`, as NumPy's remainder; 0 for integers when `y` is.
#[track_caller]
pub fn remainder(x: &Array, y: &Array) -> Array {
    let (x, y) = promote::binary_numeric(x, y);
    modulo(&x, &y)
}

/// `x / y` rounded down, in the dtype that both promote to; -1 for integers when `y` is zero and `x` is not.
#[track_caller]
pub fn floor_divide(x: &Array, y: &Array) -> Array {
    let (x, y) = promote::binary_numeric(x, y);
    match x.dtype().kind() {
        Kind::Unsigned => arith::div(&x, &y),
        Kind::Bool | Kind::Signed => {
            let quotient = arith::div(&x, &y);
            let other_sign = compare::ne(&arith::sign(&x), &arith::sign(&y));
            let rest = arith::rem(&x, &y);
            let inexact = compare::ne(&rest, &constant_like(&rest, 0.0));
            let lower = logic::and(&other_sign, &inexact);
            choose(&lower, &arith::sub(&quotient, &constant_like(&quotient, 1.0)), &quotient)
        }
        Kind::Float => float_floor_divide(&x, &y),
        Kind::Complex | Kind::Opaque => raise(Error::new(
            ErrorKind::DType,
            "floor_divide",
            format!("floor_divide does not accept dtype {}. It accepts real numbers.", x.dtype()),
        )),
    }
}

/// The quotient of what is left without the remainder, which is nearly an integer, rounded.
#[track_caller]
fn float_floor_divide(x: &Array, y: &Array) -> Array {
    let rest = arith::rem(x, y);
    let by_zero = compare::eq(y, &constant_like(y, 0.0));
    let whole = arith::sub(x, &rest);
    let dividend = select::select(
        &promote::broadcast_to("floor_divide", &by_zero, whole.shape()),
        &promote::broadcast_to("floor_divide", x, whole.shape()),
        &whole,
    );
    let quotient = arith::div(&dividend, y);
    let inexact = compare::ne(&rest, &constant_like(&rest, 0.0));
    let other_sign = compare::ne(&arith::sign(y), &arith::sign(&rest));
    let lower = logic::and(&inexact, &other_sign);
    let floored = choose(&lower, &arith::sub(&quotient, &constant_like(&quotient, 1.0)), &quotient);
    round::round(&floored, round::RoundingMethod::AwayFromZero)
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
