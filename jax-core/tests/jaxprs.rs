//! Jaxprs as text: JAX's own recorded text reads and prints to the letter, mangled text never panics, and the passes
//! from text to text, in `tests/jaxprs/PASS/*.jaxpr`.
//!
//! Such a file is a program, a line `----`, and what the pass makes of it: a program, or why it cannot. A comment
//! `// NAME: VALUE` in front says what the pass needs to know. `JAX_BLESS=1` writes what comes now into the files.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};

use jax_core::array::{builder, catch};
use jax_core::base::Scalar;
use jax_core::ir::lower::lower;
use jax_core::ir::verify::verify;
use jax_core::ir::{Aval, ClosedJaxpr, Jaxpr};
use jax_core::kernel::interp;
use jax_core::transform::batch::batch_jaxpr;
use jax_core::transform::jvp::{differentiable, jvp_jaxpr};
use jax_core::transform::{backward, cse, dce, linearize, optimize, simplify};

/// The recorded programs: name, one equation a line, and JAX's own layout.
fn recorded() -> Vec<(String, String, String)> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../golden/jaxprs.txt");
    let text = std::fs::read_to_string(file).unwrap();
    let cases = text.split("\n\n").filter_map(|block| block.strip_prefix("# "));
    cases
        .map(|case| {
            let (head, rest) = case.split_once("\n## jaxpr\n").unwrap();
            let (flat, pretty) = rest.split_once("\n## pretty\n").unwrap();
            let name = head.lines().next().unwrap();
            (name.to_string(), flat.to_string(), pretty.trim_end_matches('\n').to_string())
        })
        .collect()
}

/// Recorded programs that are none here, and why.
const MISSING: &[(&str, &str)] = &[
    ("plain_stack", "there is no primitive `stack`"),
    // Lanes with predicates of their own are loops of their own.
    ("vmap_while_pred", "cond_fun must return a boolean scalar, but got output type bool[3]."),
];

#[test]
fn recorded_programs_read_and_print_as_jax_prints_them() {
    let (mut failures, mut count) = (Vec::new(), 0);
    for (name, flat, pretty) in recorded() {
        if let Some((_, message)) = MISSING.iter().find(|(missing, _)| *missing == name) {
            let error = flat.parse::<Jaxpr>().unwrap_err();
            assert_eq!(error.message, *message);
            continue;
        }
        count += 1;
        let read = |text: &str, flat: bool| match text.parse::<Jaxpr>() {
            Ok(jaxpr) => {
                verify(&jaxpr).unwrap();
                if flat { format!("{jaxpr:#}") } else { jaxpr.to_string() }
            }
            Err(error) => error.to_string(),
        };
        for (text, is_flat) in [(&flat, true), (&pretty, false)] {
            let found = read(text, is_flat);
            if found != *text {
                failures.push(format!("# {name}\n{text}\n-- found --\n{found}\n"));
            }
        }
    }
    assert!(failures.is_empty(), "{}\n{} of {}", failures.join("\n"), failures.len(), 2 * count);
}

/// Text with a character gone or doubled, cut off, or with one number or word in place of another, gives a program
/// that verifies and prints, or an error with a place.
#[test]
fn mangled_text_never_panics() {
    let words = ["0", "7", "-1", "99999999999999999999", "a", "f32", "()", "{", "1.0:f32[]", "lambda", "=", "in ("];
    let mut turn = 0;
    for (_, flat, pretty) in recorded() {
        let text = if turn % 2 == 0 { flat } else { pretty };
        for (at, c) in text.char_indices().skip(turn % 41).step_by(41) {
            let (before, after) = (&text[..at], &text[at + c.len_utf8()..]);
            let rest = after.trim_start_matches(|c: char| c.is_alphanumeric());
            turn += 1;
            let word = words[turn % words.len()];
            for mangled in [
                before.to_string(),
                format!("{before}{after}"),
                format!("{before}{c}{c}{after}"),
                format!("{before}{word}{rest}"),
            ] {
                match mangled.parse::<Jaxpr>() {
                    Ok(jaxpr) => {
                        assert_eq!(verify(&jaxpr), Ok(()), "{mangled}");
                        let printed = format!("{jaxpr:#}");
                        assert_eq!(format!("{:#}", printed.parse::<Jaxpr>().unwrap()), printed);
                    }
                    Err(error) => assert!(error.line > 0 && error.column > 0),
                }
            }
        }
    }
}

