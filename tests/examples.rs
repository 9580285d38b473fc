//! What the examples print, against the numbers of JAX's introductory course and the recordings from JAX.
#![allow(clippy::print_stdout, reason = "deviations are reported")]

use std::collections::HashMap;
use std::process::Command;

/// What an example prints, with these arguments.
fn output(example: &str, args: &[&str]) -> String {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR")).args(["run", "--quiet", "--example", example]);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    let run = cargo.arg("--").args(args).output().expect("cargo runs");
    assert!(run.status.success(), "{example}: {}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).expect("text")
}

/// The numbers in a text, in order.
fn numbers(text: &str) -> Vec<f64> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || "+-._".contains(c)));
    words.filter_map(|word| word.trim_end_matches('.').parse().ok()).collect()
}

#[track_caller]
fn near(got: f64, expected: f64, relative: f64) {
    assert!((got - expected).abs() <= relative * expected.abs(), "{got} is not {expected}");
}

/// `golden/digits_losses.txt`: for each name the decimal values in order.
fn golden() -> HashMap<&'static str, Vec<f64>> {
    let mut values = HashMap::<_, Vec<f64>>::new();
    for line in include_str!("../golden/digits_losses.txt").lines().filter(|line| !line.starts_with("//")) {
        let mut words = line.split(' ');
        if let (Some(name), Some(Ok(value))) = (words.next(), words.next_back().map(str::parse)) {
            values.entry(name).or_default().push(value);
        }
    }
    values
}

#[test]
fn selu() {
    let out = output("selu", &[]);
    assert!(
        out.contains("{ lambda ; a:f32[1000000] b:f32[] c:f32[]. let\n    d:bool[1000000] = gt a 0.0:f32[]\n"),
        "{out}"
    );
    assert!(out.contains("e:f32[1000000] = exp a\n") && out.contains("select_n d i a\n"), "{out}");
    assert!(out.lines().last().is_some_and(|line| line.ends_with("times faster")), "{out}");
}

#[test]
fn pure() {
    assert_eq!(output("pure", &[]), "12\n22\ncompiled 1 time\n");
}

#[test]
fn arrays() {
    let expected = "[[0. 0. 0. 0. 0.]\n [0. 0. 0. 0. 0.]]\nArray([0, 1, 2, 3, 4, 5], dtype=int32)\n";
    let expected = expected.to_owned() + "{cpu(id=0)}\n[0, 1, 2, 3, 4, 5]\n";
    assert_eq!(output("arrays", &[]), expected);
}

#[test]
fn linear() {
    let rows = "[5., 5., 5.],\n       ".repeat(4);
    let expected = format!("Array([5., 5., 5.], dtype=float32)\nArray([{rows}[5., 5., 5.]], dtype=float32)\n");
    assert_eq!(output("linear", &[]), expected);
}

#[test]
fn descent() {
    let (out, golden) = (output("descent", &[]), golden());
    let mut lines = out.lines();
    let mut line = || lines.next().expect("a line");
    assert_eq!(line(), "Array([ 0.1086251 , -0.16293764, -0.54312545], dtype=float32)");
    let errors: Vec<f64> = (0..20).map(|_| line().parse().expect("a number")).collect();
    for (i, &error) in errors.iter().enumerate() {
        // Printed with five digits behind the point.
        near(error, golden["descent_error_before_step"][10 * i + 1], 1e-5 + 5e-6 / error);
    }
    for (error, deck) in errors.iter().zip([3.66572, 3.49906, 3.33239, 3.16572]) {
        near(*error, deck, 1e-5);
    }
    near(errors[18], 0.66573, 1.6e-5);
    near(errors[19], 0.49906, 2.1e-5);
    for (end, name) in [(line(), "descent_end"), (line(), "descent_end")] {
        numbers(end).iter().zip(&golden[name]).for_each(|(got, expected)| near(*got, *expected, 1e-5));
        numbers(end).iter().zip([0.11375, 4.82937, 9.43125]).for_each(|(got, deck)| near(*got, deck, 1e-5));
    }
    for end in [line(), line()] {
        let error = numbers(end).pop().expect("an error");
        assert!(error < 5e-4 && numbers(end).len() == 4, "{end}");
        near(error, golden["annealed_final_error"][0], 0.02);
    }
}

#[test]
fn prng() {
    let out = output("prng", &[]);
    assert!(out.starts_with("Array((), dtype=key<fry>) overlaying:\n[ 0 42]\n"), "{out}");
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[2], "Partitionable");
    assert_eq!(lines[3..5], ["0.48870957"; 2]);
    assert_eq!(lines[7], "Original");
    assert_eq!(lines[8..10], ["0.42672753"; 2]);
    assert_eq!(lines[5..7], ["0.46040496"; 2]);
    assert_eq!(lines[10..12], ["0.24201576"; 2]);
}

