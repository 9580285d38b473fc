//! Functions of `jnp` that look at parts of arrays, count, sort and choose, beside what JAX gave: golden/numpy.txt.

use std::collections::BTreeMap;

use jax::prelude::*;
use jax::random::{ChoiceOptions, Key};
use jax_core::base::Scalar;

/// `DTYPE[SHAPE]: VALUES` as an array.
fn array(text: &str) -> Array {
    let (ty, values) = text.split_once(':').expect("a colon");
    let (name, shape) = ty.trim().trim_end_matches(']').split_once('[').expect("a bracket");
    let dtype = DType::from_name(name).expect("a dtype");
    let shape: Vec<usize> = shape.split(',').filter(|e| !e.is_empty()).map(|e| e.parse().expect("an extent")).collect();
    let number = |text: &str| match dtype.is_float() {
        true => Scalar::from_f64(dtype, text.parse().expect("a float")),
        false => Scalar::from_i128(dtype, text.parse().expect("an integer")),
    };
    let bytes: Vec<u8> = values.split_whitespace().flat_map(|text| number(text).to_bytes()).collect();
    Array::from_bytes(dtype, &shape, &bytes)
}

/// The arrays that the recorded expressions name.
struct Inputs(BTreeMap<&'static str, Array>);

impl Inputs {
    fn get(&self, name: &str) -> Array {
        self.0[name].clone()
    }
}

fn axis(axis: i32) -> jnp::ReduceOptions {
    jnp::axis(axis)
}

fn at(axis: i32) -> jnp::QuantileOptions {
    jnp::QuantileOptions::default().axis(axis)
}

fn key() -> Key {
    random::key(42)
}

fn all(unique: jnp::Unique) -> Vec<Array> {
    vec![unique.values, unique.indices, unique.inverse_indices, unique.counts]
}

/// What the expression of this name gives.
fn result(name: &str, of: &Inputs) -> Vec<Array> {
    let [x, n, i, m, v, u, w, q, c, p] = ["x", "n", "i", "m", "v", "u", "w", "q", "c", "p"].map(|name| of.get(name));
    let none = || jnp::axis(None);
    let choice = ChoiceOptions::default;
    use jnp::QuantileMethod as Method;
    let one = match name {
        "sum_where" => jnp::sum_with(x, axis(1).where_(m)),
        "sum_initial" => jnp::sum_with(x, axis(0).initial(2.5)),
        "sum_where_int" => jnp::sum_with(i, none().where_(m).initial(10)),
        "prod_where" => jnp::prod_with(x, axis(0).where_(m).initial(2.0)),
        "mean_where" => jnp::mean_with(x, axis(1).where_(m)),
        "mean_where_row" => jnp::mean_with(x, axis(0).where_(m.index(0)).keepdims()),
        "var_where" => jnp::var_with(x, axis(1).where_(m).ddof(1.0)),
        "std_where" => jnp::std_with(x, axis(0).where_(m)),
        "max_where" => jnp::max_with(x, axis(1).where_(m).initial(-1.0)),
        "max_initial" => jnp::max_with(x, axis(0).initial(2.0)),
        "max_empty" => jnp::max_with(jnp::zeros((0, 2)), axis(0).initial(-3.0)),
        "min_where" => jnp::min_with(i, axis(1).where_(m).initial(5)),
        "min_where_all" => jnp::min_with(x, none().where_(m).initial(jnp::inf)),
        "all_where" => jnp::all_with(i, axis(1).where_(m)),
        "any_where" => jnp::any_with(i.greater(3), axis(0).where_(m)),
        "nansum_axis" => jnp::nansum_with(n, axis(0)),
        "nanmean_axis" => jnp::nanmean_with(n, axis(1)),
        "nanmean_where" => jnp::nanmean_with(n, axis(1).where_(m)),
        "nanvar" => jnp::nanvar(n),
        "nanvar_axis" => jnp::nanvar_with(n, axis(0).ddof(1.0).keepdims()),
        "nanstd_axis" => jnp::nanstd_with(n, axis(1)),
        "nanargmax_axis" => jnp::nanargmax_with(n, axis(1)),
        "nanargmin_axis" => jnp::nanargmin_with(n, axis(0)),
        "nanargmin" => jnp::nanargmin(n),
        "nanargmax_keepdims" => jnp::nanargmax_with(n, axis(0).keepdims()),
        "nancumsum" => jnp::nancumsum(n),
        "nancumprod_axis" => jnp::nancumprod_with(n, axis(1)),
        "median" => jnp::median(x),
        "median_axis" => jnp::median_with(x, axis(0)),
        "median_keepdims" => jnp::median_with(x, axis(1).keepdims()),
        "median_int" => jnp::median_with(i, axis(1)),
        "median_nan" => jnp::median_with(n, axis(0)),
        "nanmedian" => jnp::nanmedian(n),
        "nanmedian_axis" => jnp::nanmedian_with(n, axis(1)),
        "quantile_many" => jnp::quantile_with(x, q, at(1)),
        "quantile_axes" => jnp::quantile_with(c, q, jnp::QuantileOptions::default().axis((0, 2)).keepdims()),
        "quantile_lower" => jnp::quantile_with(x, 0.3, jnp::QuantileOptions::default().method(Method::Lower)),
        "quantile_higher" => jnp::quantile_with(x, q, at(0).method(Method::Higher)),
        "quantile_nearest" => jnp::quantile_with(x, q, at(0).method(Method::Nearest)),
        "quantile_midpoint" => jnp::quantile_with(x, 0.3, at(1).method(Method::Midpoint)),
        "percentile" => jnp::percentile_with(x, [10, 75], at(0)),
        "nanquantile" => jnp::nanquantile_with(n, q, at(1)),
        "nanpercentile" => jnp::nanpercentile_with(n, 30.0, at(0)),
        "average" => jnp::average(x, m),
        "average_axis" => jnp::average_with(x, w, axis(1)),
        "geomspace" => jnp::geomspace(1.0, 256.0, 9),
        "geomspace_negative" => jnp::geomspace(-2.0, -32.0, 5),
        "geomspace_int" => jnp::geomspace(1, 1000, 4),
        "unique" => jnp::unique(i),
        "unique_nan" => jnp::unique(u),
        "unique_size" => jnp::unique_with(v, jnp::size_of(6)),
        "unique_fill" => jnp::unique_with(v, jnp::size_of(6).fill_value(-1.0)),
        "unique_short" => jnp::unique_with(v, jnp::size_of(2)),
        "unique_all" => return all(jnp::unique_all(i)),
        "unique_all_size" => return all(jnp::unique_all_with(v, jnp::size_of(6))),
        "unique_bool" => jnp::unique(m),
        "nonzero" => return jnp::nonzero(i),
        "nonzero_size" => return jnp::nonzero_with(m, jnp::size_of(10).fill_value(-1)),
        "nonzero_short" => return jnp::nonzero_with(m, jnp::size_of(2)),
        "flatnonzero" => jnp::flatnonzero(m),
        "argwhere" => jnp::argwhere(i),
        "bincount" => jnp::bincount(i.abs()),
        "bincount_negative" => jnp::bincount_with(i, jnp::BincountOptions::default().length(4)),
        "bincount_weights" => jnp::bincount_with([1, 3, 1, 6], jnp::BincountOptions::default().weights(w).length(5)),
        "isin" => jnp::isin(i, [3, 0]),
        "union1d" => jnp::union1d(i, [5, 3]),
        "union1d_size" => jnp::union1d_with(v, w, jnp::size_of(8)),
        "intersect1d" => jnp::intersect1d(i, [3, 9, 5]),
        "setdiff1d" => jnp::setdiff1d(i, [3, 9, 5]),
        "norm" => jnp::linalg::norm(x),
        "norm_1" => jnp::linalg::norm_with(x, 1, none()),
        "norm_minus_1" => jnp::linalg::norm_with(x, -1, none()),
        "norm_inf" => jnp::linalg::norm_with(x, jnp::inf, none()),
        "norm_minus_inf" => jnp::linalg::norm_with(x, -jnp::inf, none().keepdims()),
        "norm_fro" => jnp::linalg::norm_with(x, "fro", none()),
        "norm_matrices" => jnp::linalg::norm_with(c, 1, jnp::axis((0, 2))),
        "norm_matrices_turned" => jnp::linalg::norm_with(c, 1, jnp::axis((2, 0))),
        "norm_vectors_3" => jnp::linalg::norm_with(c, 3, axis(1)),
        "norm_vectors_0" => jnp::linalg::norm_with(i, 0, axis(0)),
        "norm_vectors_half" => jnp::linalg::norm_with(v, 0.5, none()),
        "norm_vectors_inf" => jnp::linalg::norm_with(c, -jnp::inf, axis(-1).keepdims()),
        "einsum_dots" => jnp::einsum("...ij,jk->...ik", &[c, x.t()]),
        "einsum_batch" => jnp::einsum("...ij,...kj->...ik", &[c.clone(), c]),
        "einsum_spread" => jnp::einsum("...j,...j->...", &[c, x.index(..1)]),
        "einsum_implicit" => jnp::einsum("...ij,...jk", &[c, x.t()]),
        "einsum_first" => jnp::einsum("i...->...", &[c]),
        "einsum_middle" => jnp::einsum("i...j,j->...i", &[c, w]),
        "arange_step" => jnp::arange_with(-8, jnp::ArangeOptions::default().start(7).step(-3)),
        "divide_int" => i.at(1).divide(2),
        "divide_float" => x.at((0, ..2)).divide([2.0, 4.0]),
        "choice_p" => random::choice_with(key(), 5, 12, choice().p(p)),
        "choice_p_rows" => random::choice_with(key(), x, 4, choice().p([0.2, 0.5, 0.3])),
        "choice_p_once" => random::choice_with(key(), 5, 4, choice().p(p).replace(false)),
        "choice_p_once_axis" => random::choice_with(key(), x, 2, choice().replace(false).p(&w / w.sum(None)).axis(1)),
        "choice_axis" => random::choice_with(key(), x, (2, 3), choice().axis(1)),
        "choice_axis_once" => random::choice_with(key(), x, 3, choice().axis(1).replace(false)),
        "choice_rows" => random::choice(key(), i, 5),
        "choice_none" => random::choice(key(), x, 0),
        _ => panic!("no function for {name}"),
    };
    vec![one]
}

#[test]
fn functions_give_what_was_recorded() {
    let mut inputs = Inputs(BTreeMap::new());
    let mut faults = Vec::new();
    let mut count = 0;
    for line in include_str!("../golden/numpy.txt").lines().filter(|line| !line.starts_with("//")) {
        let parts: Vec<&'static str> = line.split(" | ").collect();
        if let [input, value] = parts[..] {
            inputs.0.insert(input.trim_start_matches("input "), array(value));
            continue;
        }
        let [name, source, outs] = parts[..] else { panic!("{line}") };
        let expected: Vec<Array> = outs.split(" ; ").map(array).collect();
        let got = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| result(name, &inputs)));
        let near = |got: &Array, want: &Array| {
            let same = |(a, b): (Scalar, Scalar)| {
                let (a, b) = (a.as_f64(), b.as_f64());
                a == b || a.is_nan() && b.is_nan() || (a - b).abs() <= 2e-6 * b.abs()
            };
            (got.shape(), got.dtype()) == (want.shape(), want.dtype())
                && got.scalars().into_iter().zip(want.scalars()).all(same)
        };
        match got {
            Ok(got) if got.len() == expected.len() && got.iter().zip(&expected).all(|(g, e)| near(g, e)) => {}
            Ok(got) => faults.push(format!("{name}: {source}\n  got {got:?}\n  not {expected:?}")),
            Err(_) => faults.push(format!("{name}: {source} panicked")),
        }
        count += 1;
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(count >= 80, "only {count} expressions");
}

#[test]
fn integers_count_beyond_what_a_float_holds() {
    let first = (1i64 << 53) + 1;
    let options = jnp::ArangeOptions::default().start(first).dtype(DType::I64);
    let line = jnp::arange_with(first + 3, options);
    assert_eq!(line.to_vec::<i64>(), [first, first + 1, first + 2]);
    let down = jnp::ArangeOptions::default().start(first).step(-2i64).dtype(DType::I64);
    assert_eq!(jnp::arange_with(first - 5, down).to_vec::<i64>(), [first, first - 2, first - 4]);
}

#[test]
fn sizes_are_needed_where_elements_are_not_known() {
    let found = jit(|x: Array| jnp::unique_with(x, jnp::size_of(4)));
    assert_eq!(found(jnp::array([3, 1, 3])).to_vec::<i32>(), [1, 3, 1, 1]);
    let unsized_ = jit(|x: Array| jnp::unique(x));
    let message = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| unsized_(jnp::array([3, 1, 3]))))
        .expect_err("an error")
        .downcast::<String>()
        .expect("a text");
    assert!(message.contains("the size argument of jnp.unique must be statically specified"), "{message}");
}