/// Inputs that count through: `0, 0.5, 1, …`.
fn count_through(aval: &Aval) -> Vec<u8> {
    let value = |i: usize| Scalar::from_f64(aval.dtype, i as f64 / if aval.dtype.is_inexact() { 2.0 } else { 1.0 });
    (0..aval.size()).flat_map(|i| value(i).to_bytes()).collect()
}

#[test]
fn optimizing_recorded_programs_changes_no_bit() {
    let (mut before, mut after) = (0, 0);
    for (name, flat, _) in recorded().into_iter().filter(|(name, ..)| MISSING.iter().all(|(m, _)| m != name)) {
        let jaxpr: Jaxpr = flat.parse().unwrap();
        let optimized = optimize(&jaxpr);
        let vars = jaxpr.consts.iter().chain(&jaxpr.invars);
        let inputs: Vec<Vec<u8>> = vars.map(|&var| count_through(jaxpr.aval(var))).collect();
        let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
        assert_eq!(optimized.out_avals(), jaxpr.out_avals(), "{name}");
        let run = |jaxpr: &Jaxpr| interp::run(&lower(jaxpr), &inputs);
        assert_eq!(run(&optimized), run(&jaxpr), "{name}\n{optimized}");
        before += jaxpr.eqns.len();
        after += optimized.eqns.len();
    }
    assert!(after < before, "{before} equations became {after}");
}

/// The files of `tests/jaxprs`, with the name of their folder.
fn files() -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/jaxprs");
    let list = |folder: &Path| -> Vec<PathBuf> {
        let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    };
    let in_folder = |folder: PathBuf| {
        let name = folder.file_name().unwrap().to_str().unwrap().to_string();
        list(&folder).into_iter().map(move |file| (name.clone(), file))
    };
    list(&root).into_iter().flat_map(in_folder).collect()
}

/// The value of `// NAME: VALUE`.
fn setting(text: &str, name: &str) -> Option<usize> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("// ")?.split_once(": "));
    lines.filter(|(key, _)| *key == name).map(|(_, value)| value.trim().parse().unwrap()).next()
}

fn shown(jaxpr: &Jaxpr) -> String {
    format!("{}\n", jaxpr.text().flat().weak())
}

/// What a pass makes of a program, as text.
fn apply(pass: &str, text: &str, jaxpr: &Jaxpr) -> String {
    let avals = jaxpr.in_avals();
    let marks: Vec<bool> = avals.iter().map(|aval| differentiable(aval.dtype)).collect();
    let closed = ClosedJaxpr::new(jaxpr.clone());
    match pass {
        "print" => format!("{jaxpr}\n"),
        "dce" => shown(&dce(jaxpr)),
        "cse" => shown(&cse(jaxpr)),
        "simplify" => shown(&simplify(jaxpr)),
        "optimize" => shown(&optimize(jaxpr)),
        "jvp" => shown(&jvp_jaxpr(&closed, &marks, None).0.jaxpr),
        "vmap" => {
            let size = setting(text, "size").unwrap();
            let unbatched = setting(text, "unbatched");
            let batched: Vec<bool> = (0..avals.len()).map(|i| Some(i) != unbatched).collect();
            shown(&batch_jaxpr(&closed, &batched, None, size).0.jaxpr)
        }
        "linearize" => {
            let (known, linear) = builder::trace_with(&avals, |args| {
                let at = linearize(&closed, args, &marks);
                (at.primals.into_iter().chain(at.residuals).collect(), at.linear)
            });
            format!("{}{}", shown(&known.jaxpr), shown(&linear))
        }
        "transpose" => {
            let known = setting(text, "known").unwrap();
            let ins: Vec<Aval> = avals[..known].iter().cloned().chain(jaxpr.out_avals()).collect();
            let back = builder::trace(&ins, |args| {
                let cts: Vec<_> = args[known..].iter().cloned().map(Some).collect();
                let back = backward(jaxpr, &args[..known], &cts).into_iter();
                back.zip(&avals[known..])
                    .map(|(ct, aval)| ct.unwrap_or_else(|| jax_core::prim::rule::zeros(aval)))
                    .collect()
            });
            shown(&back.jaxpr)
        }
        other => panic!("{other}: there is no such pass, or a malformed program reads"),
    }
}

