//! `jax::random` against `golden/prng.txt`, recorded from JAX: integers and bits equal, floats within their bound.

use std::collections::HashMap;

use jax::random::{self, Key, Layout};
use jax::{Array, DType};

/// One recorded line: a layout, whether 64-bit types were enabled, a function with its arguments, and the result.
struct Case<'a> {
    line: &'a str,
    layout: Layout,
    wide: bool,
    function: &'a str,
    args: HashMap<&'a str, &'a str>,
    result: &'a str,
    values: Vec<&'a str>,
}

impl<'a> Case<'a> {
    fn read(line: &'a str) -> Case<'a> {
        let fields: Vec<&str> = line.split('|').map(str::trim).collect();
        let mut words = fields[0].split(' ');
        let layout = match words.next() {
            Some("original") => Layout::Original,
            Some("partitionable") => Layout::Partitionable,
            other => panic!("{other:?} in {line}"),
        };
        let wide = words.next() == Some("x64");
        let function = words.next().expect("a function");
        let args = words.map(|word| word.split_once('=').expect("name=value")).collect();
        Case { line, layout, wide, function, args, result: fields[1], values: fields[2].split_whitespace().collect() }
    }

    fn list<T: std::str::FromStr>(&self, name: &str) -> Vec<T> {
        let items = self.args[name].trim_matches(['[', ']']).split(',').filter(|item| !item.is_empty());
        items.map(|item| item.parse().ok().unwrap_or_else(|| panic!("{item} in {}", self.line))).collect()
    }

    fn number<T: std::str::FromStr>(&self, name: &str) -> T {
        self.list(name).remove(0)
    }

    fn key(&self) -> Key {
        let words: Vec<u32> = self.list("key");
        random::wrap_key_data(Array::from_slice(&words, &[2])).with_layout(self.layout)
    }

    fn shape(&self) -> Vec<usize> {
        self.list("shape")
    }

    fn dtype(&self) -> DType {
        DType::from_name(self.args["dtype"]).expect("a dtype")
    }

    fn bound(&self, name: &str) -> i64 {
        self.number(name)
    }

    fn matrix(&self) -> Array {
        let shape: Vec<usize> = self.list("iota");
        let elements: Vec<i32> = (0..shape.iter().product::<usize>() as i32).collect();
        Array::from_slice(&elements, &shape)
    }

    /// What this library computes for it; `None` for what depends on JAX's global switch to 64-bit defaults, which
    /// this library does not have.
    fn run(&self) -> Option<Array> {
        Some(match self.function {
            "key" => {
                let seed: i64 = self.number("seed");
                let key = if self.wide { random::key(seed) } else { random::key(seed as i32) };
                random::key_data(&key)
            }
            "split" => random::key_data(&random::split_array(self.key(), self.list::<usize>("num"))),
            "fold_in" => random::key_data(&random::fold_in(self.key(), self.number::<u32>("data"))),
            "bits" => random::bits_with(self.key(), self.shape(), self.dtype()),
            "uniform" => {
                let (low, high): (f64, f64) = (self.number("minval"), self.number("maxval"));
                random::uniform_with(self.key(), self.shape(), self.dtype(), low, high)
            }
            "normal" => random::normal_with(self.key(), self.shape(), self.dtype()),
            "randint" => {
                let (low, high) = (self.bound("minval"), self.bound("maxval"));
                random::randint_with(self.key(), self.shape(), low, high, self.dtype())
            }
            "bernoulli" => random::bernoulli(self.key(), self.number::<f32>("p"), self.shape()),
            "permutation" => random::permutation(self.key(), self.number::<usize>("n")),
            "permutation_rows" => {
                let independent = self.args.contains_key("independent");
                random::permutation_with(self.key(), self.matrix(), self.number("axis"), independent)
            }
            "categorical" => {
                let logits = Array::from_slice(&self.list::<f32>("logits"), &[4]);
                random::categorical_with(self.key(), logits, -1, self.shape())
            }
            // Drawn from 64-bit integers, and with a 64-bit probability.
            "choice" if self.wide && self.args["replace"] == "1" => return None,
            "rademacher" if self.wide => return None,
            "choice" => {
                let options = random::ChoiceOptions::default().replace(self.args["replace"] == "1");
                random::choice_with(self.key(), self.number::<usize>("n"), self.shape(), options)
            }
            "rademacher" => random::rademacher(self.key(), self.shape()),
            "gumbel" => random::gumbel_with(self.key(), self.shape(), self.dtype()),
            "exponential" => random::exponential_with(self.key(), self.shape(), self.dtype()),
            "truncated_normal" => {
                let (lower, upper): (f64, f64) = (self.number("lower"), self.number("upper"));
                random::truncated_normal_with(self.key(), lower, upper, self.shape(), self.dtype())
            }
            "laplace" => random::laplace_with(self.key(), self.shape(), self.dtype()),
            "deck_uniform" => random::uniform(self.key(), ()),
            "deck_uniform_plus_normal" => random::uniform(self.key(), ()) + random::normal(self.key(), ()),
            "deck_normal_plus_uniform" => random::normal(self.key(), ()) + random::uniform(self.key(), ()),
            other => panic!("{other}"),
        })
    }

    /// How many ulp the function may be off: those that go through a polynomial.
    fn tolerance(&self) -> u64 {
        match self.function {
            "normal" | "truncated_normal" | "gumbel" | "exponential" | "laplace" => 4,
            _ => 0,
        }
    }

    /// What is wrong with the result.
    fn fault(&self) -> Option<String> {
        let got = self.run()?;
        let extents: Vec<String> = got.shape().iter().map(usize::to_string).collect();
        let last: usize = self.args.get("last").map_or(0, |last| last.parse().expect("a number"));
        let ty = format!("{}[{}]", got.dtype(), extents.join(","));
        // With 64-bit types enabled JAX's default integer is int64.
        let recorded =
            if self.args.contains_key("dtype") { self.result } else { &self.result.replace("int64", "int32") };
        if last == 0 && ty != recorded {
            return Some(format!("{}\n  has type {ty}", self.line));
        }
        let scalars = got.scalars();
        let tail = if last == 0 { &scalars[..] } else { &scalars[scalars.len() - last..] };
        assert_eq!(tail.len(), self.values.len(), "{}", self.line);
        let off = tail.iter().zip(&self.values).map(|(got, expected)| {
            if got.dtype().is_float() {
                let expected = u64::from_str_radix(expected, 16).expect("bits");
                ordered(got.bits() as u64, got.dtype()).abs_diff(ordered(expected, got.dtype()))
            } else {
                u64::from(got.as_i128().to_string() != *expected)
            }
        });
        let off = off.max().unwrap_or(0);
        (off > self.tolerance()).then(|| {
            let shown: Vec<String> = tail.iter().map(|s| format!("{:x}", s.bits())).collect();
            format!("{}\n  is {off} off: {}", self.line, shown.join(" "))
        })
    }
}

/// The bits of a float as an integer that counts the floats in order.
fn ordered(bits: u64, dtype: DType) -> i64 {
    let sign = 1u64 << (dtype.bits() - 1);
    if bits & sign == 0 { bits as i64 } else { -((bits & !sign) as i64) }
}

fn check(select: impl Fn(&Case<'_>) -> bool) {
    let golden = include_str!("../golden/prng.txt");
    let recorded = golden.lines().filter(|line| !line.starts_with("//") && !line.starts_with("text"));
    let cases: Vec<Case<'_>> = recorded.map(Case::read).filter(|case| select(case)).collect();
    assert!(cases.len() > 10);
    let faults: Vec<String> = cases.iter().filter_map(Case::fault).collect();
    assert!(faults.is_empty(), "{} of {}\n{}", faults.len(), cases.len(), faults.join("\n"));
}

#[test]
fn keys() {
    check(|case| matches!(case.function, "key" | "split" | "fold_in"));
}

#[test]
fn bits() {
    check(|case| case.function == "bits");
}

/// Whether floats of 16 bits are drawn.
fn half(case: &Case<'_>) -> bool {
    case.args.get("dtype").is_some_and(|dtype| matches!(*dtype, "float16" | "bfloat16"))
}

#[test]
fn uniform() {
    check(|case| matches!(case.function, "uniform" | "deck_uniform") && !half(case));
}

#[test]
fn normal() {
    check(|case| {
        matches!(case.function, "normal" | "deck_uniform_plus_normal" | "deck_normal_plus_uniform") && !half(case)
    });
}

/// `f32` samples that come of the inverse error function are JAX's own numbers, bit for bit, but for two of those
/// recorded; the deck's sum is one of the many.
#[test]
fn normals_are_the_same_numbers() {
    let golden = include_str!("../golden/prng.txt");
    let names = ["normal", "truncated_normal", "deck_uniform_plus_normal", "deck_normal_plus_uniform"];
    let recorded = golden.lines().filter(|line| !line.starts_with("//") && !line.starts_with("text"));
    let cases = recorded.map(Case::read).filter(|case| names.contains(&case.function));
    let (mut same, mut all) = (0, 0);
    for case in cases.filter(|case| case.result.starts_with("float32")) {
        let bits = |scalar: &jax_core::base::Scalar| format!("{:x}", scalar.bits());
        let got: Vec<String> = case.run().expect("a sample").scalars().iter().map(bits).collect();
        let tail = &got[got.len() - case.values.len()..];
        let differ = tail.iter().zip(&case.values).filter(|(got, expected)| got != expected).count();
        assert!(differ == 0 || !case.function.starts_with("deck"), "{}", case.line);
        (same, all) = (same + tail.len() - differ, all + tail.len());
    }
    assert_eq!((same, all), (258, 260));
}

#[test]
fn half_precision() {
    check(half);
}

#[test]
fn other_floats() {
    check(|case| matches!(case.function, "truncated_normal" | "gumbel" | "exponential" | "laplace"));
}

#[test]
fn integers() {
    check(|case| matches!(case.function, "randint" | "bernoulli" | "rademacher"));
}

#[test]
fn orders() {
    check(|case| case.function.starts_with("permutation") || matches!(case.function, "choice" | "categorical"));
}

#[test]
fn keys_print_as_jax_prints_them() {
    let golden = include_str!("../golden/prng.txt");
    let texts = golden.lines().filter_map(|line| line.strip_prefix("text "));
    let mut checked = 0;
    for (what, literal) in texts.filter_map(|line| line.split_once(" | ")) {
        let expected = literal.trim_matches('\'').replace("\\n", "\n");
        let mut words = what.split(' ');
        let form = words.next();
        let mut number = || words.next().and_then(|w| w.split_once('=')).and_then(|(_, n)| n.parse::<i32>().ok());
        let (seed, count) = (number().expect("a seed"), number().expect("a count"));
        let key = random::key(seed);
        let shown = if count == 0 { key } else { random::split_array(key, count) };
        match form {
            Some("str") => assert_eq!(shown.to_string(), expected),
            Some("repr") => assert_eq!(format!("{shown:?}"), expected),
            Some("key_data_repr") => assert_eq!(format!("{:?}", random::key_data(&shown)), expected),
            Some("dtype") => assert!(shown.to_string().contains(&format!("dtype={expected}"))),
            other => panic!("{other:?}"),
        }
        checked += 1;
    }
    assert_eq!(checked, 14);
}
