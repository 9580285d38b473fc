//! Texts recorded from JAX 0.10.2 with NumPy 2.4.

use bytemuck::cast_slice;
use half::bf16;
use num_complex::Complex;

use super::*;

fn f32s(shape: &[usize], values: &[f32]) -> String {
    repr(DType::F32, shape, cast_slice(values), false)
}

#[test]
fn floats_share_their_padding() {
    assert_eq!(f32s(&[3], &[5.0; 3]), "Array([5., 5., 5.], dtype=float32)");
    assert_eq!(
        f32s(&[3], &[0.1086251, -0.16293764, -0.54312545]),
        "Array([ 0.1086251 , -0.16293764, -0.54312545], dtype=float32)"
    );
    assert_eq!(str(DType::F32, &[2, 2], cast_slice(&[0f32; 4])), "[[0. 0.]\n [0. 0.]]");
    assert_eq!(
        str(DType::F32, &[3], cast_slice(&[1.2345678e-5f32, 0.1, 12.345675])),
        "[1.2345678e-05 1.0000000e-01 1.2345675e+01]"
    );
    assert_eq!(str(DType::F32, &[1], cast_slice(&[1e6f32])), "[1.e+06]");
    assert_eq!(str(DType::F64, &[1], cast_slice(&[1e7f64])), "[10000000.]");
}

#[test]
fn halfway_digits_go_to_the_even_one() {
    assert_eq!(str(DType::F32, &[], cast_slice(&[2834127.25f64 as f32])), "2.8341272e+06");
}

#[test]
fn rank_0() {
    let x = 0.42672753f32.to_ne_bytes();
    assert_eq!(str(DType::F32, &[], &x), "0.42672753");
    assert_eq!(repr(DType::F32, &[], &x, false), "Array(0.42672753, dtype=float32)");
    assert_eq!(repr(DType::I32, &[], &3i32.to_ne_bytes(), true), "Array(3, dtype=int32, weak_type=True)");
    assert_eq!(str(DType::F32, &[], &1e20f32.to_ne_bytes()), "1e+20");
    assert_eq!(repr(DType::F32, &[], &1e20f32.to_ne_bytes(), false), "Array(1.e+20, dtype=float32)");
    assert_eq!(str(DType::Bool, &[], &[1]), "True");
}

#[test]
fn bools_bfloat16_and_complex() {
    assert_eq!(str(DType::Bool, &[2], &[1, 0]), "[ True False]");
    let halves = [1.5, 2.25, 1e-3, 1e30, f32::NAN].map(bf16::from_f32);
    assert_eq!(str(DType::BF16, &[5], cast_slice(&halves)), "[1.5 2.25 0.000999451 1.00026e+30 nan]");
    let z = [Complex::new(1f32, 2.0), Complex::new(3.25, -4.0)];
    assert_eq!(repr(DType::C64, &[2], cast_slice(&z), false), "Array([1.  +2.j, 3.25-4.j], dtype=complex64)");
    assert_eq!(str(DType::C64, &[], cast_slice(&z[..1])), "(1+2j)");
}

#[test]
fn lines_blank_lines_and_summaries() {
    let thousands: Vec<i64> = (0..30).map(|i| i * 1000).collect();
    assert_eq!(
        str(DType::I64, &[30], cast_slice(&thousands)),
        "[    0  1000  2000  3000  4000  5000  6000  7000  8000  9000 10000 11000\n 12000 13000 14000 15000 16000 \
         17000 18000 19000 20000 21000 22000 23000\n 24000 25000 26000 27000 28000 29000]"
    );
    assert_eq!(str(DType::I8, &[2, 1, 2], &[1; 4]), "[[[1 1]]\n\n [[1 1]]]");
    let long: Vec<f64> = (0..2000).map(f64::from).collect();
    assert_eq!(
        repr(DType::F64, &[2000], cast_slice(&long), false),
        "Array([0.000e+00, 1.000e+00, 2.000e+00, ..., 1.997e+03, 1.998e+03,\n       1.999e+03], dtype=float64)"
    );
    assert_eq!(f32s(&[0, 3], &[]), "Array([], shape=(0, 3), dtype=float32)");
    assert_eq!(f32s(&[0], &[]), "Array([], shape=(0,), dtype=float32)");
    assert_eq!(str(DType::F32, &[0, 3], &[]), "[]");
}

#[test]
fn literals_are_python_numbers() {
    let f = |dtype, x| literal(Scalar::from_f64(dtype, x));
    assert_eq!(f(DType::F32, 2.0), "2.0");
    assert_eq!(f(DType::F32, 1e-5), "9.999999747378752e-06");
    assert_eq!(f(DType::F16, 0.1), "0.0999755859375");
    assert_eq!(f(DType::F64, 1e-5), "1e-05");
    assert_eq!(f(DType::F64, 1e-4), "0.0001");
    assert_eq!(f(DType::F64, 1e15), "1000000000000000.0");
    assert_eq!(f(DType::F32, 1e16), "1.0000000272564224e+16");
    assert_eq!(f(DType::F32, f64::NEG_INFINITY), "-inf");
    assert_eq!(f(DType::F32, -0.0), "-0.0");
    assert_eq!(f(DType::I8, 3.0), "3");
    assert_eq!(literal(Scalar::bool(true)), "True");
    assert_eq!(literal(Scalar::from_complex(DType::C64, Complex::new(1.0, 0.1))), "(1+0.10000000149011612j)");
    assert_eq!(literal(Scalar::from_complex(DType::C128, Complex::new(0.0, 1e-5))), "1e-05j");
    assert_eq!(literal(Scalar::from_complex(DType::C128, Complex::new(1e17, -2.0))), "(1e+17-2j)");
}