#[test]
fn passes_give_what_the_files_say() {
    const RULE: &str = "----\n";
    let bless = std::env::var_os("JAX_BLESS").is_some();
    let mut count = 0;
    for (pass, file) in files() {
        let text = std::fs::read_to_string(&file).unwrap();
        let (program, expected) = text.split_once(RULE).unwrap_or((&text, ""));
        let found = match program.parse::<Jaxpr>() {
            Err(error) => format!("{error}\n"),
            Ok(jaxpr) => match catch(|| apply(&pass, program, &jaxpr)) {
                Ok(found) => found,
                Err(error) => format!("{}\n", error.message),
            },
        };
        count += 1;
        if bless {
            std::fs::write(&file, format!("{program}{RULE}{found}")).unwrap();
        } else {
            assert_eq!(found, expected, "{}", file.display());
        }
    }
    assert!(count > 40, "{count} files");
}

#[test]
fn errors_have_places_and_deep_nesting_is_one() {
    let error = "{ lambda ; a:f32[3].\n  let b:f33[] = sin a in (b,) }".parse::<Jaxpr>().unwrap_err();
    assert_eq!(error.to_string(), "2:9: expected a dtype, not `f33`");
    let text = "{ lambda ; . let a:f32[] = custom_jvp_call[call_jaxpr=".repeat(100_000);
    assert_eq!(text.parse::<Jaxpr>().unwrap_err().message, "programs are nested too deeply");
    let text = format!("{{ lambda ; a:f32[]. let b:f32[] = integer_pow[y={}", "(".repeat(100_000));
    assert_eq!(text.parse::<Jaxpr>().unwrap_err().message, "programs are nested too deeply");
}

/// What the verifier finds in a program that is changed by hand.
#[test]
fn the_verifier_finds_what_is_wrong() {
    let jaxpr: Jaxpr = "{ lambda ; a:f32[3]. let b:f32[3] = sin a; c:f32[3] = mul a b in (c,) }".parse().unwrap();
    let changed = |change: fn(&mut Jaxpr)| {
        let mut jaxpr = jaxpr.clone();
        change(&mut jaxpr);
        verify(&jaxpr).unwrap_err()
    };
    assert_eq!(changed(|j| j.eqns.swap(0, 1)), "equation 0 (mul): Var(1) is used before its equation");
    assert_eq!(changed(|j| j.eqns.truncate(1)), "the results: Var(2) is used before its equation");
    assert_eq!(changed(|j| j.invars.push(j.invars[0])), "Var(0), an argument, is defined twice");
    assert_eq!(
        changed(|j| j.avals[1] = Aval::new(j.avals[1].dtype, &[4])),
        "equation 0 (sin): Var(1) is declared f32[4], but the result is f32[3]"
    );
    assert_eq!(
        changed(|j| j.avals[1] = j.avals[1].clone().with_weak(true)),
        "equation 0 (sin): Var(1) is declared f32[3]*, but the result is f32[3]"
    );
    assert_eq!(
        changed(|j| j.eqns[1].outputs = j.eqns[0].outputs.clone()),
        "equation 1 (mul): Var(1), a result, is defined twice"
    );
}
