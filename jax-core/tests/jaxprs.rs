//! Jaxprs as text: JAX's own recorded text reads and prints to the letter, and mangled text never panics.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;

use jax_core::ir::Jaxpr;
use jax_core::ir::verify::verify;

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

/// Recorded programs with a primitive that there is not.
const MISSING: &[(&str, &str)] =
    &[("plain_stack", "stack"), ("plain_cumsum", "cumsum"), ("grad_cond", "empty2"), ("grad_cond_operand", "empty2")];

#[test]
fn recorded_programs_read_and_print_as_jax_prints_them() {
    let (mut failures, mut count) = (Vec::new(), 0);
    for (name, flat, pretty) in recorded() {
        if let Some((_, primitive)) = MISSING.iter().find(|(missing, _)| *missing == name) {
            let error = flat.parse::<Jaxpr>().unwrap_err();
            assert_eq!(error.message, format!("there is no primitive `{primitive}`"));
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
