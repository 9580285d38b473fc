//! What ARCHITECTURE.md and STYLE.md say of the source, checked: imports point one way, down the table of rooms; every
//! room stands in the table; files are short and open with what lives in them.

use std::fs;
use std::path::{Path, PathBuf};

/// Imports that run up the table, each a file and a room, and why.
const KNOTS: [(&str, &str, &str); 3] = [
    ("jax-core/src/ir/primitive.rs", "array", "rules of primitives are written on `Array`"),
    ("jax-core/src/ir/jaxpr.rs", "array", "the constants that a jaxpr closes over are arrays"),
    ("jax-core/src/prim/cumulative.rs", "transform", "a product or maximum so far has the derivative of its program"),
];

/// No file has more lines.
const LONGEST: usize = 800;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The Rust files below a folder, in order.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| entry.expect("an entry").path())
        .collect();
    entries.sort();
    for path in entries {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.') || name == "target");
        if path.is_dir() && !hidden {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found
}

/// The path below the root, with `/`.
fn name(path: &Path) -> String {
    let below = path.strip_prefix(root()).expect("a path below the root");
    below.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// The rooms of a crate in the order of the table: a row names one in its first cell, or several one after the other.
fn rooms(source: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let cells = text.lines().filter(|line| line.starts_with("| `")).filter_map(|line| line.split('|').nth(1));
    let paths = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    let below = paths.filter_map(|path| path.strip_prefix(source)?.strip_prefix('/'));
    below.filter(|room| !room.is_empty()).map(|room| room.trim_end_matches(".rs").to_owned()).collect()
}

/// The first part of every path from the crate's root that a file names, with its line. Comments do not count.
fn named(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        // `$crate` is the crate that a macro is written in.
        for rest in code.split("crate::").skip(1) {
            let one =
                |rest: &str| -> String { rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect() };
            match rest.strip_prefix('{') {
                Some(several) => {
                    let several = several.split(',').map(|part| one(part.trim()));
                    found.extend(several.filter(|part| !part.is_empty()).map(|part| (number + 1, part)));
                }
                None => found.push((number + 1, one(rest))),
            }
        }
    }
    found
}

/// The imports of a crate that run up the table, and the rooms that do not stand in it.
fn faults(source: &str) -> Vec<String> {
    let rooms = rooms(source);
    assert!(rooms.len() > 3, "{source}: the table of ARCHITECTURE.md has {rooms:?} only");
    let folder = root().join(source);
    let mut faults = Vec::new();
    for path in sources(&folder) {
        let file = name(&path);
        let inside = file.strip_prefix(source).unwrap_or(&file).trim_start_matches('/');
        let room = inside.split('/').next().unwrap_or_default().trim_end_matches(".rs");
        if room == "lib" || room == "bin" {
            continue;
        }
        let Some(place) = rooms.iter().position(|other| other == room) else {
            faults.push(format!("{file}: the room `{room}` is not in the table of ARCHITECTURE.md"));
            continue;
        };
        for (line, target) in named(&fs::read_to_string(&path).expect("a readable file")) {
            let above = rooms.iter().position(|other| *other == target).is_some_and(|there| there > place);
            if above && !KNOTS.iter().any(|(from, to, _)| *from == file && *to == target) {
                faults.push(format!("{file}:{line}: `{room}` imports `{target}`, which stands below it in the table"));
            }
        }
    }
    faults
}

#[test]
fn imports_point_one_way() {
    let faults: Vec<String> = ["jax-core/src", "jax-runtime/src", "src"].into_iter().flat_map(faults).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn each_knot_is_still_there() {
    for (file, room, _) in KNOTS {
        let text = fs::read_to_string(root().join(file)).unwrap_or_else(|e| panic!("{file}: {e}"));
        assert!(named(&text).iter().any(|(_, target)| target == room), "{file} does not import `{room}` any more");
    }
}

#[test]
fn paths_are_found_where_they_are_written() {
    let text = "use crate::{a, b::c};\n// crate::comment\nlet x = crate::d::e(); $crate::f!();";
    let found: Vec<String> = named(text).into_iter().map(|(line, room)| format!("{line} {room}")).collect();
    assert_eq!(found, ["1 a", "1 b", "3 d", "3 f"]);
}

#[test]
fn files_are_short_and_say_what_lives_in_them() {
    let mut faults = Vec::new();
    for path in sources(&root()) {
        let file = name(&path);
        let text = fs::read_to_string(&path).expect("a readable file");
        let lines = text.lines().count();
        if lines > LONGEST {
            faults.push(format!("{file}: {lines} lines, over {LONGEST}"));
        }
        // Programs for the compiler to refuse are named by what is wrong with them.
        if !file.starts_with("ui-tests/") && !text.starts_with("//!") {
            faults.push(format!("{file}: does not open with `//!`"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