/// The example's own functions, for what it does not print.
#[allow(dead_code, reason = "only its first steps are taken here")]
#[path = "../examples/digits.rs"]
mod digits;

#[test]
fn digits_begin_as_in_jax() {
    let golden = golden();
    let mut model = digits::init(jax::random::key(0));
    let layers = model.hidden.iter().chain([&model.output]);
    let weights: Vec<f32> = layers.flat_map(|layer| layer.w.as_slice::<f32>()[..8].to_vec()).collect();
    assert_eq!(weights.len(), golden["weight"].len());
    weights.iter().zip(&golden["weight"]).for_each(|(got, expected)| near(*got as f64, *expected, 1e-6));

    let first_batch = digits::batches(0).next().expect("a batch");
    let recorded = include_str!("../golden/digits_losses.txt").lines();
    let line = recorded.filter_map(|line| line.strip_prefix("epoch_0_permutation_first_10 ")).next().expect("a line");
    let expected: Vec<i32> = line.split(' ').map(|place| place.parse().expect("a number")).collect();
    assert_eq!(first_batch.as_slice::<i32>()[..10], expected);

    let [train, _] = digits::data();
    let mut velocity = jax::tree::map(|p| jax::numpy::zeros_like(p), model.clone());
    let mut worst = 0f64;
    for (batch, expected) in digits::batches(0).zip(&golden["loss"]) {
        let loss;
        (loss, model, velocity) = digits::step(model, velocity, &train.x, &train.labels, batch);
        worst = worst.max((loss.item_f64() / expected - 1.0).abs());
    }
    assert_eq!(golden["loss"].len(), 20);
    assert!(worst < 1e-4, "{worst}");
    println!("the first 20 losses are within {worst:.1e} of JAX's");
}

#[test]
fn digits_learn() {
    let curve = std::env::temp_dir().join(format!("digits-{}.png", std::process::id()));
    let out = output("digits", &[curve.to_str().expect("a path")]);
    assert!(out.starts_with("1320 steps in ") && out.contains("compiled 1 time"), "{out}");
    let line = out.lines().find_map(|line| line.strip_prefix("test accuracy ")).expect("an accuracy");
    assert!(numbers(line)[0] >= 97.0, "{line}");
    assert!(std::fs::read(&curve).expect("a picture").starts_with(b"\x89PNG"));
    std::fs::remove_file(curve).expect("the picture is there");
}

#[test]
fn lorenz() {
    let picture = std::env::temp_dir().join(format!("lorenz-{}.png", std::process::id()));
    let out = output("lorenz", &[picture.to_str().expect("a path")]);
    let recorded = include_str!("../golden/lorenz.txt").lines().filter(|line| !line.starts_with("//"));
    let mut rows = 0;
    for (line, expected) in out.lines().zip(recorded) {
        let printed = numbers(line.split_once(':').expect("a time").1);
        let expected: Vec<f64> = expected.split(' ').skip(1).map(|value| value.parse().expect("a number")).collect();
        // The text between the two has numbers of its own: `d(x0, y0, z0)` are none.
        assert_eq!(printed.len(), expected.len(), "{line}");
        printed.iter().zip(&expected).for_each(|(got, want)| assert!((got - want).abs() < 1e-4, "{line}: {want}"));
        rows += 1;
    }
    assert_eq!(rows, 4);
    assert!(out.contains("compiled 1 time"), "{out}");
    assert!(std::fs::read(&picture).expect("a picture").starts_with(b"\x89PNG"));
    std::fs::remove_file(picture).expect("the picture is there");
}

#[test]
fn control_flow() {
    let out = output("control_flow", &[]);
    let expected = [
        "bend: 9 and 3, with slopes 6 and -1\ncollatz: 111 steps from 27, 118 from 97\ncompiled 1 time\n",
        "lines of its program for 20 turns: 14, for 20000: 14\n",
        "fibonacci: [  1   1   2   3   5   8  13  21  34  55  89 144]\n",
    ];
    for part in expected {
        assert!(out.contains(part), "{part} in {out}");
    }
}

#[test]
fn newton() {
    let out = output("newton", &[]);
    let lines: Vec<Vec<f64>> = out.lines().filter(|line| line.starts_with("root")).map(numbers).collect();
    assert_eq!(lines.len(), 4, "{out}");
    for line in lines {
        let [x, y, slope, theorem] = line[..] else { panic!("{line:?}") };
        near(y * y * y + y, x, 1e-8);
        near(slope, theorem, 1e-8);
    }
    assert!(out.ends_with("compiled 1 time\n"), "{out}");
}

#[test]
fn mandelbrot() {
    let out = output("mandelbrot", &[]);
    let inside = numbers(out.lines().nth(1).unwrap_or_default());
    // The set's area is 1.5066 of the window's 7.04; 200 turns and coarse pixels let a little more in.
    assert!(matches!(inside[..], [percent] if (20.0..23.0).contains(&percent)), "{out}");
}
