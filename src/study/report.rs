//! Everything that is written when cells are finished: tables, figures and one page that needs no other file.

use std::path::PathBuf;

use super::figure::{draw, inline};
use super::folder::Folder;
use super::html::{STYLE, escape};
use super::markdown::verdicts;
use super::plan::Plan;
use super::report_parts as parts;
use super::tables;
use super::verdict::{Records, judge};
use crate::error::{Error, Result};
use crate::files::{with_ending, write};

/// Writes `cells.jsonl`, `results.csv`, `study.json`, `verdicts.md`, `figures/` and `report.html` of what the folder holds; returns the page's
/// path. But for the section on machines and durations, and those in `study.json`, equal cells give equal bytes.
///
/// # Errors
/// `file-unwritable`, `internal` when a figure cannot be drawn.
pub fn write_report(folder: &Folder, plan: &Plan) -> Result<PathBuf> {
    let records: Records =
        plan.cells.iter().filter_map(|cell| Some((cell.id.clone(), folder.record(plan, &cell.id)?))).collect();
    let root = folder.root();
    write(&root.join("cells.jsonl"), tables::cells(plan, &records).as_bytes())?;
    write(&root.join("results.csv"), tables::results(plan, &records).as_bytes())?;
    let found: Vec<_> = plan.claims.iter().map(|claim| judge(claim, plan, &records)).collect();
    let summary = serde_json::to_string_pretty(&tables::summary(plan, &records, &found))
        .map_err(|e| Error::Internal(format!("the summary could not be written down ({e}).")))?;
    write(&root.join("study.json"), summary.as_bytes())?;
    write(&root.join("verdicts.md"), verdicts(&found).as_bytes())?;
    // A claim that was renamed must not leave its old figure.
    for old in std::fs::read_dir(folder.figures()).into_iter().flatten().flatten().map(|entry| entry.path()) {
        if old.extension().is_some_and(|ending| ending == "svg" || ending == "png") {
            let _ = std::fs::remove_file(old);
        }
    }
    let mut figures = Vec::new();
    for claim in &found {
        let figure = draw(claim)?;
        if let Some(figure) = &figure {
            let base = folder.figures().join(&claim.claim.id);
            write(&with_ending(&base, ".svg"), figure.svg.as_bytes())?;
            write(&with_ending(&base, ".png"), &figure.png)?;
        }
        let label = escape(&format!("Figure: {} Its numbers stand in the table below.", claim.claim.sentence));
        figures.push(figure.map(|f| inline(&f.svg, &label)).unwrap_or_default());
    }
    let sections = [
        parts::header(plan, &records),
        parts::answers(&found),
        parts::reading(),
        parts::claims(&found, &figures),
        parts::protocol(plan, &records),
        parts::grid(plan, &records, folder),
        parts::not_measured(plan, &records, &found, folder),
        parts::machines(&records),
        parts::source(plan),
    ];
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{}</main>\n</body>\n</html>\n",
        escape(&plan.name),
        sections.concat()
    );
    let path = root.join("report.html");
    write(&path, page.as_bytes())?;
    Ok(path)
}
