//! Reads `golden/values.txt`: values of numeric functions recorded from JAX, floats correctly rounded.

use jax_core::base::{DType, Scalar};

/// One line: a function, its arguments and its value.
pub struct Case {
    /// The function, or `to_` and a dtype for a conversion.
    pub function: String,
    /// The dtype of the arguments.
    pub dtype: DType,
    /// One or two arguments.
    pub args: Vec<Scalar>,
    /// The value; its dtype is the arguments' unless the function is a conversion.
    pub value: Scalar,
}

/// A dtype by its name.
fn dtype(name: &str) -> DType {
    match name {
        "bool" => DType::Bool,
        "int8" => DType::I8,
        "int16" => DType::I16,
        "int32" => DType::I32,
        "int64" => DType::I64,
        "uint8" => DType::U8,
        "uint16" => DType::U16,
        "uint32" => DType::U32,
        "uint64" => DType::U64,
        "float32" => DType::F32,
        "float64" => DType::F64,
        _ => panic!("dtype {name}"),
    }
}

/// Hexadecimal bits or `nan` for floats, decimal for integers.
fn scalar(dtype: DType, text: &str) -> Scalar {
    match text {
        "nan" => Scalar::from_f64(dtype, f64::NAN),
        _ if dtype.is_float() => Scalar::from_bits(dtype, u128::from_str_radix(text, 16).unwrap()),
        _ if dtype == DType::Bool => Scalar::bool(text != "0"),
        _ => Scalar::from_i128(dtype, text.parse().unwrap()),
    }
}

/// All lines of the file, in order.
pub fn cases() -> Vec<Case> {
    let lines = include_str!("../../../golden/values.txt").lines().filter(|line| !line.starts_with("//"));
    let case = |line: &str| {
        let mut words = line.split(' ');
        let function = words.next().unwrap().to_string();
        let dtype_of_args = dtype(words.next().unwrap());
        let words: Vec<&str> = words.collect();
        let [args @ .., "=", value] = &words[..] else { panic!("{line}") };
        let result = function.strip_prefix("to_").map_or(dtype_of_args, dtype);
        let args = args.iter().map(|text| scalar(dtype_of_args, text)).collect();
        Case { function, dtype: dtype_of_args, args, value: scalar(result, value) }
    };
    lines.map(case).collect()
}
