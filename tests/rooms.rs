//! Imports go one way: a module knows those below it, none above it and none beside it. Read from the source, tests included.

#![cfg(not(target_arch = "wasm32"))]

use std::collections::BTreeSet;
use std::path::Path;

/// A crate whose modules are in floors. A module may import what is on a lower floor, and itself.
struct House {
    /// As other crates call it.
    name: &'static str,
    /// The folder of its root, from the top of the repository.
    folder: &'static str,
    /// From the ground up. `a::b` is a room of its own inside `a`.
    floors: &'static [&'static [&'static str]],
    /// What the root itself offers to everybody.
    root: &'static [&'static str],
    /// Rooms that must not know another one although it is below them.
    strangers: &'static [(&'static str, &'static str)],
    /// Rooms that may know no more than this of the library.
    library: &'static [(&'static str, &'static [&'static str])],
}

const LIBRARY: House = House {
    name: "kd_lens",
    folder: "src",
    floors: &[
        &["error", "named", "sniff", "yielding"],
        &["data", "device", "fields"],
        &["readback", "statistics"],
        &["nets"],
        &["weights"],
        &["objectives"],
        &["metrics"],
        &["evaluate"],
        &["probes"],
        &["lab"],
        &["selfcheck"],
        &["web"],
    ],
    root: &["Error", "Result", "VERSION"],
    strangers: &[],
    library: &[],
};

const STUDIES: House = House {
    name: "kd_lens_cli",
    folder: "cli/src",
    floors: &[
        &["files", "study::spec"],
        &["study::store"],
        &["study::exec", "study::analysis"],
        &["study::report"],
        // What a study offers to the program.
        &["study"],
    ],
    root: &[],
    strangers: &[("study::report", "study::exec")],
    library: &[
        ("files", &["error"]),
        ("study::spec", &["data", "error", "fields", "lab", "objectives", "probes", "weights"]),
        ("study::store", &["error"]),
        ("study::analysis", &["statistics"]),
        ("study::report", &["error", "lab"]),
    ],
};

const PROGRAM: House = House {
    name: "the program kd-lens",
    folder: "cli/src/bin/kd-lens",
    floors: &[
        &["files", "log", "memory", "options", "output", "stop"],
        &["distil", "evaluate", "metric", "objective", "study", "train"],
        &["bench", "probe", "record"],
    ],
    root: &[],
    strangers: &[],
    library: &[],
};

#[test]
fn the_library_imports_downward() {
    LIBRARY.holds();
}

#[test]
fn studies_import_downward() {
    STUDIES.holds();
}

#[test]
fn the_program_imports_downward() {
    PROGRAM.holds();
}

#[test]
fn what_goes_up_or_round_is_found() {
    let wrong = |house: &House, module: &str, source: &str| house.wrong(&path(module), source);
    let up = "use std::fs;\nuse crate::{error::Error, lab::{self, Settings}};";
    assert_eq!(wrong(&LIBRARY, "nets::vgg", up), ["nets::vgg imports lab"]);
    assert_eq!(wrong(&LIBRARY, "nets::vgg", "fn f() { super::super::probes::run() }"), ["nets::vgg imports probes"]);
    // Inside `mod tests` one more step leads out of the file.
    let tests = "mod tests { use super::*; use super::super::super::web::Lab; }";
    assert_eq!(wrong(&LIBRARY, "nets::vgg", tests), ["nets::vgg imports web"]);
    assert_eq!(wrong(&LIBRARY, "data", "use crate::device::open;"), ["data imports device"]);
    assert_eq!(wrong(&LIBRARY, "data", "use crate::Lab;"), ["data imports Lab"]);
    assert_eq!(wrong(&LIBRARY, "data", "pub use crate::*;"), ["data imports everything"]);
    assert_eq!(wrong(&LIBRARY, "attic", ""), ["attic is on no floor"]);
    let fine = "// use crate::lab;\n/* /* */ use crate::web; */ const A: (&str, char, char) = (r#\"\"crate::lab\"#, '\"', '\\'');\n\
                pub(crate) fn f<'a>(x: &'a crate::data::Dataset) -> crate::Result<()> { self::g(\"use crate::lab;\") }";
    assert_eq!(wrong(&LIBRARY, "nets::vgg", fine), [""; 0]);
    let of = |room: &str, import: &str| wrong(&STUDIES, room, &format!("use {import};"));
    assert_eq!(of("study::spec::plan", "crate::study::Folder"), ["study::spec::plan imports study"]);
    assert_eq!(of("study::spec", "super::store::Folder"), ["study::spec imports study::store"]);
    assert_eq!(of("study::report::page", "crate::study::exec::Work"), ["study::report::page imports study::exec"]);
    assert_eq!(of("study::analysis", "kd_lens::{lab::Session, statistics}"), ["study::analysis imports kd_lens::lab"]);
    assert_eq!(of("study::exec::cell", "crate::study::store::Record"), [""; 0]);
}

