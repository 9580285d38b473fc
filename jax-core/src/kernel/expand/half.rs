//! Half precision: `f16` and `bf16` as `f32` numbers that they can hold.
//!
//! Between operations a half is an `f32` node whose value fits; loads widen, operations that may not be exact round,
//! and stores narrow. All of it is integer and `f32` arithmetic that vectorizes.

use super::num::{Bits, Num};
use crate::base::DType;
use crate::kernel::{Body, Id};
use std::cell::RefCell;

/// The least normal `f16`.
const LEAST: f64 = 1.0 / 16384.0;

/// The `f32` value of a half node.
pub fn widen(body: &RefCell<Body>, id: Id) -> Id {
    let dtype = body.borrow().dtype(id);
    let bits = {
        let mut body = body.borrow_mut();
        let bits = body.bitcast(DType::U16, id);
        body.convert(DType::U32, bits)
    };
    let bits = Bits::new(body, bits);
    if dtype == DType::BF16 {
        return (bits << 16).float().id;
    }
    // The fields moved into place are the value times 2^-112, subnormals included.
    let magnitude = bits & 0x7fff;
    let scaled = (magnitude << 13).float() * 2f64.powi(112);
    let special = ((magnitude << 13) | 0x7f80_0000).float();
    let value = magnitude.signed_gt(0x7bff).select(special, scaled);
    (value.bits() | ((bits & 0x8000) << 16)).float().id
}

/// An `f32` number rounded to the nearest that the half dtype holds, ties to even.
pub fn round(body: &RefCell<Body>, dtype: DType, id: Id) -> Id {
    let x = Num::new(body, id);
    let bits = x.bits();
    let drop = if dtype == DType::BF16 { 16 } else { 13 };
    let half = (1u64 << (drop - 1)) - 1;
    let odd = bits.shift_right(drop) & 1;
    let rounded = ((bits + half + odd) & !((1u64 << drop) - 1) & 0xffff_ffff).float();
    let value = if dtype == DType::BF16 {
        rounded
    } else {
        let a = x.abs();
        // Adding 1/2, whose last bit is the least subnormal, rounds as a subnormal.
        let small = ((a + 0.5) - 0.5).with_sign_of(x);
        let value = a.lt(LEAST).select(small, rounded);
        let infinite = x.constant(f64::INFINITY).with_sign_of(x);
        rounded.abs().gt(65504.0).select(infinite, value)
    };
    // The payload of a NaN must not carry into the exponent.
    x.is_nan().select(f64::NAN, value).id
}

/// A number that fits the half dtype, as a node of it.
pub fn narrow(body: &RefCell<Body>, dtype: DType, id: Id) -> Id {
    let x = Num::new(body, id);
    let bits = x.bits();
    let half = if dtype == DType::BF16 {
        bits.shift_right(16)
    } else {
        let a = x.abs();
        // The value times 2^-112 has the fields in place; an infinity or NaN keeps its own.
        let finite = (a * 2f64.powi(-112)).bits().shift_right(13);
        let special = (a.bits().shift_right(13) & 0x3ff) | 0x7c00;
        let magnitude = a.exceeds(65504.0).select(special.float(), finite.float()).bits();
        magnitude | (bits.shift_right(16) & 0x8000)
    };
    let mut body = body.borrow_mut();
    let half = body.convert(DType::U16, half.id);
    body.bitcast(dtype, half)
}
