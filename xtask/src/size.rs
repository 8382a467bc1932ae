//! The sizes of what the site sends, against the budgets of the table.

use crate::archive::files;
use crate::project::Project;
use crate::shell::output;
use crate::site::{built, with};
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Bytes of some files: as they are, and as they are sent compressed.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
struct Bytes {
    raw: u64,
    gzip: u64,
    brotli: u64,
}

/// Prints a table of dist/ and fails when an engine or the page is over its budget.
pub fn report(project: &Project) -> Result<()> {
    let dist = built(project)?;
    println!("{:<22}{:>12}{:>12}{:>12}   budget", "MB", "raw", "gzip", "brotli");
    let mut over = Vec::new();
    for (name, engine) in &project.table.engines {
        let bytes = measure(files(&dist.join("engine").join(name))?)?;
        row(&format!("{name} engine"), bytes, &format!("{} raw, {} brotli", engine.max_raw_mb, engine.max_brotli_mb));
        over.extend(excess(&format!("{name} engine"), "raw", bytes.raw, engine.max_raw_mb));
        over.extend(excess(&format!("{name} engine"), "brotli", bytes.brotli, engine.max_brotli_mb));
    }
    let page = measure(visit(project, &dist)?)?;
    let budget = project.table.page.max_brotli_mb;
    row("page, first visit", page, &format!("{budget} brotli"));
    over.extend(excess("page", "brotli", page.brotli, budget));
    for part in ["css", "js", "vendor", "models", "data"] {
        if dist.join(part).is_dir() {
            row(part, measure(files(&dist.join(part))?)?, "");
        }
    }
    if !over.is_empty() {
        bail!("{}", over.join("; "));
    }
    Ok(())
}

fn row(name: &str, bytes: Bytes, budget: &str) {
    let [raw, gzip, brotli] = [bytes.raw, bytes.gzip, bytes.brotli].map(|bytes| format!("{:.3}", megabytes(bytes)));
    println!("{name:<22}{raw:>12}{gzip:>12}{brotli:>12}   {budget}");
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// The files that a first visit loads, without engines, weights and recordings.
fn visit(project: &Project, dist: &Path) -> Result<Vec<PathBuf>> {
    let listed = output(Command::new("node").current_dir(&project.root).arg("xtask/visit.mjs").arg(dist))?;
    Ok(listed.lines().map(|name| dist.join(name)).collect())
}

/// A sentence where a budget is exceeded.
fn excess(name: &str, kind: &str, bytes: u64, budget: f64) -> Option<String> {
    let size = megabytes(bytes);
    (size > budget).then(|| format!("the {name} has {size:.3} MB {kind}, its budget in wasm-pack.toml is {budget} MB"))
}

/// Adds up files. One without a compressed form is sent as it is.
fn measure(files: Vec<PathBuf>) -> Result<Bytes> {
    let mut sum = Bytes::default();
    for file in files {
        if file.extension().is_some_and(|kind| kind == "br" || kind == "gz") {
            continue;
        }
        let raw = file.metadata()?.len();
        let compressed = |kind| with(&file, kind).metadata().map_or(raw, |metadata| metadata.len());
        sum.raw += raw;
        sum.gzip += compressed("gz");
        sum.brotli += compressed("br");
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_decides() {
        assert_eq!(excess("cpu engine", "brotli", 500_000, 0.5), None);
        let sentence = "the cpu engine has 0.500 MB brotli, its budget in wasm-pack.toml is 0.4 MB";
        assert_eq!(excess("cpu engine", "brotli", 500_000, 0.4), Some(sentence.into()));
    }

    #[test]
    fn files_without_a_compressed_form_count_as_they_are() {
        let folder = std::env::temp_dir().join(format!("kd-lens-size-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for (name, bytes) in [("a.js", 100), ("a.js.br", 10), ("a.js.gz", 20), ("b.bin", 7)] {
            std::fs::write(folder.join(name), vec![0u8; bytes]).unwrap();
        }
        let found = measure(files(&folder).unwrap()).unwrap();
        assert_eq!(found, Bytes { raw: 107, gzip: 27, brotli: 17 });
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
