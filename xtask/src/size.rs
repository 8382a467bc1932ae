//! The sizes of what the site sends, against the budgets of the table.

use crate::archive::files;
use crate::project::Project;
use crate::site::{built, with};
use crate::table::Engine;
use anyhow::{Result, bail};
use std::path::Path;

/// Bytes of some files: as they are, and as they are sent compressed.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
struct Bytes {
    raw: u64,
    gzip: u64,
    brotli: u64,
}

/// Prints a table of dist/ and fails when an engine is over its budget.
pub fn report(project: &Project) -> Result<()> {
    let dist = built(project)?;
    println!("{:<22}{:>12}{:>12}{:>12}   budget", "MB", "raw", "gzip", "brotli");
    let mut over = Vec::new();
    for (name, engine) in &project.table.engines {
        let bytes = measure(&dist.join("engine").join(name))?;
        row(&format!("{name} engine"), bytes, &format!("{} raw, {} brotli", engine.max_raw_mb, engine.max_brotli_mb));
        over.extend(excess(name, engine, bytes));
    }
    for part in ["css", "js", "vendor", "models", "data"] {
        if dist.join(part).is_dir() {
            row(part, measure(&dist.join(part))?, "");
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

/// Sentences for every budget that is exceeded.
fn excess(name: &str, engine: &Engine, bytes: Bytes) -> Vec<String> {
    let budgets = [("raw", bytes.raw, engine.max_raw_mb), ("brotli", bytes.brotli, engine.max_brotli_mb)];
    let over = budgets.into_iter().filter(|(_, bytes, budget)| megabytes(*bytes) > *budget);
    over.map(|(kind, bytes, budget)| {
        format!("the {name} engine has {:.3} MB {kind}, its budget in wasm-pack.toml is {budget} MB", megabytes(bytes))
    })
    .collect()
}

/// Adds up a folder. A file without a compressed form is sent as it is.
fn measure(folder: &Path) -> Result<Bytes> {
    let mut sum = Bytes::default();
    for file in files(folder)? {
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
    use crate::table::Table;
    use crate::table::tests::{TEXT, changed};

    #[test]
    fn a_budget_of_the_table_decides() {
        let bytes = Bytes { raw: 3_000_000, gzip: 900_000, brotli: 500_000 };
        let table = Table::parse(TEXT).unwrap();
        assert_eq!(excess("cpu", &table.engines["cpu"], bytes), Vec::<String>::new());
        let tight =
            changed(&format!("max-brotli-mb = {:?}", table.engines["cpu"].max_brotli_mb), "max-brotli-mb = 0.4");
        let sentences = excess("cpu", &tight.engines["cpu"], bytes);
        assert_eq!(sentences, ["the cpu engine has 0.500 MB brotli, its budget in wasm-pack.toml is 0.4 MB"]);
    }

    #[test]
    fn files_without_a_compressed_form_count_as_they_are() {
        let folder = std::env::temp_dir().join(format!("kd-lens-size-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for (name, bytes) in [("a.js", 100), ("a.js.br", 10), ("a.js.gz", 20), ("b.bin", 7)] {
            std::fs::write(folder.join(name), vec![0u8; bytes]).unwrap();
        }
        assert_eq!(measure(&folder).unwrap(), Bytes { raw: 107, gzip: 27, brotli: 17 });
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
