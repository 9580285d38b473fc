//! Arrays print byte for byte as `golden/printing.txt` has them from JAX 0.10.2 with NumPy 2.4; `golden/README.md`
//! has its grammar.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;

use jax_core::array::IntoArray;
use jax_core::base::print::{repr, str};
use jax_core::base::{DType, Scalar};

/// An array and its two texts.
#[derive(Debug)]
struct Block<'a> {
    dtype: DType,
    shape: Vec<usize>,
    weak: bool,
    bytes: Vec<u8>,
    str: &'a str,
    repr: &'a str,
}

/// What is left of the recording.
struct Reader<'a>(&'a str);

impl<'a> Reader<'a> {
    fn line(&mut self) -> &'a str {
        let (line, rest) = self.0.split_once('\n').unwrap();
        self.0 = rest;
        line
    }

    /// A text after a line with its name and length.
    fn text(&mut self, name: &str) -> &'a str {
        let head = self.line();
        let length: usize = head.strip_prefix(name).unwrap().trim().parse().unwrap();
        let (text, rest) = self.0.split_at(length);
        self.0 = rest.strip_prefix('\n').unwrap();
        text
    }

    fn block(&mut self) -> Block<'a> {
        let words: Vec<&str> = self.line().split(' ').collect();
        let (&["array", dtype, extents], rest) = words.split_first_chunk::<3>().unwrap() else { panic!("{words:?}") };
        let dtype = DType::from_name(dtype).unwrap();
        let extents = extents.trim_matches(['[', ']']).split(',').filter(|extent| !extent.is_empty());
        let shape = extents.map(|extent| extent.parse().unwrap()).collect();
        let bytes = bytes(dtype, self.line());
        Block { dtype, shape, weak: rest == ["weak"], bytes, str: self.text("str "), repr: self.text("repr ") }
    }
}

/// The elements, of a line with their bits or with a count, a first one and a step.
fn bytes(dtype: DType, line: &str) -> Vec<u8> {
    let mut words = line.split(' ').filter(|word| !word.is_empty());
    match words.next().unwrap() {
        "data" => words.flat_map(little_endian).collect(),
        "iota" => {
            let [count, start, step] =
                [words.next(), words.next(), words.next()].map(|word| word.unwrap().rsplit('=').next().unwrap());
            let (start, step): (f64, f64) = (start.parse().unwrap(), step.parse().unwrap());
            let element = |i: usize| Scalar::from_f64(dtype, start + i as f64 * step);
            (0..count.parse().unwrap()).flat_map(|i| element(i).to_bytes()).collect()
        }
        other => panic!("an array of {other}"),
    }
}

fn little_endian(digits: &str) -> Vec<u8> {
    (0..digits.len()).step_by(2).rev().map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn arrays_print_as_recorded() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../golden/printing.txt");
    let text = std::fs::read_to_string(file).unwrap();
    let mut reader = Reader(&text);
    while !reader.0.starts_with("array ") {
        reader.line();
    }
    let (mut blocks, mut failures) = (0, Vec::new());
    while !reader.0.is_empty() {
        let block = reader.block();
        let Block { dtype, shape, weak, bytes, .. } = &block;
        let found = [str(*dtype, shape, bytes), repr(*dtype, shape, bytes, *weak)];
        if found != [block.str, block.repr] {
            let [str, repr] = found;
            let (dtype, shape) = (block.dtype, &block.shape);
            failures.push(format!(
                "{dtype} {shape:?}\n-- JAX --\n{}\n{}\n-- here --\n{str}\n{repr}",
                block.str, block.repr
            ));
        }
        blocks += 1;
    }
    assert!(failures.is_empty(), "{}\n\n{} of {blocks} arrays", failures.join("\n\n"), failures.len());
    assert_eq!(blocks, 240);
}

#[test]
fn scalars_take_width_and_precision_as_rusts_numbers() {
    let pi = std::f32::consts::PI.into_array();
    assert_eq!(format!("{pi:.3}|{pi:8.2}|{pi:<8.2}|{pi:+.1}"), "3.142|    3.14|3.14    |+3.1");
    let (n, yes) = (42.into_array(), true.into_array());
    assert_eq!(format!("{n:5}|{n:<5}|{n:^6}|{n:.2}|{yes:>5}"), "   42|42   |  42  |42| True");
    // NumPy's `precision`: the most digits after the point.
    let x = [1.0f32, 0.123_456_7].into_array();
    assert_eq!(format!("{x:.3} {x}"), "[1.    0.123] [1.        0.1234567]");
}