fn path(module: &str) -> Vec<String> {
    module.split("::").map(String::from).collect()
}

impl House {
    /// Panics with all imports that go elsewhere than down, and with rooms that are not there.
    fn holds(&self) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(self.folder);
        let mut files = Vec::new();
        modules(&root, &[], &mut files);
        // The roots know everything; what is in bin/ is a crate of its own.
        files.retain(|(module, _)| module.as_slice() != ["lib"] && module.as_slice() != ["main"] && module[0] != "bin");
        let seen: BTreeSet<&str> = files.iter().filter_map(|(module, _)| self.room(module)).collect();
        let named: BTreeSet<&str> = self.floors.concat().into_iter().collect();
        assert_eq!(seen, named, "{}", self.folder);
        let read = |path: &Path| std::fs::read_to_string(path).expect("a source file");
        let wrong: Vec<String> = files.iter().flat_map(|(module, path)| self.wrong(module, &read(path))).collect();
        assert!(wrong.is_empty(), "{}:\n{}", self.folder, wrong.join("\n"));
    }

    /// The innermost room that a path leads into.
    fn room(&self, path: &[String]) -> Option<&'static str> {
        let all = self.floors.iter().copied().flatten().copied();
        let inside =
            |room: &&str| path.len() >= room.split("::").count() && room.split("::").zip(path).all(|(a, b)| a == b);
        all.filter(inside).max_by_key(|room| room.len())
    }

    fn floor(&self, room: &str) -> Option<usize> {
        self.floors.iter().position(|rooms| rooms.contains(&room))
    }

    /// The imports of a module that it may not have.
    fn wrong(&self, module: &[String], source: &str) -> Vec<String> {
        let shown = module.join("::");
        let Some(own) = self.room(module) else { return vec![format!("{shown} is on no floor")] };
        let mut wrong = BTreeSet::new();
        for import in imports(source, module) {
            let (start, rest) = import.split_first().expect("a path has a start");
            if start == "crate" || *start == self.name {
                let target = self.room(rest);
                let fine = match target {
                    Some(room) if room == own => true,
                    Some(room) => self.floor(room) < self.floor(own) && !self.strangers.contains(&(own, room)),
                    None => rest.first().is_some_and(|item| self.root.contains(&item.as_str())),
                };
                if !fine {
                    let target = target.map(String::from).or_else(|| rest.first().cloned());
                    wrong.insert(format!("{shown} imports {}", target.unwrap_or_else(|| "everything".into())));
                }
            } else if start == LIBRARY.name
                && let Some((_, known)) = self.library.iter().find(|(room, _)| *room == own)
                && !rest
                    .first()
                    .is_some_and(|room| known.contains(&room.as_str()) || LIBRARY.root.contains(&room.as_str()))
            {
                wrong.insert(format!("{shown} imports {}", import[..import.len().min(2)].join("::")));
            }
        }
        wrong.into_iter().collect()
    }
}

