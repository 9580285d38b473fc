//! Operators and functions of `jnp` beside what JAX gave: promotion over all pairs of dtypes, integer functions over
//! edge cases, exact float functions bit for bit.

use jax::prelude::*;
use jax_core::base::Scalar;

fn lines(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().filter(|line| !line.starts_with("//")).map(|line| line.split_whitespace().collect())
}

/// An array of this name in promotion.txt: a star marks the weak type of a Rust scalar.
fn typed(name: &str) -> Array {
    match name {
        "i*" => jnp::asarray(1),
        "f*" => jnp::asarray(1.0),
        "c*" => jnp::asarray(num_complex::Complex::new(1.0, 0.0)),
        _ => jnp::ones_with((), jnp::dtype(dtype(name))),
    }
}

fn dtype(name: &str) -> DType {
    let name = if name == "b1" { "bool" } else { name };
    DType::from_name(name).unwrap_or_else(|| panic!("no dtype {name}"))
}

#[test]
fn operators_promote_as_recorded() {
    let mut count = 0;
    for line in lines(include_str!("../golden/promotion.txt")) {
        let [a, b, result, weak] = line[..] else { panic!("{line:?}") };
        let sum = typed(a) + typed(b);
        let chosen = jnp::where_(true, typed(a), typed(b));
        let expected = match result {
            "i*" => DType::I32,
            "f*" => DType::F32,
            "c*" => DType::C64,
            strong => dtype(strong),
        };
        for (what, array) in [("add", sum), ("where", chosen)] {
            assert_eq!((array.dtype(), array.weak_type()), (expected, weak == "1"), "{what} {a} {b}");
        }
        count += 1;
    }
    assert_eq!(count, 18 * 18);
}

/// The function of two arrays with this name in values.txt.
fn binary(name: &str) -> Option<fn(&Array, &Array) -> Array> {
    Some(match name {
        "add" => |x, y| jnp::add(x, y),
        "sub" => |x, y| jnp::subtract(x, y),
        "mul" => |x, y| jnp::multiply(x, y),
        "rem" => |x, y| jnp::fmod(x, y),
        "mod" => |x, y| jnp::mod_(x, y),
        "floor_divide" => |x, y| jnp::floor_divide(x, y),
        "max" => |x, y| jnp::maximum(x, y),
        "min" => |x, y| jnp::minimum(x, y),
        "shift_left" => |x, y| jnp::left_shift(x, y),
        "shift_right_arithmetic" => |x, y| lax::shift_right_arithmetic(x, y),
        "shift_right_logical" => |x, y| lax::shift_right_logical(x, y),
        _ => return None,
    })
}

/// The function of one array with this name in values.txt.
fn unary(name: &str) -> Option<fn(&Array) -> Array> {
    Some(match name {
        "abs" => |x| jnp::abs(x),
        "neg" => |x| jnp::negative(x),
        "not" => |x| jnp::bitwise_not(x),
        "sign" => |x| jnp::sign(x),
        "population_count" => |x| lax::population_count(x),
        "clz" => |x| lax::clz(x),
        "square" => |x| jnp::square(x),
        "floor" => |x| jnp::floor(x),
        "ceil" => |x| jnp::ceil(x),
        "trunc" => |x| jnp::trunc(x),
        "round_half_even" => |x| jnp::round(x),
        "reciprocal" => |x| jnp::reciprocal(x),
        "sqrt" => |x| jnp::sqrt(x),
        _ => return None,
    })
}

/// A number of values.txt: decimal for integers, bits for floats.
fn number(dtype: DType, text: &str) -> Scalar {
    if !dtype.is_float() {
        return Scalar::from_i128(dtype, text.parse().expect("a decimal number"));
    }
    match text {
        "nan" => Scalar::from_f64(dtype, f64::NAN),
        bits => Scalar::from_bits(dtype, u128::from_str_radix(bits, 16).expect("hexadecimal bits")),
    }
}

fn column(dtype: DType, numbers: &[Scalar]) -> Array {
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_bytes()).collect();
    Array::from_bytes(dtype, &[numbers.len()], &bytes)
}

#[test]
fn functions_give_what_was_recorded() {
    // Recorded operands and results of each function and dtype, to run as one array.
    let mut groups = std::collections::BTreeMap::<(&str, &str), Vec<Vec<&str>>>::new();
    for line in lines(include_str!("../golden/values.txt")) {
        if binary(line[0]).is_some() || unary(line[0]).is_some() {
            groups.entry((line[0], line[1])).or_default().push(line);
        }
    }
    let mut checked = 0;
    for ((name, kind), rows) in &groups {
        let dtype = DType::from_name(kind).expect("a dtype");
        let at = |place: usize| -> Vec<Scalar> { rows.iter().map(|row| number(dtype, row[place])).collect() };
        let (result, expected) = match (rows[0].len(), binary(name), unary(name)) {
            (6, Some(f), _) => (f(&column(dtype, &at(2)), &column(dtype, &at(3))), at(5)),
            (5, _, Some(f)) => (f(&column(dtype, &at(2))), at(4)),
            _ => panic!("{name} {kind}: {:?}", rows[0]),
        };
        for ((got, want), row) in result.scalars().into_iter().zip(expected).zip(rows) {
            let both_nan = dtype.is_float() && got.as_f64().is_nan() && want.as_f64().is_nan();
            assert!(got == want || both_nan, "{}: got {got:?}, not {want:?}", row.join(" "));
            checked += 1;
        }
    }
    assert!(checked > 8000, "only {checked} values");
}
