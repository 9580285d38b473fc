//! No primitive escapes the laws: each one in the source has samples.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Primitives without samples, and why.
const EXCEPT: [(&str, &str); 4] = [
    ("CustomLin", "the derivative of a custom_vjp: made by it alone, and tested with it"),
    ("EmptyStack", "stacks are made by loops alone, and tested with them in `loops`"),
    ("HostCall", "it gives no values that a law could compare; what it does is tested in tests/debug"),
    ("AddStacks", "stacks are made by loops alone, and tested with them in `loops`"),
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

/// The types that implement `Primitive` by hand, and those that the families' macros declare (`Name function …`).
fn primitives(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut family = false;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("impl Primitive for ") {
            found.extend(name.split_whitespace().next().map(str::to_string));
        }
        let opens = ["unary! {", "binary! {", "reductions! {", "parts! {"].contains(&line);
        family = opens || (family && line != "}");
        let mut words = line.strip_prefix("    ").unwrap_or("").split([' ', ',']);
        if let (true, Some(name), Some(function)) = (family, words.next(), words.next())
            && name.starts_with(|c: char| c.is_ascii_uppercase())
            && function.starts_with(|c: char| c.is_ascii_lowercase())
        {
            found.insert(name.to_string());
        }
    }
    found
}

#[test]
fn every_primitive_has_samples() {
    let folders = ["src/prim", "src/control"].map(|folder| Path::new(env!("CARGO_MANIFEST_DIR")).join(folder));
    let files = folders.iter().flat_map(|folder| sources(folder));
    let written: BTreeSet<String> =
        files.flat_map(|file| primitives(&std::fs::read_to_string(file).unwrap())).collect();
    let name = |text: String| text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or("").to_string();
    let sampled: BTreeSet<String> =
        jax_core::samples().iter().map(|sample| name(format!("{:?}", sample.prim))).collect();
    let except: BTreeSet<String> = EXCEPT.iter().map(|(name, _)| name.to_string()).collect();
    let missing: Vec<&String> = written.difference(&sampled).filter(|name| !except.contains(*name)).collect();
    assert!(missing.is_empty(), "without samples: {missing:?}");
    let unseen: Vec<&String> = sampled.difference(&written).collect();
    assert!(unseen.is_empty(), "this test did not find them in the source: {unseen:?}");
    assert!(written.len() > 80, "{}", written.len());
}