/// The modules in a folder with their files.
fn modules(folder: &Path, above: &[String], found: &mut Vec<(Vec<String>, std::path::PathBuf)>) {
    for entry in std::fs::read_dir(folder).expect("a folder of modules").flatten() {
        let path = entry.path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let inside: Vec<String> = above.iter().cloned().chain([name.clone()]).collect();
        if path.is_dir() {
            modules(&path, &inside, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push((if name == "mod" { above.to_vec() } else { inside }, path));
        }
    }
}

/// The paths of a source file that begin with a crate of ours, `self` or `super`, from `crate` or the crate's name on. Those of a
/// tree of imports one by one.
fn imports(source: &str, module: &[String]) -> Vec<Vec<String>> {
    let tokens = tokens(source);
    let is = |at: usize, text: &str| tokens.get(at).is_some_and(|token| token == text);
    let mut found = Vec::new();
    // Modules written out inside the file, with the depth of braces around them.
    let mut inside: Vec<(String, usize)> = Vec::new();
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        match token.as_str() {
            "{" => {
                if at >= 2 && is(at - 2, "mod") {
                    inside.push((tokens[at - 1].clone(), depth));
                }
                depth += 1;
            }
            "}" => {
                depth -= 1;
                inside.retain(|(_, around)| *around < depth);
            }
            "crate" | "self" | "super" | "kd_lens" | "kd_lens_cli"
                if is(at + 1, "::") && (at == 0 || !is(at - 1, "::")) =>
            {
                let mut start = vec![token.clone()];
                if token == "self" || token == "super" {
                    start = [String::from("crate")].into_iter().chain(module.iter().cloned()).collect();
                    start.extend(inside.iter().map(|(name, _)| name.clone()));
                    if token == "super" {
                        start.pop();
                    }
                }
                tree(&tokens, at + 2, start, &mut found);
            }
            _ => {}
        }
    }
    found
}

/// Follows a path from behind a `::` to its ends; returns the place behind it.
fn tree(tokens: &[String], mut at: usize, mut path: Vec<String>, found: &mut Vec<Vec<String>>) -> usize {
    loop {
        match tokens.get(at).map(String::as_str) {
            Some("{") => {
                at += 1;
                while tokens.get(at).is_some_and(|token| token != "}") {
                    at = tree(tokens, at, path.clone(), found);
                    // ` as another`, and the comma.
                    while tokens.get(at).is_some_and(|token| token != "," && token != "}") {
                        at += 1;
                    }
                    at += usize::from(tokens.get(at).is_some_and(|token| token == ","));
                }
                return at + 1;
            }
            Some("super") => drop(path.pop()),
            Some("self" | "*") => {}
            Some(name) if name.starts_with(|c: char| c.is_alphabetic() || c == '_') => path.push(name.into()),
            _ => {}
        }
        if tokens.get(at + 1).is_none_or(|token| token != "::") {
            found.push(path);
            return at + 1;
        }
        at += 2;
    }
}

/// Words, `::` and single characters of a source file, without comments, texts and white space.
fn tokens(source: &str) -> Vec<String> {
    let all: Vec<char> = source.chars().collect();
    let at = |i: usize| all.get(i).copied().unwrap_or_default();
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let (mut tokens, mut i) = (Vec::new(), 0);
    while i < all.len() {
        match (at(i), at(i + 1)) {
            ('/', '/') => {
                while i < all.len() && at(i) != '\n' {
                    i += 1;
                }
            }
            ('/', '*') => {
                let mut depth = 0;
                loop {
                    match (at(i), at(i + 1)) {
                        ('/', '*') => (depth, i) = (depth + 1, i + 2),
                        ('*', '/') => (depth, i) = (depth - 1, i + 2),
                        _ => i += 1,
                    }
                    if depth == 0 || i >= all.len() {
                        break;
                    }
                }
            }
            ('"', _) => {
                i += 1;
                while i < all.len() && at(i) != '"' {
                    i += if at(i) == '\\' { 2 } else { 1 };
                }
                i += 1;
            }
            // A character, not a lifetime.
            ('\'', next) if next == '\\' || at(i + 2) == '\'' => {
                i += if next == '\\' { 3 } else { 2 };
                while i < all.len() && at(i) != '\'' {
                    i += 1;
                }
                i += 1;
            }
            (':', ':') => {
                tokens.push("::".into());
                i += 2;
            }
            (c, _) if word(c) => {
                let start = i;
                while word(at(i)) {
                    i += 1;
                }
                let found: String = all[start..i].iter().collect();
                let marks = (i..).take_while(|j| at(*j) == '#').count();
                if matches!(found.as_str(), "r" | "br" | "cr") && at(i + marks) == '"' {
                    i += marks + 1;
                    while i < all.len() && !(at(i) == '"' && (1..=marks).all(|j| at(i + j) == '#')) {
                        i += 1;
                    }
                    i += marks + 1;
                } else {
                    tokens.push(found);
                }
            }
            (c, _) => {
                if !c.is_whitespace() {
                    tokens.push(c.into());
                }
                i += 1;
            }
        }
    }
    tokens
}
