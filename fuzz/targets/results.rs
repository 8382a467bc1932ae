//! Folders of finished studies: the plan and the record of a cell, judged and reported.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use arbitrary::Unstructured;
use kd_lens::study::{Folder, Plan, judge, write_report};
use kd_lens_fuzz::{choices, edit, no_fault, plain};
use libfuzzer_sys::{Corpus, fuzz_target};
use serde_json::{Value, json};

const STUDY: &str = include_str!("../../studies/copies.toml");
const CELLS: &str = include_str!("../../studies/copies/cells.jsonl");
const WORDS: [&str; 24] = [
    "evaluation",
    "accuracy",
    "student",
    "control",
    "difference",
    "low",
    "high",
    "n",
    "probes",
    "history",
    "labels",
    "id",
    "claims",
    "axes",
    "cells",
    "seed",
    "0",
    "4",
    "copies",
    "path",
    "/accuracy",
    "/*/items",
    "settings",
    "rate",
];

/// The study in the repository: its plan, its records, and a folder of this process.
static KEPT: LazyLock<(Value, Vec<Value>, PathBuf)> = LazyLock::new(|| {
    let plan = Plan::parse(STUDY, "study.toml", &|_| Ok("0".repeat(64))).expect("a study in the repository");
    let mut plan = json!(plan);
    let mut records: Vec<Value> = CELLS.lines().map(|line| serde_json::from_str(line).expect("a record")).collect();
    for (record, cell) in records.iter_mut().zip(plan["cells"].as_array_mut().expect("cells")) {
        record.as_object_mut().expect("a record").remove("labels");
        record["times"] = json!({"machine": "a", "trainingSeconds": 1.5, "probingSeconds": 0.5, "resumed": 0, "finished": 1_800_000_000});
        cell["id"] = record["id"].clone();
    }
    let folder = std::env::temp_dir().join(format!("kd-lens-fuzz-results-{}", std::process::id()));
    for record in &records {
        std::fs::create_dir_all(folder.join("cells").join(record["id"].as_str().expect("an id"))).expect("a folder");
    }
    std::fs::create_dir_all(folder.join("figures")).expect("a folder");
    (plan, records, folder)
});

fuzz_target!(|input: &[u8]| -> Corpus {
    let (plan, records, folder) = &*KEPT;
    let (mut plan, mut records, mut reported) = (plan.clone(), records.clone(), true);
    let text = match plain(input) {
        Some(bytes) => bytes.to_vec(),
        None => {
            let mut change = |u: &mut Unstructured<'_>| -> arbitrary::Result<()> {
                // Pictures take long.
                reported = u.ratio(1, 16)?;
                if u.ratio(1, 2)? {
                    edit(&mut plan, u, &WORDS)?;
                }
                let which = u.choose_index(records.len())?;
                let id = records[which]["id"].clone();
                edit(&mut records[which], u, &WORDS)?;
                // With another id it would not be read at all.
                if let Some(record) = records[which].as_object_mut() {
                    record.insert("id".into(), id);
                }
                Ok(())
            };
            if change(&mut choices(input)).is_err() {
                return Corpus::Reject;
            }
            plan.to_string().into_bytes()
        }
    };
    std::fs::write(folder.join("plan.json"), text).expect("the folder can be written");
    for (record, home) in records.iter().zip(&KEPT.1) {
        let home = folder.join("cells").join(home["id"].as_str().expect("an id"));
        std::fs::write(home.join("cell.json"), record.to_string()).expect("the folder can be written");
    }
    let Some((folder, plan)) = no_fault(Folder::open(folder)) else { return Corpus::Keep };
    let found = plan.cells.iter().filter_map(|cell| Some((cell.id.clone(), folder.record(&plan, &cell.id)?))).collect();
    for claim in &plan.claims {
        judge(claim, &plan, &found);
    }
    if reported {
        no_fault(write_report(&folder, &plan));
    }
    Corpus::Keep
});
